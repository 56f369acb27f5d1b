"""Giving a credential back, whichever it is."""

from wxcloudrun.identity.events import CREDENTIAL_REVOKED
from wxcloudrun.keys.service.keys import revoke_if_there
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor, CredentialKind
from wxcloudrun.kit.texts import text
from wxcloudrun.sessions.service.sessions import SessionService


class RevocationService:
    """Makes the credential useless that was presented."""

    def __init__(self, *, sessions: SessionService) -> None:
        self._sessions = sessions

    def revoke(self, actor: Actor) -> None:
        """Revoke the very credential that was presented: this access token, API key or session.

        An access token leaves its session and the refresh token as they are. Nothing is recorded if
        somebody else was faster. Raises Unauthorized for an anonymous caller.
        """
        if actor.user_id is None or actor.credential_id is None:
            raise Unauthorized(text("log in or present an API key"))
        user_id, credential_id = actor.user_id, actor.credential_id

        def work(tx: Transaction) -> None:
            match actor.credential:
                case CredentialKind.JWT:
                    if self._sessions.revoke_token(tx, credential_id):
                        what = Subject(f"user/{user_id}/{actor.credential}/{credential_id}")
                        announce(tx, actor, CREDENTIAL_REVOKED, what)
                case CredentialKind.API_KEY:
                    revoke_if_there(tx, actor, user_id, int(credential_id))
                case _:
                    self._sessions.end(tx, actor, credential_id)

        atomically(work)
