"""Looking at an installation, and saying what its operator should change."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.config import Settings
from wxcloudrun.doctor import queries
from wxcloudrun.doctor.rules import of_settings
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.ids import new_secret
from wxcloudrun.second_factors.service.resealing import ResealingService
from wxcloudrun.secrecy.given_secrets import GENERATED, PREVIOUS
from wxcloudrun.secrecy.private import OTHERS, change_secret, contents

MOST_NAMED = 10  # files


class RotationRefused(Exception):
    """Another change of secrets would end what stands on the one before; the message says so."""


@dataclass(frozen=True, slots=True)
class HashesBySecret:
    """With which secret the hashes were made of what still works."""

    under_newest: int
    under_previous: int  # with another secret than API_KEY_SECRET: they end with it
    under_secret_itself: int  # by an earlier release; they go over when they are used

    @property
    def older(self) -> int:
        """How many may end with the previous secret."""
        return self.under_previous + self.under_secret_itself


@dataclass(slots=True)
class Examination:
    """What an examination has found: `advice` holds a sentence for each thing to change."""

    api_keys: HashesBySecret
    cookies: HashesBySecret
    refresh_tokens: HashesBySecret
    second_factors: HashesBySecret  # sealed secrets; `flask reseal` seals them under the newest
    recovery_codes: HashesBySecret  # those that do not say count as `under_secret_itself`
    audit_log_needs_previous: bool  # until `flask reseal` or the next minute has kept its keys
    advice: list[str] = field(default_factory=list)


class DoctorService:
    """Examines, which changes nothing, and changes the secrets of the server."""

    def __init__(
        self, *, settings: Settings, newest_key: str, audit: AuditService, factors: ResealingService
    ) -> None:
        self._settings = settings
        self._newest_key = newest_key
        self._audit = audit
        self._factors = factors

    def examine(self) -> Examination:
        """Return what should be changed in settings, credentials and files."""
        now, factors = clock.now(), self._factors.count()
        needs_previous = not self._audit.has_former_keys()
        with reading() as session:
            examined = Examination(
                api_keys=self._standing(queries.usable_keys_by_key(session, now)),
                cookies=self._standing(queries.open_cookies_by_key(session, now)),
                refresh_tokens=self._standing(queries.open_refresh_tokens_by_key(session, now)),
                second_factors=HashesBySecret(factors.under_newest, factors.under_others, 0),
                recovery_codes=self._standing(queries.recovery_codes_by_key(session)),
                audit_log_needs_previous=needs_previous,
            )
            endless = queries.count_keys_without_end(session)
            bare = queries.count_administrators_without_second_factor(session)
        examined.advice += of_settings(self._settings)
        examined.advice += of_standing(
            examined, has_previous=self._settings.api_key_previous_secret is not None
        )
        if endless:
            examined.advice.append(
                f"API keys: {endless} never expire; rotate them into ones that do, or revoke them"
            )
        if bare:
            examined.advice.append(
                f"administrators: {bare} without a second factor; a password that is found out is enough"
            )
        examined.advice += of_files(self._settings.data_dir)
        examined.advice += of_database(self._settings)
        return examined

    def reseal(self) -> int:
        """Seal what the previous secret has sealed under the newest: second factors, keys of the audit log.

        Returns how many second factors those were. Whatever is only hashed goes over when it is used.
        """
        self._audit.keep_former_keys()
        return self._factors.reseal()

    def rotate(self, *, force: bool) -> list[str]:
        """Make new secrets, and return the lines that say what to do with them.

        Those that the service has made itself are changed in their files; of others the new ones are only
        said. What can be sealed anew is sealed before. Raises RotationRefused if something stands on the
        previous secret and `force` is not given; OSError.
        """
        if self._settings.api_key_previous_secret is not None:
            self.reseal()
            if not force:
                refuse_if_waiting(self.examine())
        lines = []
        directory = self._settings.data_dir / "secrets"
        for name, previous in zip(GENERATED, PREVIOUS, strict=True):
            file = directory / name.lower()
            if file.exists() and file.read_text() == self._settings.secrets[name]:
                change_secret(file, directory / previous.lower())
                lines.append(f"{name}: changed in {file}; what it was is accepted still")
            else:
                lines += [f"{previous}=(what {name} is now)", f"{name}={new_secret()}"]
        return [*lines, *self._what_ends_when()]

    def _what_ends_when(self) -> list[str]:
        minutes = -(-(self._settings.access_token_seconds + 120) // 60)
        days = -(-self._settings.refresh_token_seconds // 86_400)
        return [
            "",
            "Restart every process of the service with them, and run `flask reseal`. Nobody is logged out.",
            f"JWT_PREVIOUS_SECRET_KEY can be taken out {minutes} minutes later.",
            "API_KEY_PREVIOUS_SECRET can be taken out when `flask doctor` says that nothing stands on it:",
            f"keys go over when they are used, logins do so or are over after {days} days, others in a week;",
            "recovery codes end with it, unless their owners make new ones before.",
        ]

    def _standing(self, counts: queries.Counts) -> HashesBySecret:
        newest, itself = counts.get(self._newest_key, 0), counts.get(None, 0)
        return HashesBySecret(newest, sum(counts.values()) - newest - itself, itself)


def refuse_if_waiting(examined: Examination) -> None:
    """Raise RotationRefused if something that works was made with an older secret."""
    if waiting := sum(each.older for each in by_kind(examined).values()):
        raise RotationRefused(
            f"{waiting} credentials still stand on an older secret and would end; "
            "`flask doctor` counts them, --force does it all the same"
        )


def by_kind(examined: Examination) -> Mapping[str, HashesBySecret]:
    """Return what stands on secrets, by its name in sentences."""
    return {
        "API keys": examined.api_keys,
        "cookies": examined.cookies,
        "refresh tokens": examined.refresh_tokens,
        "second factors": examined.second_factors,
        "recovery codes": examined.recovery_codes,
    }


def of_standing(examined: Examination, *, has_previous: bool) -> Iterator[str]:
    """Return what to do about credentials that an older secret has hashed."""
    kinds = by_kind(examined)
    waiting = ", ".join(f"{each.older} {name}" for name, each in kinds.items() if each.older)
    can_reseal = examined.audit_log_needs_previous or examined.second_factors.older
    if has_previous and waiting:
        yield (
            f"API_KEY_PREVIOUS_SECRET: {waiting} have not been used since the change and may stand on it; "
            "they end when it is taken out"
        )
    if has_previous and can_reseal:
        yield (
            "API_KEY_PREVIOUS_SECRET: run `flask reseal`; second factors and the audit log need it no more "
            "then"
        )
    elif has_previous and not waiting:
        yield "API_KEY_PREVIOUS_SECRET: nothing stands on it any more; take it out"
    elif not has_previous and (lost := sum(each.under_previous for each in kinds.values())):
        yield (
            f"API_KEY_SECRET: {lost} credentials were made with another one and do not work; if it "
            "was changed by mistake, give the other one as API_KEY_PREVIOUS_SECRET"
        )


def of_database(settings: Settings) -> Iterator[str]:
    """Return whether others can get at a database of SQLite that lies outside of DATA_DIR."""
    file = settings.database_file
    if file is None or not file.exists() or settings.data_dir in file.parents:
        return
    if stat.S_IMODE(file.stat().st_mode) & OTHERS and stat.S_IMODE(file.parent.stat().st_mode) & OTHERS:
        yield f"DATABASE_URL: others can get at {file.name}; chmod go-rwx"


def of_files(data_dir: Path) -> Iterator[str]:
    """Return which files of the service others can get at."""
    inside = (data_dir, *contents(data_dir), *contents(data_dir / "blobs"), *contents(data_dir / "secrets"))
    is_shut = data_dir.is_dir() and not stat.S_IMODE(data_dir.stat().st_mode) & OTHERS
    if is_shut:
        return
    opened = [path for path in inside if path.exists() and stat.S_IMODE(path.stat().st_mode) & OTHERS]
    for path in opened[:MOST_NAMED]:
        yield f"DATA_DIR: others can get at {path.name}; chmod go-rwx"
