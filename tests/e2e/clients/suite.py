"""Turns (client x step) into test cases, gives them their servers, and keeps the matrix.

By hand, with tests/rig/python, tests/e2e and this folder in PYTHONPATH, and build/clients-venv's interpreter:
`duckdb_test.py PATH-OF-S3PROXY PATH-OF-LINK [arguments of unittest]`. With `S3PROXY_CLIENTS=direct` in the
environment the steps run before the store itself: what fails there is no fault of the proxy.
"""

import contextlib
import json
import os
import sys
import traceback
from pathlib import Path

import certificates
import hosts_file
import scene as stage
from adapter import NotApplicable, Service
from rig.process import LOOPBACK, Process, clean_environment, start_on_free_port
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY, TOOLS, Versitygw
from snippets import PAGE, put_objects, snippets_of
from step_scene import BUCKET, Scene, WatchedDaemon
from steps import STEPS, Place
from verbatim_store import VerbatimStore

DOMAIN = "s3.test"
PASSED, FAILED = "yes", "failed"


class SecondGateway(Versitygw):
    """One more versitygw on the files of another, with options: the store as clients meet it directly."""

    def __init__(self, work, files, *options):
        super().__init__(work)
        self.files = files
        self.options = options

    def start(self):
        env = clean_environment(ROOT_ACCESS_KEY=ACCESS_KEY, ROOT_SECRET_KEY=SECRET_KEY)
        # Without --keep-alive: behind a streaming upload it misreads the next request of the connection.
        command = [TOOLS / "versitygw", "--region", REGION, "--quiet", *self.options]
        self.process, self.port = start_on_free_port(
            lambda port: Process(
                [*command, "--port", f"{LOOPBACK}:{port}", "posix", self.files],
                self.work / "versitygw.log",
                env=env,
                cwd=self.work,
            )
        )


class ClientTest(stage.SceneTest):
    """The steps of one client; `of` makes the class."""

    adapter = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(clean_surroundings(cls.work))
        cls.certificate = certificates.make(
            cls.work / "tls", ["localhost", "*.localhost", DOMAIN, f"*.{DOMAIN}", f"IP:{LOOPBACK}"]
        )
        # What some clients take as their list of authorities; for the others it is in their configuration.
        os.environ["SSL_CERT_FILE"] = str(cls.certificate.authority)
        cls.direct.create_bucket(Bucket=BUCKET)
        cls._servers = {}
        cls.matrix = {}
        cls.addClassCleanup(cls.report)
        cls.addClassCleanup(cls.adapter.end)

    @classmethod
    def server(cls, name, make):
        """A server that some steps need and others do not."""
        if name not in cls._servers:
            cls._servers[name] = cls.start(make())
        return cls._servers[name]

    @classmethod
    def proxy_of(cls, place):
        tls = ["--tls-cert", cls.certificate.certificate, "--tls-key", cls.certificate.key]
        arguments = {Place.VIRTUAL_HOST: ["--domain", DOMAIN], Place.TLS: tls}.get(place, [])
        endpoint = cls.store_of(place).url
        level = ["--log-level", "debug"]
        return cls.server(
            f"proxy-{place.value}",
            lambda: WatchedDaemon(cls.work / f"proxy-{place.value}", endpoint, *level, *arguments),
        )

    @classmethod
    def store_of(cls, place):
        return cls.server("verbatim", VerbatimStore) if place is Place.VERBATIM else cls.store

    @classmethod
    def gateway_of(cls, place):
        """The store itself in the form that `place` names."""
        if place is Place.VERBATIM:
            return cls.store_of(place)
        options = {
            Place.PATH: (),
            Place.TLS: ("--cert", cls.certificate.certificate, "--key", cls.certificate.key),
            Place.VIRTUAL_HOST: ("--virtual-domain", DOMAIN),
        }[place]
        work = cls.work / f"gateway-{place.value}"
        work.mkdir(exist_ok=True)
        return cls.server(f"gateway-{place.value}", lambda: SecondGateway(work, cls.store.files, *options))

    @classmethod
    def server_of(cls, service):
        return next(s for s in (cls.store, *cls._servers.values()) if s.port == service.port)

    @classmethod
    def service(cls, server, place):
        if place is Place.TLS:
            authority = str(cls.certificate.authority)
            return Service("localhost", server.port, secure=True, ca_file=authority)
        if place is Place.VIRTUAL_HOST:
            return Service(DOMAIN, server.port, virtual_host=True)
        return Service(LOOPBACK, server.port)

    def scene(self, step, direct):
        plain = Place.VERBATIM if step.place is Place.VERBATIM else Place.PATH
        store = Service(LOOPBACK, self.gateway_of(plain).port)
        if step.place is Place.VIRTUAL_HOST:
            known = self.enterContext(hosts_file.names(DOMAIN, f"{BUCKET}.{DOMAIN}"))
            if not known:
                raise NotApplicable(
                    f"{BUCKET}.{DOMAIN} does not resolve here, and /etc/hosts is not ours to write"
                )
        if direct:
            proxy, server = None, self.gateway_of(step.place)
        else:
            proxy = server = self.proxy_of(step.place)
        return Scene(self, step, self.adapter, self.service(server, step.place), store, proxy)

    def perform(self, step):
        direct = os.environ.get("S3PROXY_CLIENTS") == "direct"
        self.matrix[step.title] = FAILED
        if reason := self.adapter.gaps.get(step.name):
            self.expect_to_fail(step, reason)
        try:
            step.run(self.scene(step, direct))
        except NotApplicable as gap:
            self.matrix[step.title] = f"n/a: {gap}"
            self.skipTest(f"n/a: {gap}")
        except Exception as error:
            if not direct:
                error.add_note(self.how_it_goes_directly(step))
            raise
        self.matrix[step.title] = PASSED

    def expect_to_fail(self, step, reason):
        """Shows that a gap is one, before the store itself."""
        try:
            step.run(self.scene(step, direct=True))
        except Exception:
            self.matrix[step.title] = f"n/a: {reason}"
            self.skipTest(f"n/a: {reason}")
        self.fail(f"it can do this, though it is said that it cannot: {reason}")

    snippet_bucket = "snippets"

    @classmethod
    def prepare_snippets(cls):
        """A proxy before a store with what the snippets of the docs read."""
        if "snippets" not in cls._servers:
            cls.direct.create_bucket(Bucket=cls.snippet_bucket)
            put_objects(cls.direct, cls.snippet_bucket)
        return cls.server("snippets", lambda: stage.Daemon(cls.work / "proxy-snippets", cls.store.url))

    def how_it_goes_directly(self, step):
        """A failed step's control: the same before the store itself."""
        proxy = self._servers.get(f"proxy-{step.place.value}")
        end = "\n".join(proxy.access_lines()[-12:]) if proxy else ""
        try:
            step.run(self.scene(step, direct=True))
        except Exception:
            return f"It fails before the store itself, too:\n{traceback.format_exc(limit=-3)}"
        return f"Before the store itself it passes. The last access lines:\n{end}"

    @classmethod
    def report(cls):
        entry = {"client": cls.adapter.name, "version": cls.adapter.version(), "steps": cls.matrix}
        if len(cls.matrix) == len(STEPS):  # not when a person asked for some
            folder = Path(stage.S3PROXY_PROGRAM).parent / "e2e" / "clients"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{cls.adapter.name}.json").write_text(json.dumps(entry, indent=1, ensure_ascii=False))
        print(f"\n{cls.adapter.name} {entry['version']}", file=sys.stderr)
        for title, outcome in cls.matrix.items():
            print(f"  {title:28} {outcome}", file=sys.stderr)


@contextlib.contextmanager
def clean_surroundings(work):
    """The process's environment without what changes clients, and with a home of the test's own."""
    before = dict(os.environ)
    home = work / "home"
    home.mkdir()
    kept = {name: before[name] for name in ("S3PROXY_CLIENTS",) if name in before}
    cleaned = clean_environment(HOME=str(home), **kept)
    os.environ.clear()
    os.environ.update(cleaned)
    for name in (
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    ):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_of(step):
    def run(self):
        self.perform(step)

    return run


def name_the_version(self):
    self.assertIn(f"| {self.adapter.name} | {self.adapter.version()} |", PAGE.read_text())


def main(adapter):
    """Runs all steps and all snippets of one client."""
    tests = {f"test_{number:02}_{step.name}": test_of(step) for number, step in enumerate(STEPS)}
    tests |= {f"test_docs_{snippet.number}": snippet.as_test() for snippet in snippets_of(adapter.name)}
    tests["test_docs_name_the_version"] = name_the_version
    case = type(adapter.__name__ + "Test", (ClientTest,), {"adapter": adapter, **tests})
    sys.modules["__main__"].__dict__[case.__name__] = case
    stage.main()
