"""The service's own commands, `flask …`, run as a subprocess where the service is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from pkgctl.errors import CommandFailed, ExitCode, LocalProblem

ERROR_LINES = 5


def service_folder() -> Path:
    """Return the folder of the service: of this checkout, or the current one. Raises LocalProblem."""
    for folder in (Path(__file__).resolve().parents[1], Path.cwd(), Path.cwd() / "backend"):
        if (folder / "wsgi.py").is_file() and (folder / "wxcloudrun").is_dir():
            return folder
    raise LocalProblem(
        "the service is not on this machine; run this in its folder `backend`, or with its `tools/pkgctl`",
        ExitCode.USAGE,
        reason="no_service_here",
    )


def service_python(folder: Path) -> str:
    """Return the Python that has the service's libraries."""
    own = folder / "venv_py312" / "bin" / "python"
    if importlib.util.find_spec("flask") is None and own.exists():
        return str(own)
    return sys.executable


def service_environment(folder: Path) -> dict[str, str]:
    """Return the settings as `make run` sees them: ours, then the file ENV_FILE or `.env` at the root."""
    environment = {**os.environ, "FLASK_SKIP_DOTENV": "1"}
    named, usual = environment.get("ENV_FILE"), folder.parent / ".env"
    if named:
        environment["ENV_FILE"] = str(Path(named).absolute())
    elif usual.is_file():
        environment["ENV_FILE"] = str(usual)
    return environment


def run_flask(*arguments: str) -> tuple[int, str]:
    """Run a command of the service; its exit code, 0 or 1, and what it printed.

    Raises CommandFailed if it could not do its work.
    """
    folder = service_folder()
    done = subprocess.run(  # noqa: S603 - our own program; the arguments come from our options
        [service_python(folder), "-m", "flask", *arguments],
        cwd=folder,
        env=service_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {ExitCode.OK, ExitCode.REFUSED} or (
        done.returncode and not done.stdout.strip()
    ):
        # The last line of a trace is the one that says what happened.
        said = [line for line in done.stderr.splitlines() if line.strip()]
        cause = (
            "\n".join(said[-ERROR_LINES:]) if said and "Traceback" not in done.stderr else "".join(said[-1:])
        )
        raise CommandFailed(
            f"`flask {arguments[0]}` could not do its work: {cause or 'it said nothing'}",
            ExitCode.REFUSED if done.returncode == ExitCode.REFUSED else ExitCode.UNAVAILABLE,
            reason="server_command_failed",
        )
    return done.returncode, done.stdout
