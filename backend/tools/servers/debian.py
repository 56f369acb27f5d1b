"""Debian packages unpacked into a folder, with every library they need, without touching the system.

The programs run through the folder's own dynamic loader, so they may come from a newer release than
the machine's.
"""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.servers.processes import complete
from tools.servers.server import ServerMissing

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = re.compile(r"^(?:URIs:\s*|deb\s+(?:\[[^]]*\]\s+)?)(\S+/debian)/?(?:\s|$)", re.MULTILINE)
DOWNLOAD_SECONDS = 300
DISPENSABLE = re.compile(
    r"(usr/)?lib/\S*/(perl|perl5|gconv|systemd)/|usr/share/(doc|man|locale|info|perl|perl5|zoneinfo)/|var/|etc/"
)
PROGRAM = re.compile(r"(usr/)?s?bin/(?P<name>[^/]+)")


@dataclass(frozen=True, slots=True)
class UnpackedPackages:
    """Packages and their whole dependency closure below `folder`; of the programs only `programs`.

    `suite` names a Debian release; None means the releases that the machine itself installs from.
    """

    folder: Path
    packages: Sequence[str]
    programs: Sequence[str]
    suite: str | None = None

    @property
    def root(self) -> Path:
        """Where the packages' files lie."""
        return self.folder / "root"

    def unpack(self) -> None:
        """Download and unpack, unless that was done before. Raises ServerMissing."""
        if self.root.exists():
            return
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise ServerMissing("apt-get and dpkg-deb are not installed")
        work = self.folder / "unpacking"
        shutil.rmtree(work, ignore_errors=True)
        for name in ("lists/partial", "cache/archives/partial", "root/usr/lib", "root/usr/lib64"):
            (work / name).mkdir(parents=True)
        self._download(work)
        for name in ("lib", "lib64"):  # older packages still ship /lib; both spellings shall be one folder
            (work / "root" / name).symlink_to(f"usr/{name}")
        for archive in sorted((work / "cache/archives").glob("*.deb")):
            self._unpack_archive(archive, work / "root")
        (work / "root").replace(self.root)
        shutil.rmtree(work)

    def _download(self, work: Path) -> None:
        # An empty status file makes apt believe that nothing is installed, hence the whole closure.
        (work / "status").touch()
        options = {
            "Dir::State": work,
            "Dir::State::lists": work / "lists",
            "Dir::State::status": work / "status",
            "Dir::Cache": work / "cache",
            "APT::Install-Recommends": "0",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Debug::NoLocking": "1",
        }
        if self.suite is not None:
            (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {self.suite} main\n")
            options |= {"Dir::Etc::sourcelist": work / "sources.list", "Dir::Etc::sourceparts": "-"}
            options |= {"Dir::Etc::preferences": "-", "Dir::Etc::preferencesparts": "-"}
        apt: list[str | Path] = ["apt-get", "-qq", "-y"]
        apt += [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        complete([*apt, "update"], work, seconds=DOWNLOAD_SECONDS)
        complete([*apt, "--download-only", "install", *self.packages], work, seconds=DOWNLOAD_SECONDS)

    def _unpack_archive(self, archive: Path, root: Path) -> None:
        command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as unpacking:
            if unpacking.stdout is None:
                raise ServerMissing("dpkg-deb has no output")
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as files:
                files.extractall(root, filter=self._wanted)  # noqa: S202  # apt has checked the signature
        if unpacking.returncode:
            raise ServerMissing(f"dpkg-deb could not read {archive.name}")

    def _wanted(self, member: tarfile.TarInfo, _: str) -> tarfile.TarInfo | None:
        """Leave out what the programs do not read, and the special permissions of the rest."""
        path = member.name.removeprefix("./")
        program = PROGRAM.fullmatch(path)
        if DISPENSABLE.match(path) or (program and program["name"] not in self.programs):
            return None
        if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
            return None
        mode = (member.mode | 0o600) & 0o755
        return member.replace(mode=mode, deep=False)

    def command(self, program: str) -> list[str]:
        """Return the beginning of the command that runs one of the unpacked programs."""
        libraries = [path for path in self.root.glob("usr/lib/*-linux-*") if path.is_dir()]
        loaders = [*self.root.glob("usr/lib64/ld-linux-*.so.*"), *self.root.glob("usr/lib/ld-linux-*.so.*")]
        loaders += self.root.glob("usr/lib/*/ld-linux-*.so.*")
        found = [*self.root.glob(f"usr/sbin/{program}"), *self.root.glob(f"usr/bin/{program}")]
        if not (libraries and loaders and found):
            raise ServerMissing(f"the packages do not hold {program} as expected")
        private = sorted({path.parent for path in self.root.glob("usr/lib/**/private/*.so*")})
        search = ":".join(str(path) for path in [*libraries, *private])
        return [str(loaders[0]), "--library-path", search, str(found[0])]


def mirror() -> str:
    """Return the Debian mirror that the machine itself uses. Raises ServerMissing."""
    apt = Path("/etc/apt")
    files = [*apt.glob("sources.list.d/*.sources"), apt / "sources.list", *apt.glob("sources.list.d/*.list")]
    for file in files:
        if file.is_file() and (match := MIRROR.search(file.read_text(errors="replace"))):
            return match[1]
    raise ServerMissing("this machine is configured with no Debian package mirror")
