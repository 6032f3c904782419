"""The link keeps its word: what it delays, what it does not, what it counts.

Usage: link_test.py PATH-OF-LINK
"""

import http.client
import http.server
import pathlib
import socket
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "python"))

from rig.servers import Link  # noqa: E402

LINK = None
MEGABYTE = 1_000_000
FIRST_BYTE = 0.030
# The clocks of two processes are read at different moments; a bound from below may be missed by this much.
CLOCK_SLACK = 0.001


class TinyStore(http.server.BaseHTTPRequestHandler):
    """Answers at once, by path: `/bytes/N`, `/chunked`, `/status/N`; a PUT echoes its body."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        kind, _, argument = self.path.partition("?")[0].strip("/").partition("/")
        if kind == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5;extension=1\r\nhello\r\n3\r\n\r\n!\r\n0\r\nTrailer: x\r\n\r\n")
        elif kind == "status":
            self.send_response(int(argument))
            self.send_header("ETag", '"x"')
            self.end_headers()
        else:
            self.answer(b"x" * int(argument or 0))

    do_HEAD = do_GET

    def do_PUT(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(body)

    def do_POST(self):
        """Refuses before the body has come, and says that it will not answer anything else."""
        self.answer(b"", status=403)
        self.connection.shutdown(socket.SHUT_WR)
        while self.rfile.read(65536):
            pass
        self.close_connection = True

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class LinkTest(unittest.TestCase):
    def setUp(self):
        self.store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TinyStore)
        self.store.daemon_threads = True
        threading.Thread(target=self.store.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.store.server_close)
        self.addCleanup(self.store.shutdown)
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.log = pathlib.Path(work.name) / "requests.log"
        self.work = work.name
        self.link = self.start_link(log=self.log)

    def start_link(self, **options):
        link = Link(self.work, LINK, f"127.0.0.1:{self.store.server_port}", **options)
        link.start()
        self.addCleanup(link.stop)
        return link

    def connect(self, link=None):
        client = http.client.HTTPConnection("127.0.0.1", (link or self.link).port, timeout=30)
        client.connect()
        self.addCleanup(client.close)
        return client

    def request(self, client, method, target, **arguments):
        """The answer's status and body, and the seconds until its head had come."""
        begin = time.perf_counter()
        client.request(method, target, **arguments)
        response = client.getresponse()
        first_byte = time.perf_counter() - begin
        return response.status, response.read(), first_byte

    def seconds_to_fetch(self, megabytes, link=None):
        client = self.connect(link)
        begin = time.perf_counter()
        _, body, _ = self.request(client, "GET", f"/bytes/{megabytes * MEGABYTE}")
        self.assertEqual(len(body), megabytes * MEGABYTE)
        return time.perf_counter() - begin

    def test_every_kept_alive_request_waits_for_its_first_byte(self):
        client = self.connect()
        waits = [self.request(client, "GET", "/bytes/10")[2] for _ in range(8)]
        self.assertGreaterEqual(min(waits), FIRST_BYTE - CLOCK_SLACK)
        self.assertLess(min(waits), 2 * FIRST_BYTE)
        self.assertEqual(self.link.counters()["connections"], 1)

    def test_connecting_is_free(self):
        def seconds_to_connect():
            begin = time.perf_counter()
            self.connect()
            return time.perf_counter() - begin

        self.assertLess(min(seconds_to_connect() for _ in range(8)), FIRST_BYTE / 2)
        fresh = [self.request(self.connect(), "GET", "/bytes/10")[2] for _ in range(8)]
        self.assertLess(min(fresh), 2 * FIRST_BYTE)

    def test_a_connection_carries_eighty_megabytes_a_second(self):
        seconds = [self.seconds_to_fetch(40) for _ in range(3)]
        self.assertGreaterEqual(min(seconds), 0.5)
        self.assertLess(min(seconds), 0.75)

    def test_connections_do_not_share_the_pace(self):
        def both():
            threads = [threading.Thread(target=self.seconds_to_fetch, args=(40,)) for _ in range(2)]
            begin = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return time.perf_counter() - begin

        self.assertLess(min(both() for _ in range(3)), 0.9)

    def seconds_of_fetches(self, sizes, link):
        """The seconds that each of several fetches took that began together."""
        seconds = {}

        def fetch(number):
            seconds[number] = self.seconds_to_fetch(sizes[number], link)

        threads = [threading.Thread(target=fetch, args=(number,)) for number in range(len(sizes))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [seconds[number] for number in range(len(sizes))]

    def test_a_capped_total_is_kept_and_shared_evenly(self):
        capped = self.start_link(total_megabytes_per_second=40)
        begin = time.perf_counter()
        seconds = self.seconds_of_fetches([10, 10, 10], capped)
        self.assertGreaterEqual(time.perf_counter() - begin, 0.75)
        self.assertLess(max(seconds), 1.3)
        # Whoever had the wire alone would be done after a third of the time.
        self.assertGreater(min(seconds), 0.75 * max(seconds))

    def test_a_capped_total_is_no_bound_for_a_slower_connection(self):
        capped = self.start_link(megabytes_per_second=20, total_megabytes_per_second=60)
        alone = min(self.seconds_of_fetches([4], capped)[0] for _ in range(3))
        both = min(max(self.seconds_of_fetches([4, 4], capped)) for _ in range(3))
        self.assertGreaterEqual(alone, 0.19)
        self.assertLess(both, 0.4)

    def test_a_short_answer_does_not_wait_for_long_ones(self):
        capped = self.start_link(total_megabytes_per_second=25)
        client = self.connect(capped)
        self.request(client, "GET", "/bytes/10")
        others = [threading.Thread(target=self.seconds_to_fetch, args=(5, capped)) for _ in range(4)]
        for thread in others:
            thread.start()
        time.sleep(0.1)
        waits = [self.request(client, "GET", "/bytes/10")[2] for _ in range(5)]
        for thread in others:
            thread.join()
        self.assertLess(min(waits), FIRST_BYTE + 0.03)

    def test_a_new_connection_costs_its_trips_once(self):
        far = self.start_link(trips_per_connection=2)
        clients = [self.connect(far) for _ in range(4)]
        fresh = [self.request(self.connect(far), "GET", "/bytes/10")[2] for _ in range(4)]
        self.assertGreaterEqual(min(fresh), 3 * FIRST_BYTE - 2 * CLOCK_SLACK)
        self.assertLess(min(fresh), 4 * FIRST_BYTE)
        # These have stood for longer than that.
        stood = [self.request(client, "GET", "/bytes/10")[2] for client in clients]
        self.assertLess(min(stood), 2 * FIRST_BYTE)

    def test_an_idle_connection_saves_nothing_up(self):
        client = self.connect()
        self.request(client, "GET", "/bytes/1")
        time.sleep(0.3)
        begin = time.perf_counter()
        self.request(client, "GET", f"/bytes/{8 * MEGABYTE}")
        self.assertGreaterEqual(time.perf_counter() - begin, FIRST_BYTE + 0.098)

    def test_all_framings_pass_unchanged_on_one_connection(self):
        client = self.connect()
        table = [
            ("GET", "/bytes/70000", {}, 200, b"x" * 70000),
            ("HEAD", "/bytes/70000", {}, 200, b""),
            ("GET", "/chunked", {}, 200, b"hello\r\n!"),
            ("GET", "/status/204", {}, 204, b""),
            ("GET", "/status/304", {}, 304, b""),
            ("GET", "/bytes/0", {}, 200, b""),
            ("PUT", "/put", {"body": b"a" * 200_000}, 200, b"a" * 200_000),
            (
                "PUT",
                "/put",
                {
                    "body": iter([b"ab", b"c" * 9]),
                    "encode_chunked": True,
                    "headers": {"Transfer-Encoding": "chunked"},
                },
                200,
                b"ab" + b"c" * 9,
            ),
            ("GET", "/bytes/3", {}, 200, b"xxx"),
        ]
        for method, target, arguments, status, body in table:
            with self.subTest(method=method, target=target):
                got_status, got_body, wait = self.request(client, method, target, **arguments)
                self.assertEqual((got_status, got_body), (status, body))
                self.assertGreaterEqual(wait, FIRST_BYTE - CLOCK_SLACK)
        counted = self.link.counters()
        self.assertEqual(counted["requests"], len(table))
        self.assertEqual(counted["response_body_bytes"], sum(len(row[4]) for row in table))
        self.assertEqual(counted["request_body_bytes"], 200_000 + 11)

    def test_an_expected_continue_and_the_answer_behind_it_both_wait(self):
        with socket.create_connection(("127.0.0.1", self.link.port), timeout=30) as client:
            begin = time.perf_counter()
            client.sendall(
                b"PUT /put HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
            )
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 100"))
            continued = time.perf_counter()
            self.assertGreaterEqual(continued - begin, FIRST_BYTE - CLOCK_SLACK)
            client.sendall(b"body")
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200"))
            self.assertGreaterEqual(time.perf_counter() - continued, FIRST_BYTE - CLOCK_SLACK)
        self.assertEqual(self.link.counters()["requests"], 1)

    def test_a_client_that_is_still_sending_can_finish_and_read_an_early_answer(self):
        body = b"x" * (64 * MEGABYTE)  # more than any socket buffer holds
        with socket.create_connection(("127.0.0.1", self.link.port), timeout=30) as client:
            client.sendall(b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
            client.sendall(body)
            self.assertTrue(client.makefile("rb").readline().startswith(b"HTTP/1.1 403"))

    def test_pipelined_requests_are_counted_and_answered_in_order(self):
        with socket.create_connection(("127.0.0.1", self.link.port), timeout=30) as client:
            head = b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
            client.sendall(head % (5, b"") + head % (7, b"Connection: close\r\n"))
            answer = client.makefile("rb").read()
        self.assertEqual(
            [part.rpartition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200")[1:]],
            [b"x" * 5, b"x" * 7],
        )
        self.assertEqual(self.link.counters()["requests"], 2)

    def test_lists_are_counted_apart_and_requests_are_logged(self):
        client = self.connect()
        self.request(client, "GET", "/bytes/11?prefix=a&list-type=2")
        self.request(client, "GET", "/bytes/5?xlist-type=2", headers={"Range": "bytes=0-4"})
        counted = self.link.reset()
        self.assertEqual((counted["requests"], counted["list_requests"]), (2, 1))
        self.assertEqual((counted["response_body_bytes"], counted["list_response_body_bytes"]), (16, 11))
        self.assertEqual(self.link.counters()["requests"], 0)
        lines = [line.split("\t")[2:] for line in self.log.read_text().splitlines()]
        self.assertEqual(
            lines,
            [["GET", "/bytes/11?prefix=a&list-type=2", "-"], ["GET", "/bytes/5?xlist-type=2", "bytes=0-4"]],
        )

    def test_methods_and_speculative_requests_are_counted_apart(self):
        client = self.connect()
        self.request(client, "GET", "/bytes/7", headers={"User-Agent": "s3proxy/1.0 (read-ahead)"})
        self.request(client, "GET", "/bytes/5", headers={"User-Agent": "s3proxy/1.0"})
        self.request(client, "HEAD", "/bytes/5")
        counted = self.link.counters()
        self.assertEqual((counted["get_requests"], counted["head_requests"]), (2, 1))
        self.assertEqual(counted["speculative_requests"], 1)
        self.assertEqual(counted["speculative_response_body_bytes"], 7)
        self.assertEqual(counted["response_body_bytes"], 12)

    def test_it_is_quiet_only_when_the_last_byte_has_passed(self):
        slow = self.start_link(megabytes_per_second=8)
        fetch = threading.Thread(target=self.seconds_to_fetch, args=(4, slow))
        begin = time.perf_counter()
        fetch.start()
        counted = slow.wait_until_quiet(0.2)
        self.assertGreaterEqual(time.perf_counter() - begin, 0.5 + 0.2 - CLOCK_SLACK)
        self.assertEqual(counted["response_body_bytes"], 4 * MEGABYTE)
        fetch.join()
        begin = time.perf_counter()
        slow.wait_until_quiet(0.1)
        self.assertLess(time.perf_counter() - begin, 0.1)

    def test_a_store_that_is_gone_looks_gone(self):
        self.store.shutdown()
        self.store.server_close()
        with self.assertRaises((ConnectionError, http.client.BadStatusLine)):
            self.request(self.connect(), "GET", "/bytes/1")


if __name__ == "__main__":
    LINK = sys.argv.pop(1)
    unittest.main()
