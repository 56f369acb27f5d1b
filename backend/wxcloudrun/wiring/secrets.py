"""The keys of the server, each derived for one purpose from what the settings give."""

from pydantic import SecretStr

from wxcloudrun.config import Settings
from wxcloudrun.secrecy.derived_keys import KeyRing, Purpose, ServerKeys


def server_keys(settings: Settings) -> ServerKeys:
    """Return what is derived from API_KEY_SECRET; ask it for the ring of a purpose."""
    return keys_from(settings.api_key_secret, settings.api_key_previous_secret)


def access_token_keys(settings: Settings) -> KeyRing:
    """Return the keys of access tokens, which have a secret of their own: it can be changed in minutes."""
    return keys_from(settings.jwt_secret_key, settings.jwt_previous_secret_key).ring(Purpose.ACCESS_TOKENS)


def keys_from(secret: SecretStr, previous: SecretStr | None) -> ServerKeys:
    """Derive from a secret, and from the one before it."""
    return ServerKeys(secret.get_secret_value(), None if previous is None else previous.get_secret_value())
