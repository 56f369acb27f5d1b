"""How a handler says that a job is over, and how it learns that the job is not its own any more."""


class JobFailed(Exception):
    """The work cannot succeed, however often it is tried; the message is for people to read."""


class JobPutOff(Exception):
    """The work did not succeed this time, and another attempt may; the message is for people to read."""


class LeaseLost(Exception):
    """Somebody else may be working on this job by now: nothing of this attempt may be committed."""
