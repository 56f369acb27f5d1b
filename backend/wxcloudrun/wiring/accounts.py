"""Who people are: users, their WeChat, service accounts, and what they are told."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.net.http_client import HttpClient
from wxcloudrun.notices.service.notices import NoticeService
from wxcloudrun.projects.reads import projects_solely_owned_by
from wxcloudrun.service_accounts.service import ServiceAccountService
from wxcloudrun.users.service.above import AboveUsers
from wxcloudrun.users.service.administration import UserAdministrationService
from wxcloudrun.users.service.binding import EmailBindingService
from wxcloudrun.users.service.users import UserService
from wxcloudrun.wechat.gateway import HttpWechatGateway, NoWechat, WechatGateway
from wxcloudrun.wechat.service.binding import WechatBindingService, forget
from wxcloudrun.wechat.service.logins import WechatService
from wxcloudrun.wiring.logins import LoginDoor, LoginServices


@dataclass(frozen=True)
class AccountServices:
    """The services of people and of what works for them."""

    wechat: WechatService
    wechat_binding: WechatBindingService
    users: UserService
    email_binding: EmailBindingService
    administration: UserAdministrationService
    notices: NoticeService
    service_accounts: ServiceAccountService


def build_accounts(
    settings: Settings, door: LoginDoor, logins: LoginServices, erasure: ErasureService
) -> AccountServices:
    """Build what knows people."""
    passwords, guard, is_open = door.passwords, door.guard, settings.registers
    end_sessions, end_ways_in = logins.sessions.end_all, logins.ending.end
    wechat = WechatService(
        gateway=wechat_gateway(settings),
        sessions=logins.sessions,
        proofs=logins.proofs,
        guard=guard,
        registration_enabled=is_open,
    )
    return AccountServices(
        wechat=wechat,
        wechat_binding=WechatBindingService(wechat=wechat, guard=guard),
        users=UserService(
            passwords=passwords,
            guard=guard,
            end_sessions=end_sessions,
            end_ways_in=end_ways_in,
            registration_enabled=is_open,
        ),
        email_binding=EmailBindingService(passwords=passwords, guard=guard),
        administration=UserAdministrationService(
            passwords=passwords,
            above=AboveUsers(end_sessions, end_ways_in, forget, projects_solely_owned_by),
            erasure=erasure,
        ),
        notices=NoticeService(),
        service_accounts=ServiceAccountService(keys=logins.keys, erasure=erasure),
    )


def wechat_gateway(settings: Settings) -> WechatGateway:
    """Return the way to WeChat, if the settings name a mini-program."""
    if settings.wx_appid is None or settings.wx_secret is None:
        return NoWechat()
    client = HttpClient(settings.wx_api_base)
    return HttpWechatGateway(client, appid=settings.wx_appid, secret=settings.wx_secret.get_secret_value())
