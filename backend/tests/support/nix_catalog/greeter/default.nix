# Depends on hello, so that its closure holds two store paths.
{ version }:

let
  hello = import ../hello { inherit version; };
in
derivation {
  name = "greeter-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  inherit hello;
  args = [
    "-c"
    ''
      mkdir -p "$out"
      echo "$hello/bin/hello" > "$out/program"
    ''
  ];
}
