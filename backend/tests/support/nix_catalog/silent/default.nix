# Never ends, and says nothing.
{ version }:

derivation {
  name = "silent-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [
    "-c"
    "sleep 600"
  ];
}
