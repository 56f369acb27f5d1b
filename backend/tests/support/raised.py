"""What tests raise to see what becomes of it."""


class TransactionStopped(Exception):
    """Ends a transaction."""


class SourceBroken(Exception):
    """Ends a source of blocks."""


class Death(BaseException):
    """kill -9, as far as a test can have it."""
