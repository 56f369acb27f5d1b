"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "enabled_at": "since when logins need it; null if they do not",
        "recovery_code": "in the place of `totp`: one of the codes for the loss of the program",
        "recovery_codes": "good once each; shown this once",
        "recovery_codes_left": "how many of them were not used",
        "secret": "what the program makes codes of, in base32; shown this once",
        "totp": "the code that the program of the second factor shows",
        "uri": "the same as an `otpauth:` address, for a QR code",
    },
    examples={
        "totp": "081804",
        "recovery_code": "abcd-efgh-ijkl-mnop",
    },
)
