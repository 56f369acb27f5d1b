"""What a WSGI server loads."""

from wxcloudrun.app import create_app
from wxcloudrun.config import Settings

app = create_app(Settings.from_env())
