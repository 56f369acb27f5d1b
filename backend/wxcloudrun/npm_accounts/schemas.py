"""What npm sends and gets about accounts; and the page at which somebody gives a machine a key."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from wxcloudrun.keys.service.keys import KeyView
from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.languages import CHINESE, ENGLISH, said
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.texts import Text, text
from wxcloudrun.npm_accounts.queries import WaitingMachine
from wxcloudrun.npm_accounts.service.accounts import NpmProfile

STYLE = (
    "body{max-width:32em;margin:3em auto;padding:0 1em;font:1em/1.6 sans-serif}"
    "label{display:block;margin:1em 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;"
    "padding:.4em}button{font:inherit;padding:.5em 1.5em}dt{float:left;clear:left;width:7em}"
    "dd{margin-left:7.5em;overflow-wrap:anywhere}.problem{border-left:.3em solid #b00;padding-left:.7em}"
)
# Only this style sheet, and a form that goes back to us: no script, no picture, in nobody's frame.
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
OTHER_LANGUAGE = {ENGLISH: (CHINESE, "中文"), CHINESE: (ENGLISH, "English")}


class Foreign(BaseModel):
    """A body of a foreign protocol: what else stands in it means nothing here."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, str_max_length=10_000)


class NpmLoginIn(Foreign):
    """What npm sends for a login with name and password; the name stands in the address, too."""

    password: str


class NpmWebLoginIn(Foreign):
    """What npm sends to begin a login by a page."""

    hostname: str | None = None


def read[F: Foreign](model: type[F], body: bytes) -> F:
    """Read a body. Raises Malformed, without repeating it."""
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError:
        raise Malformed(text("this is not what npm sends to log in")) from None


def profile_out(profile: NpmProfile) -> dict[str, Any]:
    """Shape somebody as `npm profile get` shows them."""
    return {
        "name": profile.username,
        "email": profile.email or "",
        "email_verified": profile.is_verified,
        "tfa": {"mode": "auth-and-writes", "pending": False} if profile.has_second_factor else None,
        "created": clock.rfc3339(profile.created_at),
        "updated": None,
    }


def tokens_out(keys: Sequence[KeyView], following: str | None) -> dict[str, Any]:
    """Shape keys as `npm token list` shows them: by what people recognise them, which opens nothing."""
    return {"objects": [token_out(each) for each in keys], "urls": {"next": following} if following else {}}


def token_out(key: KeyView) -> dict[str, Any]:
    """Shape a key."""
    return {
        "key": str(key.id),
        "token": key.prefix,
        "name": key.name,
        "created": clock.rfc3339(key.created_at),
        "expires": None if key.expires_at is None else clock.rfc3339(key.expires_at),
        "readonly": not set(key.scopes) & {Scope.WRITE, Scope.UPLOAD, Scope.RELEASE, Scope.ADMIN},
        "cidr_whitelist": None,
    }


# --- The page --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the page asks with: which machine waits, from where the page is looked at, and its seal."""

    machine: WaitingMachine
    address: str | None
    seal: str
    called: str = ""


def form_page(form: LoginForm, language: str, problem: Text | None = None) -> str:
    """Return the page that asks whether a machine shall get a key."""
    say = Saying(language)
    machine = form.machine
    facts = (
        (text("machine"), machine.host),
        (text("address"), machine.address or "?"),
        (text("program"), machine.client),
        (text("project"), machine.project),
    )
    listed = "".join(f"<dt>{say(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    asked = text(
        "A machine wants an API key of yours, to read and write in one project. Go on only if it was you who "
        "has just run npm login there: whoever holds the key acts as you"
    )
    elsewhere = text("It asks from another address than the one that you are at now")
    warned = f"<p><strong>{say(elsewhere)}</strong></p>" if machine.address != form.address else ""
    told = "" if problem is None else f'<p class="problem" role="alert">{say(problem)}</p>'
    fields = (
        f"<label>{say(text('E-mail address or user name'))}"
        f'<input name="name" value="{escape(form.called)}" required autocomplete="username"></label>'
        f"<label>{say(text('Password'))}"
        '<input name="password" type="password" required autocomplete="current-password"></label>'
        f"<label>{say(text('Second factor, if you have one: its code, or a recovery code'))}"
        '<input name="code" autocomplete="one-time-code"></label>'
    )
    return page(
        say,
        text("Give a machine a key"),
        f"<p>{say(asked)}</p><dl>{listed}</dl>{warned}{told}"
        f'<form method="post"><input type="hidden" name="seal" value="{escape(form.seal)}">{fields}'
        f"<button>{say(text('Give it a key'))}</button></form>",
    )


def told_page(title: Text, sentence: Text, language: str) -> str:
    """Return a page that only says something."""
    say = Saying(language)
    return page(say, title, f"<p>{say(sentence)}</p>")


class Saying:
    """Says sentences in one language, as they may stand in a page."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, sentence: Text) -> str:
        """Say one."""
        return escape(said(sentence, self.language))


def page(say: Saying, title: Text, body: str) -> str:
    """Return a page, with a way to it in the other language."""
    other, name = OTHER_LANGUAGE[say.language]
    return (
        f'<!DOCTYPE html>\n<html lang="{say.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" '
        f'content="noindex"><title>{say(title)}</title><style>{STYLE}</style></head><body>'
        f'<p><a href="?lang={other}" lang="{other}" hreflang="{other}">{name}</a></p>'
        f"<h1>{say(title)}</h1>{body}</body></html>\n"
    )
