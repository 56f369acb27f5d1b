# Writes its version down byte by byte: what a hostile one would have done can be seen.
{ version }:

derivation {
  name = "shout";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  inherit version;
  args = [
    "-c"
    "printf '%s' \"$version\" > $out"
  ];
}
