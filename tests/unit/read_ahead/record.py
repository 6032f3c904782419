"""Records what engines ask of a store, for the tests of read-ahead: each of recordings.py runs directly
against the store behind the link (30 ms to the first byte, 80 MB/s a connection), whose log becomes
`logs/NAME.log`.

Usage: build/clients-venv/bin/python tests/unit/read_ahead/record.py PATH-OF-LINK [NAME...]

The log, one thing a line; numbers count from 0 in the order of their lines, spans are half open:
    # ENGINE VERSION: QUERY
    schema COLUMN...                    the columns of Parquet files, percent-encoded
    object SIZE KEY                     in order of keys; SIZE is `absent` where the store has no such object
    layout SCHEMA NAME=BEGIN-END...     of the object above: what there is beside the data
    group CHUNK...                      one a row group of the layout above, by column: `SIZE`, or `GAP:SIZE`
                                        if it does not begin where the one before ended (at first: 0)
    MS CONNECTION L KEYS PREFIX         a page of a listing: the objects in it, as `A-B,C-D`, `-` if none
    MS CONNECTION H OBJECT
    MS CONNECTION G OBJECT SPAN         `BEGIN-END`, `BEGIN-` (open), `-SIZE` (the tail), `*` (no range)
Times are those of a request's head at the link, counted from the first. Requests for a bucket itself are left
out.
"""

import json
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

HERE = Path(__file__).resolve().parent
RIG = HERE.parents[1] / "rig" / "python"
sys.path.insert(0, str(RIG))

import duckdb  # noqa: E402
import parquet_layout  # noqa: E402
from deltalake import write_deltalake  # noqa: E402
from recordings import BUCKET, LISTED_KEYS, recordings  # noqa: E402
from rig import lake, store_client  # noqa: E402
from rig.process import clean_environment  # noqa: E402
from rig.servers import ROOT, Link, Versitygw  # noqa: E402

DEADLINE = 120
LARGEST_LOG = 60_000
QUIET = 0.5  # seconds: after an engine has ended, or was ended
CSV_ROWS, DELTA_FILES, DELTA_ROWS = 420_000, 12, 50_000
ORDER_FILES, ORDER_ROWS = 4, 190_000


def make_tables(folder):
    """What the recordings read beyond the lake: orders, a CSV file, a Delta table and many small objects."""
    for name in ("orders", "csv", "delta", "many"):
        (folder / name).mkdir()
    writer = duckdb.connect()
    writer.execute("SET threads = 2")
    writer.execute(lake.PICK)
    for number in range(ORDER_FILES):
        orders = f"""
            SELECT n * 4 + 1 AS o_orderkey, pick(n, 'priority', 5) AS o_priority,
                   DATE '1992-01-01' + pick(n, 'ordered', 2526) AS o_orderdate, md5(n::VARCHAR) AS o_comment
            FROM range({number * ORDER_ROWS}, {(number + 1) * ORDER_ROWS}) AS numbers(n)"""
        target = folder / "orders" / f"part-{number}.parquet"
        writer.execute(f"COPY ({orders}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE 61440)")
    rows = lake.line_items(0, CSV_ROWS, CSV_ROWS)
    writer.execute(f"COPY ({rows}) TO '{folder}/csv/lineitem.csv' (FORMAT csv)")
    for number in range(DELTA_FILES):
        first, total = number * DELTA_ROWS, DELTA_FILES * DELTA_ROWS
        some = writer.execute(lake.line_items(first, first + DELTA_ROWS, total)).to_arrow_table()
        write_deltalake(str(folder / "delta"), some, mode="append")
    for number in range(LISTED_KEYS):
        (folder / "many" / f"part-{number:04}.parquet").write_bytes(b"PAR1")


class Log:
    """Turns the link's log of one recording into ours."""

    def __init__(self, client, raw):
        self.client = client
        self.requests = [line.split("\t") for line in raw.read_text().splitlines()]
        self.sizes = {}  # by key
        self.told = [told for told in map(self._request, self.requests) if told]
        self.numbers = {key: number for number, key in enumerate(sorted(self.sizes, key=str.encode))}

    def _request(self, fields):
        """(seconds, connection, kind, what), where keys have no number yet; None if there is no key in it."""
        seconds, connection, method, target, wanted = fields
        parts = urlsplit(target)
        _, _, key = unquote(parts.path).lstrip("/").partition("/")
        about = (float(seconds), connection)
        if key:
            assert method in ("GET", "HEAD") and not parts.query, fields
            self._learn(key)
            return (*about, method[0], (key, wanted))
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return (*about, "L", self._listed(query)) if query.get("list-type") == "2" else None

    def _learn(self, key):
        if key not in self.sizes:
            page = self.client.list_objects_v2(Bucket=BUCKET, Prefix=key, MaxKeys=1).get("Contents", [])
            self.sizes[key] = page[0]["Size"] if page and page[0]["Key"] == key else None

    def _listed(self, query):
        """The keys that the store answered, by asking it again."""
        names = {
            "prefix": "Prefix",
            "delimiter": "Delimiter",
            "start-after": "StartAfter",
            "continuation-token": "ContinuationToken",
            "max-keys": "MaxKeys",
        }
        asked = {names[name]: value for name, value in query.items() if name in names}
        asked |= {"MaxKeys": int(asked["MaxKeys"])} if "MaxKeys" in asked else {}
        page = self.client.list_objects_v2(Bucket=BUCKET, **asked).get("Contents", [])
        self.sizes.update((entry["Key"], entry["Size"]) for entry in page)
        return (query.get("prefix", ""), [entry["Key"] for entry in page])

    def lines(self, title, folders):
        yield f"# {title}"
        schemas = {}
        read = {what[0] for *_, kind, what in self.told if kind == "G"}
        for key in self.numbers:
            size = self.sizes[key]
            source = next((f / key for f in folders if (f / key).exists()), None)
            layout = parquet_layout.read(source.read_bytes()) if source and key in read else None
            if layout and layout.schema() not in schemas:
                schemas[layout.schema()] = len(schemas)
                yield f"schema {layout.schema()}"
            yield f"object {'absent' if size is None else size} {key}"
            if layout:
                yield from layout.lines(schemas[layout.schema()])
        start = self.told[0][0]
        for seconds, connection, kind, what in sorted(self.told, key=lambda told: told[0]):
            yield f"{(seconds - start) * 1e3:.1f} {connection} {kind} {self._what(kind, what)}"

    def _what(self, kind, what):
        if kind == "L":
            prefix, keys = what
            return f"{runs([self.numbers[key] for key in keys])} {prefix}"
        key, wanted = what
        return f"{self.numbers[key]}" if kind == "H" else f"{self.numbers[key]} {span(wanted)}"


def runs(numbers):
    """[3, 4, 5, 9] as `3-6,9-10`."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1][1] += 1
        else:
            found.append([number, number + 1])
    return ",".join(f"{begin}-{end}" for begin, end in found) or "-"


def span(wanted):
    """A Range header's value with a half-open end."""
    if wanted == "-":
        return "*"
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    assert wanted.startswith("bytes=") and "," not in wanted, wanted
    return f"{first}-{int(last) + 1}" if first and last else f"{first}-{last}"


def perform(recording, host):
    """Runs it in a fresh process; returns when it has ended and the link is quiet."""
    task = json.dumps({"name": recording.name, "host": host})
    child = subprocess.Popen(
        [sys.executable, HERE / "recordings.py", task],
        env=clean_environment(PYTHONPATH=str(RIG)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "begin\n", recording.name
    if recording.killed_after:
        time.sleep(recording.killed_after)
        child.kill()
        child.wait()
    elif child.wait(DEADLINE):
        raise SystemExit(f"{recording.name} failed")
    child.stdout.close()
    time.sleep(QUIET)


def objects(folder):
    """(key, path) of what belongs into the bucket."""
    for path in folder.rglob("*"):
        if path.is_file() and path.parent != folder:
            yield str(path.relative_to(folder)), path


def main(link_program, *names):
    (HERE / "logs").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work, tables = Path(scratch) / "work", Path(scratch) / "tables"
        work.mkdir()
        tables.mkdir()
        make_tables(tables)
        folders = [lake.make(ROOT / "build" / "lake"), tables]
        with Versitygw(work) as store:
            client = store_client.connect(store.url)
            store_client.upload(client, BUCKET, {k: f for folder in folders for k, f in objects(folder)})
            for recording in recordings():
                if names and recording.name not in names:
                    continue
                raw = work / f"{recording.name}.raw"
                with Link(work, link_program, store.address, log=raw) as link:
                    perform(recording, link.address)
                title = f"{recording.engine} {version(recording.engine)}: {recording.query}"
                text = "".join(f"{line}\n" for line in Log(client, raw).lines(title, folders))
                if len(text) > LARGEST_LOG:
                    raise SystemExit(f"{recording.name} makes a log of {len(text)} bytes")
                (HERE / "logs" / f"{recording.name}.log").write_text(text)
                print(f"{recording.name}: {len(text)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
