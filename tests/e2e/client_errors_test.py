"""When the client errs: the answer that S3 gives, and nothing reaches the store."""

import contextlib
import datetime
import socket
import struct

from botocore.exceptions import ClientError

import scene
from scene import MIB, patterned
from signed import UNSIGNED_PAYLOAD, read_answer, sha256, target


class ClientErrorsTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link()
        cls.direct.create_bucket(Bucket="errors")
        cls.direct.put_object(Bucket="errors", Key="held", Body=b"secret bytes" * 100)
        cls.through.get(target("errors", "held"))

    def setUp(self):
        scene.settled(self.link, quiet=0.05)
        self.link.reset()

    def assert_nothing_reached_the_store(self, key=None):
        counted = scene.settled(self.link, quiet=0.05)
        self.assertEqual((counted["requests"], counted["request_body_bytes"]), (0, 0))
        if key:
            self.assert_absent(key)

    def assert_absent(self, key):
        listed = self.direct.list_objects_v2(Bucket="errors", Prefix=key)
        self.assertEqual([entry["Key"] for entry in listed.get("Contents", [])], [])

    def assert_refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer.body)
        self.assertEqual(answer["content-type"], "application/xml")
        self.assertNotIn(b"secret bytes", answer.body)

    def test_a_wrong_secret_is_refused_on_a_get_whether_the_object_is_held_or_not(self):
        wrong = self.client(self.proxy, secret_key="not-the-secret")
        for key in ("held", "absent"):
            self.assert_refused(wrong.get(target("errors", key)), 403, "SignatureDoesNotMatch")
        self.assertEqual(wrong.send("HEAD", target("errors", "held")).status, 403)
        self.assert_nothing_reached_the_store()

    def test_an_unknown_key_id_is_refused(self):
        wrong = self.client(self.proxy, access_key="AKIDNOBODYSKEY000000")
        self.assert_refused(wrong.get(target("errors", "held")), 403, "InvalidAccessKeyId")
        self.assert_nothing_reached_the_store()

    def test_a_wrong_secret_is_refused_on_a_large_put_of_boto3_and_told_as_such(self):
        s3 = self.boto(self.proxy, secret_key="not-the-secret")
        with self.assertRaises(ClientError) as refused:
            s3.put_object(Bucket="errors", Key="large", Body=bytes(64 * MIB))
        self.assertEqual(refused.exception.response["Error"]["Code"], "SignatureDoesNotMatch")
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        self.assert_nothing_reached_the_store("large")

    def test_a_wrong_secret_on_a_put_sent_without_asking_is_told_although_the_body_is_not_read(self):
        wrong = self.client(self.proxy, secret_key="not-the-secret")
        for size in (10, 200_000, 900_000):
            with self.subTest(size=size):
                answer = wrong.send("PUT", target("errors", "large"), body=bytes(size))
                self.assert_refused(answer, 403, "SignatureDoesNotMatch")
        # More than is read of a refused body: the answer lies at the client before the connection ends.
        body = bytes(64 * MIB)
        with wrong.connect() as connection:
            connection.sendall(wrong.head("PUT", target("errors", "large"), body=body))
            with contextlib.suppress(ConnectionError):  # it is told why below
                connection.sendall(body)
            self.assert_refused(read_answer(connection, "PUT"), 403, "SignatureDoesNotMatch")
        self.assert_nothing_reached_the_store("large")

    def test_a_clock_that_is_off_by_more_than_a_quarter_of_an_hour_is_refused(self):
        now = datetime.datetime.now(datetime.UTC)
        for minutes, status in ((-20, 403), (20, 403), (-10, 200), (10, 200)):
            at = now + datetime.timedelta(minutes=minutes)
            with self.subTest(minutes=minutes):
                answer = self.through.get(target("errors", "held"), at=at)
                if status == 403:
                    self.assert_refused(answer, 403, "RequestTimeTooSkewed")
                    self.assertIn(b"<ServerTime>", answer.body)
                else:
                    self.assertEqual(answer.status, 200, answer.body)
        self.assert_nothing_reached_the_store()

    def test_a_body_of_another_hash_is_refused_and_never_becomes_an_object(self):
        for size in (1, 1000, 128 * 1024, 5 * MIB):
            for expect in ({}, {"Expect": "100-continue"}):
                with self.subTest(size=size, expect=expect):
                    body = patterned(size)
                    answer = self.through.send(
                        "PUT",
                        target("errors", "tampered"),
                        expect,
                        body=body,
                        payload_hash=sha256(body + b"!"),
                    )
                    self.assert_refused(answer, 400, "XAmzContentSHA256Mismatch")
                    self.assert_absent("tampered")
        self.direct.put_object(Bucket="errors", Key="tampered", Body=b"as it was")
        self.through.send("PUT", target("errors", "tampered"), body=b"new", payload_hash=sha256(b"else"))
        self.assertEqual(self.direct.get_object(Bucket="errors", Key="tampered")["Body"].read(), b"as it was")
        self.assertEqual(self.through.get(target("errors", "tampered")).body, b"as it was")
        self.direct.delete_object(Bucket="errors", Key="tampered")

    def test_a_body_that_ends_early_never_becomes_an_object(self):
        body = patterned(MIB)
        for name, payload in (("hashed", None), ("unsigned", UNSIGNED_PAYLOAD)):
            for ending in ("end", "reset"):
                # Several, because the store decides in its own time: by the last it has, on the first.
                for number in range(10):
                    with self.through.connect() as connection:
                        key = f"short-{name}-{ending}-{number}"
                        head = self.through.head(
                            "PUT", target("errors", key), body=body, payload_hash=payload
                        )
                        connection.sendall(head + body[: 100_000 * number + 5000])
                        if ending == "reset":
                            connection.setsockopt(
                                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                            )
                            continue
                        connection.shutdown(socket.SHUT_WR)
                        answer = connection.makefile("rb").read()  # an error, or an end: not a 200
                        self.assertNotIn(b" 200 ", answer.split(b"\r\n")[0])
                self.eventually(lambda: self.proxy.client_sockets() == 0, "the connections stay open")
                scene.settled(self.link)
                with self.subTest(payload=name, ending=ending):
                    self.assert_absent(f"short-{name}-{ending}-")

    def test_an_expected_continue_comes_before_the_body_and_only_if_it_is_wanted(self):
        body = b"x" * 100_000
        with self.through.connect() as connection:
            connection.sendall(
                self.through.head("PUT", target("errors", "asked"), {"Expect": "100-continue"}, body=body)
            )
            interim = b""
            while not interim.endswith(b"\r\n\r\n"):
                interim += connection.recv(1)
            self.assertEqual(interim.split(b" ")[1], b"100")
            connection.sendall(body)
            self.assertEqual(read_answer(connection, "PUT").status, 200)
        self.assertEqual(self.through.get(target("errors", "asked")).body, body)
        wrong = self.client(self.proxy, secret_key="not-the-secret")
        with wrong.connect() as connection:
            connection.sendall(
                wrong.head("PUT", target("errors", "asked"), {"Expect": "100-continue"}, body=body)
            )
            first = connection.makefile("rb").read()
            self.assertTrue(first.startswith(b"HTTP/1.1 403 "), first)

    def test_a_chunked_put_gets_411(self):
        for payload in (UNSIGNED_PAYLOAD, None):
            with self.through.connect() as connection:
                head = self.through.head(
                    "PUT", target("errors", "chunked"), {"Transfer-Encoding": "chunked"}, payload_hash=payload
                )
                connection.sendall(head + b"5\r\nhello\r\n0\r\n\r\n")
                self.assert_refused(read_answer(connection, "PUT"), 411, "MissingContentLength")
        self.assert_nothing_reached_the_store("chunked")

    def test_a_put_without_a_body_needs_no_length(self):
        answer = self.through.send("PUT", target("errors", "empty"))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.through.get(target("errors", "empty")).body, b"")

    def test_presigned_urls_of_version_2_are_refused_with_what_to_change(self):
        """boto3 makes them for endpoints of one's own, unless it is told otherwise."""
        s3 = self.boto(self.proxy)
        for method, operation in (("GET", "get_object"), ("PUT", "put_object")):
            url = s3.generate_presigned_url(operation, Params={"Bucket": "errors", "Key": "held"})
            answer = self.through.send(method, url.removeprefix(self.proxy.url), signed=False)
            self.assert_refused(answer, 400, "InvalidRequest")
            self.assertIn("s3v4", answer.message)
        self.assert_nothing_reached_the_store()

    def test_unsigned_requests_are_denied_whether_the_object_is_held_or_not(self):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            for key in ("held", "absent"):
                answer = self.through.send(method, target("errors", key), signed=False)
                self.assertEqual(answer.status, 403)
                if method != "HEAD":
                    self.assert_refused(answer, 403, "AccessDenied")
        self.assert_refused(self.through.send("GET", "/", signed=False), 403, "AccessDenied")
        self.assert_nothing_reached_the_store()

    def test_a_header_that_the_signature_does_not_cover_is_refused(self):
        body = b"x"
        head = self.through.head("PUT", target("errors", "acl"), body=body)
        with self.through.connect() as connection:
            connection.sendall(head[:-2] + b"x-amz-acl: public-read\r\n\r\n" + body)
            self.assert_refused(read_answer(connection, "PUT"), 403, "AccessDenied")
        self.assert_nothing_reached_the_store("acl")

    def test_a_signature_is_good_for_its_own_request_alone(self):
        good = self.through.head("GET", target("errors", "held"), {"Range": "bytes=0-3"})
        for old, new in [
            (b"GET /errors/held", b"GET /errors/asked"),
            (b"GET /errors/held ", b"GET /errors/held?versionId=null "),
            (b"GET ", b"DELETE "),
            (b"bytes=0-3", b"bytes=0-4"),
            (b"Host: 127.0.0.1", b"Host: 127.0.0.2"),
        ]:
            with self.subTest(changed=new):
                self.assertIn(old, good)
                with self.through.connect() as connection:
                    connection.sendall(good.replace(old, new, 1))
                    self.assert_refused(read_answer(connection), 403, "SignatureDoesNotMatch")
        self.assert_nothing_reached_the_store()


if __name__ == "__main__":
    scene.main()
