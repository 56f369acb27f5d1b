"""A change that is asked for a second time changes nothing, and leaves no entry."""

from collections.abc import Callable

import pytest

from tests.support.apps import AppWith
from tests.support.client import Answer
from tests.support.inside import Inside
from tests.support.shared_app import once
from tests.unit.audit.changing import PASSWORD, Changing
from tests.unit.audit.conftest import entries

type Twice = Callable[[Changing], Callable[[], Answer]]


def user(world: Changing) -> Callable[[], Answer]:
    """Change a user."""
    url = f"/api/v1/users/{world.new_user()}"
    return lambda: world.root.patch(url, {"username": "new", "is_active": False, "is_admin": False})


def robot(world: Changing) -> Callable[[], Answer]:
    """Change a service account."""
    url = world.robot()
    return lambda: world.shop.owner.patch(url, {"is_active": False})


def email(world: Changing) -> Callable[[], Answer]:
    """Bind the address that is bound."""
    ada = world.login()
    return lambda: ada.request(
        "PUT", "/api/v1/auth/email", json={"email": "ada@example.com", "password": PASSWORD}
    )


def of_version(verb: str) -> Twice:
    """Do something with a version."""

    def begin(world: Changing) -> Callable[[], Answer]:
        world.shop.upload(b"x", version="1.0.0").ok()
        release_id = world.shop.reader.get(world.shop.url("/versions/1.0.0")).data["id"]
        calls: dict[str, Callable[[], Answer]] = {
            "seal": lambda: world.shop.writer.post(world.shop.url("/versions/1.0.0/seal")),
            "yank": lambda: world.shop.writer.patch(world.shop.url("/versions/1.0.0"), {"yanked": "broken"}),
            "activate": lambda: world.shop.writer.post(f"/api/v1/packages/{release_id}/activate"),
            "deactivate": lambda: world.shop.writer.post(f"/api/v1/packages/{release_id}/deactivate"),
        }
        return calls[verb]

    return begin


CHANGES: dict[str, Twice] = {
    "change_project": lambda w: lambda: w.shop.owner.patch(
        f"/api/v1/{w.project}", {"is_public": True, "description": "new"}
    ),
    "change_package": lambda w: lambda: w.shop.owner.patch(
        f"/api/v1/{w.project}/packages/{w.shop.package}", {"description": "new"}
    ),
    "set_member": lambda w: lambda: w.shop.owner.request("PUT", w.member(), json={"role": "writer"}),
    "remove_member": lambda w: lambda: w.shop.owner.delete(w.member()),
    "change_task": lambda w: lambda: w.root.patch("/api/v1/tasks/collect", {"enabled": False}),
    "change_user": user,
    "change_service_account": robot,
    "bind_email": email,
    "change_version": of_version("yank"),
    "seal_version": of_version("seal"),
    "activate_release": of_version("activate"),
    "deactivate_release": of_version("deactivate"),
}  # fmt: skip


@pytest.fixture
def world(app_with: AppWith) -> Changing:
    """A workshop and an administrator."""
    app = app_with()
    start = Inside(app)
    root = once(app, "root", lambda: start.person("root", is_admin=True))
    return Changing(app, start.client.as_(root.token), once(app, "shop", start.workshop))


@pytest.mark.parametrize("operation", CHANGES)
def test_given_the_same_change_again_then_it_leaves_no_entry(world: Changing, operation: str) -> None:
    change = CHANGES[operation](world)
    assert change().status < 300
    before = entries(world.root)

    change()

    assert [each["action"] for each in entries(world.root)[len(before) :]] == []
