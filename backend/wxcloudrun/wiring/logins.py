"""Who is asking: how people and programs are recognised, and the limits on trying to get in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from wxcloudrun.attempts.rules import DeviceCookies
from wxcloudrun.attempts.service import LoginGuard, LoginLimits
from wxcloudrun.config import Settings
from wxcloudrun.identity.service.identify import IdentityService
from wxcloudrun.identity.service.revoke import RevocationService
from wxcloudrun.keys.service.keys import KeyService
from wxcloudrun.keys.service.secrets import KeyHashes
from wxcloudrun.keys.service.terms import KeyTerms
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.second_factors.service.enrolment import EnrolmentService
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.sessions.service.door import PasswordDoor
from wxcloudrun.sessions.service.expiry import ExpiryService
from wxcloudrun.sessions.service.lifetimes import Lifetimes
from wxcloudrun.sessions.service.own import OwnSessionService
from wxcloudrun.sessions.service.proofs import ProofService
from wxcloudrun.sessions.service.secrets import SessionHashes
from wxcloudrun.sessions.service.sessions import SessionService
from wxcloudrun.sessions.service.tokens import AccessTokens
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.ways_in.service.ending import EndingService
from wxcloudrun.ways_in.service.showing import ShowingService
from wxcloudrun.wiring.secrets import access_token_keys, server_keys
from wxcloudrun.wiring.stores import rate_counters


@dataclass(frozen=True)
class LoginDoor:
    """What everybody meets who tries a password: one turn after the other, and so many tries."""

    passwords: Passwords
    guard: LoginGuard


@dataclass(frozen=True)
class LoginServices:
    """The services by which callers are recognised, and their ways in ended."""

    identity: IdentityService
    revocation: RevocationService
    password_door: PasswordDoor
    sessions: SessionService
    expiry: ExpiryService
    keys: KeyService
    own_sessions: OwnSessionService
    proofs: ProofService
    enrolment: EnrolmentService
    codes: SecondFactorCodes
    ending: EndingService
    showing: ShowingService


def build_login_door(settings: Settings) -> LoginDoor:
    """Build what stands before every login."""
    return LoginDoor(Passwords(service_names=service_names(settings)), login_guard(settings))


def build_logins(settings: Settings, door: LoginDoor) -> LoginServices:
    """Build what knows sessions, keys and second factors."""
    passwords, guard, server = door.passwords, door.guard, server_keys(settings)
    tokens, key_hashes = access_tokens(settings), KeyHashes(server.ring(Purpose.API_KEYS))
    hashes, lifetimes = SessionHashes(server), login_lifetimes(settings, tokens)
    factor_secrets = FactorSecrets(server)
    codes = SecondFactorCodes(secrets=factor_secrets)
    password_door = PasswordDoor(passwords=passwords, guard=guard, codes=codes)
    sessions = SessionService(
        door=password_door, tokens=tokens, hashes=hashes, lifetimes=lifetimes, guard=guard, codes=codes
    )
    return LoginServices(
        identity=IdentityService(
            tokens=tokens,
            session_hashes=hashes,
            key_hashes=key_hashes,
            lifetimes=lifetimes,
            upload_tokens=UploadTokens(server.ring(Purpose.UPLOAD_TOKENS)),
            admins_need_second_factor=settings.admin_second_factor,
        ),
        revocation=RevocationService(sessions=sessions),
        password_door=password_door,
        sessions=sessions,
        expiry=ExpiryService(lifetimes=lifetimes),
        keys=KeyService(hashes=key_hashes, terms=key_terms(settings)),
        own_sessions=OwnSessionService(lifetimes=lifetimes),
        proofs=ProofService(passwords=passwords, guard=guard, codes=codes),
        enrolment=EnrolmentService(secrets=factor_secrets, codes=codes, issuer=issuer_of(settings)),
        codes=codes,
        ending=EndingService(sessions=sessions),
        showing=ShowingService(),
    )


def key_terms(settings: Settings) -> KeyTerms:
    """Return how long keys last, and how many somebody has."""
    return KeyTerms(
        usual_days=settings.key_days,
        most_days=settings.key_most_days,
        most_of_one=settings.keys_per_user,
    )


def service_names(settings: Settings) -> list[str]:
    """Return what the service is called, for passwords that must not be that."""
    host = urlsplit(settings.base_url).hostname or ""
    return ["wxcloudrun", *host.split(".")[:-1]]


def access_tokens(settings: Settings) -> AccessTokens:
    """Build what signs and reads access tokens."""
    return AccessTokens(access_token_keys(settings), lifetime_seconds=settings.access_token_seconds)


def login_lifetimes(settings: Settings, tokens: AccessTokens) -> Lifetimes:
    """Return how long a login lasts."""
    return Lifetimes(
        access_token_seconds=tokens.longest_validity_seconds(),
        refresh_token_seconds=settings.refresh_token_seconds,
        refresh_leeway_seconds=settings.refresh_leeway_seconds,
        login_seconds=settings.login_seconds,
        proof_seconds=settings.proof_seconds,
    )


def issuer_of(settings: Settings) -> str:
    """Return under which name programs for codes show this service: as people reach it."""
    return urlsplit(settings.base_url).netloc


def login_guard(settings: Settings) -> LoginGuard:
    """Build what limits tries to get in."""
    devices = DeviceCookies(server_keys(settings).ring(Purpose.DEVICE_COOKIES))
    return LoginGuard(counters=rate_counters(settings), limits=login_limits(settings), devices=devices)


def login_limits(settings: Settings) -> LoginLimits:
    """Return how often somebody may try."""
    return LoginLimits(
        login=settings.ratelimit_login,
        account=settings.ratelimit_login_account,
        address=settings.ratelimit_login_address,
        register=settings.ratelimit_register,
        wechat=settings.ratelimit_wechat,
        refresh=settings.ratelimit_refresh,
        mail=settings.ratelimit_mail,
        mail_account=settings.ratelimit_mail_account,
    )
