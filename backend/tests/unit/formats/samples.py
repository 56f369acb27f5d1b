"""Builds small real packages of every format, byte by byte where no library writes them."""

import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Mapping

import zstandard

from wxcloudrun.formats.detect import declared_version

METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.2.3\nSummary: x\n\nVersion: 9.9.9 is in the text\n"


def declared(filename: str, data: bytes) -> str | None:
    return declared_version(filename, io.BytesIO(data), len(data))


def short(value: object) -> str:
    """Name a test by the beginning of its parameter, because some of them are a megabyte long."""
    return repr(value)[:40]


def zipped(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the same bytes at every call: a ZipInfo has a date of its own, a bare name takes the clock's."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return target.getvalue()


def wheel(metadata: bytes = METADATA) -> bytes:
    return zipped({"demo/__init__.py": b"", "demo-1.2.3.dist-info/METADATA": metadata})


def tarred(entries: Mapping[str, bytes], tar_format: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tar_format) as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def tar_gz(entries: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tarred(entries), mtime=0)


def many_then(files: int, file_bytes: int, folder: str, last: Mapping[str, bytes]) -> bytes:
    """Return a .tar.gz of many files, all of one name, and some others behind them; made in a moment."""
    entry = tarfile.TarInfo(f"{folder}/modules/es.module.js")
    entry.size = file_bytes
    padded = entry.tobuf(tarfile.USTAR_FORMAT) + bytes(file_bytes + -file_bytes % 512)
    together = max(1, min(files, 2**20 // len(padded)))
    whole, rest = divmod(files, together)
    return gzip.compress(padded * together, 1) * whole + gzip.compress(padded * rest, 1) + tar_gz(last)


def npm_sorted_by_ending(version: str, files: int, file_bytes: int = 1_000) -> bytes:
    """Pack as npm does: by ending, so that package.json stands behind every .js of the package."""
    manifest = json.dumps({"name": "demo", "version": version}).encode()
    return many_then(
        files, file_bytes, "package", {"package/package.json": manifest, "package/README.md": b""}
    )


def npm(version: object = "1.2.3") -> bytes:
    return tar_gz({"package/package.json": json.dumps({"name": "demo", "version": version}).encode()})


def chart(text: bytes = b"apiVersion: v2\nname: demo\nversion: 1.2.3\nappVersion: '7'\n") -> bytes:
    return tar_gz({"demo/Chart.yaml": text, "demo/templates/x.yaml": b"version: 8.8.8\n"})


def jar(manifest: bytes = b"Manifest-Version: 1.0\r\nImplementation-Version: 1.2.3\r\n\r\n") -> bytes:
    return zipped({"META-INF/MANIFEST.MF": manifest, "demo/Main.class": b"\xca\xfe\xba\xbe"})


def ar(members: Mapping[str, bytes]) -> bytes:
    parts = [b"!<arch>\n"]
    for name, content in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        parts += [header.encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def deb(version: str = "1:1.2.3-4~deb12u1", ending: str = ".xz") -> bytes:
    text = f"Package: demo\nVersion: {version}\nArchitecture: all\nDescription: x\n more\n".encode()
    control = tarred({"./md5sums": b"", "./control": text}, tarfile.GNU_FORMAT)
    compressed = {
        "": control,
        ".gz": gzip.compress(control, mtime=0),
        ".xz": lzma.compress(control),
        ".zst": zstandard.ZstdCompressor(level=19).compress(control),
    }[ending]
    return ar({"debian-binary": b"2.0\n", f"control.tar{ending}": compressed, "data.tar.xz": b"not read"})


def rpm_header(values: Mapping[int, str | int]) -> bytes:
    index, store = b"", b""
    for tag, value in values.items():
        kind = 4 if isinstance(value, int) else 6
        store += bytes(-len(store) % 4) if isinstance(value, int) else b""
        index += struct.pack(">4L", tag, kind, len(store), 1)
        store += struct.pack(">L", value) if isinstance(value, int) else value.encode() + b"\0"
    return b"\x8e\xad\xe8\x01" + struct.pack(">4x2L", len(values), len(store)) + index + store


def rpm(values: Mapping[int, str | int] | None = None) -> bytes:
    lead = (b"\xed\xab\xee\xdb\x03\x00" + bytes(90))[:96]
    signature = rpm_header({269: "0123456789abcdef"})
    padding = bytes(-(len(lead) + len(signature)) % 8)
    header = rpm_header(values or {1000: "demo", 1001: "1.2.3", 1002: "4.el9", 1004: "summary"})
    return lead + signature + padding + header + b"the payload"


def chunk(kind: int, header: bytes, body: bytes) -> bytes:
    return struct.pack("<2HL", kind, 8 + len(header), 8 + len(header) + len(body)) + header + body


def string_pool(strings: list[str], *, utf8: bool) -> bytes:
    offsets, data = b"", b""
    for text in strings:
        offsets += struct.pack("<L", len(data))
        if utf8:
            encoded = text.encode()
            data += bytes([len(text), len(encoded)]) + encoded + b"\0"
        else:
            data += struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0"
    data += bytes(-len(data) % 4)
    header = struct.pack("<5L", len(strings), 0, 0x100 if utf8 else 0, 28 + len(offsets), 0)
    return chunk(0x0001, header, offsets + data)


def binary_manifest(
    version: str = "1.2.3", *, utf8: bool = False, with_ids: bool = True, value_type: int = 0x03
) -> bytes:
    names = [
        "versionCode",
        "versionName" if not with_ids else "",
        "manifest",
        version,
        "urn:android",
        "android",
    ]
    ids = chunk(0x0180, b"", struct.pack("<2L", 0x0101021B, 0x0101021C)) if with_ids else b""
    namespace = chunk(0x0100, struct.pack("<2L", 1, 0xFFFFFFFF), struct.pack("<2L", 5, 4))
    raw = 3 if value_type == 0x03 else 0xFFFFFFFF
    attributes = struct.pack("<3LHBBL", 4, 0, 0xFFFFFFFF, 8, 0, 0x10, 77)
    attributes += struct.pack("<3LHBBL", 4, 1, raw, 8, 0, value_type, 3)
    element = struct.pack("<2L6H", 0xFFFFFFFF, 2, 20, 20, 2, 0, 0, 0) + attributes
    start = chunk(0x0102, struct.pack("<2L", 1, 0xFFFFFFFF), element)
    return chunk(0x0003, b"", string_pool(names, utf8=utf8) + ids + namespace + start)


def apk(manifest: bytes | None = None) -> bytes:
    return zipped({"classes.dex": b"dex", "AndroidManifest.xml": manifest or binary_manifest()})


def varint(number: int) -> bytes:
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def protobuf_manifest(version: str = "1.2.3", resource_id: int | None = 0x0101021C) -> bytes:
    android = b"http://schemas.android.com/apk/res/android"
    code = field(1, android) + field(2, b"versionCode") + field(3, b"77") + field(5, 0x0101021B)
    name = field(1, android) + field(2, b"versionName") + field(3, version.encode())
    name += field(5, resource_id) if resource_id is not None else b""
    child = field(1, field(3, b"application"))
    element = field(1, field(1, b"android")) + field(3, b"manifest") + field(4, code) + field(4, name)
    return field(1, element + field(5, child)) + field(3, field(1, 1))


def aab(manifest: bytes | None = None) -> bytes:
    return zipped(
        {"base/manifest/AndroidManifest.xml": manifest or protobuf_manifest(), "BundleConfig.pb": b""}
    )


VALID = {
    "demo-py3-none-any.whl": wheel(),
    "demo.tar.gz": tar_gz({"demo/PKG-INFO": METADATA, "demo/setup.py": b""}),
    "demo.zip": zipped({"demo/PKG-INFO": METADATA}),
    "npm.tgz": npm(),
    "chart.tgz": chart(),
    "demo.jar": jar(),
    "plain.deb": deb("1.2.3", ""),
    "gz.deb": deb("1.2.3", ".gz"),
    "xz.deb": deb("1.2.3", ".xz"),
    "zst.deb": deb("1.2.3", ".zst"),
    "demo.rpm": rpm({1001: "1.2.3"}),
    "demo.apk": apk(),
    "demo.aab": aab(),
}
