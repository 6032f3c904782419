"""Two hundred requests and more that must be refused: each with S3's own answer, and without any effect."""

import collections
import socket
from types import SimpleNamespace

from rig.servers import ACCESS_KEY, SECRET_KEY

import scene
from bad_input import authentication, framing, objects, streamed
from sigv4 import Signer

VICTIM, NEW, PROBE = "victim", "new", "probe"
FIRST = b"the first was answered"


class BadInputTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link()
        cls.direct.create_bucket(Bucket="bucket")
        for key, body in [("first", FIRST), (VICTIM, b"untouched"), (PROBE, b"the probe was answered")]:
            cls.direct.put_object(Bucket="bucket", Key=key, Body=body)
        cls.kept = cls.state_of_store()
        # In the cache, so that a refusal is no matter of what the store would say.
        assert cls.through.get("/bucket/first").body == FIRST

    @classmethod
    def state_of_store(cls):
        listed = cls.direct.list_objects_v2(Bucket="bucket").get("Contents", [])
        return {entry["Key"]: (entry["ETag"], entry["LastModified"]) for entry in listed}

    def said(self, sent, *, half_closed=False):
        """All that comes back until the other side ends the connection, or has answered the probe."""
        with self.through.connect() as connection:
            connection.settimeout(15)
            said = b""
            try:
                connection.sendall(sent)
                if half_closed:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    said += piece
                    if said.endswith(b"the probe was answered"):
                        break
            except ConnectionError:
                pass
            return said

    def check(self, case):
        probe = self.through.head("GET", "/bucket/" + PROBE)
        self.link.reset()
        said = self.said(case.sent + probe)
        answers = said.count(b"HTTP/1.1 ")
        first, _, rest = said.partition(b"</Error>")
        self.assertGreaterEqual(answers, 1, "no answer")
        self.assertEqual(int(said.split(b" ", 2)[1]), case.status, first)
        if case.code:
            self.assertIn(f"<Code>{case.code}</Code>".encode(), first)
        self.assertIn(case.more.encode(), first)
        self.assertIn(b"<Message>", first)
        self.assertNotIn(ACCESS_KEY.encode(), said)
        self.assertNotIn(SECRET_KEY.encode(), said)
        self.assertNotIn(FIRST, said)
        if case.ends:
            self.assertEqual(answers, 1, said)
            self.assertIn(b"\r\nconnection: close\r\n", first.lower())
            self.assertEqual(rest, b"")
        if not case.forwarded and case.ends:
            self.assertEqual(self.link.counters()["requests"], 0, "it reached the store")

    def cases(self):
        signer = Signer(ACCESS_KEY, SECRET_KEY, self.proxy.address)
        wrong = Signer(ACCESS_KEY, "not-the-secret", self.proxy.address)
        stage = SimpleNamespace(signer=signer, wrong_secret=SimpleNamespace(signer=wrong))
        for module in (framing, authentication, streamed, objects):
            for case in module.cases_of(stage):
                yield module.__name__.rpartition(".")[2], case

    def test_what_must_be_refused_is_refused_and_has_no_effect(self):
        counted = collections.Counter()
        for kind, case in self.cases():
            counted[kind] += 1
            with self.subTest(case=case.name):
                self.check(case)
                self.assertEqual(self.through.get("/bucket/first").body, FIRST, "the next request")
                if case.forwarded:
                    self.assertEqual(self.state_of_store(), self.kept)
        self.assertEqual(self.state_of_store(), self.kept)
        self.assertTrue(self.proxy.process.is_running())
        self.assertGreaterEqual(counted.total(), 200)
        print("bad input:", dict(counted), "in all", counted.total())

    def test_the_names_of_all_cases_differ(self):
        names = collections.Counter(case.name for _, case in self.cases())
        self.assertEqual([name for name, times in names.items() if times > 1], [])

    def test_connections_and_descriptors_come_back(self):
        before = self.proxy.descriptors()
        for _, case in list(self.cases())[::7]:
            self.said(case.sent, half_closed=True)
        self.eventually(lambda: self.proxy.client_sockets() == 0, "connections stay open")
        self.eventually(lambda: self.proxy.descriptors() <= before + 8, "descriptors stay open")


if __name__ == "__main__":
    scene.main()
