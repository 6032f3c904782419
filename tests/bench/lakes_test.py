"""Drawn lakes: the same from the same seed, unlike each other, and never too large."""

import unittest

import duckdb
from rig import lake
from rig.queries import QUERIES

from bench import lakes

SEEDS = range(200)
LARGEST = 700  # MB
SEED_7 = (
    "row groups of 49152, sorted by l_partkey; single 1 x 920792 rows, 31 columns, 175 MB; "
    "parts 8 x 26114 rows, 40 columns, 75 MB; hive 124 x 2954 rows, 37 columns, 113 MB"
)
SEED_7_LOOKUP = (
    "SELECT l_extendedprice, l_discount, f_10, l_commitdate, l_tax"
    " FROM 's3://{{bucket}}/single/lineitem.parquet'"
    " WHERE l_partkey BETWEEN 127638 AND 127658 ORDER BY ALL"
)


class DrawnLakesTest(unittest.TestCase):
    def test_a_seed_draws_the_same_lake_every_time(self):
        for seed in SEEDS:
            self.assertEqual(repr(lakes.draw(seed)), repr(lakes.draw(seed)))

    def test_what_seed_7_draws_does_not_change(self):
        """Measurements on drawn lakes are compared over time."""
        shape = lakes.draw(7)
        self.assertEqual(shape.describe(), SEED_7)
        self.assertEqual(shape.texts["lookup"], SEED_7_LOOKUP)

    def test_seeds_differ_in_everything_that_may_be_tuned_to(self):
        shapes = [lakes.draw(seed) for seed in range(20)]
        for what in ("row_group", "sort_key"):
            self.assertGreater(len({getattr(shape, what) for shape in shapes}), 2, what)
        for name in ("single", "parts", "hive"):
            self.assertGreater(len({getattr(shape, name).columns for shape in shapes}), 15, name)
        for query in QUERIES:
            self.assertGreater(len({shape.texts[query.name] for shape in shapes}), 3, query.name)

    def test_no_lake_is_too_large_and_none_is_a_single_row_group(self):
        for seed in SEEDS:
            shape = lakes.draw(seed)
            tables = (shape.single, shape.parts, shape.hive)
            self.assertLess(sum(table.megabytes() for table in tables), LARGEST, seed)
            self.assertGreater(shape.single.rows, 2 * shape.row_group, seed)

    def test_every_query_reads_its_own_lake(self):
        """Each runs on a few rows of each table, as the engine would, with a folder for a bucket."""
        for seed in range(8):
            drawn = lakes.Lake(seed)
            engine = duckdb.connect()
            engine.execute(lake.PICK)
            for name in ("single", "parts", "hive"):
                table = getattr(drawn.shape, name)
                few = lakes.Table(1, 50, table.columns, table.fillers)
                engine.execute(f"CREATE TABLE {name} AS {drawn.rows(few, 0, drawn.shape.sort_key)}")
                self.assertEqual(
                    tuple(row[0] for row in engine.execute(f"DESCRIBE {name}").fetchall()), table.columns
                )
            for query in drawn.queries():
                if query.engine == "duckdb":
                    engine.execute(self.on_tables(query))

    @staticmethod
    def on_tables(query):
        text = query.text.format(bucket="b")
        text = text.replace(
            "read_parquet('s3://b/hive/*/*.parquet', hive_partitioning = true)",
            "(SELECT 1 AS month, * FROM hive)",
        )
        text = text.replace("'s3://b/single/lineitem.parquet'", "single")
        return text.replace("'s3://b/parts/*.parquet'", "parts")

    def test_the_other_files_are_of_the_same_tables_in_two_halves(self):
        for drawn in (lakes.Lake(3), lakes.Lake()):
            pairs = list(drawn.on_other_files())
            self.assertEqual({first.name for first, _ in pairs}, {"glob", "hive", "polars-hive"})
            for first, second in pairs:
                self.assertNotEqual(first.text, second.text)
                self.assertEqual(first.text.replace("parts/0", "parts/1").replace("=0*", "=1*"), second.text)


if __name__ == "__main__":
    unittest.main()
