"""What is not one of the seven queries: single requests, text files, engines and queries that the rules were
not made for, guesses that never help, and lookups beside scans. Each measurement gives checks
(`figures.Check`).
"""

import contextlib
import http.client
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from rig import lake as rigs_lake
from rig import store_client
from rig.engines import CLIENTS_PYTHON, command, run_query
from rig.process import Process, clean_environment
from rig.queries import Query
from rig.servers import ROOT, Link
from rig.signing import raw_request, signed_headers

from bench import figures, hits, stand
from bench.figures import MIB, Check
from bench.lakes import sizes
from bench.scene import LAKE, QUIET, SETTLED, Way

BIG = f"/{LAKE}/single/lineitem.parquet"
RANGE_GOAL, FOOTER_TRIPS, TEXT_GOAL, FOREGROUND_MUST, HIT_MUST = 0.35, 1.35, 0.7, 1.15, 1.05
TEXT, DELTA = "text", "delta"  # buckets
TEXT_ROWS = {"csv": 2_200_000, "json": 750_000}  # about 300 MB each
READERS = {"csv": "read_csv", "json": "read_json"}
FOOTER = 64 << 10
SCANS, LOOKUPS, LOOKUP_BYTES = 8, 100, 4096
SCAN_COLUMNS = 4
SCAN_MEMORY = "128MiB"  # less than the file: a scan finds nothing of its last round
SCANS_UNDER_WAY = 1.5  # seconds
CANCELLED_AFTER = 12  # requests of the engine


def get(address, target, begin, end, connection=None):
    """Seconds of a GET of [begin, end), and the bytes; on a connection of its own unless one is given."""
    headers = signed_headers("GET", address, target, {"Range": f"bytes={begin}-{end - 1}"})
    started = time.perf_counter()
    with contextlib.ExitStack() as closing:
        used = connection or closing.enter_context(
            contextlib.closing(http.client.HTTPConnection(address, timeout=60))
        )
        used.request("GET", target, headers=headers)
        response = used.getresponse()
        body = response.read()
    if response.status != 206 or len(body) != end - begin:
        raise OSError(f"GET {target} at {address}: {response.status}, {len(body)} bytes")
    return time.perf_counter() - started, body


def cold_range(scene, pairs):
    """A closed range of 16 MiB that nobody has asked for."""
    ratios = []
    for _ in range(pairs):
        direct, expected = get(scene.link.address, BIG, 32 * MIB, 48 * MIB)
        with scene.s3proxy() as front:
            cold, body = get(front.address, BIG, 32 * MIB, 48 * MIB)
        if body != expected:
            raise OSError("a cold range had other bytes than direct")
        ratios.append(cold / direct)
    yield Check("cold closed range of 16 MiB: cold / direct", statistics.median(ratios), RANGE_GOAL)


def cold_footer(scene, pairs):
    """A HEAD, then the file's end, on one connection."""
    size = sizes(scene.lake.files())["single/lineitem.parquet"]
    trips, requests = [], []
    for _ in range(pairs):
        with (
            scene.s3proxy() as front,
            contextlib.closing(http.client.HTTPConnection(front.address)) as connection,
        ):
            scene.link.reset()
            headers = signed_headers("HEAD", front.address, BIG)
            started = time.perf_counter()
            connection.request("HEAD", BIG, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if int(answer.headers["Content-Length"]) != size:
                raise OSError("the HEAD tells another size")
            between = time.perf_counter() - started
            seconds, body = get(front.address, BIG, size - FOOTER, size, connection)
            trips.append((between + seconds) / (scene.link_options["first_byte_ms"] / 1e3))
            requests.append(scene.link.wait_until_quiet(QUIET)["requests"])
        if not body.endswith(b"PAR1"):
            raise OSError("the end of the file is not its end")
    yield Check("cold HEAD, then footer: origin requests", max(requests), 1)
    yield Check("cold HEAD, then footer: round trips", statistics.median(trips), FOOTER_TRIPS)


def ensure_bucket(scene, bucket, make):
    """Puts the files that `make(folder)` writes into a bucket, once."""
    client = store_client.connect(scene.store.url)
    stamp = scene.work / f"loaded-{bucket}"
    exists = bucket in [entry["Name"] for entry in client.list_buckets()["Buckets"]]
    if stamp.exists() and exists:
        return
    folder = scene.work / bucket
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    store_client.upload(client, bucket, files)
    shutil.rmtree(folder)
    stamp.touch()


def cold_query(scene, pairs, query, bucket, goal):
    """A query of an engine, in pairs; the first pair is counted."""
    ways = [Way("direct"), Way("cold", "s3proxy")]
    taken = [
        scene.pair(query, ways, bucket=bucket, counted=number == 0, reverse=number % 2 == 1)
        for number in range(pairs)
    ]
    row = figures.row(query, taken, "cold", "direct")
    direct, cold = row.crossed["direct"], row.crossed["cold"]
    crossed = (
        f"{cold.requests} requests for {direct.requests}, "
        f"{cold.bytes / 1e6:.0f} MB for {direct.bytes / 1e6:.0f}"
    )
    yield Check(f"{query.title}: cold / direct ({crossed})", row.ratio, goal)


def text_files(kind):
    def make(folder):
        writer = duckdb.connect()
        writer.execute(rigs_lake.PICK)
        for name, rows in TEXT_ROWS.items():
            items = rigs_lake.line_items(0, rows, rows)
            writer.execute(f"COPY ({items}) TO '{folder}/lineitem.{name}' (FORMAT {name})")

    def measure(scene, pairs):
        ensure_bucket(scene, TEXT, make)
        text = f"SELECT count(*), sum(l_quantity), max(l_comment) FROM {READERS[kind]}('s3://{{bucket}}/lineitem.{kind}')"
        query = Query(kind, f"DuckDB  {READERS[kind]}, 300 MB", "duckdb", kind, 0, text)
        yield from cold_query(scene, pairs, query, TEXT, TEXT_GOAL)

    return measure


def join(scene, pairs):
    text = """
        SELECT part.l_shipmode, count(*), sum(big.l_quantity)
        FROM 's3://{bucket}/single/lineitem.parquet' AS big
        JOIN 's3://{bucket}/parts/*.parquet' AS part USING (l_orderkey)
        WHERE part.l_discount > 0.08 GROUP BY ALL ORDER BY ALL"""
    query = Query("join", "DuckDB  join of two tables", "duckdb", "", 0, text)
    yield from cold_query(scene, pairs, query, LAKE, figures.ANY_ROW)


def pyarrow(scene, pairs):
    text = (
        "dataset.dataset(bucket + '/hive', filesystem=filesystem, format='parquet', partitioning='hive')"
        ".to_table(columns=['month', 'l_quantity'], filter=compute.field('l_shipmode') == 'MAIL')"
        ".group_by('month').aggregate([('l_quantity', 'sum')]).sort_by('month')"
    )
    query = Query("pyarrow", "pyarrow  scan of a dataset", "pyarrow", "", 0, text)
    yield from cold_query(scene, pairs, query, LAKE, figures.ANY_ROW)


MAKE_DELTA = """
import sys
from deltalake import write_deltalake
from pyarrow import dataset
write_deltalake(sys.argv[1], dataset.dataset(sys.argv[2]).to_table(), target_file_size=8 << 20)
"""


def deltalake(scene, pairs):
    def make(folder):
        command_line = [CLIENTS_PYTHON, "-c", MAKE_DELTA, folder, scene.lake.folder / "parts"]
        subprocess.run(command_line, env=clean_environment(), check=True)

    ensure_bucket(scene, DELTA, make)
    text = (
        "DeltaTable('s3://' + bucket, storage_options=options)"
        ".to_pyarrow_table(columns=['l_shipmode', 'l_quantity'])"
        ".group_by('l_shipmode').aggregate([('l_quantity', 'sum')]).sort_by('l_shipmode')"
    )
    query = Query("deltalake", "deltalake  scan of a table", "deltalake", "", 0, text)
    yield from cold_query(scene, pairs, query, DELTA, figures.ANY_ROW)


@contextlib.contextmanager
def witnessed(scene):
    """A fresh s3proxy behind a witness: a link without delay that notes what the client asks for. Gives the
    witness's address and a function that tells the waste so far, in bytes."""
    log = scene.work / "witness.log"
    log.unlink(missing_ok=True)
    objects = {f"/{LAKE}/{key}": size for key, size in sizes(scene.lake.files()).items()}
    with scene.s3proxy() as front:
        link = Link(
            scene.work / "witness",
            scene.link_program,
            front.address,
            first_byte_ms=0,
            megabytes_per_second=1e5,
            log=log,
        )
        with link:
            scene.link.wait_until_quiet(SETTLED)
            scene.link.reset()

            def waste():
                counters = scene.link.wait_until_quiet(QUIET)
                fetched = counters["response_body_bytes"] - counters["list_response_body_bytes"]
                return max(0, fetched - figures.asked_bytes(log.read_text().splitlines(), objects))

            yield link, waste


def never_helps(title, ask):
    def measure(scene, _):
        with witnessed(scene) as (link, waste):
            ask(scene, link)
            yield Check(
                f"waste of {title}", waste() / MIB, must=figures.WASTE_WHERE_IT_NEVER_HELPS / MIB, unit="MiB"
            )

    return measure


def ask_random_points(scene, link):
    chance, size = random.Random(5), sizes(scene.lake.files())["single/lineitem.parquet"]
    with contextlib.closing(http.client.HTTPConnection(link.address)) as connection:
        for _ in range(200):
            begin = chance.randrange(size - LOOKUP_BYTES)
            get(link.address, BIG, begin, begin + LOOKUP_BYTES, connection)


def ask_limit_1(_, link):
    text = "SELECT * FROM 's3://{bucket}/single/lineitem.parquet' LIMIT 1"
    run_query(Query("limit", "DuckDB  LIMIT 1", "duckdb", "", 0, text), link.address, bucket=LAKE)


def ask_and_cancel(scene, link):
    query = next(query for query in scene.lake.queries() if query.name == "all-rows")
    arguments, env = command(query, link.address, bucket=LAKE)
    with Process(arguments, scene.work / "cancelled.log", env=env) as engine:
        while link.counters()["requests"] < CANCELLED_AFTER:
            if not engine.is_running():
                raise OSError(f"the query to be cancelled had ended before:\n{engine.log_tail()}")
            time.sleep(0.002)
        engine.stop(9)


def scan_requests(scene, address):
    """For each scanning client: the raw requests of one scan, column chunks of one row group after the
    other."""
    path = scene.lake.files()["single/lineitem.parquet"]
    rows = (
        duckdb.connect()
        .execute(
            "SELECT row_group_id, column_id, coalesce(dictionary_page_offset, data_page_offset),"
            f" total_compressed_size FROM parquet_metadata('{path}') ORDER BY ALL"
        )
        .fetchall()
    )
    columns = 1 + max(row[1] for row in rows)
    for client in range(SCANS):
        wanted = {(client * SCAN_COLUMNS // 2 + at) % columns for at in range(SCAN_COLUMNS)}
        groups = {}
        for group, column, begin, length in rows:
            if column in wanted:
                headers = {"Range": f"bytes={begin}-{begin + length - 1}"}
                headers = signed_headers("GET", address, BIG, headers)
                groups.setdefault(group, []).append(raw_request("GET", address, BIG, headers))
        yield list(groups.values())


@contextlib.contextmanager
def scanning(scene, address):
    """Clients that scan the large file for as long as the context lasts."""
    log = scene.work / "scans.log"
    log.unlink(missing_ok=True)
    env = clean_environment(PYTHONPATH=str(Path(__file__).parents[1]))
    with contextlib.ExitStack() as scans:
        clients = []
        for number, groups in enumerate(scan_requests(scene, address)):
            task = scene.work / f"scan-{number}.json"
            task.write_text(json.dumps({"address": address, "groups": groups}))
            command_line = [sys.executable, "-m", "bench.scan_process", task]
            clients.append(scans.enter_context(Process(command_line, log, env=env)))
        time.sleep(SCANS_UNDER_WAY)
        yield
        if not all(client.is_running() for client in clients):
            raise OSError(f"a scan ended early:\n{clients[0].log_tail()}")


def lookups_beside_scans(scene, mode):
    """Seconds of each lookup of a ninth client in files that nobody scans, and bytes a second from the
    store."""
    files = [
        (f"/{LAKE}/{key}", size)
        for key, size in sizes(scene.lake.files()).items()
        if key.startswith("parts/")
    ]
    chance, taken = random.Random(9), []
    with scene.s3proxy(mode, memory=SCAN_MEMORY) as front, scanning(scene, front.address):
        scene.link.reset()
        begun = time.perf_counter()
        with contextlib.closing(http.client.HTTPConnection(front.address)) as connection:
            for _ in range(LOOKUPS):
                target, size = chance.choice(files)
                begin = chance.randrange(size - LOOKUP_BYTES)
                taken.append(get(front.address, target, begin, begin + LOOKUP_BYTES, connection)[0])
        rate = scene.link.counters()["response_body_bytes"] / (time.perf_counter() - begun)
    return taken, rate


def foreground(scene, pairs):
    """Eight clients scan, a ninth looks things up: with read-ahead and without."""
    if not scene.knows("--read-ahead"):
        return
    times, rates = {"on": [], "off": []}, {}
    for _ in range(max(1, pairs // 2)):
        for name, mode in (("off", "off"), ("on", None)):
            taken, rates[name] = lookups_beside_scans(scene, mode)
            times[name] += taken
    scans = f"beside {SCANS} scans (of {rates['on'] / 1e6:.0f} / {rates['off'] / 1e6:.0f} MB/s)"
    for name, figure in (("mean", statistics.mean), ("median", statistics.median)):
        on, off = figure(times["on"]), figure(times["off"])
        what = f"lookups {scans}: {name}, read-ahead on / off ({on * 1e3:.1f} / {off * 1e3:.1f} ms)"
        yield Check(what, on / off, must=FOREGROUND_MUST)


def warm_hit(scene, pairs):
    """CPU of a warm hit of 4 KiB with read-ahead and without."""
    if not scene.knows("--read-ahead"):
        return
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        programs = stand.Programs.below(Path(scene.program).parent)
        with stand.Stand(Path(folder), programs, hits.OBJECT_BYTES) as where:
            candidates = {
                name: hits.Candidate(where.s3proxy(name, *flags))
                for name, flags in (("on", ()), ("off", ("--read-ahead", "off")))
            }
            taken = hits.own_cost(where, candidates, "4 KiB", rounds=max(4, pairs), seconds=1)
    on, off = (min(one["cpu_us"] for one in taken[name]) for name in ("on", "off"))
    yield Check(f"CPU of a warm hit of 4 KiB: on / off ({on:.1f} / {off:.1f} us)", on / off, must=HIT_MUST)


MEASUREMENTS = {
    "range": cold_range,
    "footer": cold_footer,
    "csv": text_files("csv"),
    "json": text_files("json"),
    "points": never_helps("200 random point reads", ask_random_points),
    "limit": never_helps("LIMIT 1", ask_limit_1),
    "cancelled": never_helps("a cancelled query", ask_and_cancel),
    "foreground": foreground,
    "join": join,
    "deltalake": deltalake,
    "pyarrow": pyarrow,
    "cpu": warm_hit,
}
NEEDS = {"deltalake": "--clients", "pyarrow": "--clients"}  # of tools/install-packages


def run(scene, names, pairs, say):
    """The checks of the measurements of those names."""
    for option in sorted({NEEDS[name] for name in names if name in NEEDS}):
        subprocess.run([ROOT / "tools" / "install-packages", option], check=True)
    checks = []
    for name in names:
        say(name)
        taken = list(MEASUREMENTS[name](scene, pairs))
        if not taken:
            say(f"{name}: not measured, this s3proxy has no --read-ahead")
        checks += taken
    return checks
