# Its builder fails, after it has said why.
{ version }:

derivation {
  name = "broken-${version}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [
    "-c"
    "echo 'there is no compiler for this' >&2; exit 7"
  ];
}
