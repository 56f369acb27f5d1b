"""What an operation asks of its caller; the table of those that foreign clients use."""

import enum
from dataclasses import dataclass

from wxcloudrun.kit.security import Role, Scope


class Who(enum.Enum):
    """The least that a caller must be."""

    ANYONE = enum.auto()  # whatever they present, or nothing
    KNOWN = enum.auto()  # a credential that is good
    PERSON = enum.auto()  # and that is of no service account
    UNBOUND = enum.auto()  # and that is not bound to a project
    ADMINISTRATOR = enum.auto()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an operation asks of its caller, and what it answers who fulfils that."""

    who: Who | Role
    scope: Scope | None = None
    is_public: bool = False  # open to everybody where the project is
    answers: int = 200


PUBLIC = True

FACE_NEEDS = {
    "simple_index": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "simple_project": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "simple_project_for_hatch": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "simple_file": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "simple_provenance": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC, answers=404),  # none is kept
    "publish_distribution": Needs(Role.WRITER, Scope.UPLOAD),
    "publish_distribution_here": Needs(Role.WRITER, Scope.UPLOAD),
    "npm_ping": Needs(Who.ANYONE),
    "npm_whoami": Needs(Role.READER, Scope.DOWNLOAD),
    "npm_profile": Needs(Role.READER, Scope.READ),
    "npm_tokens": Needs(Role.READER, Scope.READ),
    "npm_search": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "npm_audit_versions": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC, answers=404),  # none is offered
    "npm_audit_quickly": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC, answers=404),
    "npm_audit_tree": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC, answers=404),
    "npm_log_out": Needs(Who.KNOWN),
    "npm_log_in": Needs(Who.ANYONE, answers=201),
    "npm_begin_web_login": Needs(Who.ANYONE),
    "npm_end_web_login": Needs(Who.ANYONE, answers=202),  # until somebody has answered
    "npm_login_page": Needs(Who.ANYONE),
    "npm_answer_login_page": Needs(Who.ANYONE),
    # Where something is that may be there or not, which tells nobody anything.
    "simple_root": Needs(Who.ANYONE, answers=301),
    "simple_root_here": Needs(Who.ANYONE, answers=301),
    "simple_index_here": Needs(Who.ANYONE, answers=301),
    "simple_project_here": Needs(Who.ANYONE, answers=301),
    "npm_dist_tags": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "npm_publish": Needs(Role.WRITER, Scope.UPLOAD, answers=201),
    "npm_put_dist_tag": Needs(Role.WRITER, Scope.RELEASE, answers=201),
    "npm_delete_dist_tag": Needs(Role.WRITER, Scope.RELEASE),
    # Of one version; whoever takes several away needs more.
    "npm_replace": Needs(Role.MAINTAINER, Scope.WRITE, answers=201),
    "npm_delete": Needs(Role.MAINTAINER, Scope.WRITE),
    "npm_delete_tarball": Needs(Role.MAINTAINER, Scope.WRITE),
    "npm_package": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "npm_version": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
    "npm_tarball": Needs(Role.READER, Scope.DOWNLOAD, PUBLIC),
}
