"""The load generator sees what is wrong: a byte, a length, a status, an end that comes early. And what is
right.

Usage: load_test.py PATH-OF-LOAD
"""

import http.server
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from types import SimpleNamespace

from bench import generator
from bench.generator import Generator, LoadError

PROGRAM = None
OBJECT_BYTES = 1 << 20


class Liar(http.server.BaseHTTPRequestHandler):
    """Serves ranges of the object; `server.lie` may spoil an answer's (status, length, body)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        begin, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        body = self.server.content[int(begin) : int(last) + 1]
        self.answer(206, len(body), body)

    def do_HEAD(self):
        self.answer(200, OBJECT_BYTES, b"")

    def answer(self, *honest):
        self.server.answered += 1
        status, length, body = self.server.lie(*honest)
        self.send_response(status)
        self.send_header("content-LENGTH", str(length))
        self.end_headers()
        self.wfile.write(body)
        if len(body) != length and self.command != "HEAD":
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a load that saw a lie goes without a word


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = [PROGRAM, "--write-content", str(OBJECT_BYTES)]
        cls.content = subprocess.run(command, capture_output=True, check=True).stdout

    def setUp(self):
        self.server = Server(("127.0.0.1", 0), Liar)
        self.server.content, self.server.answered = self.content, 0
        self.server.lie = lambda *honest: honest
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, asks, **options):
        server = SimpleNamespace(address=f"127.0.0.1:{self.server.server_port}")
        path = generator.write_requests(self.work / "requests", server.address, asks)
        return self.enterContext(Generator(PROGRAM).background(server, path, **options))

    def run_load(self, asks, **options):
        return self.start(asks, **options).wait()

    def test_what_is_right_is_counted_in_all_sizes(self):
        asks = [generator.part(3, 5), generator.part(100_001, 200_000), generator.head(OBJECT_BYTES)]
        done = self.run_load(asks, count=30, connections=3, compare_every=1)
        self.assertEqual((done["requests"], done["compared"]), (30, 30))
        self.assertEqual(done["body_bytes"], 10 * 200_005)
        self.assertEqual(done["compared_bytes"], done["body_bytes"])
        self.assertEqual(self.server.answered, 30)

    def test_only_some_are_compared_and_all_are_counted(self):
        done = self.run_load([generator.part(0, 1 << 19)], count=8, connections=1, compare_every=4)
        self.assertEqual((done["compared"], done["compared_bytes"]), (2, 1 << 20))
        self.assertEqual(done["body_bytes"], 8 << 19)

    def assert_seen(self, lie, text, ask, **options):
        self.server.lie = lie
        with self.assertRaisesRegex(LoadError, text):
            self.run_load([ask], count=4, connections=1, **options)

    def test_one_wrong_byte_is_seen_wherever_it_is(self):
        ask = generator.part(1000, 300_000)
        for at in (0, 1, 4095, 4096, 150_001, 299_999):
            with self.subTest(at=at):

                def lie(status, length, body, at=at):
                    return status, length, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

                self.assert_seen(lie, f"at offset {1000 + at}$", ask, compare_every=1)

    def test_bytes_of_another_place_are_seen(self):
        moved = self.content[4096:8192]
        self.assert_seen(lambda s, n, _: (s, n, moved), "at offset 0$", generator.part(0, 4096))

    def test_a_wrong_status_and_a_wrong_length_are_seen(self):
        for size in (4096, 100_000):
            ask = generator.part(0, size)
            self.assert_seen(lambda _, n, body: (200, n, body), "has not status 206", ask)
            self.assert_seen(lambda s, n, body: (s, n - 1, body[:-1]), "has not length", ask)
        self.assert_seen(lambda s, n, body: (s, n - 1, body), "has not length", generator.head(OBJECT_BYTES))

    def test_an_answer_that_ends_early_or_goes_on_is_seen(self):
        for size in (4096, 100_000):
            ask = generator.part(0, size)
            self.assert_seen(lambda s, n, body: (s, n, body[:-1]), "closed a connection", ask)
            self.assert_seen(lambda s, n, body: (s, n, body + b"!"), "goes on|nobody asked for", ask)

    def test_fresh_connections_carry_one_request_each(self):
        done = self.run_load([generator.part(0, 10)], count=20, connections=4, manner="fresh", sources=8)
        self.assertEqual((done["requests"], self.server.answered), (20, 20))

    def test_a_stampede_tells_the_times_of_each(self):
        done = self.run_load([generator.part(0, 100_000)], manner="stampede", connections=5, compare_every=1)
        self.assertEqual((done["requests"], done["compared"]), (5, 5))
        for first, last in zip(done["each_first_us"], done["each_last_us"], strict=True):
            self.assertLessEqual(0, first)
            self.assertLessEqual(first, last)

    def test_held_connections_stand_until_they_are_told(self):
        load = self.start([generator.part(0, 10)], manner="hold", connections=7)
        load.wait_until_held()
        self.assertEqual(self.server.answered, 7)
        self.assertEqual(load.stop()["requests"], 7)

    def test_a_stalled_reader_reads_to_the_end_when_it_is_stopped(self):
        load = self.start([generator.part(0, 1 << 20)], connections=2, stall=100, compare_every=1)
        end = time.monotonic() + 20
        while self.server.answered < 2 and time.monotonic() < end:
            time.sleep(0.01)
        done = load.stop()
        self.assertEqual((done["requests"], done["compared_bytes"]), (2, 2 << 20))

    def test_a_trickle_is_slow(self):
        ask, tick = generator.part(0, 200_000), 0.010
        for compare_every in (1, 1000):
            done = self.run_load(
                [ask, ask], count=2, connections=1, trickle=20_000, compare_every=compare_every
            )
            self.assertEqual(done["body_bytes"], 400_000)
            self.assertGreater(done["seconds"], 2 * 9 * tick)

    def test_a_constant_rate_is_kept_and_lateness_counts(self):
        def lie(*honest):
            time.sleep(0.02)
            return honest

        self.server.lie = lie
        done = self.run_load([generator.part(0, 10)], count=50, connections=1, rate=1000)
        # One connection gives 50 a second at most; the last request was due after 0.05 s.
        self.assertGreater(done["last_us"]["max"], 0.8e6)


if __name__ == "__main__":
    PROGRAM = Path(sys.argv.pop(1)).resolve()
    unittest.main()
