"""A version, or a file of one, with what stands in it: for whoever looks at one, and not in lists."""

from dataclasses import replace

from sqlalchemy.orm import Session

from wxcloudrun.formats.said_inside import SaidInside, said_in_core_metadata, said_in_package_json
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.package_names import Format, PackageName
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.versions import queries
from wxcloudrun.versions.models import DocumentKind
from wxcloudrun.versions.queries import VersionView
from wxcloudrun.versions.queries.facts import FactsView, facts_of_file, facts_of_version
from wxcloudrun.versions.queries.files import FileView, file_view

READERS = {DocumentKind.METADATA: said_in_core_metadata, DocumentKind.MANIFEST: said_in_package_json}


def shown_version(reader: Reader, found: FoundPackage, version: str) -> VersionView | None:
    """Return a version of a package, with what its first file that says something says."""
    view = queries.view(reader, found.id, version)
    if view is None or not keeps_facts(found):
        return view
    return replace(view, said=said(facts_of_version(reader, view.id)))


def shown_file(session: Session, found: FoundPackage, version: str, filename: str) -> FileView | None:
    """Return a file of a version, with what it says."""
    view = file_view(session, found.id, version, filename)
    if view is None or not keeps_facts(found):
        return view
    return replace(view, said=said(facts_of_file(session, view.id)))


def keeps_facts(found: FoundPackage) -> bool:
    """Tell whether something is kept of the files of a package: a generic one pays nothing."""
    return PackageName.parse(found.name).format is not Format.GENERIC


def said(facts: FactsView | None) -> SaidInside | None:
    """Return what was kept of a file, as far as it is for people."""
    if facts is None:
        return None
    kinds = [kind for kind in READERS if kind in facts.documents]
    inside = READERS[kinds[0]](facts.documents[kinds[0]]) if kinds else SaidInside()
    readme = facts.documents.get(DocumentKind.README)
    if readme is not None:
        inside = inside.with_readme(readme.decode("utf-8", "replace"))
    summary, requires = inside.summary or facts.summary, inside.requires or facts.requires
    return replace(inside, summary=summary, requires=requires)
