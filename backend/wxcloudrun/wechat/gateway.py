"""WeChat, as far as logins need it: a code from a mini-program becomes the person who is using it."""

import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from wxcloudrun.kit.errors import AppError, Forbidden, TooManyRequests, Unauthorized, Unavailable
from wxcloudrun.kit.texts import text
from wxcloudrun.net.http_client import CallFailed, HttpClient

logger = logging.getLogger(__name__)

PATH = "/sns/jscode2session"
SYSTEM_BUSY = -1
INVALID_CODE = 40029
CODE_USED = 40163
CODE_BLOCKED = 40226
TOO_OFTEN = 45011
WAIT_SECONDS = 60
OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class WechatPerson:
    """Who WeChat says it is; `unionid` is the same in all programs of one publisher, if there are more.

    The session key that comes along is for decrypting WeChat's own data. Nothing here needs it, so it
    is dropped where it arrives.
    """

    openid: str = field(repr=False)
    unionid: str | None = field(default=None, repr=False)


class WechatGateway(Protocol):
    """Asks WeChat who is using the mini-program."""

    def person_behind(self, code: str) -> WechatPerson:
        """Return who got this code from `wx.login()`; it is good for one call.

        Raises Unauthorized (no such code, or used), Forbidden (WeChat blocks this person),
        TooManyRequests, or Unavailable.
        """


class HttpWechatGateway:
    """WeChat over HTTPS: `GET /sns/jscode2session`."""

    def __init__(self, client: HttpClient, *, appid: str, secret: str) -> None:
        self._client = client
        self._appid = appid
        self._secret = secret

    def person_behind(self, code: str) -> WechatPerson:
        """Ask WeChat, once more if it is busy; a call that got no answer may have used the code up."""
        answer = self._ask(code)
        if answer.get("errcode") == SYSTEM_BUSY:
            answer = self._ask(code)
        problem = answer.get("errcode", 0)
        if problem:
            raise refusal(problem)
        return person_in(answer)

    def _ask(self, code: str) -> dict[str, Any]:
        parameters = {
            "appid": self._appid,
            "secret": self._secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        try:
            answer = json.loads(self._client.get(PATH, parameters))
        except CallFailed as error:
            raise silent(str(error)) from None
        except (ValueError, RecursionError):
            raise silent("no JSON") from None  # the text may hold a session key; it goes no further
        if not isinstance(answer, dict):
            raise silent("no object")
        return answer


class NoWechat:
    """What stands in where no mini-program is set up."""

    def person_behind(self, code: str) -> WechatPerson:  # noqa: ARG002  # the port demands it
        """Raise Unavailable."""
        raise Unavailable(text("WeChat login is not set up here; the operator sets WX_APPID and WX_SECRET"))


def refusal(problem: Any) -> AppError:
    """Return what an error of WeChat's means to the caller."""
    errcode = problem if isinstance(problem, int) else None
    logger.warning("wechat_refused", extra={"errcode": errcode})
    if errcode in {INVALID_CODE, CODE_USED}:
        return Unauthorized(text("the code is not valid or was used; call wx.login() again"))
    if errcode == TOO_OFTEN:
        return TooManyRequests(
            text("WeChat says that this person logs in too often"), retry_after_seconds=WAIT_SECONDS
        )
    if errcode == CODE_BLOCKED:
        return Forbidden(text("WeChat has blocked this person"))
    return Unavailable(text("WeChat cannot answer now; try again"))


def person_in(answer: dict[str, Any]) -> WechatPerson:
    """Return the person that an answer names. Raises Unavailable if it names none."""
    openid, unionid = answer.get("openid"), answer.get("unionid")
    if not is_wechat_id(openid):
        raise silent("no openid")
    return WechatPerson(str(openid), unionid if is_wechat_id(unionid) else None)


def is_wechat_id(text: Any) -> bool:
    """Tell an openid or unionid from anything else."""
    return isinstance(text, str) and OPENID.fullmatch(text) is not None


def silent(cause: str) -> Unavailable:
    """Return the refusal for an answer that did not come or cannot be used."""
    logger.warning("wechat_gave_no_answer", extra={"cause": cause})
    return Unavailable(text("WeChat cannot be reached; try again"))
