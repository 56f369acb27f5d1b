# Never ends, and says so all the time.
{ version }:

derivation {
  name = "endless-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [
    "-c"
    "while true; do echo still building; sleep 0.1; done"
  ];
}
