"""`pkgctl`, the command line of the registry: a client of its public HTTP API and nothing more."""

VERSION = "0.1.0"
