"""nginx with sendfile, two workers and an access log: how fast a file can leave this machine."""

import os

from benchmarks.contenders.contender import Contender, Request
from benchmarks.files import SampleFile
from benchmarks.processes import answers, free_port, launch, wait_until

CONFIGURATION = """
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  sendfile on; tcp_nopush on; access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; keepalive_requests 1000000; }}
}}
"""


class Nginx(Contender):
    """Serves files only."""

    name = "nginx"

    def start(self) -> None:
        """Start it on an empty folder."""
        self._port = free_port()
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        (files / "ready").write_text("ready")
        # Its workers are not root and must be able to come here.
        for folder in (self.folder, files):
            folder.chmod(0o755)
        configuration = self.folder / "nginx.conf"
        user = "user root;\n" if os.getuid() == 0 else ""
        configuration.write_text(user + CONFIGURATION.format(folder=self.folder, port=self._port))
        self.running = launch(["nginx", "-c", str(configuration)], folder=self.folder, log=self.log)
        wait_until(lambda: answers(self._port, "/ready"), self.running, self.log)

    def get(self, sample: SampleFile) -> Request:
        """Put a file there without the server, and say where it is served."""
        served = self.folder / "files" / sample.path.name
        if not served.exists():
            os.link(sample.path, served)
        return Request(f"http://127.0.0.1:{self._port}/{served.name}")
