"""The SQL server: MySQL's current release unpacked from Debian, or MariaDB where that cannot be had."""

import getpass
import os
import shutil
import socket
from pathlib import Path
from typing import Protocol

import pymysql

from tools.servers.debian import UnpackedPackages
from tools.servers.processes import complete
from tools.servers.server import HOST, SECRET, Description, Server, ServerMissing

PACKAGES = ("mysql-server-core", "mysql-client-core")
PROGRAMS = ("mysqld", "mysql", "mysqldump")
USER = "registry"
DATABASE = "registry"
INITIALIZE_SECONDS = 120
INSTALL_SECONDS = 300
CONNECT_SECONDS = 2


class Distribution(Protocol):
    """One way in which a MySQL server comes to this machine."""

    data: Path

    def obtain(self) -> None:
        """Bring the program here. Raises ServerMissing."""

    def server(self) -> list[str]:
        """Return the server's command with the options that name its files."""

    def initialize(self) -> None:
        """Fill the empty data folder; the user root has no password afterwards."""

    def tuning(self) -> list[str]:
        """Return the options that keep it small, beyond those that all products know."""


class UnpackedMySQL:
    """MySQL from the Debian development release, whatever release the machine is."""

    def __init__(self, folder: Path) -> None:
        self._packages = UnpackedPackages(folder / "mysql", PACKAGES, PROGRAMS, "sid")
        self.data = folder / "data"

    def obtain(self) -> None:
        """Unpack some 220 MB, once."""
        self._packages.folder.mkdir(exist_ok=True)
        self._packages.unpack()

    def server(self) -> list[str]:
        """The compiled-in paths name the system's folders, so each is given."""
        root = self._packages.root
        shared = next(path for path in root.glob("usr/share/mysql*") if (path / "charsets").is_dir())
        options = {
            "basedir": root / "usr",
            "datadir": self.data,
            "plugin-dir": root / "usr/lib/mysql/plugin",
            "character-sets-dir": shared / "charsets",
            "lc-messages-dir": shared,
            "secure-file-priv": "",
            "user": getpass.getuser(),
            "innodb-redo-log-capacity": "64M",
        }
        command = self._packages.command("mysqld")
        return [*command, "--no-defaults", *(f"--{name}={value}" for name, value in options.items())]

    def initialize(self) -> None:
        """Use the server's own first start."""
        complete([*self.server(), "--initialize-insecure"], self.data.parent, seconds=INITIALIZE_SECONDS)

    def client(self, program: str) -> list[str]:
        """Return the command of one of the client programs, without any options of the machine's own."""
        return [*self._packages.command(program), "--no-defaults"]

    def tuning(self) -> list[str]:
        """Small, without the second protocol and the replication log."""
        return ["--mysqlx=OFF", "--skip-log-bin", "--performance-schema=OFF"]


class InstalledMariaDB:
    """MariaDB from the machine's own packages; only its programs, no service is set up."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data-mariadb"

    def obtain(self) -> None:
        """Install the package without its start scripts if there is none and we may."""
        if shutil.which("mariadbd") is not None:
            return
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise ServerMissing("MariaDB is not installed")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        apt: list[str | Path] = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=60"]
        install = [*apt, "--no-install-recommends", "install", "mariadb-server-core", "mariadb-client-core"]
        complete([*apt, "update"], Path("/"), seconds=INSTALL_SECONDS, environment=quiet)
        complete(install, Path("/"), seconds=INSTALL_SECONDS, environment=quiet)

    def server(self) -> list[str]:
        """The compiled-in paths are right, only the data lies elsewhere."""
        program = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        return [program, "--no-defaults", f"--datadir={self.data}", f"--user={getpass.getuser()}"]

    def initialize(self) -> None:
        """Use the package's script."""
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--skip-test-db"]
        install += [f"--user={getpass.getuser()}", "--auth-root-authentication-method=normal"]
        complete(install, self.data.parent, seconds=INITIALIZE_SECONDS)

    def tuning(self) -> list[str]:
        """Small as well."""
        return ["--innodb-log-file-size=64M"]


class MySQL(Server):
    """The SQL server; the description says which product it is."""

    name = "mysql"
    port = 23306
    start_seconds = 60

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._distribution: Distribution = UnpackedMySQL(self.folder)

    def obtain(self) -> None:
        """Take MySQL, else MariaDB; say about both why not."""
        try:
            self._distribution.obtain()
        except ServerMissing as first:
            self._distribution = InstalledMariaDB(self.folder)
            try:
                self._distribution.obtain()
            except ServerMissing as second:
                raise ServerMissing(f"MySQL: {first}; MariaDB: {second}") from None
        self._fill_data_folder()
        # A killed server leaves these behind, and they stop the next one if the number of the process lives.
        for name in ("socket", "socket.lock", "pid"):
            (self.folder / name).unlink(missing_ok=True)

    def _fill_data_folder(self) -> None:
        data = self._distribution.data
        finished = data.parent / f"{data.name}.initialized"
        if finished.exists():
            return
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        self._distribution.initialize()
        finished.touch()

    def command(self) -> list[str]:
        """Durable as in production, but small: at most 128 MB of cache."""
        options = {
            "bind-address": HOST,
            "port": self.port,
            "socket": self.folder / "socket",
            "pid-file": self.folder / "pid",
            "character-set-server": "utf8mb4",
            "max-connections": 400,
            "innodb-buffer-pool-size": "128M",
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        return [*self._distribution.server(), *self._distribution.tuning(), *given]

    def client(self, program: str) -> list[str]:
        """Return the command of `mysql` or `mysqldump`."""
        if isinstance(self._distribution, UnpackedMySQL):
            return self._distribution.client(program)
        return [shutil.which(program) or program]

    def is_ready(self) -> bool:
        """Ask for the version as the user that clients are, who is made if absent."""
        try:
            self._ask("SELECT 1")
        except pymysql.MySQLError:
            return self._make_user()
        return True

    def _make_user(self) -> bool:
        statements = (
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4",
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{SECRET}'",
            # Tests make databases of their own and look at the server's transactions.
            f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION",
        )
        path = str(self.folder / "socket")
        with socket.socket(socket.AF_UNIX) as probe:  # the driver would leave its own open if nobody answers
            if probe.connect_ex(path):
                return False
        try:
            root = pymysql.connect(unix_socket=path, user="root", connect_timeout=CONNECT_SECONDS)
            with root, root.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except pymysql.MySQLError:
            return False
        return True

    def _ask(self, question: str) -> str:
        connection = pymysql.connect(
            host=HOST,
            port=self.port,
            user=USER,
            password=SECRET,
            database=DATABASE,
            connect_timeout=CONNECT_SECONDS,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
        return str(row[0]) if row else ""

    def describe(self) -> Description:
        """The server itself says which version it is."""
        version = self._ask("SELECT VERSION()")
        return {
            "product": "MariaDB" if "MariaDB" in version else "MySQL",
            "version": version,
            "host": HOST,
            "port": self.port,
            "user": USER,
            "password": SECRET,
            "database": DATABASE,
            "url": f"mysql+pymysql://{USER}:{SECRET}@{self.address}/{DATABASE}?charset=utf8mb4",
        }
