"""What the machine can do at all: hashing on one core, copying through the loopback, a durable write."""

import hashlib
import os
import socket
import threading
from pathlib import Path

BLOCK_BYTES = 1024 * 1024


def hash_once(path: Path, *algorithms: str) -> None:
    """Hash a file on one core, one digest after the other."""
    hashes = [hashlib.new(name, usedforsecurity=False) for name in algorithms]
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(BLOCK_BYTES)
        while count := file.readinto(buffer):
            for each in hashes:
                each.update(memoryview(buffer)[:count])


def copy_through_loopback(path: Path) -> None:
    """Send a file through a TCP connection on this machine and throw it away."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def send() -> None:
            with socket.create_connection(listener.getsockname()) as out, path.open("rb") as file:
                out.sendfile(file)

        sender = threading.Thread(target=send)
        sender.start()
        taken, _ = listener.accept()
        with taken:
            buffer = bytearray(BLOCK_BYTES)
            while taken.recv_into(buffer):
                pass
        sender.join()


def write_durably(path: Path, target: Path) -> None:
    """Copy a file block by block and return when the disk has it."""
    with path.open("rb", buffering=0) as source, target.open("wb", buffering=0) as file:
        while block := source.read(BLOCK_BYTES):
            file.write(block)
        os.fsync(file.fileno())
    target.unlink()
