"""Large files that survive: kill -9 of the client, a lost network, a server that is killed and comes back.

`KILL_ROUNDS` kills of the client at random moments (4).
"""

import os
import random
import time
from pathlib import Path

from tests.support.builders import content, numbers, sha256
from tests.support.client import ApiClient
from tests.support.command_line import CommandLine, finish, killed_at_a_stall
from tests.support.live import LiveServer
from tests.support.proxy import proxy_to
from tests.support.site import eventually, site

MIB = 1024 * 1024
PART = 5 * MIB
SIZE = 7 * PART + 123
ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))


def deposits(pkgctl: CommandLine, server: LiveServer, package: str) -> int:
    """Return how many deposits a package has."""
    client = server.client(pkgctl.variables["PKGCTL_TOKEN"])
    return len(client.get(f"/api/v1/project/{package}/uploads").items)


def test_given_the_client_killed_then_the_list_shows_it_and_another_version_is_another_upload(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    data = content(SIZE, seed=next(numbers))
    (pkgctl.home / "big.bin").write_bytes(data)

    with proxy_to(server.port, stall_on=b"/parts/4 HTTP") as proxy:
        through = killed_at_a_stall(
            pkgctl, proxy, "upload", package, "big.bin", "-j", "1", "--tag", "nightly"
        )
        [left] = through.json("uploads")["items"]
        before = proxy.sent
        said = through("upload", package, "big.bin", "--version", "1.0.0", "--json").ok().document
        sent = proxy.sent - before

    assert (left["package"], left["state"], left["size"]) == (package, "open", SIZE)
    assert (left["version"], left["tag"]) == (None, "nightly")
    assert left["kept"] >= 3 * PART
    assert said["files"][0]["kept"] == 0, "under another version it is another upload"
    assert sent > SIZE


def test_given_the_client_killed_then_the_same_command_goes_on_and_says_what_was_kept(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    data = content(SIZE, seed=next(numbers))
    (pkgctl.home / "big.bin").write_bytes(data)

    with proxy_to(server.port, stall_on=b"/parts/4 HTTP") as proxy:
        through = killed_at_a_stall(pkgctl, proxy, "upload", package, "big.bin", "-j", "1")
        before = proxy.sent
        said = through("upload", package, "big.bin").ok().out
        sent = proxy.sent - before

    assert "of it were there from before" in said
    assert sha256(data)[:12] in said
    assert sent < SIZE - 3 * PART + 64 * 1024
    assert through.json("uploads")["items"] == []
    assert deposits(pkgctl, server, package) == 1


def test_given_the_client_killed_at_any_moment_then_every_file_comes_to_its_end_once(
    pkgctl: CommandLine, package: str
) -> None:
    dice, files = random.Random(16), 0
    for number in range(ROUNDS):
        name = f"file-{files}.bin"
        file = pkgctl.home / name
        if not file.exists():
            file.write_bytes(content(SIZE, seed=next(numbers)))
        process = pkgctl.start("upload", package, name, "-j", "3")
        deadline = time.monotonic() + dice.uniform(0.4, 2.5)
        eventually(lambda process=process: process.poll() is not None, deadline - time.monotonic())
        if process.poll() is None:
            process.kill()
            process.communicate()
        else:
            assert finish(process).code == 0, number
            files += 1
    names = sorted(each.name for each in pkgctl.home.glob("file-*.bin"))
    said = pkgctl.json("upload", package, *names)

    assert len(said["files"]) == len(names)
    for each in said["files"]:
        data = (pkgctl.home / each["file"]).read_bytes()
        assert each["upload"]["sha256"] == sha256(data)
    assert pkgctl.json("uploads")["items"] == []


def test_given_a_network_that_breaks_again_and_again_then_one_command_comes_to_the_end(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    data = content(SIZE, seed=next(numbers))
    (pkgctl.home / "big.bin").write_bytes(data)
    cuts = (3 * MIB, 9 * MIB, 20 * MIB, 33 * MIB)

    with proxy_to(server.port, cut_uploads_at=list(cuts)) as proxy:
        said = pkgctl.through(proxy.port).json("upload", package, "big.bin", "-j", "2")

    assert said["files"][0]["upload"]["sha256"] == sha256(data)
    assert proxy.sent < SIZE + len(cuts) * 2 * PART
    assert deposits(pkgctl, server, package) == 1


def test_given_a_server_killed_and_started_again_then_a_running_command_goes_on(tmp_path: Path) -> None:
    data = content(3 * SIZE, seed=next(numbers))
    with site(tmp_path / "site") as running:
        package = running.new_package("restarted")
        person = CommandLine(tmp_path, running.server.url, {"PKGCTL_TOKEN": running.token})
        (tmp_path / "big.bin").write_bytes(data)
        process = person.start(
            "upload", "restarted/package", "big.bin", "-j", "1", "--retries", "20", "--json"
        )
        assert eventually(lambda: kept_now(person) >= PART, 30)
        running.kill()
        running.revive()
        said = finish(process)

        assert said.code == 0, said
        assert said.document["files"][0]["upload"]["sha256"] == sha256(data)
        assert len(running.admin.get(f"{package}/uploads").items) == 1


def kept_now(person: CommandLine) -> int:
    """Return how much of the first unfinished upload the service has."""
    items = person.json("uploads")["items"]
    return int(items[0]["kept"]) if items else 0


def test_given_unfinished_uploads_then_they_can_be_discarded(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    for name in ("a.bin", "b.bin"):
        (pkgctl.home / name).write_bytes(content(SIZE, seed=next(numbers)))
        with proxy_to(server.port, stall_on=b"/parts/2 HTTP") as proxy:
            # The service is known by its address, so that the list finds what was begun through the proxy.
            through = killed_at_a_stall(pkgctl, proxy, "upload", package, name, "-j", "1")
            [left] = through.json("uploads")["items"]
            if name == "a.bin":
                assert through("uploads", "discard", "nothing").code == 3
                assert through("uploads", "discard").code == 2
            chosen = ["--all"] if name == "b.bin" else [left["id"]]
            assert through.json("uploads", "discard", *chosen)["discarded"] == [left["id"]]
            assert through.json("uploads")["items"] == []
    assert deposits(pkgctl, server, package) == 0


def test_given_uploads_begun_elsewhere_then_the_list_of_the_service_has_them_and_discards_them(
    pkgctl: CommandLine, admin: ApiClient, package: str
) -> None:
    url = f"/api/v1/project/{package}/uploads/sessions"
    parts = admin.post(url, {"filename": "a.bin", "size": 10, "version": "1.0.0", "tag": "stable"}).ok().data
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    admin.request("POST", f"/tus/{package}", headers=tus).ok()

    [appended, parted] = pkgctl.json("uploads", "--in", package)["items"]

    assert pkgctl.json("uploads")["items"] == []
    assert (appended["protocol"], appended["size"]) == ("tus", 5)
    assert [parted[name] for name in ("id", "filename", "version", "tag", "received_bytes")] == [
        parts["id"], "a.bin", "1.0.0", "stable", 0
    ]  # fmt: skip
    assert pkgctl("uploads", "discard", "--in", package, "nothing").code == 3
    for each in (appended["id"], parted["id"]):
        assert pkgctl.json("uploads", "discard", "--in", package, each)["discarded"] == [each]
    assert admin.get(url).items == []


def test_given_as_many_unfinished_uploads_as_there_may_be_then_the_command_says_so_at_once(
    administrator: CommandLine, server: LiveServer, package: str
) -> None:
    wish = ("--project", package.partition("/")[0], "--role", "writer")
    number = str(administrator.json("service-accounts", "create", "ci", *wish)["id"])
    scopes = ("--scope", "read", "--scope", "write")
    key = administrator("service-accounts", "keys", "create", number, "build", *scopes).ok().out.strip()
    robot, client = administrator.with_variables(PKGCTL_TOKEN=key), server.client(key)
    (robot.home / "big.bin").write_bytes(content(SIZE, seed=next(numbers)))
    url = f"/api/v1/project/{package}/uploads/sessions"
    begun = [client.post(url, {"filename": f"{each}.bin", "size": 10}).ok().data for each in range(50)]

    before = time.monotonic()
    said = robot("upload", package, "big.bin", "--retries", "100")
    took = time.monotonic() - before
    discarded = robot.json("uploads", "discard", "--in", package, "--all")["discarded"]

    assert said.code == 1, "it is nothing that ends by waiting"
    assert took < 30, "a hundred pauses take far longer"
    assert f"{package} {begun[0]['id']} 0.bin" in said.err
    assert begun[10]["id"] not in said.err, "ten are named"
    assert "pkgctl uploads discard --in" in said.err
    assert sorted(discarded) == sorted(each["id"] for each in begun)
    assert robot.json("upload", package, "big.bin")["files"][0]["outcome"] == "sent"


def test_given_a_session_that_the_service_does_not_know_any_more_then_the_file_begins_anew(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    (pkgctl.home / "big.bin").write_bytes(content(SIZE, seed=next(numbers)))
    with proxy_to(server.port, stall_on=b"/parts/2 HTTP") as proxy:
        through = killed_at_a_stall(pkgctl, proxy, "upload", package, "big.bin", "-j", "1")
        [kept] = (pkgctl.config.parent / "uploads").glob("*.json")
        kept.write_text(kept.read_text().replace("/sessions/", "/sessions/gone"))

        said = through.json("upload", package, "big.bin")

    assert (said["files"][0]["outcome"], said["files"][0]["kept"]) == ("sent", 0)


def test_given_the_file_changed_then_it_is_another_upload(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    (pkgctl.home / "big.bin").write_bytes(content(SIZE, seed=next(numbers)))
    with proxy_to(server.port, stall_on=b"/parts/2 HTTP") as proxy:
        through = killed_at_a_stall(pkgctl, proxy, "upload", package, "big.bin", "-j", "1")
        other = content(SIZE, seed=next(numbers))
        (pkgctl.home / "big.bin").write_bytes(other)
        said = through.json("upload", package, "big.bin")

    assert said["files"][0]["upload"]["sha256"] == sha256(other)
    assert said["files"][0]["kept"] == 0
