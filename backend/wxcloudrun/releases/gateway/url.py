"""Files from hosts that the administrator allows."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from wxcloudrun.net.fetch import Fetcher, FetchFailed, FetchRefused
from wxcloudrun.releases.errors import NotObtained, NotThisTime
from wxcloudrun.releases.gateway.port import Material, Wanted, Watch
from wxcloudrun.releases.rules.sources import UrlSource, name_in_url


class UrlGateway:
    """Fetches what a release names by its URL and digest."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def check(self, url: str) -> str:
        """Return `url` if it may be tried; WrongValue that says why it is not fetched."""
        return self._fetcher.check(url)

    @contextmanager
    def obtain(self, wanted: Wanted, watch: Watch) -> Iterator[Material]:
        """Open the file; see the port."""
        source = wanted.source
        if not isinstance(source, UrlSource):
            raise TypeError
        watch.log.say(f"fetching {name_in_url(source.url) or 'a file'} from {urlsplit(source.url).netloc}")
        try:
            with self._fetcher.get(source.url) as body:
                yield Material(
                    filename=name_in_url(source.url),
                    content_type=None,
                    blocks=self._watched(body.blocks, watch),
                    announced_bytes=body.announced_bytes,
                    sha256=source.sha256,
                )
        except FetchRefused as error:
            raise NotObtained(str(error)) from error
        except FetchFailed as error:
            raise NotThisTime(str(error)) from error

    def _watched(self, blocks: Iterator[bytes], watch: Watch) -> Iterator[bytes]:
        for block in blocks:
            watch.still_wanted()
            yield block
