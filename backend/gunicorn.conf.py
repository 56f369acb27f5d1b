"""How gunicorn serves the service; every value that can be set comes from `Settings`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BACKEND_DIR = Path(__file__).resolve().parent
sys.path.insert(0, str(BACKEND_DIR))  # so that gunicorn may be started from any folder

from wxcloudrun.config import Settings, SettingsError  # noqa: E402  # the folder must be on the path first

WELCOME_SECONDS = 30
PATIENCE_SECONDS = 10  # for jobs, after the transfers have ended

try:
    _settings = Settings.from_env()
except SettingsError as error:
    # SystemExit, because gunicorn prints a traceback for everything else.
    raise SystemExit(f"The service does not start: {error}") from None

chdir = str(BACKEND_DIR)
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host  # an IPv6 address
bind = f"{_host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "wxcloudrun.kit.web.gunicorn_worker.PatientWorker"

# A worker tells the master that it lives from its own loop, so a long transfer in a thread is not cut.
timeout = 60
# Time that transfers get to finish when the service is told to stop.
graceful_timeout = 30
# Longer than the minute for which a proxy usually keeps a connection, so that the proxy closes it first.
keepalive = 75

# The service writes one line for each request itself.
accesslog = None
errorlog = "-"
loglevel = _settings.log_level.lower()

# Whose forwarding headers count is TRUSTED_PROXY_HOPS's decision, made in one place: the service.
forwarded_allow_ips = ""
# Nothing but signals controls the server; a socket in the home folder would be shared by all servers.
control_socket_disable = True
# The sign of life is a file that is touched every second; it need not reach a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # a sign of life, no secret


def when_ready(server: Any) -> None:  # gunicorn has no types
    """Print three commands to begin with, if `make run` asked for them."""
    if os.environ.get("REGISTRY_WELCOME") != "1" or _settings.app_env != "development":
        return
    try:
        welcome = [sys.executable, "-m", "flask", "welcome"]
        subprocess.run(welcome, cwd=BACKEND_DIR, check=False, timeout=WELCOME_SECONDS)  # noqa: S603  # a fixed command of our own
    except subprocess.TimeoutExpired:
        server.log.warning("`flask welcome` took longer than %d seconds", WELCOME_SECONDS)


def post_worker_init(worker: Any) -> None:
    """Let the worker process work in the background too, unless other processes do that."""
    if _settings.works_in_server:
        from wxcloudrun.wiring import start_background  # noqa: PLC0415  # the master loads no application

        start_background(worker.app.wsgi())


def worker_exit(_server: Any, worker: Any) -> None:
    """Let jobs finish that need only seconds; others go to another worker."""
    if _settings.works_in_server and worker.booted:
        from wxcloudrun.wiring import stop_background  # noqa: PLC0415  # the master loads no application

        stop_background(worker.app.wsgi(), PATIENCE_SECONDS)
