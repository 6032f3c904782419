"""The arithmetic of the engine measurements, on figures made up for it."""

import unittest

from rig.queries import QUERIES, Query

from bench import figures, tell
from bench.figures import MIB, Check, Crossed, Sample
from bench.scene import read_ahead_metrics

QUERY = Query("glob", "a glob", "duckdb", "parts", 41)


def crossed(requests=10, megabytes=1, lists=0, list_bytes=0):
    return Crossed(requests, lists, megabytes * MIB + list_bytes, list_bytes)


def pair(direct, cold, *, asked=None, fetched=None, told=None):
    return {"direct": Sample(direct, asked), "cold": Sample(cold, fetched, told)}


def row_of(name, ratio, *, asked=None, fetched=None):
    query = Query(name, name, "duckdb", "", 0)
    return figures.row(query, [pair(1.0, ratio, asked=asked, fetched=fetched)], "cold", "direct")


def verdicts(checks):
    return {check.what: check.verdict for check in checks}


class RowTest(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians(self):
        # A machine that slows down: each pair says one half, the medians of the columns would not.
        row = figures.row(QUERY, [pair(1, 0.5), pair(2, 1.0), pair(10, 20), pair(4, 2)], "cold", "direct")
        self.assertEqual(row.ratio, 0.5)
        self.assertEqual(row.seconds, {"direct": 3, "cold": 1.5})

    def test_pairs_that_did_not_wait_for_the_link_count_nothing(self):
        pairs = [
            pair(1, 1, asked=crossed(10), fetched=crossed(4)),
            pair(1, 1, asked=crossed(10), fetched=crossed(6)),
            pair(1, 1, asked=crossed(10), fetched=crossed(5)),
            pair(1, 1),
        ]
        row = figures.row(QUERY, pairs, "cold", "direct")
        self.assertEqual(row.crossed["cold"].requests, 5)
        self.assertNotIn("cold", figures.row(QUERY, pairs[3:], "cold", "direct").crossed)

    def test_what_s3proxy_told_is_the_median_too(self):
        told = [{"used": 1.0}, {"used": 5.0}, {"used": 3.0}]
        row = figures.row(QUERY, [pair(1, 1, told=one) for one in told], "cold", "direct")
        self.assertEqual(row.told, {"used": 3.0})


class WasteTest(unittest.TestCase):
    def test_waste_is_what_came_beyond_what_was_asked_for_listings_apart(self):
        asked = crossed(megabytes=3, list_bytes=500)
        fetched = crossed(megabytes=5, list_bytes=90_000)
        self.assertEqual(figures.wasted(asked, fetched), 2 * MIB)

    def test_fetching_less_than_direct_wastes_nothing(self):
        self.assertEqual(figures.wasted(crossed(megabytes=3), crossed(megabytes=2)), 0)

    def test_a_query_may_waste_64_mib_and_what_it_asked_for(self):
        asked = crossed(megabytes=10)
        within = figures.cost_checks([row_of("glob", 1, asked=asked, fetched=crossed(megabytes=84))], "cold")
        beyond = figures.cost_checks([row_of("glob", 1, asked=asked, fetched=crossed(megabytes=85))], "cold")
        self.assertEqual(verdicts(within)["glob: waste"], "met")
        self.assertEqual(verdicts(beyond)["glob: waste"], "BROKEN")

    def test_ranges_that_overlap_are_asked_for_once(self):
        self.assertEqual(figures.covered([(10, 20), (0, 5), (15, 30), (16, 18), (30, 31)]), 5 + 21)
        self.assertEqual(figures.covered([]), 0)

    def test_every_form_of_a_range_is_understood(self):
        for text, expected in {
            "-": (0, 100),
            "bytes=0-0": (0, 1),
            "bytes=10-": (10, 100),
            "bytes=-8": (92, 100),
            "bytes=-800": (0, 100),
            "bytes=90-200": (90, 100),
        }.items():
            self.assertEqual(figures.range_of(text, 100), expected, text)

    def test_the_log_of_a_link_tells_the_bytes_that_were_asked_for(self):
        log = [
            "0.1\t1\tHEAD\t/b/k\t-",
            "0.1\t1\tGET\t/b/k\tbytes=0-9",
            "0.1\t2\tGET\t/b/k\tbytes=5-14",
            "0.1\t2\tGET\t/b/other\tbytes=-4",
            "0.1\t2\tGET\t/b?list-type=2\t-",
        ]
        self.assertEqual(figures.asked_bytes(log, {"/b/k": 1000, "/b/other": 50}), 15 + 4)


class ChecksTest(unittest.TestCase):
    def rows(self, ratio, **costs):
        return [row_of(query.name, ratio, **costs) for query in QUERIES]

    def test_a_must_is_broken_and_a_goal_is_missed(self):
        self.assertEqual(Check("", 0.25, 0.25, 0.30).verdict, "met")
        self.assertEqual(Check("", 0.27, 0.25, 0.30).verdict, "missed")
        self.assertEqual(Check("", 0.31, 0.25, 0.30).verdict, "BROKEN")
        self.assertEqual(Check("", 1.2, must=1.05).verdict, "BROKEN")

    def test_every_query_has_a_goal(self):
        self.assertEqual(set(figures.GOALS), {query.name for query in QUERIES})

    def test_the_mean_is_geometric(self):
        self.assertAlmostEqual(figures.mean_ratio([row_of("glob", 0.1), row_of("hive", 0.9)]), 0.3)

    def test_one_row_above_its_bound_breaks_a_must_whatever_the_mean(self):
        rows = self.rows(0.1)
        rows[2] = row_of(rows[2].name, 1.06)
        broken = [
            check.what for check in figures.cold_checks(rows, own_lake=True) if check.verdict == "BROKEN"
        ]
        self.assertEqual(broken, [f"{rows[2].name}: cold / direct"])

    def test_a_part_of_the_seven_has_no_mean_and_no_sum(self):
        rows = self.rows(0.1, asked=crossed(10), fetched=crossed(9))
        self.assertIn("geometric mean: cold / direct", verdicts(figures.cold_checks(rows, own_lake=True)))
        some = verdicts(figures.cold_checks(rows[:3], own_lake=True))
        self.assertFalse([what for what in some if "mean" in what or "of all" in what])

    def test_a_drawn_lake_has_musts_alone_for_its_queries(self):
        checks = list(figures.cold_checks(self.rows(0.9), own_lake=False))
        self.assertEqual({check.goal for check in checks if check.what.startswith("hive")}, {None})

    def test_requests_are_to_be_fewer_than_direct_in_sum_and_twice_at_most(self):
        equal = verdicts(figures.cost_checks(self.rows(1, asked=crossed(10), fetched=crossed(10)), "cold"))
        self.assertEqual(equal["origin requests of all (70 direct)"], "BROKEN")
        self.assertEqual(equal["hive: origin requests (10 direct)"], "met")
        many = verdicts(figures.cost_checks(self.rows(1, asked=crossed(10), fetched=crossed(21)), "cold"))
        self.assertEqual(many["hive: origin requests (10 direct)"], "BROKEN")

    def test_lean_is_held_to_its_bytes_and_its_mean(self):
        good = figures.lean_checks(self.rows(0.4, asked=crossed(megabytes=10), fetched=crossed(megabytes=13)))
        self.assertEqual(set(verdicts(good).values()), {"met"})
        bad = figures.lean_checks(self.rows(0.46, asked=crossed(megabytes=10), fetched=crossed(megabytes=14)))
        self.assertEqual(set(verdicts(bad).values()), {"missed"})


class TellTest(unittest.TestCase):
    def test_what_was_not_measured_has_no_column(self):
        bare = list(tell.table([row_of("glob", 0.5)]))
        self.assertEqual(bare[0].split(), ["query", "direct", "s", "cold", "s", "cold/direct"])
        row = row_of("glob", 0.5, asked=crossed(megabytes=1), fetched=crossed(megabytes=2))
        self.assertIn("wasted MB", list(tell.table([row]))[0])

    def test_metrics_are_summed_over_their_labels(self):
        text = (
            "# TYPE s3proxy_read_ahead_used_bytes_total counter\n"
            's3proxy_read_ahead_used_bytes_total{kind="tail"} 10\n'
            's3proxy_read_ahead_used_bytes_total{kind="columns"} 32\n'
            "s3proxy_read_ahead_wasted_bytes_total 7\n"
            "s3proxy_read_ahead_other_bytes_total 9\n"
        )
        self.assertEqual(read_ahead_metrics(text), {"used": 42, "wasted": 7})
        self.assertIsNone(read_ahead_metrics("up 1\n"))


if __name__ == "__main__":
    unittest.main()
