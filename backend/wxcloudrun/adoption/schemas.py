"""Wire shapes of adoption."""

from typing import Literal, Self

from pydantic import Field

from wxcloudrun.jobs.reads import JobView
from wxcloudrun.kit.package_names import WRITTEN_CHARACTERS, Format
from wxcloudrun.web.parsing import Input, Output, Timestamp


class AdoptionIn(Input):
    """Into a package of which format, and of which name."""

    format: Literal["pypi", "npm"]
    name: str | None = Field(
        None,
        max_length=WRITTEN_CHARACTERS,
        description="in the words of that format, such as `@h7/lib`; default: the name of this package",
    )

    def wanted(self) -> Format:
        """Return the format."""
        return Format(self.format)


class LeftOutFile(Output):
    """A file that was not adopted."""

    filename: str = Field(description="how it is called in the generic package")
    artifact_id: str
    reason: str = Field(
        description="`other_kind`, `unreadable`, `other_name`, `bad_version`, `bad_filename`, `gone`,"
        " `contradiction`, `file_taken`, `version_taken` or `version_sealed`"
    )
    message: str = Field(description="a sentence that says it")


class AdoptionReport(Output):
    """What became of the files."""

    package: str
    adopted: int = Field(description="how many files are in that package now that were not before")
    present: int = Field(description="how many were there already")
    left_out: int = Field(description="how many were not adopted")
    files: list[LeftOutFile] = Field(description="those that were left out")
    more: bool = Field(description="true if more files were left out than `files` names")


class AdoptionOut(Output):
    """An adoption; `report` is null until it is done, and stays so if it has failed or was cancelled."""

    id: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    error: str | None
    created_at: Timestamp
    finished_at: Timestamp | None
    report: AdoptionReport | None = Field(description="what became of the files")

    @classmethod
    def of(cls, job: JobView) -> Self:
        """Shape an adoption for an answer."""
        is_done = job.state == "done" and job.result is not None
        return cls.model_validate(
            {
                "id": job.id,
                "state": job.state,
                "error": job.error,
                "created_at": job.created_at,
                "finished_at": job.finished_at,
                "report": job.result if is_done else None,
            }
        )
