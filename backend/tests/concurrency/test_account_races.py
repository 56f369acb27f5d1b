"""Many at once at the same account: one gets it, nobody is lost, and limits hold whoever answers."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.support import wechat
from tests.support.backing import backing
from tests.support.client import Answer, ApiClient
from tests.support.databases import database_beside
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer, live_server

REGISTER, LOGIN, REFRESH = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/refresh"
PASSWORD = "correct horse battery staple"
NO_LIMITS = {"RATELIMIT_REGISTER": "off", "RATELIMIT_LOGIN_ADDRESS": "off"}
numbers = count(1)


def at_once(times: int, work: Callable[[int], Answer]) -> list[Answer]:
    """Do the same thing many times at the same moment."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service of two worker processes, on each database, with a WeChat that knows one person."""
    data_dir = tmp_path_factory.mktemp("races")
    with wechat.played_wechat() as played:
        played.answers = {"code": [wechat.person() for _ in range(100)]}
        settings = {**NO_LIMITS, **wechat.SETTINGS, "WX_API_BASE": played.url}
        if request.param == "sqlite":
            with live_server(data_dir, **settings) as running:
                yield running
            return
        with (
            database_beside(backing().need("mysql")["url"]) as url,
            live_server(data_dir, **settings, DATABASE_URL=url) as running,
        ):
            yield running


@pytest.fixture
def person(server: LiveServer) -> dict[str, str]:
    """Somebody who has signed up."""
    body = {"email": f"person{next(numbers)}@example.com", "password": PASSWORD}
    server.client().post(REGISTER, body).ok()
    return body


def test_given_twelve_equal_sign_ups_then_one_is_made(server: LiveServer) -> None:
    body = {"email": f"race{next(numbers)}@example.com", "password": PASSWORD}

    answers = at_once(12, lambda _: server.client().post(REGISTER, body))

    assert statuses(answers) == {201: 1, 409: 11}


def test_given_twelve_sign_ups_with_one_name_then_one_has_it_and_who_asked_for_none_has_another(
    server: LiveServer,
) -> None:
    name = f"name{next(numbers)}"
    asked = [{"email": f"{name}@host{each}.com", "password": PASSWORD} for each in range(12)]

    named = at_once(
        12, lambda each: server.client().post(REGISTER, {**asked[each], "username": name.upper()})
    )
    unnamed = at_once(12, lambda each: server.client().post(REGISTER, asked[each]))

    assert statuses(named) == {201: 1, 409: 11}
    assert {answer.data["field"] for answer in named if answer.status == 409} == {"username"}
    assert statuses(unnamed) == {201: 11, 409: 1}
    names = {answer.data["username"] for answer in unnamed if answer.status == 201}
    assert len(names) == 11
    assert name not in names


def test_given_24_equal_refreshes_then_there_is_one_successor(
    server: LiveServer, person: dict[str, str]
) -> None:
    token = {"refresh_token": server.client().post(LOGIN, person).ok().data["refresh_token"]}

    answers = at_once(24, lambda _: server.client().post(REFRESH, token))

    assert statuses(answers) == {200: 24}
    [successor] = {answer.data["refresh_token"] for answer in answers}
    assert server.client().post(REFRESH, {"refresh_token": successor}).status == 200


def test_given_twelve_first_logins_of_one_wechat_user_then_they_are_one_user(server: LiveServer) -> None:
    answers = at_once(12, lambda _: server.client().post("/api/v1/auth/wechat", {"code": "code"}))

    assert statuses(answers) == {200: 12}
    assert len({answer.data["user"]["id"] for answer in answers}) == 1


def test_given_eight_accounts_that_bind_one_address_then_one_has_it(server: LiveServer) -> None:
    people = [{"email": f"binder{next(numbers)}@example.com", "password": PASSWORD} for _ in range(8)]
    clients = []
    for body in people:
        server.client().post(REGISTER, body).ok()
        clients.append(server.client(server.client().post(LOGIN, body).ok().data["access_token"]))
    wanted = {"email": f"wanted{next(numbers)}@example.com", "password": PASSWORD}

    answers = at_once(8, lambda number: clients[number].request("PUT", "/api/v1/auth/email", json=wanted))

    assert statuses(answers) == {200: 1, 409: 7}


def test_given_two_administrators_who_resign_at_once_then_one_stays(server: LiveServer) -> None:
    first = server.administrator()
    body = {"email": f"root{next(numbers)}@example.com", "password": PASSWORD}
    second_id = first.post("/api/v1/users", {**body, "username": "second"}).ok().data["id"]
    first_id = first.get("/api/v1/auth/me").ok().data["id"]
    first.patch(f"/api/v1/users/{second_id}", {"is_admin": True}).ok()
    second = server.client(server.client().post(LOGIN, body).ok().data["access_token"])
    both: list[tuple[ApiClient, int]] = [(first, first_id), (second, second_id)]

    for _ in range(5):
        answers = at_once(
            2, lambda number: both[number][0].patch(f"/api/v1/users/{both[number][1]}", {"is_admin": False})
        )

        assert statuses(answers) == {200: 1, 409: 1}
        [stays] = [number for number, answer in enumerate(answers) if answer.status == 409]
        both[stays][0].patch(f"/api/v1/users/{both[1 - stays][1]}", {"is_admin": True}).ok()
    first.patch(f"/api/v1/users/{second_id}", {"is_admin": False}).ok()


def test_given_changes_while_the_chain_is_made_then_every_entry_is_in_it_once(
    server: LiveServer,
) -> None:
    admin = server.administrator()

    def act(number: int) -> Answer:
        if number in {4, 11}:
            server.flask("audit-chain")
        return admin.post("/api/v1/projects", {"name": f"chained-{next(numbers)}"})

    answers = at_once(18, act)
    server.flask("audit-chain")

    assert statuses(answers) == {200: 18}
    verdict = admin.post("/api/v1/audit/verify").ok().data
    assert (verdict["clean"], verdict["unchained"]) == (True, 0)
    assert verdict["checked"] >= 18


def test_given_many_logins_at_once_then_all_get_in_and_the_service_answers_others(
    server: LiveServer, person: dict[str, str]
) -> None:
    waited: list[float] = []

    def act(number: int) -> Answer:
        if number % 4:
            answer = server.client().post(LOGIN, person)
            while answer.status == 429:  # too many wait for their turn; the answer says when to come back
                time.sleep(int(answer.headers["Retry-After"]))
                answer = server.client().post(LOGIN, person)
            return answer
        began = time.monotonic()
        answer = server.client().get("/api/health")
        waited.append(time.monotonic() - began)
        return answer

    answers = at_once(48, act)

    assert statuses(answers) == {200: 48}
    assert max(waited) < 5


@pytest.mark.parametrize("place", ["database", "redis"])
def test_given_two_workers_then_a_limit_holds_across_both(
    tmp_path_factory: pytest.TempPathFactory, place: str, record_property: Callable[[str, str], None]
) -> None:
    shared = {"REDIS_URL": backing().need("redis")["url"]} if place == "redis" else {}
    if shared:
        record_property("server", "redis")
    email = f"nobody{time.time_ns()}@example.com"  # a Redis remembers what earlier runs have counted
    with live_server(
        tmp_path_factory.mktemp("limits"), WORKERS="2", RATELIMIT_LOGIN="5/minute", **shared
    ) as server:
        body = {"email": email, "password": "wrong password"}

        answers = at_once(24, lambda _: server.client().post(LOGIN, body))

        assert statuses(answers) == {401: 5, 429: 19}
        assert all(answer.headers["Retry-After"] for answer in answers if answer.status == 429)
        login = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        assert server.client().post(LOGIN, login).status == 200


def test_given_a_redis_that_is_not_there_then_each_process_limits_for_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with live_server(
        tmp_path_factory.mktemp("limits"),
        WORKERS="1",
        RATELIMIT_LOGIN="5/minute",
        REDIS_URL="redis://127.0.0.1:9/0",
    ) as server:
        body = {"email": "nobody@example.com", "password": "wrong password"}

        assert statuses(at_once(12, lambda _: server.client().post(LOGIN, body))) == {401: 5, 429: 7}
        assert server.administrator().get("/api/v1/auth/me").status == 200


def test_given_keys_made_while_their_account_or_its_project_is_deleted_then_none_of_them_works(
    server: LiveServer,
) -> None:
    admin = server.administrator()
    for what in ("account", "project") * 3:
        project = f"doomed-{next(numbers)}"
        admin.post("/api/v1/projects", {"name": project}).ok()
        body = {"name": "ci", "project": project, "role": "writer"}
        account = f"/api/v1/service-accounts/{admin.post('/api/v1/service-accounts', body).ok().data['id']}"
        goes = account if what == "account" else f"/api/v1/project/{project}"

        def act(number: int, goes: str = goes, account: str = account) -> Answer:
            return admin.delete(goes) if number == 5 else admin.post(f"{account}/keys", {"name": "k"})

        answers = at_once(12, act)

        assert set(statuses(answers)) <= {200, 204, 404}
        for answer in answers:
            if answer.status == 200:
                assert server.client(answer.data["key"]).get("/api/v1/auth/me").status == 401


def test_given_twelve_equal_service_accounts_then_one_is_made(server: LiveServer) -> None:
    admin = server.administrator()
    body = {"name": f"robot-{next(numbers)}"}

    answers = at_once(12, lambda _: admin.post("/api/v1/service-accounts", body))

    assert statuses(answers) == {201: 1, 409: 11}
