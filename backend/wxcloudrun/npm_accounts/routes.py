"""The URLs below `/-/` that are about who somebody is: data, not code."""

from functools import partial

from wxcloudrun.kit.errors import Forbidden, Malformed, NotFound, TooManyRequests, Unauthorized
from wxcloudrun.kit.security import Scope
from wxcloudrun.npm.controller import ROOT
from wxcloudrun.npm_accounts import controller
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageQuery

PROTOCOL = "npm registry"
LOGIN = (Malformed, Unauthorized, SecondFactorNeeded, TooManyRequests, NotFound, Forbidden)

own = partial(Endpoint, any_query=True, protocol=PROTOCOL, errors=(NotFound,))
entering = partial(
    Endpoint, caller=Caller.ANYONE, scope=None, any_query=True, protocol=PROTOCOL, errors=LOGIN,
)  # fmt: skip

ENDPOINTS = [
    entering("GET", "/<project>/-/ping", controller.ping, "npm_ping", "Is somebody there?"),
    own(
        "GET", "/<project>/-/whoami", controller.whoami, "npm_whoami", "Your name",
        scope=Scope.DOWNLOAD,
    ),
    own("GET", "/<project>/-/npm/v1/user", controller.profile, "npm_profile", "You, as npm shows you"),
    own(
        "GET", "/<project>/-/npm/v1/tokens", controller.tokens, "npm_tokens", "Your API keys",
        query=PageQuery,
    ),
    entering(
        "PUT", "/<project>/-/user/org.couchdb.user:<rest:name>", controller.log_in, "npm_log_in",
        "Log in with name and password", status=201,
    ),
    own(
        "DELETE", "/<project>/-/user/token/<token>", controller.log_out, "npm_log_out", "End a token",
        scope=None, widens_access=False,
    ),
    entering(
        "POST", "/<project>/-/v1/login", controller.begin_web_login, "npm_begin_web_login",
        "Begin a login by a page",
    ),
    entering(
        "GET", "/<project>/-/v1/done/<token>", controller.end_web_login, "npm_end_web_login",
        "Whether the login by a page is done, and then the token, once",
    ),
    entering(
        "GET", "/<project>/-/v1/login/<token>", controller.show_login_page, "npm_login_page",
        "The page that asks whether a machine shall get a key", media="text/html",
    ),
    entering(
        "POST", "/<project>/-/v1/login/<token>", controller.answer_login_page, "npm_answer_login_page",
        "Give a machine a key", media="text/html",
    ),
]  # fmt: skip

npm_accounts = blueprint("npm_accounts", ROOT, ENDPOINTS, tag="npm")
