"""Many readers of one object: each byte comes once from the store, and nobody depends on another's socket."""

import re
import selectors
import socket
import struct

import scene
from scene import MIB, patterned
from signed import read_answer, target

SMALL_WINDOW = 64 * 1024
SMALL = MIB // 2  # what may come twice of a large object, whose size is not known when it is first asked for
FIRST_BYTE_MS = 400  # long beside the time in which a test sends all its requests, so that they overlap


class Download:
    """A GET whose body is read when the test says so."""

    def __init__(self, client, where, receive_buffer=None):
        self.socket = client.connect(receive_buffer)
        self.request = client.head("GET", where)
        self.got = bytearray()
        self.expected = None  # bytes of head and body, once the head is here

    def send(self):
        self.socket.sendall(self.request)
        return self

    def read(self, count):
        """Reads until `count` bytes of head and body have come."""
        while len(self.got) < count:
            piece = self.socket.recv(min(65536, count - len(self.got)))
            assert piece, "the answer ended"
            self.got += piece

    def head_and_body(self):
        head, _, body = bytes(self.got).partition(b"\r\n\r\n")
        return head, body

    def is_whole(self):
        if self.expected is None:
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return False
            length = re.search(rb"\r\ncontent-length: *(\d+)", bytes(self.got[:end]), re.I)
            self.expected = end + 4 + int(length[1])
        return len(self.got) >= self.expected

    def close(self, *, reset=False):
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def read_all(downloads):
    """Reads all of them side by side until each is whole or ended."""
    with selectors.DefaultSelector() as ready:
        for download in downloads:
            ready.register(download.socket, selectors.EVENT_READ, download)
        while ready.get_map():
            events = ready.select(timeout=60)
            assert events, "nothing came for a minute"
            for key, _ in events:
                piece = key.fileobj.recv(1 << 18)
                key.data.got += piece
                if not piece or key.data.is_whole():
                    ready.unregister(key.fileobj)


class SharingTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link(first_byte_ms=FIRST_BYTE_MS, megabytes_per_second=80)

    def put(self, size):
        bucket = self.new_bucket()
        body = patterned(size, name=bucket)
        self.direct.put_object(Bucket=bucket, Key="object", Body=body)
        return target(bucket, "object"), body

    def start_downloads(self, where, count, **options):
        downloads = [Download(self.through, where, **options) for _ in range(count)]
        for download in downloads:
            self.addCleanup(download.close)
        return [download.send() for download in downloads]

    def assert_whole(self, download, body):
        head, got = download.head_and_body()
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        self.assertTrue(got == body, f"{len(got)} bytes came, and not those of the object's {len(body)}")

    def test_a_hundred_concurrent_gets_of_a_cold_object_fetch_each_byte_once(self):
        where, body = self.put(3 * MIB + 4321)
        self.link.reset()
        downloads = self.start_downloads(where, 100)
        read_all(downloads)
        for download in downloads:
            self.assert_whole(download, body)
        self.assertEqual(scene.settled(self.link)["response_body_bytes"], len(body))
        shared = sum(b"; collapsed" in download.head_and_body()[0] for download in downloads)
        self.assertGreaterEqual(shared, 50, "the requests did not overlap: this test showed nothing")

    def test_a_hundred_concurrent_gets_of_a_large_cold_object_share_its_parts(self):
        where, body = self.put(12 * MIB)
        self.link.reset()
        downloads = self.start_downloads(where, 100)
        read_all(downloads)
        for download in downloads:
            self.assert_whole(download, body)
        self.assertLessEqual(scene.settled(self.link)["response_body_bytes"], len(body) + SMALL)

    def test_overlapping_ranges_fetch_each_cell_once(self):
        where, body = self.put(4 * MIB)
        self.link.reset()
        spans = [(step * 50_000, step * 50_000 + 400_000) for step in range(70)]
        downloads = []
        for begin, end in spans:
            download = Download(self.through, where)
            download.request = self.through.head("GET", where, {"Range": f"bytes={begin}-{end - 1}"})
            self.addCleanup(download.close)
            downloads.append(download)
        for download in downloads:
            download.send()
        read_all(downloads)
        for download, (begin, end) in zip(downloads, spans, strict=True):
            head, got = download.head_and_body()
            self.assertTrue(head.startswith(b"HTTP/1.1 206 "), head)
            self.assertTrue(got == body[begin:end], f"{begin}-{end}: {len(got)} bytes")
        # What overlaps is asked for once, but for first answers that came before the version was known.
        self.assertLessEqual(scene.settled(self.link)["response_body_bytes"], len(body) + MIB)

    def test_clients_that_disconnect_leave_the_others_whole(self):
        where, body = self.put(16 * MIB)
        self.link.reset()
        downloads = self.start_downloads(where, 12)
        leavers, stayers = downloads[::2], downloads[1::2]
        for number, download in enumerate(leavers):
            download.read(64 * 1024)
            download.close(reset=number % 2 == 0)
        read_all(stayers)
        for download in stayers:
            self.assert_whole(download, body)
        self.assertLessEqual(scene.settled(self.link)["response_body_bytes"], len(body) + SMALL)

    def test_a_client_that_stops_reading_delays_nobody(self):
        where, body = self.put(24 * MIB)
        (stalled,) = self.start_downloads(where, 1, receive_buffer=SMALL_WINDOW)
        stalled.read(100_000)
        (other,) = self.start_downloads(where, 1)
        read_all([other])
        self.assert_whole(other, body)
        read_all([stalled])
        self.assert_whole(stalled, body)

    def test_a_fetch_that_nobody_waits_for_ends(self):
        where, body = self.put(96 * MIB)
        self.link.reset()
        (lonely,) = self.start_downloads(where, 1, receive_buffer=SMALL_WINDOW)
        lonely.read(100_000)
        lonely.close()
        fetched = scene.settled(self.link, quiet=1.0)["response_body_bytes"]
        self.assertLess(fetched, len(body) / 2)
        self.assertEqual(self.through.get(where, {"Range": "bytes=0-99"}).body, body[:100])

    def test_clients_that_leave_cost_no_file_descriptor(self):
        where, body = self.put(8 * MIB)

        def round_of_leavers(count):
            downloads = self.start_downloads(where, count, receive_buffer=SMALL_WINDOW)
            for number, download in enumerate(downloads):
                if number % 3 == 0:  # some before the first byte of their answer
                    download.read(64 * 1024)
                download.close(reset=number % 2 == 0)
            half_sent = [self.through.connect() for _ in range(count)]
            for number, connection in enumerate(half_sent):
                request = self.through.head("PUT", where + f"-{number}", body=b"x" * 1000)
                connection.sendall(request[: number * 40])
                connection.close()
            self.eventually(
                lambda: self.proxy.client_sockets() == 0, "connections of clients that left stay open"
            )

        round_of_leavers(30)
        scene.settled(self.link)
        before = self.proxy.descriptors()
        for _ in range(3):
            round_of_leavers(30)
        # Connections to the store are kept for reuse: their number may vary, but not grow with every client.
        self.eventually(
            lambda: self.proxy.descriptors() <= before + 30,
            f"{before} descriptors before, {self.proxy.descriptors()} after 180 clients that left",
        )
        with self.through.connect() as connection:
            connection.sendall(self.through.head("GET", where))
            self.assertTrue(read_answer(connection).body == body)


if __name__ == "__main__":
    scene.main()
