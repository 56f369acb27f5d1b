"""Wire shapes of users."""

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.users.rules import (
    MAX_EMAIL_LENGTH,
    MAX_PASSWORD_BYTES,
    MAX_USERNAME_LENGTH,
    MIN_PASSWORD_BYTES,
    UserKind,
    canonical_email,
    check_called,
    check_password,
    check_username,
)
from wxcloudrun.web.parsing import Input, Output, Timestamp, one_of

EMAIL = {"type": "string", "format": "email", "maxLength": MAX_EMAIL_LENGTH}
CALLED = {
    "type": "string",
    "description": "a user name, or an e-mail address, which holds an @",
    "minLength": 1,
    "maxLength": MAX_EMAIL_LENGTH,
}
USERNAME = {"type": "string", "minLength": 1, "maxLength": MAX_USERNAME_LENGTH}
# The rule counts bytes of UTF-8, which a schema cannot: it says what every legal password fulfils.
MAX_BYTES_OF_A_CHARACTER = 4
PASSWORD = {
    "type": "string",
    "format": "password",
    "description": f"{MIN_PASSWORD_BYTES} to {MAX_PASSWORD_BYTES} bytes of UTF-8",
    "minLength": MIN_PASSWORD_BYTES // MAX_BYTES_OF_A_CHARACTER,
    "maxLength": MAX_PASSWORD_BYTES,
}

Email = Annotated[str, AfterValidator(canonical_email), WithJsonSchema(EMAIL)]
Username = Annotated[str, AfterValidator(check_username), WithJsonSchema(USERNAME)]
Called = Annotated[str, AfterValidator(check_called), WithJsonSchema(CALLED)]
NewPassword = Annotated[str, AfterValidator(check_password), WithJsonSchema(PASSWORD)]


class RegistrationIn(Input):
    """Somebody new."""

    email: Email
    password: NewPassword
    username: Username | None = None


class EmailIn(Input):
    """An address to bind; the password is the account's own, or a new one if it has none."""

    email: Email
    password: str


class PasswordIn(Input):
    """A new password, from somebody who knows the one they have."""

    current_password: str
    new_password: NewPassword
    end_everything: bool = False


class UserIn(Input):
    """A user that an administrator makes."""

    username: Username
    email: Email
    password: NewPassword | None = None


class UserPatch(Input):
    """What may change; what is left out stays."""

    username: Username | None = None
    email: Email | None = None
    password: NewPassword | None = None
    is_active: bool | None = None
    is_admin: bool | None = None


class UserOut(Output):
    """A user: a person, or a service account that asks who it is."""

    id: int
    kind: Annotated[str, one_of(UserKind)]
    email: str | None
    username: str
    is_active: bool
    is_admin: bool
    created_at: Timestamp
