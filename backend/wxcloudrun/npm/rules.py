"""What npm's protocol says about names of packages, versions and tarballs."""

from wxcloudrun.kit.package_names import Format

LATEST = "latest"  # the tag that is meant where none is named


def written(name: str) -> str:
    """Return how our API writes a package's name; one that cannot be is a name that nobody has."""
    return f"{Format.NPM}:{name.replace('~', ':').replace('/', '~')}"
