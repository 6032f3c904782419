"""What a server uses: nanoseconds of CPU by the scheduler's own count, and memory by the kernel's."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

CGROUP_1 = Path("/sys/fs/cgroup/memory")
CGROUP_2 = Path("/sys/fs/cgroup")
EMPTY_GROUP_SECONDS = 5


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def working_pids(server):
    """The processes that serve: nginx' workers and Varnish's child, or the server itself."""
    below = [pid for pid in children(server.process.pid) if not is_passing(pid)]
    return below or [server.process.pid]


def is_passing(pid):
    """nginx' loader of the cache ends after a minute."""
    return b"cache loader" in Path(f"/proc/{pid}/cmdline").read_bytes()


def cpu_nanoseconds(pids):
    """User and system time of all threads of these processes so far."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def pin(pids, cores):
    """Binds all threads of these processes to `cores`, a list as taskset takes it."""
    for pid in pids:
        subprocess.run(["taskset", "-acp", cores, str(pid)], check=True, capture_output=True)


def available_bytes():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no MemAvailable in /proc/meminfo")


class Cgroup:
    """A control group of its own for what is started within the `with`; counts memory, sockets included,
    without the cache of files. `is_there` is False where none may be made, and then MemAvailable has to
    do."""

    def __init__(self, name):
        self.version = 1 if (CGROUP_1 / "memory.stat").exists() else 2
        self.folder = (CGROUP_1 if self.version == 1 else CGROUP_2) / f"s3proxy-bench-{name}-{os.getpid()}"
        self.is_there = False

    def __enter__(self):
        with contextlib.suppress(OSError):
            self.folder.mkdir()
            if self.version == 1:
                # The buffers of sockets are counted in a group that bounds them.
                (self.folder / "memory.kmem.tcp.limit_in_bytes").write_text(str(1 << 50))
            (self.folder / "memory.stat").read_text()
            self.is_there = True
        return self

    def take(self, pid):
        """Moves a process into the group: what it allocates from now on counts here."""
        if self.is_there:
            (self.folder / "cgroup.procs").write_text(str(pid))

    def bytes(self):
        usage = self._number("memory.usage_in_bytes" if self.version == 1 else "memory.current")
        if self.version == 1:
            usage += self._number("memory.kmem.tcp.usage_in_bytes")
        return usage - file_cache(self._read("memory.stat"))

    def _number(self, name):
        return int(self._read(name))

    def _read(self, name):
        return (self.folder / name).read_text()

    def __exit__(self, *_):
        end = time.monotonic() + EMPTY_GROUP_SECONDS
        while self.folder.exists() and time.monotonic() < end:
            try:
                self.folder.rmdir()
            except OSError:
                time.sleep(0.05)


def file_cache(stat):
    """Bytes of a group's memory.stat that are the cache of files, which the kernel takes back at will."""
    names = ("inactive_file", "active_file")
    return sum(int(value) for name, value in map(str.split, stat.splitlines()) if name in names)


class Memory:
    """Bytes that one server uses, by its cgroup, or where none can be made by MemAvailable, which the rest of
    the machine disturbs, and which counts the clients' side of each connection, too."""

    def __init__(self, name):
        self.group = Cgroup(name)

    def __enter__(self):
        self.group.__enter__()
        self.before = available_bytes()
        return self

    def __exit__(self, *_):
        self.group.__exit__()

    @property
    def source(self):
        return f"cgroup v{self.group.version}" if self.group.is_there else "MemAvailable"

    def start(self, server):
        """Starts the server within the group."""
        if self.group.is_there:
            own = Path("/proc/self/cgroup").read_text()
            self.group.take(os.getpid())
            try:
                server.start()
            finally:
                leave(own, self.group.version)
        else:
            server.start()

    def bytes(self):
        return self.group.bytes() if self.group.is_there else self.before - available_bytes()


def leave(own, version):
    """Takes this process back to the group that /proc/self/cgroup said it was in."""
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == ("memory" if version == 1 else ""):
            root = CGROUP_1 if version == 1 else CGROUP_2
            (root / path.lstrip("/") / "cgroup.procs").write_text(str(os.getpid()))
