"""The programs of the bench: store, link, s3proxy and its peer. Each is a context manager with a `port`."""

import contextlib
import http.client
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

from rig.process import LOOPBACK, Process, clean_environment, start_on_free_port

# Test constants, not anybody's keys.
ACCESS_KEY = "RIGACCESSKEY00000001"
SECRET_KEY = "rig-secret-key-for-loopback-tests-0000001"
REGION = "us-east-1"

ROOT = Path(__file__).resolve().parents[4]
TOOLS = ROOT / "build" / "tools"


class Server:
    """A process, the port it listens on, and how to reach it. Not started until `start` or `with`."""

    def __init__(self, work):
        self.work = Path(work)
        self.process = None
        self.port = None
        self.outlive = False  # whether it may go on after this program

    @property
    def address(self):
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def start(self):
        raise NotImplementedError

    def stop(self, how=signal.SIGTERM):
        """Stops it and returns the exit code; without effect if it does not run."""
        process, self.process = self.process, None
        return process.stop(how) if process else None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Versitygw(Server):
    """A real S3 server; its objects are files below `work/store`. Started again, it takes its old port.

    With `users` it has an IAM service of its own, and users beside the root (`add_user`)."""

    def __init__(self, work, *, users=False):
        super().__init__(work)
        self.files = self.work / "store"
        self.iam = self.work / "iam" if users else None

    def start(self):
        self.files.mkdir(parents=True, exist_ok=True)
        program, options = TOOLS / "versitygw", ["--keep-alive", "--quiet"]
        if self.iam:
            self.iam.mkdir(exist_ok=True)
            options += ["--iam-dir", self.iam, "--iam-cache-disable"]
        env = clean_environment(ROOT_ACCESS_KEY=ACCESS_KEY, ROOT_SECRET_KEY=SECRET_KEY)

        def start_at(port):
            return Process(
                [program, "--port", f"{LOOPBACK}:{port}", "--region", REGION, *options, "posix", self.files],
                self.work / "versitygw.log",
                env=env,
                cwd=self.work,
                outlive=self.outlive,
            )

        if self.port is None:
            self.process, self.port = start_on_free_port(start_at)
        else:
            self.process = start_at(self.port)
            if not self.process.wait_until_listening(self.port):
                self.process.fail("did not come back on its port")

    def add_user(self, access_key, secret_key):
        """One who may do what bucket policies grant."""
        admin = [TOOLS / "versitygw", "admin", "-a", ACCESS_KEY, "-s", SECRET_KEY, "--er", self.url]
        user = ["create-user", "-a", access_key, "-s", secret_key, "-r", "user"]
        subprocess.run([*admin, *user], env=clean_environment(), check=True, capture_output=True, timeout=30)


class Link(Server):
    """The slow link in front of a store, and what it counted."""

    def __init__(
        self,
        work,
        program,
        store_address,
        *,
        first_byte_ms=30,
        megabytes_per_second=80,
        total_megabytes_per_second=0,
        trips_per_connection=0,
        log=None,
    ):
        super().__init__(work)
        self.arguments = [program, "--store", store_address]
        self.arguments += ["--first-byte-ms", first_byte_ms, "--megabytes-per-second", megabytes_per_second]
        self.arguments += ["--total-megabytes-per-second", total_megabytes_per_second]
        self.arguments += ["--trips-per-connection", trips_per_connection]
        if log:
            self.arguments += ["--log", log]
        self._control_port = None

    def start(self):
        port = self.port or 0
        self.process = Process(
            [*self.arguments, "--port", port], self.work / "link.log", read_stdout=True, outlive=self.outlive
        )
        match = self.process.read_line(r"^listening port=(\d+) control-port=(\d+)$")
        self.port, self._control_port = int(match[1]), int(match[2])

    def counters(self):
        """What crossed the link since the last reset, by name."""
        return self._control("GET", "/counters")

    def reset(self):
        """Sets the counters to zero and returns what they were."""
        return self._control("POST", "/reset")

    def wait_until_quiet(self, seconds, deadline=60):
        """Waits until no byte has passed for `seconds`; returns the counters."""
        end = time.monotonic() + deadline
        while (rest := seconds - self._control("GET", "/quiet")["quiet_ms"] / 1e3) > 0:
            if time.monotonic() > end:
                raise TimeoutError(f"the link was not quiet for {seconds} s within {deadline} s")
            time.sleep(min(rest, 0.5) + 0.002)
        return self.counters()

    def _control(self, method, target):
        connection = http.client.HTTPConnection(LOOPBACK, self._control_port, timeout=10)
        with contextlib.closing(connection) as control:
            control.request(method, target)
            return json.loads(control.getresponse().read())


class S3proxy(Server):
    """The daemon in front of `endpoint`, with the store's key pair. `arguments` go to its command line."""

    def __init__(self, work, program, endpoint, *, memory="1GiB", arguments=(), env=None):
        super().__init__(work)
        self.program = program
        self.endpoint = endpoint
        self.arguments = ["--address", LOOPBACK, "--region", REGION, "--memory", memory]
        self.arguments += ["--access-log", "off", *arguments]
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        self.env = keys if env is None else env

    def start(self):
        env = clean_environment(**self.env)

        def start_at(port):
            return Process(
                [self.program, "--endpoint", self.endpoint, "--port", port, *self.arguments],
                self.work / "s3proxy.log",
                env=env,
                outlive=self.outlive,
            )

        self.process, self.port = start_on_free_port(start_at)


class Nginx(Server):
    """The peer of the comparison: a slice cache in memory, without authentication, for public buckets.

    With `tls` (paths of a certificate and its key) it takes TLS 1.3 with AES-128-GCM and nothing else."""

    def __init__(self, work, origin_address, *, slice_size="256k", workers=1, connections=4096, tls=None):
        super().__init__(work)
        self.origin_address = origin_address
        self.slice_size = slice_size
        self.workers = workers
        self.connections = connections
        self.tls = tls
        # Its files must sit in memory, as ours do.
        self.cache = Path("/dev/shm") / f"s3proxy-rig-nginx-{id(self)}-{self.work.name}"

    @staticmethod
    def program():
        unpacked = TOOLS / "nginx" / "usr" / "sbin" / "nginx"
        return unpacked if unpacked.exists() else Path("/usr/sbin/nginx")

    def start(self):
        self.work.mkdir(parents=True, exist_ok=True)
        template = (Path(__file__).parent / "nginx.conf.template").read_text()

        def start_at(port):
            config = self.work / "nginx.conf"
            values = {
                "@LISTEN@": f"{LOOPBACK}:{port} {'ssl ' if self.tls else ''}reuseport",
                "@ORIGIN@": self.origin_address,
                "@CACHE@": str(self.cache),
                "@WORK@": str(self.work),
                "@SLICE@": self.slice_size,
                "@WORKERS@": str(self.workers),
                "@CONNECTIONS@": str(self.connections),
                "@TLS@": self._tls_lines(),
            }
            text = template
            for name, value in values.items():
                text = text.replace(name, value)
            config.write_text(text)
            return Process(
                [self.program(), "-p", self.work, "-c", config, "-e", self.work / "nginx.log"],
                self.work / "nginx.log",
                outlive=self.outlive,
            )

        self.process, self.port = start_on_free_port(start_at)

    def _tls_lines(self):
        if not self.tls:
            return ""
        certificate, key = self.tls
        return (
            f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;"
            " ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;"
        )

    def stop(self, how=signal.SIGTERM):
        code = super().stop(how)
        shutil.rmtree(self.cache, ignore_errors=True)
        return code


class Varnish(Server):
    """A cache of whole objects in malloc, without authentication, for public buckets."""

    def __init__(self, work, origin_address, *, memory="3g"):
        super().__init__(work)
        self.origin_address = origin_address
        self.memory = memory

    @staticmethod
    def root():
        """Where its package was unpacked."""
        return TOOLS / "varnish"

    @classmethod
    def is_installed(cls):
        return (cls.root() / "usr/sbin/varnishd").exists()

    def start(self):
        self.work.mkdir(parents=True, exist_ok=True)
        host, _, port = self.origin_address.partition(":")
        configuration = self.work / "peer.vcl"
        template = (Path(__file__).parent / "varnish.vcl.template").read_text()
        configuration.write_text(template.replace("@HOST@", host).replace("@PORT@", port))
        options = ["-F", "-j", "none", "-n", self.work / "state", "-f", configuration]
        options += ["-s", f"malloc,{self.memory}", "-p", "nuke_limit=1000", "-p", "thread_pools=1"]
        # Threads that ended would take what they cost with them.
        options += ["-p", "thread_pool_min=100", "-p", "thread_pool_max=100"]
        # It goes by the clock on the wall, and would end connections when the machine has stood still.
        options += ["-p", "timeout_idle=600"]
        options += ["-p", f"cc_command=sh {self._compiler()} %o %s"]
        libraries = self.root() / "usr/lib/x86_64-linux-gnu"

        def start_at(port):
            return Process(
                [self.root() / "usr/sbin/varnishd", *options, "-a", f"{LOOPBACK}:{port}"],
                self.work / "varnish.log",
                env=clean_environment(LD_LIBRARY_PATH=str(libraries)),
                outlive=self.outlive,
            )

        self.process, self.port = start_on_free_port(start_at)

    def _compiler(self):
        """A script, so that a server is not taken for a compiler by its command line."""
        script = self.work / "compile.sh"
        script.write_text('exec clang-19 -O2 -fpic -shared -o "$1" "$2"\n')
        return script
