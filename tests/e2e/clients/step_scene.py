"""What one step works with: its clients, its keys, and the checks that it makes."""

import contextlib
import http.client
import ssl
import time

import scene as stage
from adapter import NotApplicable, ObjectClient
from rig.process import LOOPBACK
from steps import READS

BUCKET = "bucket"


class WatchedDaemon(stage.Daemon):
    """s3proxy, and the ids of requests that only ask whether it has written its lines."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.questions = set()


class StoreObjects:
    """The store as boto3 sees it: what clients of bytes are compared with."""

    missing_words = ("NoSuchKey",)

    def __init__(self, boto, adapter):
        self.boto = boto
        self.content, self.part_of = adapter.content, adapter.part_of

    def write(self, bucket, key, content):
        self.boto.put_object(Bucket=bucket, Key=key, Body=content)

    def read(self, bucket, key):
        return self.boto.get_object(Bucket=bucket, Key=key)["Body"].read()


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
        """What is in the store: the client, fresh, without the proxy; boto3 where contents are bytes."""
        if issubclass(self.adapter, ObjectClient):
            return StoreObjects(self.boto, self.adapter)
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
        # A line is written after the answer, by a thread of its own, but in the order of the answers: behind
        # the line of a question of ours come only those of answers that are ending just now.
        question = self._ask_something()
        self.test.eventually(
            lambda: any(f" id={question} " in line for line in self.proxy.access_lines()),
            "an access line is missing",
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
        reads = [
            line for line in self.lines() if line["op"] in READS and line["status"] in ("200", "206", "304")
        ]
        self.test.assertTrue(reads, "nothing was read")
        for line in reads:
            self.test.assertEqual((line["phase"], line["origin_calls"]), ("hit", "0"), line)

    def check_all_refused(self):
        """That since the mark nobody got anything."""
        if self.proxy is None:
            return
        lines = self.lines()
        self.test.assertTrue(lines, "nothing was asked")
        self.test.assertEqual([line for line in lines if line["status"] != "403"], [])

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
