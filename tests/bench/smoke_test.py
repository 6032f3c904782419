"""Every measurement of `tools/bench` but those of engines and uploads, as small as can be: that it runs, that
every byte is right, and what the store is asked for. Times are not judged.

Usage: smoke_test.py FOLDER-OF-THE-BUILD
"""

import sys
import tempfile
import unittest
from pathlib import Path

from bench import bounds, connections, hits, memory, stampede, tell, tls
from bench.stand import Programs

BUILD = None


class SmokeTest(unittest.TestCase):
    def figures_of(self, module):
        """What the measurement gives. Wrong bytes, and requests that should not have been, are exceptions."""
        # Not in /tmp: the store keeps its metadata in extended attributes, which not every /tmp has.
        with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as work:
            options = module.parse_arguments(["--smoke"])
            figures, lines, checks = module.measure(options, Programs.below(BUILD), Path(work))
        self.assertTrue(lines)
        list(tell.verdicts(checks))
        return figures

    def assert_all_compared(self, by_label):
        for label, by_name in by_label.items():
            for name, rounds in by_name.items():
                for one in rounds:
                    self.assertGreater(one["compared"], 0, f"{label} {name}")
                    self.assertGreater(one["cpu_us"], 0, f"{label} {name}")

    def test_hits_are_right_and_ask_the_store_for_nothing(self):
        figures = self.figures_of(hits)
        self.assertEqual(list(figures), list(bounds.SIZES))
        self.assert_all_compared(figures)

    def test_hits_over_tls_are_right_and_ask_the_store_for_nothing(self):
        self.assert_all_compared(self.figures_of(tls))

    def test_new_connections_idle_ones_and_a_start_without_a_store(self):
        figures = self.figures_of(connections)
        self.assertGreater(figures["fresh"]["s3proxy"][0]["compared"], 0)
        self.assertEqual(figures["idle"]["s3proxy"]["connections"], 200)
        self.assertTrue(all(figures["starts_ms"].values()))

    def test_a_stampede_reaches_the_store_once(self):
        figures = self.figures_of(stampede)
        for by_name in figures.values():
            for one in by_name["s3proxy"]:
                self.assertEqual(one["compared"], 32)
                self.assertEqual(one["bytes"], one["asked_bytes"])
        self.assertEqual(figures["64 KiB"]["s3proxy"][0]["gets"], 1)

    def test_bytes_are_right_under_eviction_with_stalled_readers(self):
        over = self.figures_of(memory)["over_budget"]
        self.assertGreater(over["fetched"], over["budget"])
        self.assertGreater(over["compared_bytes"], memory.STALLED * memory.STALLED_PIECE)


if __name__ == "__main__":
    BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main()
