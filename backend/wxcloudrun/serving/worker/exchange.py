"""One request and its answer, by a thread: what lies between the gathered bytes and those that go out."""

import enum
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request

from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.texts import text
from wxcloudrun.serving.worker.answers import language_of, rendered, unreadable
from wxcloudrun.serving.worker.body import PacedSocket, WatchedBody, watch
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.outbox import Outbox
from wxcloudrun.serving.worker.places import DOWN, Places, TransferPlace
from wxcloudrun.serving.worker.transfers import Transfer
from wxcloudrun.stores.blobs.outgoing import FileBody, MemoryBody, Outgoing, StoreBody
from wxcloudrun.web.afterwards import LEFT, Work, carry_out
from wxcloudrun.web.arrival import ARRIVED_AT
from wxcloudrun.web.host_field import check_host
from wxcloudrun.web.transfer_places import ADMIT, ADMIT_BODY, CLIENT, HASTEN

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ConnectionOutcome(enum.Enum):
    """What becomes of a connection."""

    KEEP = enum.auto()
    CLOSE = enum.auto()  # nothing more will be said
    CLOSE_UNREAD = enum.auto()  # the same, while the client may still be sending
    GONE = enum.auto()  # nobody is listening any more


class Turn:
    """What came of one request: its answer as far as it has not gone, and what follows when it has."""

    def __init__(
        self, transfer: Transfer, outcome: ConnectionOutcome, left: list[Work] | None = None
    ) -> None:
        self.transfer = transfer
        self.outcome = outcome
        self._left = left or []

    def follow_up(self) -> None:
        """Do what was left for the time when the answer has gone out, or is on its way. Raises nothing."""
        carry_out(self._left)


class Exchange:
    """Hands requests to the application and its answers to their clients."""

    def __init__(
        self, application: WSGIApplication, cfg: Any, log: Any, limits: ServingLimits, places: Places
    ) -> None:
        self._application = application
        self._cfg = cfg
        self._log = log
        self._limits = limits
        self._places = places

    def answer(self, connection: Connection, place: TransferPlace | None = None) -> Turn | ConnectionOutcome:
        """Answer the request that has been gathered. `place` is that of a body that is still coming.

        Without one nothing is waited for.
        """
        connection.sock.settimeout(0 if place is None else self._limits.idle_seconds)
        connection.has_served = True
        paced = PacedSocket(connection.sock, self._limits)
        outbox = Outbox(connection.sock, self._limits)
        req: Request | None = None
        try:
            req = next(connection.parser(self._cfg, paced))
            check_host(req.version, req.headers)
            return self._respond(OpenRequest(req, connection, outbox, watch(req, paced)), paced, place)
        except (NoMoreData, StopIteration):
            return ConnectionOutcome.CLOSE
        except OSError as error:
            self._log.debug("connection lost: %s", error)
            return ConnectionOutcome.CLOSE
        except Exception as error:  # noqa: BLE001  # nothing that goes wrong with one request ends the worker
            return self._refuse(error, req, connection, outbox)

    def _respond(
        self, held: "OpenRequest", paced: PacedSocket, incoming: TransferPlace | None
    ) -> Turn | ConnectionOutcome:
        resp, environ = wsgi.create(
            held.req, held.outbox, held.connection.address, held.connection.server, self._cfg
        )
        environ["wsgi.multithread"] = True
        environ[LEFT] = held.left
        environ[ARRIVED_AT] = held.connection.arrived_at
        if self._places.is_closing:
            resp.force_close()
        place = ExchangePlace()
        environ[HASTEN] = paced.hasten
        self._put_places(environ, held, place, incoming)
        try:
            answer = self._application(environ, closing_if_unread(resp, held.body))
            return self._send(answer, resp, held, place, environ)
        except BaseException:
            place.give_back()
            raise

    def _put_places(
        self,
        environ: dict[str, Any],
        held: "OpenRequest",
        place: "ExchangePlace",
        incoming: TransferPlace | None,
    ) -> None:
        """Let whoever sends a long body have a place first, and whoever reads one say whose it is."""

        def client() -> str:
            return environ.get(CLIENT) or held.connection.host

        environ[ADMIT] = lambda: place.hold(self._places.take(DOWN, client()))
        if incoming is not None:
            held.body.before_first_read = lambda: incoming.belongs_to(client())
            environ[ADMIT_BODY] = held.body.admit

    def _send(
        self,
        answer: Iterable[bytes],
        resp: Any,
        held: "OpenRequest",
        place: "ExchangePlace",
        environ: dict[str, Any],
    ) -> Turn:
        """Write an answer as far as it is there already. Raises Busy if it is long and has no place."""
        body: Outgoing | None
        if isinstance(answer, (FileBody, StoreBody)):
            resp.send_headers()
            body = answer
            head, _ = held.outbox.take()
        else:
            write(answer, resp, held.outbox)
            head, rest = held.outbox.take()
            body = MemoryBody(rest) if rest else None
            # Whoever has changed something hears of it, place or not.
            if rest and environ["REQUEST_METHOD"] in SAFE_METHODS:
                environ[ADMIT]()
        transfer = Transfer(held.connection.sock, head, body, place.give_back)
        if held.body.is_unread:
            return Turn(transfer, ConnectionOutcome.CLOSE_UNREAD, held.left)
        return Turn(
            transfer, ConnectionOutcome.CLOSE if resp.should_close() else ConnectionOutcome.KEEP, held.left
        )

    def _refuse(
        self, error: Exception, req: Request | None, connection: Connection, outbox: Outbox
    ) -> Turn | ConnectionOutcome:
        """Answer a request that cannot be read, or that broke the application, in the envelope."""
        refusal = unreadable(error)
        if refusal is None:
            self._log.error("request failed", exc_info=error)
            refusal = AppError(text("the service failed"))
        else:
            self._log.warning("unreadable request: %s", type(error).__name__)
        if outbox.has_sent:
            return ConnectionOutcome.CLOSE  # in the middle of an answer nothing else can be said
        said = rendered(refusal, language_of(req or getattr(error, "req", None)))
        return Turn(Transfer(connection.sock, said, None, lambda: None), ConnectionOutcome.CLOSE_UNREAD)


def write(answer: Iterable[bytes], resp: Any, outbox: Outbox) -> None:
    """Write an answer that the application has made, or makes now."""
    outbox.is_length_known = resp.response_length is not None
    try:
        for block in answer:
            resp.write(block)
        resp.close()
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


class OpenRequest:
    """A request with everything that belongs to it."""

    def __init__(self, req: Request, connection: Connection, outbox: Outbox, body: WatchedBody) -> None:
        self.req = req
        self.connection = connection
        self.outbox = outbox
        self.body = body
        self.left: list[Work] = []  # for later, by the application


class ExchangePlace:
    """The place of one exchange, if it needs one."""

    def __init__(self) -> None:
        self._place: TransferPlace | None = None

    def hold(self, place: TransferPlace) -> None:
        """Take a place over."""
        self._place = place

    def give_back(self) -> None:
        """Let somebody else have it."""
        if self._place is not None:
            self._place.give_back()


def closing_if_unread(resp: Any, body: WatchedBody) -> Callable[..., Any]:
    """Return a `start_response` that announces the end of the connection if the answer comes early.

    Where the next request would begin, nobody can tell.
    """

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        if body.is_unread:
            resp.force_close()
        return resp.start_response(status, headers, exc_info)

    return start
