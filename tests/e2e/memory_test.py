"""A scan of more bytes than fit stays within the memory that it was given."""

import threading

import scene
from scene import MIB, patterned
from signed import UNSIGNED_PAYLOAD, read_answer, target

CACHE = 256 * MIB
ALLOWANCE = 128 * MIB
OBJECT = 512 * MIB
NUMBER = 8  # bytes in which a MiB of the object tells its number, so that no other can stand for it
REST = patterned(MIB - NUMBER)


def number_of(mib):
    return mib.to_bytes(NUMBER, "big")


class MemoryTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.start_proxy(memory="256MiB")
        cls.through = cls.client(cls.proxy)
        cls.direct.create_bucket(Bucket="large")

    def upload(self, client, key):
        """Half a GiB in one PUT, made as it is sent."""
        with client.connect() as connection:
            head = client.head("PUT", target("large", key), payload_hash=UNSIGNED_PAYLOAD)
            connection.sendall(head[:-2] + b"Content-Length: %d\r\n\r\n" % OBJECT)
            for number in range(OBJECT // MIB):
                connection.sendall(number_of(number))
                connection.sendall(REST)
            self.assertEqual(read_answer(connection, "PUT").status, 200)

    def scan(self, begin, end, counted, *, whole=False):
        """Reads [begin, end) of the object, each MiB compared; `whole` asks for it without a range."""
        headers = {} if whole else {"Range": f"bytes={begin}-{end - 1}"}
        block = bytearray(MIB)
        buffer = memoryview(block)
        with self.through.connect() as connection:
            connection.sendall(self.through.head("GET", target("large", "object"), headers))
            stream = connection.makefile("rb", buffering=0)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.read(1)
            self.assertIn(head.split(b" ")[1], (b"200", b"206"))
            for number in range(begin // MIB, end // MIB):
                filled = 0
                while filled < MIB:
                    count = stream.readinto(buffer[filled:])
                    self.assertTrue(count, "the answer ended")
                    filled += count
                if not (block.startswith(number_of(number)) and block.endswith(REST)):
                    counted.append(f"MiB {number} is not the object's")
                    return
            counted.append(end - begin)

    def test_a_scan_of_three_gib_stays_within_the_budget(self):
        self.upload(self.through, "object")
        half = OBJECT // 2
        # Twice whole, four times in two readers' ranges: neither order nor size of the reads fits the cache.
        counted = []
        for _ in range(2):
            self.scan(0, OBJECT, counted, whole=True)
        for step in (16 * MIB, 3 * MIB, MIB, 64 * MIB):
            readers = [
                threading.Thread(target=self.scan_in_steps, args=(begin, begin + half, step, counted))
                for begin in (0, half)
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        self.assertEqual([entry for entry in counted if isinstance(entry, str)], [])
        self.assertEqual(sum(counted), 6 * OBJECT)
        peak = self.proxy.process.resident_bytes(peak=True)
        self.assertLess(peak, CACHE + ALLOWANCE, f"{peak / MIB:.0f} MiB")
        self.assertGreater(peak, CACHE / 2, "a cache that holds next to nothing proves nothing")

    def scan_in_steps(self, begin, end, step, counted):
        for at in range(begin, end, step):
            self.scan(at, min(at + step, end), counted)


if __name__ == "__main__":
    scene.main()
