"""What answers clients of npm about accounts, and lets them log in, put together."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.npm_accounts.service.accounts import NpmAccountService
from wxcloudrun.npm_accounts.service.logins import NpmKeys, NpmLoginService
from wxcloudrun.npm_accounts.service.seals import PageSeals
from wxcloudrun.npm_accounts.service.web_logins import WebLoginService
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.wiring.logins import LoginDoor, LoginServices
from wxcloudrun.wiring.registry import NameServices
from wxcloudrun.wiring.secrets import server_keys


@dataclass(frozen=True)
class NpmAccountServices:
    """The services of accounts as npm knows them."""

    npm_accounts: NpmAccountService
    npm_logins: NpmLoginService
    web_logins: WebLoginService
    page_seals: PageSeals


def build_npm_accounts(
    settings: Settings, door: LoginDoor, logins: LoginServices, names: NameServices
) -> NpmAccountServices:
    """Build them on logins, keys and names."""
    keys, server = NpmKeys(keys=logins.keys, identity=logins.identity), server_keys(settings)
    return NpmAccountServices(
        npm_accounts=NpmAccountService(
            packages=names.packages,
            identity=logins.identity,
            keys=logins.keys,
            revocation=logins.revocation,
        ),
        npm_logins=NpmLoginService(door=logins.password_door, keys=keys),
        web_logins=WebLoginService(
            door=logins.password_door, guard=door.guard, keys=keys, ring=server.ring(Purpose.NPM_LOGINS)
        ),
        page_seals=PageSeals(server.ring(Purpose.NPM_LOGIN_PAGES)),
    )
