"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import PathPart, Words

WORDS = Words(
    meanings={
        "access_token": "what to send as `Authorization: Bearer …`; it lives for `expires_in` seconds",
        "device": "what the program called itself that opened it; null if it did not",
        "is_this": "whether it is the one that asks",
        "proved_at": "when its person last proved who they are; null for old ones",
        "LoginSessionOut.address": "from which address it was opened; null for old ones",
        "LoginSessionOut.created_at": "when it was opened",
        "LoginSessionOut.expires_at": "when it ends unless it is refreshed",
        "LoginSessionOut.id": "its name, by which it is ended; it opens nothing",
        "LoginSessionOut.last_used_at": "when it was used last, to a quarter of an hour; null for old ones",
        "expires_in": "seconds for which the access token is good",
        "refresh_token": "good for one use: the answer holds the next one",
        "token_type": "how to send it",
        "user": "who is logged in",
    },
    examples={
        "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "expires_in": 900,
        "refresh_token": "wxrt_EEZU5wYx0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456",
    },
    paths={
        "login_id": PathPart({"type": "string", "pattern": "^[0-9a-f]{32}$"}, "the `id` of a login"),
    },
)
