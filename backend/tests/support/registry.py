"""A package in a project with a member of each role: what most tests of the registry start from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.builders import Person, numbers
from tests.support.client import Answer, ApiClient

PersonMaker = Callable[..., Person]


@dataclass(frozen=True, slots=True)
class Workshop:
    """A private project with one package, and clients for everybody who has to do with it."""

    project: str
    package: str
    owner: ApiClient
    maintainer: ApiClient
    writer: ApiClient
    reader: ApiClient
    stranger: ApiClient
    anonymous: ApiClient
    people: dict[str, Person]

    def url(self, rest: str = "", *, package: str | None = None) -> str:
        """Return a URL below the package."""
        return f"/api/v1/project/{self.project}/{package or self.package}{rest}"

    def upload(self, data: bytes, filename: str = "file.bin", **names: str) -> Answer:
        """Upload bytes as the writer; `tag` and `version` go into the query."""
        return self.writer.put(self.url(f"/upload/{filename}"), data, query=names)

    def download(self, ref: str, **options: Any) -> Answer:
        """Fetch bytes as the reader."""
        return self.reader.get(self.url(f"/+/{ref}"), **options)

    def let_in(self, email: str, role: str) -> None:
        """Make somebody a member who is none yet."""
        self.owner.post(f"/api/v1/project/{self.project}/members", {"user": email, "role": role}).ok()

    def new_package(self) -> str:
        """Make one more package in the project."""
        name = f"package-{next(numbers)}"
        self.owner.post(f"/api/v1/project/{self.project}/packages", {"name": name}).ok()
        return name


def workshop(client: ApiClient, make_person: PersonMaker, *, is_public: bool = False) -> Workshop:
    """Build a project, its package and its people through the API."""
    number = next(numbers)
    project, package = f"project-{number}", f"package-{number}"
    people = {role: make_person(role) for role in ("owner", "maintainer", "writer", "reader", "stranger")}
    clients = {role: client.as_(each.token) for role, each in people.items()}
    owner = clients["owner"]
    owner.post("/api/v1/projects", {"name": project, "is_public": is_public}).ok()
    owner.post(f"/api/v1/project/{project}/packages", {"name": package}).ok()
    for role in ("maintainer", "writer", "reader"):
        owner.post(f"/api/v1/project/{project}/members", {"user": people[role].email, "role": role}).ok()
    return Workshop(
        project=project,
        package=package,
        owner=owner,
        maintainer=clients["maintainer"],
        writer=clients["writer"],
        reader=clients["reader"],
        stranger=clients["stranger"],
        anonymous=client.as_(None),
        people=people,
    )
