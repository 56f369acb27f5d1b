"""What Upload-Metadata may say of a file."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.names import NewTagName
from wxcloudrun.kit.texts import text
from wxcloudrun.uploads.rules import last_part, settled_content_type
from wxcloudrun.uploads.schemas import FilePath
from wxcloudrun.uploads.service.acceptance import UploadSpec
from wxcloudrun.versions.schemas import NewVersionName
from wxcloudrun.web.parsing import Query, validate


class Names(Query):
    """The keys that mean something here; others are kept and told again."""

    filename: FilePath | None = None
    filetype: str | None = None
    version: NewVersionName | None = None
    tag: NewTagName | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    @property
    def spec(self) -> UploadSpec:
        """What the file shall be; an empty name stands for the upload's own id."""
        name = self.filename or ""
        return UploadSpec(
            filename=name,
            content_type=settled_content_type(self.filetype, last_part(name)),
            named_by="filename",
            tag=self.tag,
            version=self.version,
        )


def names_of(said: Mapping[str, bytes]) -> Names:
    """Read what means something here; an empty value says nothing. Raises Invalid."""
    known: dict[str, str] = {}
    for key in Names.model_fields.keys() & said.keys():
        try:
            known[key] = said[key].decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid.field(key, text("not valid UTF-8")) from error
    return validate(Names, {key: value for key, value in known.items() if value})
