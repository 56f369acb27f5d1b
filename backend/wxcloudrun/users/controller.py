"""HTTP in, HTTP out, for users."""

from flask import Response

from wxcloudrun.kit.texts import text
from wxcloudrun.users.schemas import EmailIn, PasswordIn, RegistrationIn, UserIn, UserOut, UserPatch
from wxcloudrun.users.service.administration import UserAdministrationService, UserChange
from wxcloudrun.users.service.binding import EmailBindingService
from wxcloudrun.users.service.users import UserService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import row_id

# --- One's own account -----------------------------------------------------------------------------


def register(body: RegistrationIn) -> Response:
    """201 with the user."""
    made = service(UserService).register(
        actor(), email=body.email, password=body.password, username=body.username
    )
    return ok(UserOut.model_validate(made), status=201)


def change_password(body: PasswordIn) -> Response:
    """200."""
    service(UserService).change_password(
        actor(),
        current=body.current_password,
        new=body.new_password,
        end_everything=body.end_everything,
    )
    return ok()


def bind_email(body: EmailIn) -> Response:
    """200 with the user."""
    bound = service(EmailBindingService).bind_email(actor(), body.email, body.password)
    return ok(UserOut.model_validate(bound))


# --- Users, for administrators ---------------------------------------------------------------------


def list_users(query: PageQuery) -> Response:
    """200 with a page of users."""
    page = service(UserAdministrationService).page(actor(), pages.requested(query, int))
    return pages.answer(page, UserOut.model_validate)


def create_user(body: UserIn) -> Response:
    """201 with the user."""
    made = service(UserAdministrationService).create(
        actor(), username=body.username, email=body.email, password=body.password
    )
    return ok(UserOut.model_validate(made), status=201)


def get_user(user_id: str) -> Response:
    """200 with the user."""
    found = service(UserAdministrationService).get(actor(), row_id(user_id, text("there is no such user")))
    return ok(UserOut.model_validate(found))


def change_user(user_id: str, body: UserPatch) -> Response:
    """200 with the user as they are now."""
    change = UserChange(**body.model_dump())
    changed = service(UserAdministrationService).change(
        actor(), row_id(user_id, text("there is no such user")), change
    )
    return ok(UserOut.model_validate(changed))


def delete_user(user_id: str) -> Response:
    """204."""
    service(UserAdministrationService).delete(actor(), row_id(user_id, text("there is no such user")))
    return no_content()
