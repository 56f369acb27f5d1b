"""Who is asking: users, sessions, keys, WeChat, service accounts, and the limits on trying to get in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from wxcloudrun.attempts.rules import DeviceCookies
from wxcloudrun.attempts.service import LoginGuard, LoginLimits
from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.identity.service.identify import IdentityService
from wxcloudrun.identity.service.revoke import RevocationService
from wxcloudrun.keys.service.keys import KeyService
from wxcloudrun.keys.service.secrets import KeyHashes
from wxcloudrun.keys.service.terms import KeyTerms
from wxcloudrun.net.http_client import HttpClient
from wxcloudrun.notices.service.notices import NoticeService
from wxcloudrun.projects.reads import projects_solely_owned_by
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.second_factors.service.enrolment import EnrolmentService
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.service_accounts.service import ServiceAccountService
from wxcloudrun.sessions.service.expiry import ExpiryService
from wxcloudrun.sessions.service.lifetimes import Lifetimes
from wxcloudrun.sessions.service.own import OwnSessionService
from wxcloudrun.sessions.service.proofs import ProofService
from wxcloudrun.sessions.service.secrets import SessionHashes
from wxcloudrun.sessions.service.sessions import SessionService
from wxcloudrun.sessions.service.tokens import AccessTokens
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.users.service.above import AboveUsers
from wxcloudrun.users.service.administration import UserAdministrationService
from wxcloudrun.users.service.binding import EmailBindingService
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.users.service.users import UserService
from wxcloudrun.ways_in.service.ending import EndingService
from wxcloudrun.ways_in.service.showing import ShowingService
from wxcloudrun.wechat.gateway import HttpWechatGateway, NoWechat, WechatGateway
from wxcloudrun.wechat.service.binding import WechatBindingService, forget
from wxcloudrun.wechat.service.logins import WechatService
from wxcloudrun.wiring.secrets import access_token_keys, server_keys
from wxcloudrun.wiring.stores import rate_counters


@dataclass(frozen=True)
class AccountServices:
    """The services of those who ask."""

    identity: IdentityService
    revocation: RevocationService
    sessions: SessionService
    expiry: ExpiryService
    wechat: WechatService
    wechat_binding: WechatBindingService
    keys: KeyService
    users: UserService
    email_binding: EmailBindingService
    administration: UserAdministrationService
    own_sessions: OwnSessionService
    proofs: ProofService
    enrolment: EnrolmentService
    notices: NoticeService
    ending: EndingService
    showing: ShowingService
    service_accounts: ServiceAccountService


def build_accounts(settings: Settings, erasure: ErasureService) -> AccountServices:
    """Build what knows people, sessions and keys."""
    passwords = Passwords(service_names=service_names(settings))
    guard = login_guard(settings)
    tokens = access_tokens(settings)
    lifetimes = login_lifetimes(settings, tokens)
    server = server_keys(settings)
    session_hashes, key_hashes = SessionHashes(server), KeyHashes(server.ring(Purpose.API_KEYS))
    factor_secrets = FactorSecrets(server)
    codes = SecondFactorCodes(secrets=factor_secrets)
    sessions = SessionService(
        passwords=passwords,
        tokens=tokens,
        hashes=session_hashes,
        lifetimes=lifetimes,
        guard=guard,
        codes=codes,
    )
    proofs = ProofService(passwords=passwords, guard=guard, codes=codes)
    ending = EndingService(sessions=sessions)
    is_open, keys = settings.registers, KeyService(hashes=key_hashes, terms=key_terms(settings))
    wechat = WechatService(
        gateway=wechat_gateway(settings),
        sessions=sessions,
        proofs=proofs,
        guard=guard,
        registration_enabled=is_open,
    )
    return AccountServices(
        identity=IdentityService(
            tokens=tokens,
            session_hashes=session_hashes,
            key_hashes=key_hashes,
            lifetimes=lifetimes,
            upload_tokens=UploadTokens(server.ring(Purpose.UPLOAD_TOKENS)),
            admins_need_second_factor=settings.admin_second_factor,
        ),
        revocation=RevocationService(sessions=sessions),
        sessions=sessions,
        expiry=ExpiryService(lifetimes=lifetimes),
        wechat=wechat,
        wechat_binding=WechatBindingService(wechat=wechat, guard=guard),
        keys=keys,
        users=UserService(
            passwords=passwords,
            guard=guard,
            end_sessions=sessions.end_all,
            end_ways_in=ending.end,
            registration_enabled=is_open,
        ),
        email_binding=EmailBindingService(passwords=passwords, guard=guard),
        administration=UserAdministrationService(
            passwords=passwords,
            above=AboveUsers(sessions.end_all, ending.end, forget, projects_solely_owned_by),
            erasure=erasure,
        ),
        service_accounts=ServiceAccountService(keys=keys, erasure=erasure),
        own_sessions=OwnSessionService(lifetimes=lifetimes),
        proofs=proofs,
        enrolment=EnrolmentService(secrets=factor_secrets, codes=codes, issuer=issuer_of(settings)),
        notices=NoticeService(),
        ending=ending,
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
    )


def wechat_gateway(settings: Settings) -> WechatGateway:
    """Return the way to WeChat, if the settings name a mini-program."""
    if settings.wx_appid is None or settings.wx_secret is None:
        return NoWechat()
    client = HttpClient(settings.wx_api_base)
    return HttpWechatGateway(client, appid=settings.wx_appid, secret=settings.wx_secret.get_secret_value())
