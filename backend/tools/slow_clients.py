"""The clients of a crowd (`crowd.py`). They cost little, for they share the machine with what they test.

Each of them does something once a second, with one system call; whoever only waits is watched by epoll.
"""

import hashlib
import heapq
import json
import random
import select
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import count

from tools.crowd import WAIT_SECONDS, Crowd, Plan

STEP_SECONDS = 1.0  # between two gulps of one client
SOON_SECONDS = 0.1  # between two looks at somebody who waits for an answer
BEGIN_SECONDS = 2.0  # within which all of them come
BUFFER_BYTES = 32 * 1024  # of a client's socket: what the kernel takes in for it is not slow
COMMON_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"


class ClientEnded(Exception):
    """A client has ended; the message says how."""


class SlowClient(ABC):
    """Somebody who is looked at now and then."""

    def __init__(self, note_open: Callable[[], None]) -> None:
        self._note_open = note_open
        self._step = self.begin
        self.sock = socket.socket()
        self.began_at = 0.0

    def step(self) -> float | None:
        """Do what is due; return in how many seconds something is again, None: when something comes.

        Raises ClientEnded.
        """
        try:
            return self._step()
        except BlockingIOError:
            return SOON_SECONDS
        except OSError as error:
            raise ClientEnded(type(error).__name__) from error

    @abstractmethod
    def begin(self) -> float | None:
        """Connect."""

    def connect(self, port: int, source: str = "") -> None:
        """Connect, and wait for nobody from then on."""
        self.began_at = time.monotonic()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if source:
            self.sock.bind((source, 0))
        self.sock.settimeout(WAIT_SECONDS)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)

    def due_bytes(self, rate: int, done: int) -> int:
        """Return how many bytes a steady client would have moved by now, beyond those that it has."""
        return int((time.monotonic() - self.began_at) * rate) - done


class Transferring(SlowClient):
    """Somebody who sends a request and reads an answer."""

    def __init__(self, plan: Plan, number: int, note_open: Callable[[], None]) -> None:
        super().__init__(note_open)
        self.plan = plan
        self.number = number
        self.received = bytearray()
        self._was_under_way = False

    def ask(self, request: str, *fields: str) -> None:
        """Connect, and send the head of a request."""
        self.connect(self.plan.port)
        key = self.plan.keys[self.number % len(self.plan.keys)]
        lines = [f"{request} HTTP/1.1", "Host: bench", f"Authorization: Bearer {key}", *fields, "", ""]
        self.sock.sendall("\r\n".join(lines).encode())

    def note_under_way(self) -> None:
        """Note that some of the body has been moved, or never will be."""
        if not self._was_under_way:
            self._was_under_way = True
            self._note_open()

    def head(self) -> tuple[str, int] | None:
        """Return status and length of the answer once they are there; `received` is what follows them."""
        block = self.sock.recv(4096)
        if not block:
            raise ConnectionResetError
        self.received += block
        head, end, rest = self.received.partition(HEAD_END)
        if not end:
            return None
        self.received = rest
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return head.split(b" ", 2)[1].decode(), int(lengths[0].split(b":")[1]) if lengths else 0


class Downloading(Transferring):
    """Somebody who takes a file in at their own pace."""

    def begin(self) -> float:
        """Ask for the file."""
        self.ask(f"GET {self.plan.download_path}")
        self._step = self._begin_body
        return SOON_SECONDS

    def _begin_body(self) -> float:
        found = self.head()
        if found is None:
            return SOON_SECONDS
        status, self._length = found
        if status != "200":
            raise ClientEnded(status)
        self._digest = hashlib.sha256(self.received)
        self._taken = len(self.received)
        self._step = self._go_on
        return STEP_SECONDS

    def _go_on(self) -> float:
        due = min(self.due_bytes(self.plan.bytes_per_second, self._taken), self._length - self._taken)
        if due > 0:
            block = self.sock.recv(due)
            if not block:
                raise ClientEnded("cut")
            self._digest.update(block)
            self._taken += len(block)
            self.note_under_way()
        if self._taken == self._length:
            raise ClientEnded("whole" if self._digest.hexdigest() == self.plan.sha256 else "other bytes")
        return STEP_SECONDS


class Uploading(Transferring):
    """Somebody who sends a file at their own pace."""

    def begin(self) -> float:
        """Announce the file, whose bytes nobody else sends."""
        length = self.plan.upload_bytes
        common = random.Random(0).randbytes(COMMON_BYTES)  # noqa: S311  # no secret
        mark = self.number.to_bytes(8)
        self._data = memoryview((mark + common * (length // COMMON_BYTES + 1))[:length])
        self._sha256 = hashlib.sha256(self._data).hexdigest()
        self._sent = 0
        self.ask(f"PUT {self.plan.upload_path.format(number=self.number)}", f"Content-Length: {length}")
        self._step = self._go_on
        return STEP_SECONDS

    def _go_on(self) -> float:
        due = self.due_bytes(self.plan.bytes_per_second, self._sent)
        if due > 0:
            self._sent += self.sock.send(self._data[self._sent : self._sent + due])
            self.note_under_way()
        if self._sent < len(self._data):
            return STEP_SECONDS
        self._step = self._begin_answer
        return SOON_SECONDS

    def _begin_answer(self) -> float:
        found = self.head()
        if found is None:
            return SOON_SECONDS
        status, self._length = found
        if status != "200":
            raise ClientEnded(status)
        self._step = self._read_answer
        return 0.0

    def _read_answer(self) -> float:
        while len(self.received) < self._length:
            block = self.sock.recv(65_536)
            if not block:
                raise ClientEnded("cut")
            self.received += block
        is_right = json.loads(self.received)["data"]["sha256"] == self._sha256
        raise ClientEnded("whole" if is_right else "other bytes")


class Staying(SlowClient):
    """Somebody who never sends a whole request, from one of a few addresses of their own."""

    def __init__(self, plan: Plan, number: int, note_open: Callable[[], None], *, trickles: bool) -> None:
        super().__init__(note_open)
        self._plan = plan
        self._number = number
        self._trickles = trickles

    def begin(self) -> float | None:
        """Connect."""
        self.connect(self._plan.port, f"127.0.1.{1 + self._number % 8}")
        self._note_open()
        self._step = self._trickle
        return self._trickle()

    def _trickle(self) -> float | None:
        if self._trickles:
            self.sock.send(b"G")
        return STEP_SECONDS if self._trickles else None

    def is_dropped(self) -> bool:
        """Tell whether the server has closed the connection."""
        try:
            while self.sock.recv(4096):
                pass
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True


class Everybody:
    """All clients, in one loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._crowd = Crowd()
        self._order = count()  # of clients for whom the same time has come
        self._due: list[tuple[float, int, SlowClient]] = []
        self._staying: dict[int, Staying] = {}
        self._epoll = select.epoll()
        self._not_open = plan.downloads + plan.uploads + plan.silent + plan.trickling
        self._opened_at = (time.monotonic(), time.process_time())
        self._is_over = self._not_open == 0

    def come(self) -> Crowd:
        """Let everybody come; return when all have gone."""
        plan = self._plan
        clients: list[SlowClient] = [
            Downloading(plan, each, self._note_open) for each in range(plan.downloads)
        ]
        clients += [Uploading(plan, each, self._note_open) for each in range(plan.uploads)]
        clients += [Staying(plan, each, self._note_open, trickles=False) for each in range(plan.silent)]
        clients += [Staying(plan, each, self._note_open, trickles=True) for each in range(plan.trickling)]
        now = time.monotonic()
        for client in clients:
            self._look_again(client, now + random.random() * BEGIN_SECONDS)  # noqa: S311  # no secret
        until = now + (plan.seconds or WAIT_SECONDS)
        while (self._due or self._staying) and time.monotonic() < until:
            self._look_at_those_who_stay()
            self._look_at_those_who_are_due()
        self._crowd.downloads["TimeoutError"] += sum(isinstance(each[2], Downloading) for each in self._due)
        self._crowd.uploads["TimeoutError"] += sum(isinstance(each[2], Uploading) for each in self._due)
        opened_at, cpu_then = self._opened_at
        self._crowd.seconds = time.monotonic() - opened_at
        self._crowd.cpu_seconds = time.process_time() - cpu_then
        return self._crowd

    def _note_open(self) -> None:
        """Note that somebody is where they wanted to be: connected, or in the middle of a body."""
        self._not_open -= 1
        if not self._not_open:
            self._opened_at = (time.monotonic(), time.process_time())
            sys.stderr.write("open\n")
            sys.stderr.flush()

    def _look_again(self, client: SlowClient, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._order), client))

    def _look_at_those_who_stay(self) -> None:
        wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else STEP_SECONDS
        for descriptor, _ in self._epoll.poll(min(wait, STEP_SECONDS)):
            client = self._staying[descriptor]
            if client.is_dropped():
                del self._staying[descriptor]
                self._crowd.dropped += 1
                seconds = time.monotonic() - client.began_at
                self._crowd.last_drop_seconds = max(self._crowd.last_drop_seconds, seconds)
                client.sock.close()

    def _look_at_those_who_are_due(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            at, _, client = heapq.heappop(self._due)
            if client.sock.fileno() < 0:
                continue  # dropped
            was_new = client.began_at == 0.0
            try:
                seconds = client.step()
            except ClientEnded as gone:
                self._has_gone(client, str(gone))
                continue
            if was_new and isinstance(client, Staying):
                self._staying[client.sock.fileno()] = client
                self._epoll.register(client.sock, select.EPOLLIN)
            if seconds is not None:
                self._look_again(client, max(at, now - STEP_SECONDS) + seconds)

    def _has_gone(self, client: SlowClient, how: str) -> None:
        if not self._not_open and not self._crowd.all_open_seconds:
            self._crowd.all_open_seconds = time.monotonic() - self._opened_at[0]
        if isinstance(client, Transferring):
            client.note_under_way()
        if isinstance(client, Downloading):
            self._crowd.downloads[how] += 1
        elif isinstance(client, Uploading):
            self._crowd.uploads[how] += 1
        else:
            return  # it could not be heard any more; epoll tells that it was dropped
        client.sock.close()


def come(plan: Plan) -> Crowd:
    """Let everybody come; return what became of them."""
    crowd = Everybody(plan).come()
    crowd.downloads, crowd.uploads = +crowd.downloads, +crowd.uploads  # without what is nought
    return crowd
