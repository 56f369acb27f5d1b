"""Maintenance in the background: as jobs that somebody asked for, and as periodic tasks."""

from dataclasses import asdict
from typing import Any

from wxcloudrun.artifacts.service.collect import CollectService, CollectSpec
from wxcloudrun.artifacts.service.fsck import CheckSpec, FsckService
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.context import JobContext

MAX_LISTED = 100  # a result is a row; `flask fsck` on the server lists more

TaskReport = dict[str, JsonValue]


class MaintenanceTasks:
    """The handlers of the jobs, and what the periodic tasks call."""

    def __init__(self, *, collect: CollectService, sweep: SweepService, fsck: FsckService) -> None:
        self._collect = collect
        self._sweep = sweep
        self._fsck = fsck

    def collect(self, _context: JobContext, arguments: dict[str, Any]) -> TaskReport:
        """Delete what nothing refers to; of very much that waits the first to go are listed."""
        collected = self._collect.run(CollectSpec(**arguments))
        collected.shorten(MAX_LISTED)
        return asdict(collected)

    def sweep(self, _context: JobContext, arguments: dict[str, Any]) -> TaskReport:
        """Remove objects without a name; a refusal is part of the report."""
        return asdict(self._sweep.run(force=arguments["force"]))

    def fsck(self, _context: JobContext, arguments: dict[str, Any]) -> TaskReport:
        """Compare rows and objects; of long lists the beginning is kept, `counts` counts all."""
        report = asdict(self._fsck.run(CheckSpec(**arguments)))
        report["clean"] = not report["counts"]
        for name in ("findings", "quarantined"):
            report[f"{name}_left_out"] = max(len(report[name]) - MAX_LISTED, 0)
            report[name] = report[name][:MAX_LISTED]
        return report

    def collect_periodically(self) -> None:
        """Delete what nothing refers to. Raises StoreUnavailable."""
        self._collect.run()

    def sweep_periodically(self) -> None:
        """Remove objects without a name. Raises StoreUnavailable, or JobFailed if it refuses."""
        report = self._sweep.run()
        if report.refused:
            raise JobFailed(
                f"{report.orphans} of {report.objects_seen} objects have no name: is this the right store?"
            )
