"""One pair of each kind that `engines` measures, on a small lake: answers and counts, no times.

Usage: engines_test.py PATH-OF-S3PROXY PATH-OF-LINK
"""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from bench import engines, figures, tell
from bench.lakes import Lake
from bench.scene import OTHERS, Scene

PROGRAM = LINK = None
QUICK = {"first_byte_ms": 2, "megabytes_per_second": 400}


class EnginesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Not in /tmp: the store keeps its metadata in extended attributes, which not every /tmp has.
        below = PROGRAM.parent / "e2e"
        below.mkdir(exist_ok=True)
        cls.work = Path(tempfile.mkdtemp(prefix="engines-", dir=below))
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.lake = Lake(7, scale=0.05, folder=cls.work / "lake")
        cls.lake.make()
        cls.scene = cls.enterClassContext(Scene(cls.work, PROGRAM, LINK, cls.lake, **QUICK))
        cls.scene.load()
        cls.queries = {query.name: query for query in cls.lake.queries()}

    def measure(self, *arguments, query="glob", mode=None):
        parsed = engines.parse_arguments(["--pairs", "1", "--no-nginx", *arguments])
        self.scene.mode = mode
        return engines.measure(parsed, self.scene, [self.queries[query]])

    def test_a_pair_counts_what_each_way_asked_the_store_for(self):
        (row,) = self.measure(mode="off")
        direct, cold, warm = (row.crossed[way] for way in ("direct", "cold", "warm"))
        files = self.lake.shape.parts.files
        self.assertGreaterEqual(direct.requests, files)
        self.assertEqual(cold.lists, direct.lists)
        self.assertGreaterEqual(cold.requests, files)
        self.assertEqual(cold.speculative_requests, 0)
        self.assertGreaterEqual(cold.object_bytes, direct.object_bytes)
        self.assertEqual((warm.requests, warm.object_bytes), (warm.lists, 0))
        self.assertEqual(len(list(tell.table([row]))), 2)
        checks = {check.what: check for check in figures.cold_checks([row], own_lake=False)}
        self.assertEqual(checks[f"glob: origin requests ({direct.requests} direct)"].verdict, "met")

    def test_polars_gives_the_same_answer_both_ways(self):
        (row,) = self.measure(query="polars-columns")
        self.assertGreater(row.crossed["cold"].object_bytes, 0)

    def test_other_files_are_fetched_though_their_table_is_known(self):
        first, second = next(both for both in self.lake.on_other_files() if both[0].name == "hive")
        parsed = engines.parse_arguments(["--pairs", "1"])
        (row,) = engines.measure(parsed, self.scene, [second], OTHERS, [first])
        self.assertGreater(row.crossed["direct"].requests, self.lake.shape.hive.files)
        self.assertGreater(row.crossed["cold"].requests, row.crossed["cold"].lists)

    def test_behind_a_near_link_read_ahead_is_compared_with_none(self):
        (row,) = self.measure("--link", "near")
        self.assertEqual(list(row.seconds), ["direct", "off", "cold", "warm"])
        self.assertEqual(row.ratios, [row.seconds["cold"] / row.seconds["off"]])


if __name__ == "__main__":
    PROGRAM, LINK = (Path(sys.argv.pop(1)).resolve() for _ in range(2))
    unittest.main()
