"""The stage of an end-to-end test: a real store, perhaps the slow link, the daemon, and ways to talk to them.

ctest runs each file; by hand, with `tests/rig/python` in PYTHONPATH and the interpreter of `build/venv`:
`FILE PATH-OF-S3PROXY PATH-OF-LINK [arguments of unittest]`. Each test class has servers of its own in a
folder of its own, on ports of the kernel's choice, so test files can run side by side.
"""

import itertools
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import quote

from rig import store_client
from rig.process import LOOPBACK, START_DEADLINE, Process, clean_environment
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY, Link, Server, Versitygw

from signed import Client

MIB = 1 << 20
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

# What no daemon may ever print, whoever told it: a test adds what only it knows of. Shorter texts than
# SHORTEST_SECRET are words of ordinary sentences.
SECRETS = {SECRET_KEY}
SHORTEST_SECRET = 8

# The programs under test, from the command line.
S3PROXY_PROGRAM = None
LINK_PROGRAM = None


def eventually(condition, deadline=20.0):
    """Waits until `condition()` is true and returns what it gave; its last value when the deadline passes."""
    end = time.monotonic() + deadline
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


# In a configuration or credentials file.
SECRET_LINE = re.compile(r'^\s*(?:aws_)?(?:secret(?:[-_]access[-_]key)?|session_token) *= *"?([^"\n]+)', re.M)


class Daemon(Server):
    """s3proxy on a port of the kernel's choice, which its banner tells. Its stderr goes to `log`, its stdout
    to `access`."""

    def __init__(self, work, endpoint, *arguments, env=None, memory="256MiB", address=LOOPBACK):
        super().__init__(work)
        self.log = self.work / "s3proxy.stderr"
        self.access = self.work / "s3proxy.stdout"
        self.command = [S3PROXY_PROGRAM, "--endpoint", endpoint, "--memory", memory, "--port", "0"]
        self.command += ["--address", address] if address else []
        self.command += arguments
        self.env = clean_environment(**(KEYS | {"AWS_REGION": REGION} if env is None else env))

    def start(self):
        self.log.unlink(missing_ok=True)
        self.process = Process(self.command, self.log, env=self.env, stdout=self.access)
        banner = eventually(
            lambda: (
                re.search(r"^listening +https?://\S+:(\d+)", self.said(), re.M) or not self.process.is_running()
            ),
            START_DEADLINE,
        )
        if not isinstance(banner, re.Match):
            self.process.fail("did not say where it listens")
        self.port = int(banner[1])

    def stop(self, how=signal.SIGTERM):
        """Stops it, and insists that it has kept the secrets."""
        ran = self.process
        code = super().stop(how)
        if ran:
            self.assert_kept_the_secrets()
        return code

    def secrets(self):
        """SECRETS, and what it was given in its environment and its files, as they are now."""
        files = [value for name, value in self.env.items() if name.endswith(("_FILE", "_CONFIG"))]
        files += [value for option, value in itertools.pairwise(self.command) if option == "--config"]
        told = {self.env.get(name, "") for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")} | SECRETS
        for path in map(Path, files):
            told.update(SECRET_LINE.findall(path.read_text(errors="replace")) if path.is_file() else ())
        return {text for text in told if len(text) >= SHORTEST_SECRET}

    def assert_kept_the_secrets(self):
        written = self.said() + self.access.read_text(errors="replace")
        shown = [text for text in self.secrets() if text in written or quote(text, safe="") in written]
        lines = [line for line in written.splitlines() if any(text in line for text in shown)]
        assert not shown, f"it printed {shown}: {lines[:3]}"

    def said(self):
        """What it wrote to stderr so far: the banner and the log."""
        return self.log.read_text(errors="replace")

    def wait_for_check(self):
        """Waits until it has asked the store its one question at the start, and said what came of it."""
        eventually(lambda: re.search(r"^\S+Z \w+ +app: ", self.said(), re.M))

    def access_lines(self, at_least=0, deadline=20.0):
        """The lines of the access log, once there are `at_least` so many."""

        def lines():
            # A line being written has no end yet.
            return self.access.read_bytes().decode().rpartition("\n")[0].splitlines()

        eventually(lambda: len(lines()) >= at_least, deadline)
        return lines()

    def descriptors(self):
        """How many file descriptors it holds."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def client_sockets(self):
        """How many of them are connections of clients."""
        held = set()
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                held.add(entry.readlink().name)
            except OSError:
                continue  # closed meanwhile
        count = 0
        listening = "0A"
        for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            local_port, state, inode = int(fields[1].split(":")[1], 16), fields[3], fields[9]
            count += local_port == self.port and state != listening and f"socket:[{inode}]" in held
        return count


class SceneTest(unittest.TestCase):
    """A test class with a store (`cls.store`, `cls.direct` is boto3 to it); more servers on demand."""

    maxDiff = 4000
    store_has_users = False

    @classmethod
    def setUpClass(cls):
        # Not in /tmp: the store keeps its metadata in extended attributes, which not every /tmp has.
        below = Path(S3PROXY_PROGRAM).resolve().parent / "e2e"
        below.mkdir(exist_ok=True)
        cls.work = Path(tempfile.mkdtemp(prefix=f"{cls.__name__}-", dir=below))
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.store = cls.start(Versitygw(cls.work, users=cls.store_has_users))
        cls.direct = cls.boto(cls.store)

    @classmethod
    def start(cls, server):
        """Starts a server that stops with the class."""
        server.start()
        cls.addClassCleanup(server.stop)
        return server

    @classmethod
    def start_link(cls, **options):
        return cls.start(Link(cls.work, LINK_PROGRAM, cls.store.address, **options))

    @classmethod
    def start_proxy(cls, *arguments, to=None, name="proxy", **options):
        """s3proxy in front of `to`, by default the store."""
        endpoint = (to or cls.store).url
        return cls.start(Daemon(cls.work / name, endpoint, *arguments, **options))

    @classmethod
    def start_behind_link(cls, *, first_byte_ms=0, megabytes_per_second=2000):
        """`cls.proxy` before `cls.link`, which counts what reaches the store; `cls.through` talks to it."""
        cls.link = cls.start_link(first_byte_ms=first_byte_ms, megabytes_per_second=megabytes_per_second)
        cls.proxy = cls.start_proxy(to=cls.link)
        cls.through = cls.client(cls.proxy)
        cls.proxy.wait_for_check()

    def start_own_proxy(self, *arguments, to=None, **options):
        """The same, for one test: it stops with the test."""
        work = Path(tempfile.mkdtemp(prefix="proxy-", dir=self.work))
        daemon = Daemon(work, (to or self.store).url, *arguments, **options)
        daemon.start()
        self.addCleanup(daemon.stop)
        return daemon

    @staticmethod
    def boto(server, **options):
        SECRETS.update(options[name] for name in ("secret_key", "token") if name in options)
        return store_client.connect(server.url, **options)

    @staticmethod
    def client(server, **options):
        """Raw signed requests to `server`."""
        SECRETS.add(options.get("secret_key", SECRET_KEY))
        return Client(server.address, **options)

    def new_bucket(self):
        """A bucket of this test's own, made directly in the store."""
        name = re.sub(r"[^a-z0-9]+", "-", self.id().rpartition(".")[2].removeprefix("test_").lower())[:50]
        name = f"{name}-{len(self.direct.list_buckets()['Buckets'])}"
        self.direct.create_bucket(Bucket=name)
        return name

    def eventually(self, condition, message, deadline=20.0):
        value = eventually(condition, deadline)
        self.assertTrue(value, message)
        return value


def settled(link, quiet=0.2, deadline=30.0):
    """The link's counters once they have stood still: a front may fetch on when its client has its answer."""
    end = time.monotonic() + deadline
    counted, since = link.counters(), time.monotonic()
    while time.monotonic() < min(end, since + quiet):
        time.sleep(0.02)
        now = link.counters()
        if now != counted:
            counted, since = now, time.monotonic()
    return counted


def patterned(size, name="x"):
    """`size` bytes that are the same every time and nowhere repeat: a shifted or swapped piece shows."""
    return random.Random(name).randbytes(size)


def main():
    global S3PROXY_PROGRAM, LINK_PROGRAM
    # Test files import this module by name; what runs them is that one module.
    import scene

    scene.S3PROXY_PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    scene.LINK_PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(module="__main__", verbosity=2, warnings="ignore")
