"""What is read before anybody asks: the answers stay the store's, and what it costs is bounded and shown.

Nothing here looks at a clock: what is fast is measured elsewhere.
"""

import re
import subprocess
from urllib.parse import unquote

from rig import engines, lake, store_client
from rig.engines import run_query
from rig.process import LOOPBACK
from rig.queries import DUCKDB, QUERIES, Query
from rig.servers import Link

import scene
from admin_pages import look, metrics_of
from scene import MIB, eventually
from signed import target
from small_lake import HIVE_FILES, HIVE_ROWS, SmallLake

BY_NAME = {query.name: query for query in QUERIES}
HIVE = [BY_NAME["hive"], BY_NAME["polars-hive"]]
CELL = 16 * 1024
FOOTER = 64 * 1024


class ReadAheadTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lake = SmallLake(cls.work / "lake")
        files = cls.lake.make("hive", "parts", "single")
        for query in QUERIES:
            chosen = {key: path for key, path in files.items() if key.startswith(query.files)}
            store_client.upload(cls.direct, query.name, chosen)
        cls.sizes = {key: path.stat().st_size for key, path in files.items()}

    def start_watched(self, *arguments, **link):
        """For one test: a link with a log of its own, s3proxy behind it, and the port of its admin pages."""
        work = self.work / self.id().rpartition(".")[2] / str(len(list(self.work.iterdir())))
        work.mkdir(parents=True)
        options = {"first_byte_ms": 2, "megabytes_per_second": 400, "log": work / "requests.log"} | link
        between = Link(work, scene.LINK_PROGRAM, self.store.address, **options)
        between.start()
        self.addCleanup(between.stop)
        daemon = self.start_own_proxy("--admin-address", f"{LOOPBACK}:0", *arguments, to=between)
        daemon.wait_for_check()
        between.requests = work / "requests.log"
        scene.settled(between)
        between.reset()
        port = int(re.search(r"^admin +http://127\.0\.0\.1:(\d+)/", daemon.said(), re.M)[1])
        return between, daemon, port

    @staticmethod
    def asked(link, since=0):
        """(method, target, range) of each request that the link passed, behind the first `since`."""
        return [tuple(line.split("\t")[2:]) for line in link.requests.read_text().splitlines()[since:]]

    def size_of(self, path):
        """Of the object of the lake that a request names."""
        return self.sizes.get(path.partition("/")[2].partition("/")[2])

    def fetched(self, link, since=0):
        """{path: spans} of the objects' bytes that the link was asked for, a suffix as what it is of them."""
        spans = {}
        for method, where, field in self.asked(link, since):
            path = unquote(where.partition("?")[0])
            size = self.size_of(path)
            if method == "GET" and size:
                first, _, last = ("0-" if field == "-" else field.removeprefix("bytes=")).partition("-")
                begin = int(first) if first else max(0, size - int(last))
                end = min(int(last) + 1, size) if first and last else size
                spans.setdefault(path, []).append((begin, end))
        return spans

    def test_a_first_run_gives_the_answers_of_the_store_for_no_more_requests(self):
        for query in HIVE:
            with self.subTest(query=query.title):
                link, daemon, _ = self.start_watched()
                expected = run_query(query, link.address).rows
                self.assertTrue(expected and all(expected[0]), "a query that finds nothing proves nothing")
                direct = scene.settled(link)
                link.reset()
                self.assertEqual(run_query(query, daemon.address).rows, expected)
                through = scene.settled(link)
                self.assertGreater(through["speculative_requests"], 0)
                self.assertLessEqual(through["requests"], direct["requests"])
                link.reset()
                self.assertEqual(run_query(query, daemon.address).rows, expected)
                self.assertEqual(scene.settled(link)["requests"], through["list_requests"])

    def test_a_head_and_the_footer_behind_it_cost_one_request(self):
        link, daemon, _ = self.start_watched()
        where = "parts/part-3.parquet"
        origin, through = self.client(self.store), self.client(daemon)
        for headers in ({"Range": f"bytes=-{FOOTER}"}, {"Range": f"bytes={self.sizes[where] - 8}-"}):
            path = target("glob", where)
            head, expected = origin.send("HEAD", path), origin.get(path, headers)
            got = through.send("HEAD", path)
            for name in ("content-length", "etag", "last-modified", "content-type", "accept-ranges"):
                self.assertEqual(got[name], head[name], name)
            self.assertIsNone(got["content-range"])
            answer = through.get(path, headers)
            self.assertEqual((answer.status, answer.body), (206, expected.body))
        self.assertEqual(scene.settled(link)["requests"], 1, self.asked(link))

    def test_off_asks_for_what_was_asked_for_and_nothing_else(self):
        link, daemon, port = self.start_watched("--read-ahead", "off")
        key = "parts/part-0.parquet"
        size = self.sizes[key]
        path = target("glob", key)
        through = self.client(daemon)
        before = len(self.asked(link))
        through.get(target("glob", "", "list-type=2&prefix=parts%2F"))
        through.send("HEAD", path)
        through.get(path, {"Range": f"bytes={size - FOOTER}-{size - 1}"})
        through.get(path, {"Range": f"bytes=4-{5 * CELL - 1}"})
        scene.settled(link)
        begin = (size - FOOTER) // CELL * CELL
        self.assertEqual(
            self.asked(link, before),
            [
                ("GET", "/glob?list-type=2&prefix=parts%2F", "-"),
                ("HEAD", path, "-"),
                ("GET", path, f"bytes={begin}-{size - 1}"),
                ("GET", path, f"bytes=0-{5 * CELL - 1}"),
            ],
        )
        for query in HIVE:
            run_query(query, daemon.address)
        self.assertEqual(scene.settled(link)["speculative_requests"], 0)
        told = metrics_of(look(port, "/-/metrics")[1])
        self.assertEqual(told["s3proxy_read_ahead_speculated_bytes_total"], 0)

    def test_metadata_reads_the_ends_of_files_and_no_data_of_columns(self):
        for query in (BY_NAME["glob"], BY_NAME["hive"]):
            with self.subTest(query=query.title):
                needed = {}
                for mode in ("off", "metadata"):
                    link, daemon, _ = self.start_watched("--read-ahead", mode)
                    run_query(query, daemon.address)
                    counted = scene.settled(link)
                    self.assertEqual(counted["speculative_requests"] > 0, mode == "metadata")
                    needed[mode] = self.fetched(link)
                self.assertEqual(needed["metadata"].keys(), needed["off"].keys())
                for path, spans in needed["metadata"].items():
                    size = self.size_of(path)
                    asked = {
                        cell
                        for begin, end in needed["off"].get(path, [])
                        for cell in range(begin // CELL, -(-end // CELL))
                    }
                    for begin, end in spans:
                        cells = set(range(begin // CELL, -(-end // CELL)))
                        self.assertTrue(end == size or cells <= asked, f"{path}: [{begin}, {end}) of {size}")

    def test_the_pages_of_the_admin_address_tell_of_it(self):
        _, daemon, port = self.start_watched()
        self.assertEqual(look(port, "/-/read-ahead")[1], "read-ahead: full\n")
        totals = []
        for query in HIVE:
            run_query(query, daemon.address)
            page = look(port, "/-/read-ahead")[1]
            self.assertRegex(page, re.compile(f"^{query.name}/hive/ as ", re.M))
            told = metrics_of(look(port, "/-/metrics")[1])
            totals.append([told[f"s3proxy_read_ahead_{what}_bytes_total"] for what in ("speculated", "used")])
            self.assertLessEqual(totals[-1][1], totals[-1][0])
        self.assertGreater(totals[0][1], 0)
        self.assertGreater(totals[1][0], totals[0][0])
        self.assertGreater(totals[1][1], totals[0][1])

    def killed(self, bucket, at):
        """Bytes that the store sent, and that were passed on, of a query whose engine dies once so many came
        ahead of it."""
        link, daemon, _ = self.start_watched(first_byte_ms=30, total_megabytes_per_second=40)
        text = "SELECT sum(a), sum(b), sum(c), sum(d) FROM 's3://{bucket}/hashes.parquet'"
        query = Query(bucket, "cancelled", "duckdb", "", 0, text)
        arguments, env = engines.command(query, daemon.address)
        with subprocess.Popen(arguments, env=env, stdout=subprocess.DEVNULL) as engine:
            try:
                begun = eventually(lambda: link.counters()["speculative_response_body_bytes"] > at)
            finally:
                engine.kill()
        self.assertTrue(begun, "little was read ahead: the test proves nothing")
        fetched = link.wait_until_quiet(1.0)["response_body_bytes"]
        eventually(lambda: daemon.client_sockets() == 0)
        answers = [line for line in daemon.access_lines() if "op=GetObject" in line]
        return fetched, sum(int(re.search(r" bytes=(\d+)", line)[1]) for line in answers)

    def test_a_query_whose_engine_dies_stops_what_is_read_ahead_of_it(self):
        bucket = self.new_bucket()
        # Nothing of it compresses: 32 bytes a row.
        rows = "SELECT hash(n) a, hash(n, 1) b, hash(n, 2) c, hash(n, 3) d FROM range(2000000) t(n)"
        path = self.lake.write("hashes.parquet", rows)
        self.direct.upload_file(str(path), bucket, "hashes.parquet")
        fetched, delivered = self.killed(bucket, 2 * MIB)
        self.assertLessEqual(fetched - delivered, 8 * MIB)
        fetched, _ = self.killed(bucket, 12 * MIB)
        self.assertLess(fetched, path.stat().st_size * 3 // 4)

    def test_objects_rewritten_between_two_queries_give_the_new_answer(self):
        _, daemon, _ = self.start_watched()
        bucket = self.new_bucket()
        query = Query(bucket, "rewritten", "duckdb", "hive", 0, DUCKDB["hive"])
        rows = HIVE_FILES * HIVE_ROWS
        for generation, row_group in ((1, 200), (2, 2_000), (3, 100)):
            for number in range(4):
                begin = (number + generation) * HIVE_ROWS
                path = self.lake.write(
                    f"rewritten/{generation}/{number}.parquet",
                    lake.line_items(begin, begin + HIVE_ROWS, rows),
                    row_group,
                )
                key = f"hive/month={number}/data.parquet"
                self.direct.upload_file(str(path), bucket, key)
            expected = run_query(query, self.store.address).rows
            self.assertEqual(run_query(query, daemon.address).rows, expected, generation)


if __name__ == "__main__":
    scene.main()
