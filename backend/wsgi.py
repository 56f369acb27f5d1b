"""What a WSGI server and the `flask` command load."""

from wxcloudrun.app import create_app
from wxcloudrun.config import Settings, SettingsError

try:
    app = create_app(Settings.from_env())
except SettingsError as error:
    # SystemExit, because a traceback would bury the sentence that names the wrong setting.
    raise SystemExit(f"The service does not start: {error}") from None
