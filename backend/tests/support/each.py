"""One test for many values: a rule that holds for every file or message is one behaviour, not a thousand."""

from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[..., None]


def each[T](values: Iterable[T], name: Callable[[T], str] = str) -> Callable[[Check], Check]:
    """Run a test with every value as its last argument; it fails once, and names every value that failed."""
    known = list(values)

    def decorate(check: Check) -> Check:
        def test(*arguments: Any) -> None:
            assert known, "there is nothing to look at"
            complaints = [complaint for value in known if (complaint := complaint_about(value, arguments))]
            assert not complaints, "\n".join(complaints)

        def complaint_about(value: T, arguments: tuple[Any, ...]) -> str:
            try:
                check(*arguments, value)
            except AssertionError as error:
                return f"{name(value)}: {error}"
            return ""

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
