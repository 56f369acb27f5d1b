"""HTTP in, HTTP out, for projects and members."""

from flask import Response

from wxcloudrun.kit.security import Role
from wxcloudrun.kit.texts import text
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
from wxcloudrun.projects.service.members import MemberService
from wxcloudrun.projects.service.projects import ProjectService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import row_id


def list_projects(query: PageQuery) -> Response:
    """A page of visible projects."""
    page = service(ProjectService).page(actor(), pages.requested(query, str))
    return pages.answer(page, ProjectOut.model_validate)


def create_project(body: ProjectIn) -> Response:
    """200 with the project."""
    made = service(ProjectService).create(actor(), body.name, body.description, is_public=body.is_public)
    return ok(ProjectOut.model_validate(made))


def get_project(project: str) -> Response:
    """200 with the project."""
    return ok(ProjectOut.model_validate(service(ProjectService).get(actor(), project)))


def change_project(project: str, body: ProjectPatch) -> Response:
    """200 with the project as it is now."""
    changed = service(ProjectService).change(
        actor(), project, description=body.description, is_public=body.is_public
    )
    return ok(ProjectOut.model_validate(changed))


def delete_project(project: str, query: ProjectDeletion) -> Response:
    """204."""
    service(ProjectService).delete(actor(), project, force=query.force)
    return no_content()


def list_members(project: str, query: PageQuery) -> Response:
    """A page of members."""
    page = service(MemberService).page(actor(), project, pages.requested(query, int))
    return pages.answer(page, MemberOut.model_validate)


def add_member(project: str, body: NewMemberIn) -> Response:
    """202, whether there is such a person or not."""
    service(MemberService).add(actor(), project, body.user, Role.of(body.role))
    return ok(NewMemberOut(user=body.user, role=body.role), status=202)


def set_member(project: str, user_id: str, body: MemberIn) -> Response:
    """200 with the member."""
    member = service(MemberService).put(
        actor(), project, row_id(user_id, text("there is no such user")), Role.of(body.role)
    )
    return ok(MemberOut.model_validate(member))


def remove_member(project: str, user_id: str) -> Response:
    """204."""
    service(MemberService).remove(actor(), project, row_id(user_id, text("there is no such user")))
    return no_content()
