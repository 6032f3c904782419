"""The lake: TPC-H-like line items that DuckDB writes from a fixed seed, byte for byte the same every time.

`single/lineitem.parquet`   one file of about 325 MB, 48 row groups, in order of order keys (and so of dates)
`parts/part-N.parquet`      8 files of about 20 MB, 4 row groups each
`hive/month=N/data.parquet` 100 files of about 1 MB, one row group each
"""

import hashlib
import shutil
import sys
from pathlib import Path

import duckdb

SEED = 42
ROW_GROUP = 122_880
SINGLE_ROWS = 48 * ROW_GROUP
PART_FILES, PART_ROWS = 8, 380_000
HIVE_FILES, HIVE_ROWS = 100, 20_000
FIRST_DAY, DAYS = "1992-01-01", 2526  # as in TPC-H, a year is a seventh

# A number below m by (row, purpose): no generator with a state, so neither order nor threads matter. The low
# bits of DuckDB's hash follow a pattern, the high ones do not.
PICK = f"CREATE TEMP MACRO pick(n, purpose, m) AS ((hash({SEED}, n, purpose) >> 32) % m)::INTEGER"

LINE_ITEMS = """
    SELECT
        n // 4 * 4 + 1 AS l_orderkey,
        (pick(n, 'part', 200000) + 1)::BIGINT AS l_partkey,
        (pick(n, 'supplier', 10000) + 1)::BIGINT AS l_suppkey,
        pick(n, 'line', 7) + 1 AS l_linenumber,
        quantity::DECIMAL(15, 2) AS l_quantity,
        (quantity * (90000 + pick(n, 'price', 110000)) / 100)::DECIMAL(15, 2) AS l_extendedprice,
        (pick(n, 'discount', 11) / 100)::DECIMAL(15, 2) AS l_discount,
        (pick(n, 'tax', 9) / 100)::DECIMAL(15, 2) AS l_tax,
        CASE WHEN pick(n, 'return', 2) = 0 THEN 'N' WHEN pick(n, 'reason', 2) = 0 THEN 'R' ELSE 'A' END
            AS l_returnflag,
        CASE WHEN pick(n, 'open', 2) = 0 THEN 'O' ELSE 'F' END AS l_linestatus,
        shipped AS l_shipdate,
        ordered + 30 + pick(n, 'commit', 61) AS l_commitdate,
        shipped + 1 + pick(n, 'receipt', 30) AS l_receiptdate,
        ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][pick(n, 'instruct', 4) + 1]
            AS l_shipinstruct,
        ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'][pick(n, 'mode', 7) + 1] AS l_shipmode,
        md5((n + {seed})::VARCHAR) || lpad(pick(n, 'comment', 1000)::VARCHAR, 3, '0') AS l_comment
    FROM (
        SELECT
            n,
            pick(n, 'quantity', 50) + 1 AS quantity,
            DATE '{first_day}' + (n * {days} // {total})::INTEGER AS ordered,
            ordered + 1 + pick(n, 'ship', 30) AS shipped
        FROM range({first}, {end}) AS numbers(n)
    )
"""


def line_items(first, end, total):
    """The rows [first, end) of a table of `total` rows, whose dates spread over the whole time."""
    return LINE_ITEMS.format(first=first, end=end, total=total, seed=SEED, first_day=FIRST_DAY, days=DAYS)


def fingerprint():
    """Changes when the lake would: this file's text and the writer's version."""
    return hashlib.sha256(Path(__file__).read_bytes() + duckdb.__version__.encode()).hexdigest()[:16]


def _tables():
    """{path below the lake: the query whose rows it holds}"""
    yield "single/lineitem.parquet", line_items(0, SINGLE_ROWS, SINGLE_ROWS)
    for kind, name, files, rows in (
        ("parts", "part-{}.parquet", PART_FILES, PART_ROWS),
        ("hive", "month={}/data.parquet", HIVE_FILES, HIVE_ROWS),
    ):
        for number in range(files):
            path = f"{kind}/{name.format(str(number).zfill(len(str(files - 1))))}"
            yield path, line_items(number * rows, (number + 1) * rows, files * rows)


def make(folder):
    """Writes the lake into `folder` unless it is there already, whole and of this version."""
    folder = Path(folder)
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_text() == fingerprint():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    writer = duckdb.connect()
    writer.execute("SET threads = 2")
    writer.execute(PICK)
    for path, query in _tables():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        writer.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})")
    stamp.write_text(fingerprint())
    return folder


def files(folder, kind):
    """{key: path} of the lake's files of a kind: `single`, `parts` or `hive`."""
    folder = Path(folder)
    return {str(path.relative_to(folder)): path for path in sorted((folder / kind).rglob("*.parquet"))}


if __name__ == "__main__":
    make(sys.argv[1])
