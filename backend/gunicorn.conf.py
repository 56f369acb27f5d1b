"""How gunicorn serves the service; every value that can be set comes from `Settings`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

BACKEND_DIR = Path(__file__).resolve().parent
sys.path.insert(0, str(BACKEND_DIR))  # so that gunicorn may be started from any folder

from wxcloudrun.config import Settings, SettingsError  # noqa: E402  # the folder must be on the path first
from wxcloudrun.kit import metric_folders  # noqa: E402  # the same
from wxcloudrun.serving.worker.limits import ServingLimits  # noqa: E402  # the same
from wxcloudrun.serving.worker.worker import PatientWorker, raise_open_files  # noqa: E402  # the same

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
worker_class = PatientWorker
PatientWorker.limits = ServingLimits(
    threads=_settings.threads,
    uploads=_settings.uploads_per_worker,
    downloads=_settings.downloads_per_worker,
    connections=_settings.connections_per_worker,
    # Behind proxies of ours every connection comes from one of them; they limit their clients themselves.
    connections_per_address=0 if _settings.trusted_proxy_hops else _settings.connections_per_address,
    uploads_per_client=_settings.uploads_per_client,
    downloads_per_client=_settings.downloads_per_client,
    header_seconds=_settings.header_seconds,
    body_seconds=_settings.body_seconds,
    idle_seconds=_settings.idle_seconds,
    give_up_seconds=_settings.give_up_seconds,
    give_up_bytes_per_second=_settings.give_up_bytes_per_second,
    graceful_seconds=_settings.graceful_seconds,
    always_answered=("/api/health", "/api/ready", "/metrics"),
)

# A worker tells the master that it lives from its own loop, so a long transfer in a thread is not cut.
timeout = 60
# The worker lets transfers finish for GRACEFUL_SECONDS by itself; before this the master kills nobody.
graceful_timeout = _settings.graceful_seconds + PATIENCE_SECONDS + 5

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


def on_starting(server: Any) -> None:  # gunicorn has no types
    """Make room for connections, and a fresh folder for metrics: those of an earlier server are over."""
    raise_open_files(server.log)
    try:
        os.environ[METRICS_DIR] = str(metric_folders.fresh_folder())
    except OSError as error:
        # Each worker then counts for itself, and whoever is asked tells of itself alone.
        server.log.warning("metrics: no folder for them (%s)", error)


def child_exit(server: Any, worker: Any) -> None:
    """Take what a dead worker had open out of the sums; what it has counted stays in them."""
    # Not before: the library looks for the folder when it is loaded, and workers inherit what it saw.
    from wxcloudrun.kit import metric_files  # noqa: PLC0415  # why: above

    if METRICS_DIR in os.environ:
        try:
            metric_files.let_go_of(worker.pid, Path(os.environ[METRICS_DIR]))
        except OSError as error:
            server.log.warning("metrics: worker %d stays in the sums (%s)", worker.pid, error)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    if METRICS_DIR in os.environ:
        shutil.rmtree(os.environ[METRICS_DIR], ignore_errors=True)


def when_ready(server: Any) -> None:  # gunicorn has no types
    """Print where the service is and how to begin, if `make run` asked for it."""
    if os.environ.get("REGISTRY_WELCOME") != "1":
        return
    if _settings.app_env != "development":
        print(f"The registry is at {_settings.base_url}/", flush=True)  # noqa: T201  # for whoever started it
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
