"""The folder of a server is left behind when all that wrote into it have ended."""

import os
import subprocess
from pathlib import Path

from wxcloudrun.kit import metric_folders


def test_given_a_file_of_a_process_that_runs_then_the_folder_is_in_use(tmp_path: Path) -> None:
    (tmp_path / f"counter_{os.getpid()}.db").touch()

    assert not metric_folders.is_dead(tmp_path)


def test_given_a_file_of_a_zombie_process_then_the_folder_is_dead(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    (tmp_path / f"counter_{ended.pid}.db").touch()

    assert Path(f"/proc/{ended.pid}").exists()
    assert metric_folders.is_dead(tmp_path)

    ended.wait()
