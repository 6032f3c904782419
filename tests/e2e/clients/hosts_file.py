"""Names for 127.0.0.1 while a test runs: lines of its own in /etc/hosts, where it may write there."""

import contextlib
import fcntl
import os
import re
import socket
from pathlib import Path

HOSTS = Path("/etc/hosts")
MARK = "# while the s3proxy client tests run, process"


def resolves_to_loopback(name):
    try:
        return {entry[4][0] for entry in socket.getaddrinfo(name, 80)} <= {"127.0.0.1", "::1"}
    except OSError:
        return False


@contextlib.contextmanager
def _open_locked():
    # In place, not by renaming: in a container the file is a mount. The lock is between tests of this kind.
    with HOSTS.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _is_abandoned(line):
    """Whether it is a line of a test that ended without taking it away."""
    match = re.search(rf"{re.escape(MARK)} (\d+)$", line)
    return bool(match) and not Path(f"/proc/{match[1]}").exists()


def _rewrite(file, keep):
    file.seek(0)
    lines = file.read().decode().splitlines(keepends=True)
    kept = [line for line in lines if keep(line.rstrip("\n"))]
    if kept == lines:
        return
    # First the new text, then the new length: who reads meanwhile finds every line that stays.
    data = "".join(kept).encode()
    os.pwrite(file.fileno(), data, 0)
    os.ftruncate(file.fileno(), len(data))


@contextlib.contextmanager
def names(*wanted):
    """Makes names mean 127.0.0.1 while inside; gives whether they do."""
    missing = [name for name in wanted if not resolves_to_loopback(name)]
    line = f"127.0.0.1 {' '.join(wanted)} {MARK} {os.getpid()}"
    # A name that is there now may be another test's, which takes it away when it ends.
    if not os.access(HOSTS, os.W_OK):
        yield not missing
        return
    with _open_locked() as file:
        _rewrite(file, lambda other: not _is_abandoned(other) and other != line)
        file.seek(0)
        text = file.read()
        os.pwrite(file.fileno(), (b"" if text.endswith(b"\n") else b"\n") + line.encode() + b"\n", len(text))
    try:
        yield all(resolves_to_loopback(name) for name in wanted)
    finally:
        with _open_locked() as file:
            _rewrite(file, lambda other: other != line)
