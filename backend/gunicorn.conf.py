"""How gunicorn serves the service; every value that can be set comes from `Settings`."""

import os
import shutil
import subprocess
import sys
import tempfile
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
bind = [f"{_host}:{_settings.port}"]
if _settings.metrics_port is not None:
    # The same workers answer there; the service tells by the socket what may be asked for.
    _metrics_host = f"[{_settings.metrics_host}]" if ":" in _settings.metrics_host else _settings.metrics_host
    bind.append(f"{_metrics_host}:{_settings.metrics_port}")
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

# Where the workers write their metrics, so that each of them can add up all; see kit/metrics.py.
METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(_server: Any) -> None:  # gunicorn has no types
    """Make a fresh directory for the metrics: counts of an earlier server are not this one's."""
    os.environ[METRICS_DIR] = tempfile.mkdtemp(prefix="registry-metrics-", dir=worker_tmp_dir)


def child_exit(_server: Any, worker: Any) -> None:
    """Take what a dead worker had open out of the sums; what it has counted stays in them."""
    # Not before: the library looks for the directory when it is loaded, and workers inherit what it saw.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  # why: above

    mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ[METRICS_DIR], ignore_errors=True)


def when_ready(server: Any) -> None:  # gunicorn has no types
    """Print three commands to begin with, if `make run` asked for them."""
    if os.environ.get("REGISTRY_WELCOME") != "1" or _settings.app_env != "development":
        return
    # The command is no worker, and must not count among them.
    environ = {name: value for name, value in os.environ.items() if name != METRICS_DIR}
    try:
        welcome = [sys.executable, "-m", "flask", "welcome"]
        subprocess.run(welcome, cwd=BACKEND_DIR, env=environ, check=False, timeout=WELCOME_SECONDS)  # noqa: S603  # a fixed command of our own
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
