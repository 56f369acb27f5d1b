"""What stands in a package where its version was never filled in."""

# Gradle writes `unspecified`, setuptools `UNKNOWN`, JavaScript `undefined`.
_WORDS = frozenset(
    {
        "",
        "(none)",
        "n/a",
        "na",
        "nil",
        "none",
        "null",
        "placeholder",
        "tbd",
        "todo",
        "undefined",
        "unknown",
        "unset",
        "unspecified",
        "unversioned",
        "version",
    }
)
# Templates: ${project.version}, @VERSION@, {{ version }}, %VERSION%, $(Version), <version>, #{version}.
_OF_TEMPLATES = frozenset("${}@%<>#")
_BEFORE_THE_FIRST_RELEASE = "0.0.0"


def stated(version: str | None) -> str | None:
    """Return what a package states as its version; None for a placeholder, or if a part of it is one."""
    if version is None or version.strip().lower() in _WORDS or not _OF_TEMPLATES.isdisjoint(version):
        return None
    return version


def stated_in_sources(version: str | None) -> str | None:
    """Do the same for the manifest in a source archive.

    There `0.0.0`, `0.0.0-development` and the like are what release tools replace before they publish.
    """
    version = stated(version)
    if version is None or version.partition("-")[0] == _BEFORE_THE_FIRST_RELEASE:
        return None
    return version
