"""What a WSGI server and the `flask` command load."""

import sys

from wxcloudrun.app import create_app
from wxcloudrun.config import Settings, SettingsError

try:
    app = create_app(Settings.from_env())
except SettingsError as error:
    # SystemExit, because a traceback would bury the sentence that names the wrong setting.
    # And with 2, because 1 means to whoever runs `flask fsck` that it has found something.
    sys.stderr.write(f"The service does not start: {error}\n")
    raise SystemExit(2) from None
