"""The file in which slow uploads to an S3 server wait, on disks that are nearly full."""

import io
from pathlib import Path
from typing import Any

from tests.support.builders import content
from wxcloudrun.stores.blobs.s3_spool import Spool, spooling


class TakesLittle(io.FileIO):
    """A file on a disk that takes a thousand bytes a call (write(2): "a partial write")."""

    def write(self, block: Any) -> int:
        """Write the beginning."""
        return super().write(memoryview(block)[:1000])


def test_given_a_disk_that_takes_a_block_in_pieces_then_the_spool_holds_all_of_it(tmp_path: Path) -> None:
    data = content(10_500)

    with TakesLittle(tmp_path / "spool", "w+b") as file:
        spool = Spool(file, iter([data[:4_500], data[4_500:]]))
        assert [spool.fill(8_000), b"".join(spool.blocks())] == [8_000, data[:8_000]]
        assert [spool.fill(8_000), bytes(spool.mapped())] == [2_500, data[8_000:]]


def test_given_a_folder_that_is_not_there_then_it_is_made_for_the_service_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    with spooling(folder, [b"bytes"]) as spool:
        spool.fill(10)
        assert b"".join(spool.blocks()) == b"bytes"

    assert (list(folder.iterdir()), folder.stat().st_mode & 0o777) == ([], 0o700)
