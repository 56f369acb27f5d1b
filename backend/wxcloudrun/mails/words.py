"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "NewPasswordIn.token": "the token that was mailed to the address of the account",
        "VerifiedIn.token": "the token that was mailed to your address",
    },
)
