"""Tells whether the service can listen where the settings say, before anything is made; 1 if it cannot."""

import errno
import socket
import sys

from wxcloudrun.config import Settings

REASONS = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


def main() -> int:
    """Try every address; 1 if one cannot be had, with a sentence that names the setting."""
    settings = Settings.from_env()
    wanted = [("PORT", "HOST", settings.host, settings.port)]
    if settings.metrics_port is not None:
        wanted.append(("METRICS_PORT", "METRICS_HOST", settings.metrics_host, settings.metrics_port))
    for port_setting, host_setting, host, port in wanted:
        number = refusal(host, port)
        if number is not None:
            setting = host_setting if number == errno.EADDRNOTAVAIL else port_setting
            reason = REASONS.get(number, "the system refuses it")
            print(
                f"cannot listen on {host}:{port}: {reason}. Choose another with {setting}=, as in"
                f" `{setting}={example(setting, port)} make run`.",
                file=sys.stderr,
            )
            return 1
    return 0


def refusal(host: str, port: int) -> int | None:
    """Return the error number with which listening is refused, None if it can be done.

    A name that cannot be resolved is left to the server, which says so itself.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return None
    with socket.socket(family, kind, protocol) as listener:
        # As the server does: a port that was left a moment ago is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            return error.errno
    return None


def example(setting: str, port: int) -> str:
    """Return a value that somebody may try instead."""
    return "127.0.0.1" if setting.endswith("HOST") else str(port + 1 if port >= 1024 else 8080)


if __name__ == "__main__":
    sys.exit(main())
