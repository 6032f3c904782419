"""Turns (client x step) into test cases, gives them their servers, and keeps the matrix.

By hand, with tests/rig/python, tests/e2e and this folder in PYTHONPATH and the interpreter of build/clients-venv:
`duckdb_test.py PATH-OF-S3PROXY PATH-OF-LINK [arguments of unittest]`. With `S3PROXY_CLIENTS=direct` in the
environment the steps run before the store itself: what fails there is no fault of the proxy.
"""

import contextlib
import http.client
import json
import os
import ssl
import sys
import time
import traceback
import unittest
from pathlib import Path

import certificates
import hosts_file
import scene as stage
from adapter import NotApplicable, Service
from rig.process import LOOPBACK, Process, clean_environment, start_on_free_port
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY, TOOLS, Versitygw
from snippets import PAGE, put_objects, snippets_of
from steps import LISTS, READS, STEPS, Place
from verbatim_store import VerbatimStore

DOMAIN = "s3.test"
BUCKET = "bucket"
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


class WatchedDaemon(stage.Daemon):
    """s3proxy, and the ids of requests that only ask whether it has written its lines."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.questions = set()


class Scene:
    """What one step works with. `proxy` is the daemon whose access lines prove what happened, or None."""

    def __init__(self, test, step, adapter, service, store, proxy):
        self.test, self.step, self.adapter = test, step, adapter
        self.service, self.store_service, self.proxy = service, store, proxy
        self.bucket = BUCKET
        self.prefix = f"{step.name}-{'direct' if proxy is None else 'proxied'}/"
        self.boto = stage.SceneTest.boto(test.server_of(store))
        self.folder = test.work / "steps" / self.prefix.rstrip("/")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clients = 0
        self._seen = 0
        self._questions = proxy.questions if proxy else set()
        self.mark()

    def key(self, name="object"):
        return f"{self.prefix}{name}{self.adapter.suffix}"

    def client(self, secret_key=None):
        """The client, fresh, before the service under test."""
        return self._adapter(self.service.with_secret(secret_key) if secret_key else self.service)

    def store(self):
        """The client, fresh, before the store."""
        return self._adapter(self.store_service)

    def _adapter(self, service):
        self._clients += 1
        folder = self.folder / f"client-{self._clients}"
        folder.mkdir()
        one = self.adapter(service, folder)
        self.test.addCleanup(one.close)
        return one

    # What the access lines say.

    def mark(self):
        """From here on, lines count."""
        self._seen = len(self._settled_lines())

    def _settled_lines(self):
        if self.proxy is None:
            return []
        # A line is written after the answer, by a thread of its own; but in the order of the answers, so behind
        # the line of a question of ours come only those of answers that are ending just now.
        question = self._ask_something()
        self.test.eventually(
            lambda: any(f" id={question} " in line for line in self.proxy.access_lines()), "an access line is missing"
        )
        time.sleep(0.02)
        self._questions.add(question)
        return [line for line in self.proxy.access_lines() if line.split(" ")[1][3:] not in self._questions]

    def _ask_something(self):
        """Sends a request that is refused, and returns the id that it got."""
        if self.service.secure:
            context = ssl.create_default_context(cafile=self.service.ca_file)
            connection = http.client.HTTPSConnection(self.service.host, self.service.port, context=context)
        else:
            connection = http.client.HTTPConnection(LOOPBACK, self.service.port)
        with contextlib.closing(connection):
            connection.request("GET", "/unsigned")
            answer = connection.getresponse()
            answer.read()
            return answer.getheader("x-amz-request-id")

    def lines(self):
        lines = self._settled_lines()[self._seen :]
        return [dict(field.partition("=")[::2] for field in line.split(" ")) for line in lines]

    # What a step checks.

    def check_equal(self, got, expected):
        self.test.assertEqual(got, expected)

    def check_same(self, got, expected):
        if not self.adapter.same(got, expected):
            raise AssertionError(f"other contents: {brief(got)} instead of {brief(expected)}")

    def fail(self, why):
        self.test.fail(why)

    def check_asked(self, operations, at_least=1, status=None):
        """That s3proxy was asked these things, successfully: that the step did what its name says."""
        if self.proxy is None:
            return
        lines = self.lines()
        good = [
            line
            for line in lines
            if line["op"] in operations
            and (line["status"] == str(status) if status else line["status"].startswith("2"))
        ]
        self.test.assertGreaterEqual(len(good), at_least, f"{operations} {status or '2xx'} in {lines}")

    def check_answered_from_the_cache(self):
        """That since the mark objects were read, and the store had no part in it."""
        if self.proxy is None:
            return
        reads = [line for line in self.lines() if line["op"] in READS and line["status"] in ("200", "206", "304")]
        self.test.assertTrue(reads, "nothing was read")
        for line in reads:
            self.test.assertEqual((line["phase"], line["origin_calls"]), ("hit", "0"), line)

    def check_no_bytes_of(self, key, since_last_mark, refused):
        """That whoever came last got nothing of the object."""
        if self.proxy is None:
            return
        last = self.lines()[-1]
        self.test.assertEqual(last["status"], "403", last)

    def check_deleted(self, reader, key):
        try:
            got = reader.read(self.bucket, key)
        except NotApplicable:
            raise
        except Exception as error:
            self._check_words(error, reader.missing_words)
        else:
            self.test.assertIsNotNone(reader.deleted, f"it is still there: {brief(got)}")
            self.check_equal(reader.count(got), reader.deleted)

    def check_is_where_it_belongs(self, key):
        """That the store has objects below this step's prefix, and all under this key."""
        entries = self.boto.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix).get("Contents", [])
        self.test.assertTrue(entries, "nothing was written")
        self.test.assertEqual([e["Key"] for e in entries if not e["Key"].startswith(key)], [])

    def when_expressible(self, action):
        with contextlib.suppress(NotApplicable):
            action()

    @contextlib.contextmanager
    def check_fails(self, what, words=None):
        try:
            yield
        except NotApplicable:
            raise
        except Exception as error:
            if words:
                self._check_words(error, words)
        else:
            self.test.fail(f"what is {what} was done all the same")

    def _check_words(self, error, words):
        text = f"{type(error).__name__}: {error}"
        self.test.assertTrue(any(word in text for word in words), f"none of {words} in: {text}")


def brief(content):
    text = repr(content)
    return text if len(text) < 300 else f"{text[:150]}... ({len(content)} items)"


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
                raise NotApplicable(f"{BUCKET}.{DOMAIN} does not resolve here, and /etc/hosts is not ours to write")
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
        folder = Path(stage.S3PROXY_PROGRAM).parent / "e2e" / "clients"
        folder.mkdir(parents=True, exist_ok=True)
        entry = {"client": cls.adapter.name, "version": cls.adapter.version(), "steps": cls.matrix}
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
    os.environ.clear()
    os.environ.update(clean_environment(HOME=str(home), **{k: before[k] for k in ("S3PROXY_CLIENTS",) if k in before}))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
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
