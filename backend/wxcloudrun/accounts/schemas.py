"""Wire shapes of users, logins and API keys."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema

from wxcloudrun.accounts.rules import (
    MAX_EMAIL_LENGTH,
    MAX_PASSWORD_BYTES,
    MAX_USERNAME_LENGTH,
    MIN_PASSWORD_BYTES,
    canonical_email,
    check_password,
    check_username,
)
from wxcloudrun.accounts.service.keys import MadeKey
from wxcloudrun.kit.names import ProjectName
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.web.parsing import Input, Output, Timestamp

MAX_KEY_DAYS = 3650
MAX_OVERLAP_HOURS = 30 * 24

SCOPES = {"type": "array", "minItems": 1, "items": {"enum": [str(scope) for scope in Scope]}}
EMAIL = {"type": "string", "format": "email", "maxLength": MAX_EMAIL_LENGTH}
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
NewPassword = Annotated[str, AfterValidator(check_password), WithJsonSchema(PASSWORD)]


class RegistrationIn(Input):
    """Somebody new."""

    email: Email
    password: NewPassword
    username: Username | None = None


class LoginIn(Input):
    """Whatever cannot be right is just wrong: what a password must look like is no secret, who has one is."""

    email: str
    password: str


class EmailIn(Input):
    """An address to bind; the password is the account's own, or a new one if it has none."""

    email: Email
    password: str


class WechatIn(Input):
    """What `wx.login()` gave; only behind WeChat Cloud Hosting may it be left out."""

    code: Annotated[str, Field(min_length=1, max_length=512)] | None = None


class RefreshIn(Input):
    """A refresh token to exchange."""

    refresh_token: str


class PasswordIn(Input):
    """A new password, from somebody who knows the one they have."""

    current_password: str
    new_password: NewPassword


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
    """A user."""

    id: int
    email: str | None
    username: str
    is_active: bool
    is_admin: bool
    created_at: Timestamp


class TokensOut(Output):
    """What a program keeps of a login; `expires_in` is in seconds and speaks of the access token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    refresh_token: str
    user: UserOut


class KeyIn(Input):
    """A key to make; without scopes it may read and write, without a project it works in all of them."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1), WithJsonSchema(SCOPES)] | None = None
    project: ProjectName | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_KEY_DAYS)] | None = None


class RotationIn(Input):
    """How long the old key keeps working beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=MAX_OVERLAP_HOURS)] = 0


class KeyOut(Output):
    """An API key without what makes it one."""

    id: int
    name: str
    prefix: str
    scopes: list[Scope]
    project: str | None
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None


class KeyMadeOut(KeyOut):
    """A new API key; `key` is shown this once."""

    key: str

    @classmethod
    def of(cls, made: MadeKey) -> Self:
        """Shape a key and its secret."""
        return cls(key=made.key, **KeyOut.model_validate(made.view).__dict__)
