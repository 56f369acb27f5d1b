"""`make bench` runs from one end to the other; what it measures is not for tests to judge."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[3]
RUN_SECONDS = 300
SMALLEST = ["--size-mib", "3", "--rounds", "1", "--seconds", "1", "--no-peers", "--no-s3"]
TRANSFERS = {"large up, raw PUT", "large up, multipart form", "large down"}
REQUESTS = {"304 for bytes that the client has"}

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_given_no_peers_then_the_benchmark_measures_the_service_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", *SMALLEST, "--results", str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": "backend"}
    done = subprocess.run(
        [*command, "--only", ",".join(TRANSFERS | REQUESTS)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "fsync" in done.stdout, "durability is part of every printout"
    result = json.loads((tmp_path / "bench.json").read_text())
    wanted = TRANSFERS | (REQUESTS if shutil.which("wrk") else set())
    assert wanted <= {each["work"] for each in result["figures"]}
    assert all(each["median"] > 0 for each in result["figures"])
    assert all(is_watched(each) for each in result["figures"] if each["contender"] == "service")
    ET.parse(tmp_path / "bench.svg")


def is_watched(figure: dict[str, Any]) -> bool:
    """Tell whether the server's processor time and memory were seen."""
    return figure["median_cpu_seconds"] is not None and figure["peak_bytes"] > 10_000_000
