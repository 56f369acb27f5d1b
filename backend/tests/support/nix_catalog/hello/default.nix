# Prints a greeting with its version: the smallest package that can be built without nixpkgs.
{ version }:

derivation {
  name = "hello-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  inherit version;
  args = [
    "-c"
    ''
      echo "building hello $version"
      mkdir -p "$out/bin"
      printf '#!/bin/sh\necho "hello %s"\n' "$version" > "$out/bin/hello"
      chmod +x "$out/bin/hello"
    ''
  ];
}
