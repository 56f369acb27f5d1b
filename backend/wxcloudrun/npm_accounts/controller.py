"""HTTP in, HTTP out, of accounts as npm knows them, and of the page of its logins; decides nothing."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from flask import Response, request

from wxcloudrun.identity.controller import is_our_own_page
from wxcloudrun.kit import ids
from wxcloudrun.kit.errors import AppError, Forbidden, Malformed
from wxcloudrun.kit.texts import Text, text
from wxcloudrun.npm.controller import ROOT
from wxcloudrun.npm_accounts import schemas
from wxcloudrun.npm_accounts.rules import code_in
from wxcloudrun.npm_accounts.schemas import LoginForm, NpmLoginIn, NpmWebLoginIn, read
from wxcloudrun.npm_accounts.service.accounts import NpmAccountService
from wxcloudrun.npm_accounts.service.logins import NpmCredentials, NpmLoginService
from wxcloudrun.npm_accounts.service.seals import PageSeals
from wxcloudrun.npm_accounts.service.web_logins import AskingMachine, WebLoginService
from wxcloudrun.sessions.controller import is_over_https
from wxcloudrun.web import languages, pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.links import face_url
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import read_small_body

USER = "org.couchdb.user:"
MOST_FIELDS = 20
COOKIE = "npm_login"  # seals a page to the browser that has got it; it opens nothing
COOKIE_SECONDS = 3600
AGAIN_AFTER_SECONDS = 1


def ping(project: str) -> Response:  # noqa: ARG001 - a part of the path
    """200: somebody is there."""
    return plain({})


def whoami(project: str) -> Response:
    """200 with the caller's name."""
    return plain({"username": service(NpmAccountService).profile(actor(), project).username})


def profile(project: str) -> Response:
    """200 with what npm shows people of themselves."""
    return plain(schemas.profile_out(service(NpmAccountService).profile(actor(), project)))


def tokens(project: str, query: PageQuery) -> Response:
    """200 with a page of the caller's keys."""
    page = service(NpmAccountService).keys(actor(), project, pages.requested(query, int))
    base = face_url(ROOT, project, "-", "npm", "v1", "tokens")
    following = None if page.next_after is None else f"{base}?cursor={pages.encode(page.next_after)}"
    return plain(schemas.tokens_out(page.items, following))


def log_out(project: str, token: str) -> Response:  # noqa: ARG001 - a part of the path
    """200: the token is good for nothing any more."""
    service(NpmAccountService).log_out(actor(), token)
    return plain({"ok": True})


def log_in(project: str, name: str) -> Response:
    """201 with a key, at the first try."""
    given = read(NpmLoginIn, read_small_body())
    shown = NpmCredentials(name, given.password, code_in(request.headers.get("npm-otp")))
    key = service(NpmLoginService).log_in(actor(), project, shown)
    return plain({"ok": True, "id": f"{USER}{name}", "rev": "1-0", "token": key}, 201)


# --- The login by a page ---------------------------------------------------------------------------


def begin_web_login(project: str) -> Response:
    """200 with two addresses: one for somebody in a browser, one to ask whether they are done."""
    said = read(NpmWebLoginIn, read_small_body())
    machine = AskingMachine(said.hostname, request.headers.get("User-Agent"))
    begun = service(WebLoginService).begin(actor(), project, machine)
    base = (ROOT, project, "-", "v1")
    return plain(
        {
            "loginUrl": face_url(*base, "login", begun.page_code),
            "doneUrl": face_url(*base, "done", begun.done_code),
        }
    )


def end_web_login(project: str, token: str) -> Response:
    """200 with the key, once; 202 while nobody has given one."""
    key = None
    if request.method == "GET":  # whoever asks for the headers alone would lose the key
        key = service(WebLoginService).claim(actor(), project, token)
    if key is not None:
        return plain({"token": key})
    response = plain({}, 202)
    response.headers["Retry-After"] = str(AGAIN_AFTER_SECONDS)
    return response


def show_login_page(project: str, token: str) -> Response:
    """The page that asks whether a machine shall get a key."""
    try:
        machine = service(WebLoginService).waiting(project, token)
    except AppError as refusal:
        return refusing_page(refusal)
    browser = request.cookies.get(cookie_name()) or ids.new_secret()
    form = LoginForm(machine, actor().address, service(PageSeals).seal(browser, token))
    response = html(schemas.form_page(form, languages.of_request()))
    response.set_cookie(
        cookie_name(), browser, max_age=COOKIE_SECONDS, path="/", secure=is_over_https(), httponly=True,
        samesite="Strict",
    )  # fmt: skip
    return response


def answer_login_page(project: str, token: str) -> Response:
    """The page that says it is done; or the form once more, with what was wrong."""
    logins = service(WebLoginService)
    try:
        machine = logins.waiting(project, token)
        fields = form_fields()
        refuse_foreign_form(token, fields.get("seal", ""))
    except AppError as refusal:
        return refusing_page(refusal)
    called = fields.get("name", "")
    shown = NpmCredentials(called, fields.get("password", ""), code_in(fields.get("code")))
    try:
        logins.approve(actor(), project, token, shown)
    except AppError as refusal:
        form = LoginForm(machine, actor().address, fields["seal"], called)
        again = schemas.form_page(form, languages.of_request(), refusal.message)
        return html(again, refusal.status, refusal.headers)
    done = text("The machine has its key now. You may close this page and go back to it")
    return html(schemas.told_page(text("Done"), done, languages.of_request()))


def refuse_foreign_form(token: str, seal: str) -> None:
    """Raise Forbidden for a form that another site sends, or that this browser has not got from us."""
    browser = request.cookies.get(cookie_name(), "")
    if not is_our_own_page() or not service(PageSeals).fits(seal, browser, token):
        raise Forbidden(text("this form did not come from our page in this browser; open the address again"))


def form_fields() -> Mapping[str, str]:
    """Return the fields of a form, each once. Raises Malformed."""
    body = read_small_body()
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Malformed(text("the form cannot be read")) from None
    return {name: values[0] for name, values in fields.items()}


def cookie_name() -> str:
    """Return what our cookie is called: with TLS so that no other name below our domain can plant one."""
    return f"__Host-{COOKIE}" if is_over_https() else COOKIE


def refusing_page(refusal: AppError) -> Response:
    """Answer a refusal to somebody in a browser."""
    title: Text = text("This did not work")
    page = schemas.told_page(title, refusal.message, languages.of_request())
    return html(page, refusal.status, refusal.headers)


def html(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a page. It is nobody's but the one's who has its address, and tells that to no other site."""
    response = Response(page, status=status, content_type="text/html; charset=utf-8")
    kept = {name: value for name, value in (headers or {}).items() if name != "WWW-Authenticate"}
    response.headers.extend(kept)  # a browser would ask for another password
    response.headers["Content-Security-Policy"] = schemas.POLICY
    # With none at all browsers do not even tell ourselves where a form came from.
    response.headers["Referrer-Policy"] = "same-origin"
    languages.mark(response, languages.of_request())
    return response


def plain(value: Mapping[str, Any], status: int = 200) -> Response:
    """Answer JSON that nobody keeps."""
    return Response(json.dumps(value) + "\n", status=status, content_type="application/json")
