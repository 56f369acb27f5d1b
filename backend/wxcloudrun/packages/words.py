"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.kit.package_names import PACKAGE_NAME
from wxcloudrun.web.words import PathPart, Words

WORDS = Words(
    meanings={
        "display_name": "its name as it was written first, in the words of its format",
        "format": "whose rules it follows: ours (`generic`), or those of the clients that it is made for",
        "package": "the name of the package",
        "PackageIn.layout": "how many files a version may have: one (`single`), or any number (`files`)",
        "PackageIn.name": "the name of the package",
        "PackageOut.layout": "how many files a version may have: one (`single`), or any number (`files`)",
        "PackageOut.name": "the name of the package",
        "PackagePatch.layout": "another layout; while there are tags, or versions that do not fit, it stays",
    },
    examples={
        "package": "hammer",
    },
    paths={
        "package": PathPart(
            PACKAGE_NAME.json_schema or {},
            "the name of a package: `format:name`, with `~` for each `/`, unless its format is `generic`",
        ),
    },
)
