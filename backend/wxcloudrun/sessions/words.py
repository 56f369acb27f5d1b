"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "access_token": "what to send as `Authorization: Bearer …`; it lives for `expires_in` seconds",
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
)
