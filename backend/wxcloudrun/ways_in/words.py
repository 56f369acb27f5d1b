"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "by_scope": "how many have each scope; one counts for all of its own",
        "email_verified_at": "since when the address is known to be the caller's; null if it is not",
        "has_password": "whether there is a password",
        "keep_session": "let the login stay that asks",
        "keys": "API keys",
        "notices": "what has changed about the ways in and was not said to be seen; null for an API key",
        "second_factor": "the second factor",
        "total": "how many there are",
        "ways_in": "by what the caller gets in; null for an API key",
        "wechat_bound_at": "since when a WeChat user gets in; null if none does",
        "wechat_code": "a fresh code of `wx.login()`",
    },
)
