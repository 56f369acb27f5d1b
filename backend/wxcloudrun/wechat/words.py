"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "bound_at": "since when; null if nobody is",
        "is_bound": "whether a WeChat user gets in to the account",
        "code": "what `wx.login()` gave; it may be left out behind WeChat Cloud Hosting only",
    },
    examples={
        "code": "081LXytJ1XxAW1xLnqJ1LMOoMz2LXytJ",
    },
)
