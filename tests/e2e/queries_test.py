"""The seven queries of the demo on a small lake: equal answers, and again without the store's bytes."""

import duckdb
from rig import lake, store_client
from rig.engines import run_query
from rig.queries import QUERIES

import scene

# Rows of the lake's one large file that hold what the queries look for: the year, and the lookup's order.
FIRST_ROW, END_ROW = 2_480_000, 3_020_000
ROW_GROUP = 30_720
PART_FILES, PART_ROWS = 8, 40_000
HIVE_FILES, HIVE_ROWS = 30, 2_000


def make_small_lake(folder):
    """The same tables with fewer rows: every query still reads several files or row groups."""
    writer = duckdb.connect()
    writer.execute("SET threads = 2")
    writer.execute(lake.PICK)

    def write(path, rows):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        writer.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})")

    write("single/lineitem.parquet", lake.line_items(FIRST_ROW, END_ROW, lake.SINGLE_ROWS))
    for kind, name, files, rows in (
        ("parts", "part-{}.parquet", PART_FILES, PART_ROWS),
        ("hive", "month={:02d}/data.parquet", HIVE_FILES, HIVE_ROWS),
    ):
        for number in range(files):
            begin = number * rows
            write(f"{kind}/{name.format(number)}", lake.line_items(begin, begin + rows, files * rows))


class QueriesTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link(first_byte_ms=2, megabytes_per_second=400)
        folder = cls.work / "lake"
        make_small_lake(folder)
        for query in QUERIES:
            store_client.upload(cls.direct, query.name, lake.files(folder, query.files))

    def test_answers_are_equal_and_the_second_time_the_store_is_asked_for_lists_alone(self):
        for query in QUERIES:
            with self.subTest(query=query.title):
                expected = run_query(query, self.store.address).rows
                self.assertTrue(expected and all(expected[0]), "a query that finds nothing proves nothing")
                scene.settled(self.link)
                self.link.reset()
                self.assertEqual(run_query(query, self.proxy.address).rows, expected)
                first = scene.settled(self.link)
                self.assertGreater(first["requests"] - first["list_requests"], 0)
                self.link.reset()
                self.assertEqual(run_query(query, self.proxy.address).rows, expected)
                second = scene.settled(self.link)
                self.assertEqual(second["requests"], second["list_requests"])
                self.assertEqual(second["list_requests"], first["list_requests"])


if __name__ == "__main__":
    scene.main()
