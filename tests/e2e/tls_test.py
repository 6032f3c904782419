"""TLS on both sides, by the flags an operator gives: who is trusted, what is shown, and a new certificate."""

import os
import re
import shutil
import signal
import ssl

from rig.process import LOOPBACK

import scene
from certificates import Authority
from scene import patterned
from signed import read_answer, target
from tls_front import TlsFront

BODY = patterned(300_000)
WHERE = target("lake", "k")
NAMES = ["localhost", f"IP:{LOOPBACK}"]


class TlsTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority(cls.work / "tls")
        cls.stranger = Authority(cls.work / "stranger")
        cls.direct.create_bucket(Bucket="lake")
        cls.direct.put_object(Bucket="lake", Key="k", Body=BODY)


class TowardsClientsTest(TlsTest):
    def connect(self, daemon):
        """A connection that trusts the authority alone."""
        trusting = ssl.create_default_context(cafile=self.authority.certificate)
        return trusting.wrap_socket(self.client(daemon).connect(), server_hostname=LOOPBACK)

    def read(self, daemon, connection):
        connection.sendall(self.client(daemon).head("GET", WHERE))
        answer = read_answer(connection)
        self.assertEqual((answer.status, answer.body), (200, BODY))

    def start_with(self, pair, name):
        """A daemon that serves with a copy of `pair`, and where the copy lies."""
        files = [self.work / f"{name}.pem", self.work / f"{name}.key"]
        self.put(pair, files)
        return self.start_own_proxy("--tls-cert", str(files[0]), "--tls-key", str(files[1])), files

    @staticmethod
    def put(pair, files):
        for path, file in zip((pair.certificate, pair.key), files, strict=True):
            shutil.copy(path, file)

    def reload(self, daemon, pattern):
        os.kill(daemon.process.pid, signal.SIGHUP)
        self.eventually(lambda: re.search(pattern, daemon.said(), re.M), f"{pattern!r} is not in the log")

    def test_a_new_certificate_is_served_after_sighup_and_old_connections_live_on(self):
        daemon, files = self.start_with(self.authority.server(NAMES, file="first"), "replaced")
        old = self.enterContext(self.connect(daemon))
        self.read(daemon, old)
        second = self.authority.server(NAMES, file="second")
        self.put(second, files)
        self.reload(daemon, r"info +app: configuration read again")
        fresh = self.enterContext(self.connect(daemon))
        self.assertEqual(fresh.getpeercert(True), ssl.PEM_cert_to_DER_cert(second.certificate.read_text()))
        self.read(daemon, fresh)
        self.read(daemon, old)
        self.assertNotEqual(old.getpeercert(True), fresh.getpeercert(True))

    def test_a_certificate_without_its_key_is_not_taken_over(self):
        daemon, files = self.start_with(self.authority.server(NAMES, file="good"), "kept")
        served = self.enterContext(self.connect(daemon)).getpeercert(True)
        shutil.copy(self.authority.server(NAMES, file="other").certificate, files[0])
        self.reload(daemon, r"warn +app: .*" + re.escape(str(files[0])))
        fresh = self.enterContext(self.connect(daemon))
        self.assertEqual(fresh.getpeercert(True), served)
        self.read(daemon, fresh)


class TowardsTheStoreTest(TlsTest):
    def start_front(self, authority=None, **options):
        pair = (authority or self.authority).server(NAMES)
        front = TlsFront(self.store.port, pair, **options)
        self.addCleanup(front.stop)
        return front

    def assert_reads(self, daemon):
        answer = self.client(daemon).get(WHERE)
        self.assertEqual((answer.status, answer.body), (200, BODY))

    def assert_reads_nothing(self, daemon):
        self.assertEqual(self.client(daemon).get(WHERE).status, 502)

    def test_the_store_is_held_against_the_ca_file(self):
        front = self.start_front()
        self.assert_reads(self.start_own_proxy("--ca-file", str(self.authority.certificate), to=front))
        self.assert_reads_nothing(self.start_own_proxy("--ca-file", str(self.stranger.certificate), to=front))
        self.assert_reads_nothing(self.start_own_proxy(to=front))

    def test_a_store_that_wants_a_certificate_is_shown_ours(self):
        front = self.start_front(clients_of=self.authority.certificate)
        trust = ("--ca-file", str(self.authority.certificate))
        ours = self.authority.client("s3proxy of the test")
        shown = ("--client-cert", str(ours.certificate), "--client-key", str(ours.key))
        self.assert_reads(self.start_own_proxy(*trust, *shown, to=front))
        self.assertEqual(set(front.peers), {"s3proxy of the test"})
        foreign = self.stranger.client("somebody else")
        for other in ((), ("--client-cert", str(foreign.certificate), "--client-key", str(foreign.key))):
            self.assert_reads_nothing(self.start_own_proxy(*trust, *other, to=front))
        self.assertEqual(set(front.peers), {"s3proxy of the test"})

    def test_a_store_that_is_not_checked_is_read_and_warned_about(self):
        front = self.start_front(self.stranger)
        trust = ("--ca-file", str(self.authority.certificate))
        self.assert_reads_nothing(self.start_own_proxy(*trust, to=front))
        daemon = self.start_own_proxy("--insecure-skip-verify", to=front)
        self.assert_reads(daemon)
        warning = "--insecure-skip-verify: the store's certificate is not checked"
        self.assertIn(warning, daemon.said())
        self.assertNotIn(warning, self.start_own_proxy(*trust, to=front).said())


if __name__ == "__main__":
    scene.main()
