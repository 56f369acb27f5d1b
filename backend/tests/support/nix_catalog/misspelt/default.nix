# Cannot be evaluated.
{ version }:

derivatoin { name = "misspelt-${version}"; }
