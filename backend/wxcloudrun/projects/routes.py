"""The URLs of projects and members: data, not code."""

from wxcloudrun.kit.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotEmpty,
    NotFound,
    QuotaReached,
    TooManyRequests,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.projects import controller
from wxcloudrun.projects.schemas import (
    MemberIn,
    MemberOut,
    NewMemberIn,
    NewMemberOut,
    ProjectDeletion,
    ProjectIn,
    ProjectOut,
    ProjectPatch,
)
from wxcloudrun.projects.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

PROJECT = "/project/<project>"
MEMBER = "/project/<project>/members/<user_id>"
SAME_ANSWER = (
    "The answer is the same whether there is one or not, and the role of a member stays; the list of members "
    "shows who was added."
)

ENDPOINTS = [
    Endpoint(
        "GET", "/projects", controller.list_projects, "list_projects", "The projects that you may see",
        scope=Scope.DOWNLOAD, query=PageQuery, answer=PageOut[ProjectOut],
    ),
    Endpoint(
        "POST", "/projects", controller.create_project, "create_project", "Make a project that you own",
        scope=Scope.WRITE, or_scope=Scope.MANAGE, widens_access=False,
        body=ProjectIn, answer=ProjectOut, errors=(Conflict, QuotaReached, Forbidden, Invalid),
    ),
    Endpoint(
        "GET", PROJECT, controller.get_project, "get_project", "One project",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=ProjectOut, errors=(NotFound,),
    ),
    Endpoint(
        "PATCH", PROJECT, controller.change_project, "change_project", "Change description or visibility",
        scope=Scope.MANAGE, widens_access=True,
        body=ProjectPatch, answer=ProjectOut, errors=(Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "DELETE", PROJECT, controller.delete_project, "delete_project", "Delete a project",
        scope=Scope.MANAGE, widens_access=False, destroys_much=True,
        query=ProjectDeletion, status=204, errors=(NotEmpty, Forbidden, NotFound),
    ),
    Endpoint(
        "GET", "/project/<project>/members", controller.list_members, "list_members", "Who belongs to it",
        or_scope=Scope.MANAGE, query=PageQuery, answer=PageOut[MemberOut], errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "POST", "/project/<project>/members", controller.add_member, "add_member",
        "Let somebody belong to it, if there is a person with that address",
        scope=Scope.MANAGE, widens_access=True, body=NewMemberIn, answer=NewMemberOut, status=202,
        errors=(Forbidden, NotFound, Invalid, TooManyRequests), description=SAME_ANSWER,
    ),
    Endpoint(
        "PUT", MEMBER, controller.set_member, "set_member", "Give a user a role",
        scope=Scope.MANAGE, widens_access=True,
        body=MemberIn, answer=MemberOut, errors=(Conflict, Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "DELETE", MEMBER, controller.remove_member, "remove_member", "Take a user out",
        scope=Scope.MANAGE, widens_access=False, status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

projects = blueprint("projects", "/api/v1", ENDPOINTS, words=(WORDS,))
