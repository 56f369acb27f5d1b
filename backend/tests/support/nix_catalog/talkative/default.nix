# Says two mebibytes on the way to something small.
{ version }:

derivation {
  name = "talkative-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [
    "-c"
    "head -c 2097152 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo; echo the end; echo small > $out"
  ];
}
