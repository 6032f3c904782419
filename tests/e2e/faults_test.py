"""When the store fails: one honest answer, what is held is served, and nothing is torn."""

import http.client
import signal
import socket

from rig.process import LOOPBACK

import scene
from scene import MIB, patterned
from signed import read_answer, target

STORE_ERRORS = {502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"}


class StoreFaultsTest(scene.SceneTest):
    """The store of this class is killed and comes back."""

    def assert_store_error(self, answer, method="GET", statuses=(502, 503)):
        self.assertIn(answer.status, statuses, answer.body)
        if method == "HEAD":
            self.assertEqual(answer.body, b"")
            return
        self.assertEqual(answer["content-type"], "application/xml")
        self.assertEqual(answer.code, STORE_ERRORS[answer.status])
        self.assertIn("s3proxy", answer.message)
        self.assertIn("store", answer.message)
        self.assertNotIn(self.store.address.encode(), answer.body)

    def setUp(self):
        if not self.store.process:
            self.store.start()

    def kill_store(self):
        self.store.stop(signal.SIGKILL)

    def test_without_the_store_hits_are_served_and_the_rest_says_what_is_wrong_until_it_is_back(self):
        proxy = self.start_own_proxy()
        bucket, through = self.new_bucket(), self.client(proxy)
        body = patterned(700_000)
        for key in ("held", "cold"):
            self.direct.put_object(Bucket=bucket, Key=key, Body=body)
        self.assertTrue(through.get(target(bucket, "held")).body == body)

        self.kill_store()
        for _ in range(3):
            self.assertTrue(through.get(target(bucket, "held")).body == body)
            self.assertEqual(through.get(target(bucket, "held"), {"Range": "bytes=-9"}).body, body[-9:])
            self.assertEqual(through.send("HEAD", target(bucket, "held")).status, 200)
        for method, where, sent in [
            ("GET", target(bucket, "cold"), b""),
            ("HEAD", target(bucket, "cold"), b""),
            ("GET", target(bucket, "cold", "tagging"), b""),
            ("GET", target(bucket, "", "list-type=2"), b""),
            ("PUT", target(bucket, "new"), b"body"),
            ("DELETE", target(bucket, "cold"), b""),
            ("POST", target(bucket, "new", "uploads"), b""),
        ]:
            with self.subTest(method=method, where=where):
                self.assert_store_error(through.send(method, where, body=sent), method)

        self.store.start()
        self.assertTrue(through.get(target(bucket, "cold")).body == body)
        self.assertEqual(through.send("PUT", target(bucket, "new"), body=b"after").status, 200)
        self.assertEqual(through.get(target(bucket, "new")).body, b"after")
        self.assertEqual(through.get(target(bucket, "", "list-type=2")).status, 200)

    def test_kept_connections_of_a_store_that_came_back_are_replaced_unseen(self):
        proxy = self.start_own_proxy("--metadata-ttl", "0")
        bucket, through = self.new_bucket(), self.client(proxy)
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"body")
        for _ in range(3):
            self.assertEqual(through.get(target(bucket, "key")).body, b"body")
            self.kill_store()
            self.store.start()
            self.assertEqual(through.get(target(bucket, "key")).body, b"body")
            self.assertEqual(through.send("PUT", target(bucket, "other"), body=b"x" * 1000).status, 200)

    def test_a_store_that_dies_in_the_middle_of_a_body_breaks_the_answer_off(self):
        link = self.start_link(first_byte_ms=1, megabytes_per_second=4)
        proxy = self.start_own_proxy(to=link)
        bucket, through = self.new_bucket(), self.client(proxy)
        body = patterned(32 * MIB)
        self.direct.put_object(Bucket=bucket, Key="key", Body=body)
        with through.connect() as connection:
            connection.sendall(through.head("GET", target(bucket, "key")))
            response = http.client.HTTPResponse(connection)
            response.begin()
            self.assertEqual(response.status, 200)
            got = response.read(MIB)
            self.kill_store()
            link.stop(signal.SIGKILL)
            with self.assertRaises((ConnectionError, http.client.IncompleteRead)):
                while piece := response.read(MIB):
                    got += piece
                if len(got) < len(body):
                    raise http.client.IncompleteRead(got)
            self.assertTrue(body.startswith(got), "what came before the end is not the object's")

        self.store.start()
        link.start()
        self.assertTrue(through.get(target(bucket, "key")).body == body)

    def test_a_store_that_takes_no_connection_is_a_gateway_timeout(self):
        with socket.socket() as deaf:
            deaf.bind((LOOPBACK, 0))
            deaf.listen(0)
            queued = [
                socket.socket() for _ in range(3)
            ]  # what fills its queue: further connections get no answer
            for connection in queued:
                self.addCleanup(connection.close)
                connection.setblocking(False)
                connection.connect_ex(deaf.getsockname())
            daemon = scene.Daemon(self.work / "deaf", f"http://{LOOPBACK}:{deaf.getsockname()[1]}")
            daemon.start()
            self.addCleanup(daemon.stop)
            answer = self.client(daemon).get(target("bucket", "key"))
            self.assert_store_error(answer, statuses=(504,))

    def test_a_store_that_speaks_no_http_is_a_bad_gateway(self):
        with socket.socket() as odd:
            odd.bind((LOOPBACK, 0))
            odd.listen()
            odd.settimeout(0.05)
            daemon = scene.Daemon(self.work / "odd", f"http://{LOOPBACK}:{odd.getsockname()[1]}")
            daemon.start()
            self.addCleanup(daemon.stop)
            through = self.client(daemon)
            with through.connect() as connection:
                connection.sendall(through.head("GET", target("bucket", "key")))
                connection.settimeout(0.01)
                answered = False
                while not answered:
                    try:
                        other, _ = odd.accept()
                        other.sendall(b"220 mail.example.org ESMTP\r\n")
                        other.close()
                    except TimeoutError:
                        pass
                    try:
                        answered = bool(connection.recv(1, socket.MSG_PEEK))
                    except TimeoutError:
                        continue
                connection.settimeout(30)
                self.assert_store_error(read_answer(connection), statuses=(502,))


if __name__ == "__main__":
    scene.main()
