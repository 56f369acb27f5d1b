"""`tools/services start|stop|status|env [name …]`: the command line."""

import argparse
import sys
from typing import Any
from urllib.parse import urlsplit

from tools.servers.control import SERVERS, as_settings, chosen, home, known, start_all, stop_all
from tools.servers.nix import obtain_nix
from tools.servers.server import ServerMissing

NAMES = [server.name for server in SERVERS]


def main() -> int:
    """Do what the arguments say. A server that cannot be had is reported, it is not an error."""
    parser = argparse.ArgumentParser(prog="tools/services", description="Real servers without Docker.")
    parser.add_argument("action", choices=["start", "stop", "status", "env"])
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of {', '.join(NAMES)}; default: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    actions = {"start": start, "stop": stop, "status": status, "env": env}
    actions[arguments.action](arguments.names)
    return 0


def start(names: list[str]) -> None:
    """Start and list; the list stands in a file as well."""
    if not (home() / "services.json").exists():
        print(
            "services: the first start downloads and builds the servers, which takes some minutes", flush=True
        )
    for outcome in start_all(chosen(names)):
        if outcome.reason:
            print(f"skipped: {outcome.name}: {outcome.reason}")
            continue
        remark = "  (already running)" if outcome.was_running else ""
        print(line(outcome.name, outcome.description) + remark)
    if not names:
        try:
            print(f"{'nix':10} {obtain_nix()}")
        except ServerMissing as unavailable:
            print(f"skipped: nix: {unavailable}")
    print(f"services: listed in {home() / 'services.json'}")


def stop(names: list[str]) -> None:
    """Stop and say which ran."""
    stopped = stop_all(chosen(names))
    print("services: stopped", ", ".join(stopped) or "nothing, none was running")


def status(names: list[str]) -> None:
    """List what runs and what does not."""
    current = known()
    for name in names or NAMES:
        if description := current["servers"].get(name):
            print(line(name, description))
        else:
            print(f"not running: {name}: {current['skipped'].get(name, 'it was never started')}")


def env(_: list[str]) -> None:
    """Print the settings that make the service use the running servers."""
    sys.stdout.write(as_settings(known()))


def line(name: str, description: dict[str, Any]) -> str:
    """Return name, product, version and address in columns."""
    place = description.get("endpoint") or urlsplit(description["url"]).netloc.rpartition("@")[2]
    return f"{name:10} {description['product']} {description['version']}  at {place}"


sys.exit(main())
