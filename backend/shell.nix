# The development environment for users of Nix: `nix-shell` in this folder, then `make test` as everybody else.
# The Python libraries are those that requirements.txt pins: tools/setup installs them into venv_py312.
{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [
    pkgs.python312
    pkgs.gnumake
    pkgs.git
    pkgs.curl
    pkgs.nix
    pkgs.redis
    pkgs.sqlite
  ];

  # Wheels that hold compiled code look for these where other distributions have them.
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [
    pkgs.stdenv.cc.cc.lib
    pkgs.zlib
    pkgs.openssl
  ];

  shellHook = ''
    tools/setup --test && . venv_py312/bin/activate
  '';
}
