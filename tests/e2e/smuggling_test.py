"""A bad frame is answered once, the connection ends, and nothing behind it is taken for a request."""

import socket

import scene
from signed import UNSIGNED_PAYLOAD, read_answer, target


class SmugglingTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link()
        cls.direct.create_bucket(Bucket="frames")
        cls.direct.put_object(Bucket="frames", Key="key", Body=b"the second was answered")
        cls.direct.put_object(Bucket="frames", Key="first", Body=b"the first was answered")

    def signed_get(self, key="key"):
        return self.through.head("GET", target("frames", key))

    def frames(self):
        """Bad heads, built from good signed ones: only the frame is wrong."""
        get = self.signed_get("first")
        put = self.through.head("PUT", target("frames", "new"), payload_hash=UNSIGNED_PAYLOAD)

        def with_fields(head, *fields):
            return head[:-2] + b"".join(field + b"\r\n" for field in fields) + b"\r\n"

        host = b"Host: " + self.proxy.address.encode()
        yield (
            "both lengths",
            with_fields(put, b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        )
        yield (
            "both lengths, reversed",
            with_fields(put, b"Transfer-Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
        )
        yield "two lengths", with_fields(put, b"Content-Length: 5", b"Content-Length: 6") + b"hello"
        yield "two equal lengths", with_fields(put, b"Content-Length: 5", b"Content-Length: 5") + b"hello"
        for value in (b"5, 5", b"+5", b"-5", b"0x5", b"5 5", b"", b"99999999999999999999"):
            yield f"length {value!r}", with_fields(put, b"Content-Length: " + value) + b"hello"
        for value in (
            b"gzip",
            b"identity",
            b"chunked, gzip",
            b"gzip, chunked",
            b",chunked",
            b"xchunked",
            b"chunked;q=1",
            b"\x0bchunked",
            b"\xa0chunked",
        ):
            yield f"encoding {value!r}", with_fields(put, b"Transfer-Encoding: " + value) + b"0\r\n\r\n"
        yield (
            "two encodings",
            with_fields(put, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        )
        yield "an encoding with a blank", with_fields(put, b"Transfer-Encoding : chunked") + b"0\r\n\r\n"
        yield "an encoding with an underscore", with_fields(put, b"Transfer_Encoding: chunked") + b"0\r\n\r\n"
        yield (
            "an encoding in 1.0",
            with_fields(put, b"Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
        )
        yield "a get with a body", with_fields(get, b"Content-Length: 5") + b"hello"
        yield "a chunked get", with_fields(get, b"Transfer-Encoding: chunked") + b"0\r\n\r\n"
        yield "no host", get.replace(host + b"\r\n", b"")
        yield "two hosts", with_fields(get, b"Host: elsewhere")
        yield "a bad host", get.replace(host, b"Host: a@b")
        yield "a folded line", with_fields(get, b"X-Folded: a\r\n b")
        yield "a bare line feed", with_fields(get, b"X-A: a\nX-B: b")
        yield "a bare carriage return", with_fields(get, b"X-A: a\rX-B: b")
        yield "a null", with_fields(get, b"X-A: a\x00b")
        yield "a field without a colon", with_fields(get, b"nonsense")
        yield "a field without a name", with_fields(get, b": nonsense")
        yield "a blank before the first field", get.replace(b"\r\n", b"\r\n ", 1)
        yield "an absolute target", get.replace(b"GET /", b"GET http://elsewhere/", 1)
        yield "a fragment", get.replace(b"/first ", b"/first#x ", 1)
        yield "raw bytes in the target", get.replace(b"/first ", b"/f\xc3\xa4 ", 1)
        yield "two blanks", get.replace(b"GET ", b"GET  ", 1)
        yield "no version", get.replace(b" HTTP/1.1", b"", 1)
        yield "another version", get.replace(b"HTTP/1.1", b"HTTP/2.0", 1)
        yield "an odd method", get.replace(b"GET ", b"G(T ", 1)
        yield "a huge field", with_fields(get, b"X-Huge: " + b"x" * 40_000)
        yield "too many fields", with_fields(get, *(b"X-%d: y" % n for n in range(2000)))
        yield "not http", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n"

    def everything_said(self, sent):
        """All that comes back on a connection until the other side ends it."""
        with self.through.connect() as connection:
            connection.settimeout(15)
            said = b""
            try:
                connection.sendall(sent)
                while piece := connection.recv(65536):
                    said += piece
            except ConnectionError:
                pass
            return said

    def test_a_request_behind_a_bad_frame_is_never_answered(self):
        for name, bad in self.frames():
            with self.subTest(frame=name):
                self.link.reset()
                said = self.everything_said(bad + self.signed_get())
                self.assertEqual(said.count(b"HTTP/1.1 "), 1, said)
                self.assertIn(int(said.split(b" ")[1]), (400, 405, 411, 501, 505), said)
                self.assertNotIn(b"was answered", said)
                self.assertIn(b"\r\nconnection: close\r\n", said.lower())
                self.assertIn(b"<Error><Code>", said)
                self.assertEqual(self.link.counters()["requests"], 0)

    def test_after_all_bad_frames_the_process_serves_on(self):
        for _, bad in self.frames():
            self.everything_said(bad)
        self.assertTrue(self.proxy.process.is_running())
        self.assertEqual(self.through.get(target("frames", "key")).body, b"the second was answered")
        self.eventually(lambda: self.proxy.client_sockets() == 0, "connections stay open")

    def test_two_good_requests_sent_together_are_answered_in_order(self):
        for first, second in (("first", "key"), ("key", "first"), ("absent", "key")):
            with self.through.connect() as connection:
                connection.sendall(self.signed_get(first) + self.signed_get(second))
                stream = connection.makefile("rb")
                bodies = [read_from(stream) for _ in range(2)]
            words = {
                "first": b"the first was answered",
                "key": b"the second was answered",
                "absent": b"NoSuchKey",
            }
            for body, key in zip(bodies, (first, second), strict=True):
                self.assertIn(words[key], body)

    def test_a_request_behind_a_refused_one_is_answered_only_if_its_begin_is_known(self):
        wrong = self.client(self.proxy, secret_key="not-the-secret")
        body = self.signed_get()  # what a smuggler would have taken for a request
        said = self.everything_said(wrong.head("PUT", target("frames", "new"), body=body) + body)
        self.assertEqual(said.count(b"HTTP/1.1 "), 1, said)
        self.assertNotIn(b"was answered", said)

    def test_a_head_that_comes_byte_by_byte_is_one_head(self):
        request = self.signed_get()
        with self.through.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                connection.send(bytes([byte]))
            self.assertEqual(read_answer(connection).body, b"the second was answered")


def read_from(stream):
    """One answer with a Content-Length from a stream that holds more: its body."""
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return stream.read(length)


if __name__ == "__main__":
    scene.main()
