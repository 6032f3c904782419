"""The arithmetic of the measurements of hits, and how requests and the kernel's figures are written and
read."""

import statistics
import tempfile
import unittest
from pathlib import Path

from rig.signing import Signer

from bench import bounds, generator, meter, stampede

ADDRESS = "127.0.0.1:3000"


def rounds(*costs):
    return [{"cpu_us": cost, "requests_per_second": 1e6 / cost} for cost in costs]


class BoundsTest(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios_not_of_the_medians(self):
        both = {"s3proxy": rounds(10, 40, 30), "nginx": rounds(20, 40, 50)}
        self.assertEqual(bounds.ratios(both, "s3proxy", "nginx"), [0.5, 1.0, 0.6])
        self.assertEqual(bounds.ratio(both, "s3proxy", "nginx"), 0.6)
        self.assertNotEqual(statistics.median([10, 40, 30]) / statistics.median([20, 40, 50]), 0.6)

    def test_each_size_is_told_beside_the_better_nginx(self):
        small = {"s3proxy": 15, "nginx 256k": 20, "nginx 1m": 25, "varnish": 9}
        large = {"s3proxy": 90, "nginx 256k": 120, "nginx 1m": 100, "varnish": 9}
        figures = {
            label: {name: rounds(cost) for name, cost in costs.items()}
            for label, costs in (("4 KiB", small), ("1 MiB", large))
        }
        small, large = bounds.ratio_checks(figures, bounds.HIT_BOUNDS)
        self.assertEqual((small.measured, small.goal, small.must), (0.75, 0.65, 0.80))
        self.assertEqual(small.verdict, "missed")
        self.assertIn("nginx 256k", small.what)
        self.assertEqual((large.measured, large.verdict), (0.9, "BROKEN"))
        self.assertIn("nginx 1m", large.what)

    def test_without_nginx_there_is_a_table_and_no_check(self):
        figures = {"HEAD": {"s3proxy": rounds(7), "varnish": rounds(9)}}
        self.assertEqual(list(bounds.ratio_checks(figures, bounds.HIT_BOUNDS)), [])
        self.assertEqual(len(list(bounds.hit_lines(figures))), 2)

    def test_two_workers_may_cost_what_nginx_makes_of_it_and_a_little(self):
        figures = {
            "4 KiB": {
                "s3proxy": rounds(10, 10),
                "s3proxy x2": rounds(12, 12),
                "nginx": rounds(20, 20),
                "nginx x2": rounds(22, 22),
            }
        }
        (check,) = bounds.scaling_checks(figures)
        self.assertAlmostEqual(check.must, 1.15)
        self.assertEqual(check.verdict, "BROKEN")

    def test_a_second_get_for_a_small_range_is_told_by_the_smoke_test(self):
        once = {"gets": 1, "bytes": 4, "asked_bytes": 4}
        good = {"64 KiB": {"s3proxy": [once]}, "16 MiB": {"s3proxy": [{**once, "gets": 8}]}}
        stampede.assert_counts(good)
        for label, change in (("64 KiB", {"gets": 2}), ("16 MiB", {"bytes": 5})):
            with self.assertRaises(stampede.stand.UnexpectedRequests):
                stampede.assert_counts({**good, label: {"s3proxy": [{**once, **change}]}})


class RequestsTest(unittest.TestCase):
    def test_random_parts_are_aligned_within_the_object_and_all_different(self):
        parts = generator.random_parts(1 << 20, 4096)
        self.assertEqual(len({one.offset for one in parts}), 256)
        self.assertTrue(all(one.offset % 4096 == 0 and one.offset < 1 << 20 for one in parts))
        self.assertEqual(parts, generator.random_parts(1 << 20, 4096))
        self.assertNotEqual(parts, sorted(parts, key=lambda one: one.offset))

    def test_a_whole_object_ends_with_what_is_left(self):
        sizes = [(one.offset, one.size) for one in generator.whole(10, 4)]
        self.assertEqual(sizes, [(0, 4), (4, 4), (8, 2)])

    def test_a_file_of_requests_says_for_each_what_must_come(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "requests"
            generator.write_requests(path, ADDRESS, [generator.part(8192, 4096), generator.head(999)])
            text = path.read_bytes()
        line, _, rest = text.partition(b"\n")
        status, length, offset, size = map(int, line.split())
        self.assertEqual((status, length, offset), (206, 4096, 8192))
        first, rest = rest[:size], rest[size:]
        self.assertTrue(first.startswith(b"GET /bench/data.bin HTTP/1.1\r\nhost: " + ADDRESS.encode()))
        self.assertIn(b"\r\nrange: bytes=8192-12287\r\n", first)
        self.assertTrue(first.endswith(b"\r\n\r\n"))
        self.assertTrue(rest.startswith(b"200 999 0 "))
        self.assertIn(b"\nHEAD /bench/data.bin", rest)

    def test_every_request_has_a_signature_of_its_own_and_a_peers_warm_up_none(self):
        signer = Signer(ADDRESS)
        one, other = (generator.part(at, 16).raw(signer) for at in (0, 16))
        self.assertNotEqual(one.partition(b"Signature=")[2], other.partition(b"Signature=")[2])
        self.assertNotIn(b"uthorization", generator.part(0, 16, signed=False).raw(signer))

    def test_options_become_flags(self):
        given = {"compare_every": 2, "tls": True, "rate": None, "count": 0, "stall": False}
        self.assertEqual(list(generator.flags(given)), ["--compare-every", "2", "--tls", "--count", "0"])


class MeterTest(unittest.TestCase):
    def test_the_cache_of_files_is_no_memory_of_the_server(self):
        stat = "cache 5000\nrss 100\ninactive_file 3000\nactive_file 1500\ntotal_active_file 9\n"
        self.assertEqual(meter.file_cache(stat), 4500)


if __name__ == "__main__":
    unittest.main()
