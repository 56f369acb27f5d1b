"""`make test`: every test that can run here, on real servers, and at the end what was not tested and why."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tools.servers.control import chosen, known, stop_all

BACKEND = Path(__file__).resolve().parent.parent
FOLDERS = ("unit", "whole", "migrations", "concurrency", "integration")
COVERAGE_PERCENT = 90
# A mean over everything can hide a hole where it hurts most.
LAYERS = (("queries", "*/queries.py,*/queries/*.py"), ("services", "*/service.py,*/service/*.py"))
LEFT_OUT = "large"  # moves gigabytes; run by hand with `pytest -m large`


def main() -> int:
    """Start the servers, run the tests, stop what was started, report; pytest's exit code."""
    ran_before = set(known()["servers"])
    print("== servers", flush=True)
    subprocess.run([BACKEND / "tools" / "services", "start"], check=False)
    found = known()
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "junit.xml"
            code = run_pytest(report, sys.argv[1:])
            if not sys.argv[1:]:
                code = code or max(layer_is_covered(*layer) for layer in LAYERS)
            print_summary(found, report)
    finally:
        if ours := set(found["servers"]) - ran_before:
            stop_all(chosen(sorted(ours)))
    return code


def command_of(report: Path, narrowing: list[str]) -> list[str]:
    """Return what runs the folders' tests in parallel; the coverage gate holds for the whole suite only."""
    folders = [f"tests/{name}" for name in FOLDERS if (BACKEND / "tests" / name).is_dir()]
    command = [sys.executable, "-m", "pytest", "-q", *folders, "--stack=both", f"--junitxml={report}"]
    command += ["-m", f"not {LEFT_OUT}"]
    if (workers := os.environ.get("TEST_WORKERS", "2")) != "0":
        # One file stays on one worker, so that a server is started once for all its tests; in the order
        # of tests/conftest.py, as what takes longest must not be left to the end.
        command += ["-n", workers, "--dist=loadfile", "--no-loadscope-reorder"]
    if not narrowing:
        command += [
            "--cov=wxcloudrun",
            "--cov=pkgctl",
            "--cov-report=term",
            f"--cov-fail-under={COVERAGE_PERCENT}",
        ]
    return [*command, *narrowing]


def run_pytest(report: Path, narrowing: list[str]) -> int:
    """Run the tests."""
    print("== tests", flush=True)
    # Every worker imports the same hundreds of files; it is enough that one of them compiles them.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command_of(report, narrowing), cwd=BACKEND, env=environ, check=False).returncode


def layer_is_covered(name: str, files: str) -> int:
    """Hold the coverage gate for one layer by itself; 0 if it holds."""
    command = [sys.executable, "-m", "coverage", "report", f"--include={files}", "--format=total"]
    total = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=False).stdout.strip()
    print(f"coverage of the {name}: {total or 'unknown'} %")
    return 0 if total.isdigit() and int(total) >= COVERAGE_PERCENT else 1


def print_summary(found: dict[str, Any], report: Path) -> None:
    """Name the servers with how many tests used them, and every test that was skipped.

    A test that uses a server says so: `record_property("server", "minio")`.
    """
    print("== summary")
    # pytest has just written this file.
    cases = list(ET.parse(report).iter("testcase")) if report.exists() else []  # noqa: S314  # pytest has just written this file
    uses = Counter(
        used.get("value") for case in cases for used in case.iter("property") if used.get("name") == "server"
    )
    for name, server in found["servers"].items():
        print(f"server:  {name}: {server['product']} {server['version']}, used by {uses[name]} tests")
    for name, reason in found["skipped"].items():
        print(f"skipped: {name}: {reason}")
    for case in cases:
        if (skip := case.find("skipped")) is not None:
            print(f"skipped: {case.get('classname')}::{case.get('name')}: {skip.get('message')}")
    print("tests:  ", ", ".join(f"{count} {word}" for word, count in outcomes(cases).items()) or "none")
    print(f"left out: tests marked `{LEFT_OUT}`; run them with `pytest -m {LEFT_OUT}`")


def outcomes(cases: list[ET.Element]) -> Counter[str]:
    """Count the tests by what became of them."""
    words = {"failure": "failed", "error": "failed", "skipped": "skipped"}
    return Counter(next((words[part.tag] for part in case if part.tag in words), "passed") for case in cases)


if __name__ == "__main__":
    sys.exit(main())
