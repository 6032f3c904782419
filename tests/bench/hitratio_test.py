"""The arithmetic of the hit ratios, and a small run of the program itself.

    hitratio_test.py S3PROXY-HITRATIO
"""

import statistics
import sys
import unittest

from bench import hitratio

PROGRAM = None


def cache(mix="mixed", size=0.05, seed=1, **ratios):
    return {
        "mix": mix,
        "size": size,
        "seed": seed,
        "footprint": 1 << 30,
        "ratios": {name: {"requests": value, "bytes": value / 2} for name, value in ratios.items()},
    }


class Arithmetic(unittest.TestCase):
    def test_points_are_differences_in_per_cent(self):
        caches = [cache(lru=0.2, s3_fifo=0.25, belady=0.4), cache(lru=0.3, s3_fifo=0.29, belady=0.5)]
        self.assertEqual([round(p, 6) for p in hitratio.points(caches, "s3_fifo")], [5.0, -1.0])
        self.assertEqual([round(p, 6) for p in hitratio.points(caches, "s3_fifo", unit="bytes")], [2.5, -0.5])
        self.assertAlmostEqual(hitratio.share_of_gap(caches), 10.0)

    def test_no_gap_is_no_share(self):
        self.assertEqual(hitratio.share_of_gap([cache(lru=0.2, s3_fifo=0.2, belady=0.2)]), 0.0)

    def verdicts(self, caches, stored):
        return [holds for *_, holds in hitratio.checks(caches, stored)]

    def test_each_goal_can_be_missed(self):
        good = [cache(seed=seed, lru=0.2, s3_fifo=0.25, belady=0.4) for seed in (1, 2)]
        same = [cache(s3_fifo=0.2, store=0.205)]
        self.assertEqual(self.verdicts(good, same), [True] * 4)
        weak = [cache(lru=0.2, s3_fifo=0.23, belady=0.4)]
        self.assertEqual(self.verdicts(weak, same), [False, True, True, True])
        uneven = [*good, cache(seed=3, lru=0.2, s3_fifo=0.21, belady=0.4)]
        self.assertEqual(self.verdicts(uneven, same), [True, False, True, True])
        elsewhere = [*good, cache("etl", 0.6, lru=0.2, s3_fifo=0.18, belady=0.4)]
        self.assertEqual(self.verdicts(elsewhere, same), [True, True, False, True])
        self.assertEqual(self.verdicts(good, [cache(s3_fifo=0.2, store=0.18)]), [True, True, True, False])

    def test_recorded_requests_are_not_among_the_drawn_ones(self):
        caches = [cache(lru=0.2, s3_fifo=0.25, belady=0.4), cache(hitratio.ENGINES, lru=0.2, s3_fifo=0.21, belady=0.4)]
        self.assertEqual(self.verdicts(caches, [cache(s3_fifo=0.2, store=0.2)]), [True] * 4)


class Program(unittest.TestCase):
    def test_a_small_run_is_repeatable_and_the_real_store_agrees_with_its_simulation(self):
        caches = hitratio.play(PROGRAM, "mixed", 1, 1, 10_000, "--store")
        self.assertEqual(caches, hitratio.play(PROGRAM, "mixed", 1, 1, 10_000, "--store"))
        self.assertEqual([one["size"] for one in caches], [0.015, 0.05, 0.2, 0.6])
        for one in caches:
            ratios = {name: ratio["bytes"] for name, ratio in one["ratios"].items()}
            self.assertGreater(ratios["belady"], max(ratios["lru"], ratios["s3_fifo"]))
        stored = [one for one in caches if "store" in one["ratios"]]
        self.assertGreater(len(stored), 1)
        for one in stored:
            self.assertLessEqual(abs(hitratio.points([one], "store", "s3_fifo")[0]), hitratio.AGREEMENT)

    def test_at_a_twentieth_of_the_footprint_the_policy_beats_an_lru(self):
        caches = [one for seed in (1, 2) for one in hitratio.play(PROGRAM, "mixed", seed, 2, 20_000)]
        over = hitratio.points(hitratio.select(caches, size=hitratio.JUDGED_SIZE), "s3_fifo")
        self.assertGreater(statistics.mean(over), hitratio.MEAN_GOAL)

    def test_recorded_requests_are_played(self):
        for one in hitratio.play(PROGRAM, hitratio.ENGINES, 1, 1, 5_000):
            self.assertGreater(one["footprint"], 100 << 20)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop()
    unittest.main()
