"""Why a source gave no bytes. Nobody who sends a request meets these: they happen in the background."""


class NotObtained(Exception):
    """The source will not give these bytes; the message is a sentence that the release keeps."""


class NotThisTime(Exception):
    """The source gave no bytes, and the reason may pass: another attempt is worth it."""
