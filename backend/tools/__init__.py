"""The commands around the service: environment, backing servers, tests, demonstration."""
