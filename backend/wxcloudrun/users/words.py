"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "current_password": "the password that the account has",
        "email": "an e-mail address; it is kept in lower case",
        "end_everything": "end all other ways in too: sessions, keys, unfinished uploads, WeChat",
        "is_active": "whether the user may do anything at all",
        "is_admin": "whether the user is an administrator",
        "new_password": "the password that the account shall have",
        "password": "the password of the account",
        "username": "what the user is called; nobody else has it in another case or spelling",
        "EmailIn.password": "the account's password; a new one if it has none",
        "UserOut.kind": "a person, or a service account",
    },
    examples={
        "current_password": "the old password",
        "email": "grace@example.com",
        "new_password": "a better password",
        "password": "a long password",
        "username": "grace",
    },
)
