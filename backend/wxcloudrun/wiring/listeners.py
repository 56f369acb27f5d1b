"""Who listens to what happens: every kind of event that there is, and beside it what follows from it.

An event without a row is refused when it happens, and found by a test before. What is written in the
transaction of the use case stands under `in_transaction`; what is done behind the commit, and has no say in
it, under `after_commit`.
"""

from collections.abc import Mapping

from wxcloudrun.adoption.events import ADOPTION_FINISHED, ADOPTION_STARTED
from wxcloudrun.artifacts.events import (
    OBJECT_RESTORED,
    STORE_COLLECTED,
    STORE_REBUILT,
    STORE_REPAIRED,
    STORE_SWEPT,
)
from wxcloudrun.attempts.events import LOGIN_REFUSED
from wxcloudrun.audit.events import AUDIT_BEGUN, AUDIT_PRUNED, AUDIT_READ, REQUEST_REFUSED
from wxcloudrun.audit.service.record import record
from wxcloudrun.downloads.events import ARTIFACT_DOWNLOADED, LINK_MADE
from wxcloudrun.erasure.events import ERASURE_FINISHED
from wxcloudrun.identity.events import CREDENTIAL_REVOKED
from wxcloudrun.identity.service.identify import still_stands
from wxcloudrun.jobs.events import TASK_CHANGED
from wxcloudrun.keys.events import KEY_MADE, KEY_REVOKED, KEY_ROTATED
from wxcloudrun.kit.events import EventKind, Listeners
from wxcloudrun.mails.events import EMAIL_VERIFIED, PASSWORD_RECOVERED
from wxcloudrun.mails.service.telling import ask_whose_address, mail
from wxcloudrun.maintenance.events import MAINTENANCE_STARTED
from wxcloudrun.notices.events import NOTICES_SEEN
from wxcloudrun.notices.service.notices import note
from wxcloudrun.packages.events import PACKAGE_CHANGED, PACKAGE_CREATED, PACKAGE_DELETED
from wxcloudrun.projects.events import (
    MEMBER_REMOVED,
    MEMBER_SET,
    MEMBER_SOUGHT,
    PROJECT_CHANGED,
    PROJECT_CREATED,
    PROJECT_DELETED,
)
from wxcloudrun.releases.events import (
    RELEASE_ACTIVATED,
    RELEASE_CREATED,
    RELEASE_DEACTIVATED,
    RELEASE_FAILED,
    RELEASE_RETRIED,
)
from wxcloudrun.second_factors.events import (
    RECOVERY_CODE_USED,
    RECOVERY_CODES_MADE,
    SECOND_FACTOR_DISABLED,
    SECOND_FACTOR_ENABLED,
)
from wxcloudrun.service_accounts.events import (
    SERVICE_ACCOUNT_CHANGED,
    SERVICE_ACCOUNT_CREATED,
    SERVICE_ACCOUNT_DELETED,
)
from wxcloudrun.sessions.events import SESSION_ENDED, SESSION_OPENED, SESSION_PROVED
from wxcloudrun.tags.events import TAG_DELETED, TAG_MOVED
from wxcloudrun.upload_sessions.events import (
    UPLOAD_SESSION_ABORTED,
    UPLOAD_SESSION_BEGUN,
    UPLOAD_SESSION_DONE,
    UPLOAD_SESSION_EXPIRED,
    UPLOAD_SESSION_FAILED,
)
from wxcloudrun.upload_sessions.service.figures import count_session
from wxcloudrun.uploads.events import UPLOAD_ACCEPTED, UPLOAD_DELETED
from wxcloudrun.users.events import (
    EMAIL_BOUND,
    PASSWORD_CHANGED,
    USER_CHANGED,
    USER_CREATED,
    USER_DELETED,
    USER_REGISTERED,
)
from wxcloudrun.versions.events import (
    FILE_ADDED,
    FILE_DELETED,
    VERSION_CHANGED,
    VERSION_DELETED,
    VERSION_MADE,
    VERSION_RECOUNTED,
    VERSION_SEALED,
)
from wxcloudrun.versions.service.choices import forget_choices
from wxcloudrun.versions.service.revisions import begin_revisions, raise_revision
from wxcloudrun.versions.service.stamps import begin_stamps, stamp_versions
from wxcloudrun.ways_in.events import WAYS_IN_ENDED
from wxcloudrun.wechat.events import WECHAT_BOUND, WECHAT_LINKED, WECHAT_UNBOUND

RECORDED = Listeners(in_transaction=(record,))
NOTICED = Listeners(in_transaction=(note, mail))  # a way in has changed: its person is told
STAYS = Listeners(in_transaction=(still_stands,))  # when the credential ends with which it was done
ASKED_WHOSE_ADDRESS = Listeners(in_transaction=(ask_whose_address,))
COUNTED = Listeners(after_commit=(count_session,))
FORGETS_CHOICES = Listeners(after_commit=(forget_choices,))
# `latest` and ranges may mean another version
CHANGES_CHOICES = Listeners(in_transaction=(stamp_versions,)) + FORGETS_CHOICES
BEGINS_CHOICES = Listeners(in_transaction=(begin_stamps,))
# what pages of foreign protocols show of a package
SHOWN = Listeners(in_transaction=(raise_revision,))
BEGINS_REVISIONS = Listeners(in_transaction=(begin_revisions,))

LISTENERS: Mapping[EventKind, Listeners] = {
    # who is asking
    USER_REGISTERED: RECORDED + ASKED_WHOSE_ADDRESS,
    USER_CREATED: STAYS + RECORDED,
    USER_CHANGED: STAYS + RECORDED + NOTICED,
    USER_DELETED: RECORDED,
    PASSWORD_CHANGED: STAYS + RECORDED + NOTICED,
    EMAIL_BOUND: STAYS + RECORDED + NOTICED + ASKED_WHOSE_ADDRESS,
    EMAIL_VERIFIED: STAYS + RECORDED + NOTICED,
    PASSWORD_RECOVERED: RECORDED + NOTICED,
    WECHAT_BOUND: STAYS + RECORDED + NOTICED,
    WECHAT_UNBOUND: RECORDED + NOTICED,
    SECOND_FACTOR_ENABLED: STAYS + RECORDED + NOTICED,
    SECOND_FACTOR_DISABLED: STAYS + RECORDED + NOTICED,
    RECOVERY_CODES_MADE: STAYS + RECORDED + NOTICED,
    RECOVERY_CODE_USED: RECORDED + NOTICED,
    WAYS_IN_ENDED: RECORDED + NOTICED,
    NOTICES_SEEN: RECORDED,
    WECHAT_LINKED: RECORDED,
    SESSION_OPENED: RECORDED,
    SESSION_PROVED: RECORDED,
    SESSION_ENDED: RECORDED,
    CREDENTIAL_REVOKED: RECORDED,
    LOGIN_REFUSED: RECORDED,
    KEY_MADE: STAYS + RECORDED + NOTICED,
    KEY_ROTATED: STAYS + RECORDED + NOTICED,
    KEY_REVOKED: RECORDED,
    SERVICE_ACCOUNT_CREATED: STAYS + RECORDED,
    SERVICE_ACCOUNT_CHANGED: STAYS + RECORDED,
    SERVICE_ACCOUNT_DELETED: RECORDED,
    # places
    PROJECT_CREATED: RECORDED,
    PROJECT_CHANGED: STAYS + RECORDED,
    PROJECT_DELETED: RECORDED,
    MEMBER_SET: STAYS + RECORDED,
    MEMBER_SOUGHT: STAYS + RECORDED,
    MEMBER_REMOVED: RECORDED,
    PACKAGE_CREATED: RECORDED + BEGINS_CHOICES + BEGINS_REVISIONS,
    PACKAGE_CHANGED: RECORDED + SHOWN,
    PACKAGE_DELETED: RECORDED + FORGETS_CHOICES,
    # bytes that come in
    UPLOAD_ACCEPTED: RECORDED,
    UPLOAD_DELETED: RECORDED,
    UPLOAD_SESSION_BEGUN: RECORDED + COUNTED,
    UPLOAD_SESSION_ABORTED: RECORDED + COUNTED,
    UPLOAD_SESSION_EXPIRED: RECORDED + COUNTED,
    UPLOAD_SESSION_FAILED: RECORDED + COUNTED,
    UPLOAD_SESSION_DONE: COUNTED,  # the upload that it has become is recorded
    # names of bytes
    VERSION_MADE: RECORDED,  # with its first file, which is what can be chosen
    VERSION_CHANGED: RECORDED + CHANGES_CHOICES + SHOWN,
    VERSION_SEALED: RECORDED + SHOWN,
    VERSION_RECOUNTED: RECORDED + CHANGES_CHOICES + SHOWN,
    VERSION_DELETED: RECORDED + CHANGES_CHOICES + SHOWN,
    FILE_ADDED: RECORDED + CHANGES_CHOICES + SHOWN,
    FILE_DELETED: RECORDED + CHANGES_CHOICES + SHOWN,
    TAG_MOVED: RECORDED + SHOWN,
    TAG_DELETED: RECORDED + SHOWN,
    RELEASE_CREATED: RECORDED + CHANGES_CHOICES,
    RELEASE_RETRIED: RECORDED,
    RELEASE_FAILED: RECORDED,
    RELEASE_ACTIVATED: RECORDED,
    RELEASE_DEACTIVATED: RECORDED,
    ADOPTION_STARTED: RECORDED,
    ADOPTION_FINISHED: RECORDED,
    # what keeps the house
    STORE_COLLECTED: RECORDED,
    STORE_SWEPT: RECORDED,
    STORE_REPAIRED: RECORDED,
    STORE_REBUILT: RECORDED,
    OBJECT_RESTORED: RECORDED,
    MAINTENANCE_STARTED: RECORDED,
    TASK_CHANGED: RECORDED,
    ERASURE_FINISHED: RECORDED,
    AUDIT_BEGUN: RECORDED,
    AUDIT_PRUNED: RECORDED,
    # what the settings ask for
    AUDIT_READ: RECORDED,
    REQUEST_REFUSED: RECORDED,
    ARTIFACT_DOWNLOADED: RECORDED,
    LINK_MADE: RECORDED,
}
