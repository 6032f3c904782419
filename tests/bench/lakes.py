"""The lakes that the engines query: the rig's own, and those that a seed draws.

A drawn lake has the three tables of the rig's (one large file, some middle-sized ones, many small ones in hive
partitions) with everything else redrawn: row groups, columns and their order, numbers and sizes of files, sort
key, and what the seven queries select. `draw` is a function of the seed alone; `Lake.make` writes the files.

Each lake has *other files*, too: the files of the two many-file tables under other keys of the same tables, in two
halves, so that one query can make the columns known and a second one read files that nobody has touched.
"""

import hashlib
import random
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rig import lake
from rig.queries import QUERIES, Query
from rig.servers import ROOT

MEGABYTE = 1_000_000
BYTES_PER_ROW = 55  # of the rig's sixteen columns, measured
FILLERS = {  # kind: expression (a comment is unlike any other row's), bytes a row (about)
    "flag": ("pick(l_comment, '{name}', 5)", 1),
    "number": ("pick(l_comment, '{name}', 1000000000)::BIGINT", 4),
    "text": ("md5(l_comment || '{name}')", 33),
}
TITLES = {
    "one-year": "DuckDB  big file, some rows",
    "all-rows": "DuckDB  big file, all rows",
    "glob": "DuckDB  glob, one column",
    "hive": "DuckDB  hive files",
    "lookup": "DuckDB  point lookup",
    "polars-columns": "Polars  big file, all rows",
    "polars-hive": "Polars  hive files",
}
NUMBERS = ["l_quantity", "l_extendedprice", "l_discount", "l_tax", "l_partkey", "l_suppkey"]
GROUPS = ["l_returnflag", "l_linestatus", "l_shipmode", "l_shipinstruct", "l_linenumber"]
COLUMNS = [
    *("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount"),
    *("l_tax", "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate"),
    *("l_shipinstruct", "l_shipmode", "l_comment"),
]
SORT_KEYS = {"l_orderkey": None, "l_partkey": 200_000, "l_suppkey": 10_000}  # and how many values there are
VECTOR = 2048  # DuckDB's row groups are whole numbers of these
FIRST_HALF, OTHER_HALF = "0", "1"  # how the keys of the two halves of the other files begin


@dataclass(frozen=True)
class Table:
    """One of the three: `files` of `rows` rows each, with these columns in this order."""

    files: int
    rows: int
    columns: tuple
    fillers: tuple = ()  # (name, kind)

    def megabytes(self):
        widths = BYTES_PER_ROW + sum(FILLERS[kind][1] for _, kind in self.fillers)
        return self.files * self.rows * widths / MEGABYTE


@dataclass(frozen=True)
class Shape:
    """What a seed decides."""

    row_group: int
    sort_key: str
    single: Table
    parts: Table
    hive: Table
    texts: dict = field(hash=False)  # of the seven queries, by name, with {parts} and {hive} for the paths

    def describe(self):
        def one(name, table):
            return f"{name} {table.files} x {table.rows} rows, {len(table.columns)} columns, {table.megabytes():.0f} MB"

        tables = "; ".join(one(name, getattr(self, name)) for name in ("single", "parts", "hive"))
        return f"row groups of {self.row_group}, sorted by {self.sort_key}; {tables}"


def _table(chance, files, megabytes):
    fillers = [(f"f_{number:02d}", chance.choice(list(FILLERS))) for number in range(chance.randrange(0, 25))]
    columns = COLUMNS + [name for name, _ in fillers]
    chance.shuffle(columns)
    width = BYTES_PER_ROW + sum(FILLERS[kind][1] for _, kind in fillers)
    return Table(files, int(megabytes * MEGABYTE / files / width), tuple(columns), tuple(fillers))


def _numbers(chance, table, fewest, most):
    """Columns that can be added up without rounding."""
    numbers = NUMBERS + [name for name, kind in table.fillers if kind == "number"]
    return chance.sample(numbers, chance.randint(fewest, min(most, len(numbers))))


def _selection(chance, sort_key, rows):
    """A predicate on the sort key that keeps a part of the rows, and one value of it."""
    part = chance.choice([0.02, 0.05, 0.15, 0.3, 0.6])
    begin = chance.uniform(0, 1 - part)
    if sort_key == "l_orderkey":
        first = date.fromisoformat(lake.FIRST_DAY) + timedelta(days=int(begin * lake.DAYS))
        end = first + timedelta(days=max(1, int(part * lake.DAYS)))
        return f"l_shipdate >= DATE '{first}' AND l_shipdate < DATE '{end}'", chance.randrange(rows // 4) * 4 + 1
    values = SORT_KEYS[sort_key]
    low, high = int(begin * values), int((begin + part) * values)
    return f"{sort_key} >= {low} AND {sort_key} < {high}", chance.randrange(values) + 1


def _sums(columns, join=", "):
    return join.join(f"sum({name})" for name in columns)


def _texts(chance, sort_key, single, parts, hive):
    wanted, value = _selection(chance, sort_key, single.rows)
    big = "FROM 's3://{{bucket}}/single/lineitem.parquet'"
    by = ", ".join(chance.sample(GROUPS, chance.randint(1, 3)))
    shown = ", ".join(chance.sample(single.columns, chance.randint(3, 8)))
    sums = "".join(f"polars.col('{name}').sum()," for name in _numbers(chance, single, 2, 6))
    group, added, highest = chance.choice(GROUPS), *chance.sample(NUMBERS, 2)
    scan = "polars.scan_parquet('s3://' + bucket + '/{}', storage_options=options{})"
    texts = {
        "one-year": f"SELECT count(*), {_sums(_numbers(chance, single, 1, 3))} {big}"
        f" WHERE {wanted} AND {chance.choice(['l_quantity < 24', 'l_discount >= 0.05', 'l_linenumber <> 3'])}",
        "all-rows": f"SELECT {by}, count(*), {_sums(_numbers(chance, single, 2, 6))} {big} GROUP BY ALL ORDER BY ALL",
        "glob": f"SELECT {chance.choice(GROUPS)} AS kind, count(*) FROM 's3://{{{{bucket}}}}/{{parts}}'"
        " GROUP BY ALL ORDER BY ALL",
        "hive": f"SELECT month, {_sums(_numbers(chance, hive, 1, 3))}"
        " FROM read_parquet('s3://{{bucket}}/{hive}', hive_partitioning = true) GROUP BY ALL ORDER BY ALL",
        "lookup": f"SELECT {shown} {big} WHERE {sort_key} = {value} ORDER BY ALL",
        "polars-columns": scan.format("single/lineitem.parquet", "") + f".select({sums})",
        "polars-hive": scan.format("{polars_hive}", ", hive_partitioning=True")
        + f".group_by('{group}').agg(polars.col('{added}').sum(), polars.col('{highest}').max()).sort('{group}')",
    }
    return texts


def draw(seed):
    """The shape of lake `seed`: the same for the same seed, on any machine."""
    chance = random.Random(f"lake {seed}")
    row_group = VECTOR * chance.choice([16, 24, 40, 60, 90, 130])
    sort_key = chance.choice(list(SORT_KEYS))
    single = _table(chance, 1, chance.uniform(120, 330))
    parts = _table(chance, chance.randint(5, 16), chance.uniform(50, 150))
    hive = _table(chance, chance.randint(30, 140), chance.uniform(30, 150))
    return Shape(row_group, sort_key, single, parts, hive, _texts(chance, sort_key, single, parts, hive))


# The rig's queries over many files once more, as texts whose paths can be set.
RIGS_TEXTS = {
    "glob": "SELECT l_linenumber, count(*) FROM 's3://{{bucket}}/{parts}' GROUP BY ALL ORDER BY ALL",
    "hive": "SELECT month, sum(l_quantity), sum(l_discount)"
    " FROM read_parquet('s3://{{bucket}}/{hive}', hive_partitioning = true) GROUP BY ALL ORDER BY ALL",
    "polars-hive": "polars.scan_parquet('s3://' + bucket + '/{polars_hive}', storage_options=options,"
    " hive_partitioning=True).group_by('l_returnflag').agg(polars.col('l_extendedprice').sum(),"
    " polars.col('l_partkey').max()).sort('l_returnflag')",
}
WHOLE = {"parts": "parts/*.parquet", "hive": "hive/*/*.parquet", "polars_hive": "hive/**/*.parquet"}


def half(which):
    """The paths of one half of the other files."""
    return {
        "parts": f"parts/{which}*.parquet",
        "hive": f"hive/month={which}*/*.parquet",
        "polars_hive": f"hive/month={which}*/*.parquet",
    }


class Lake:
    """The files and the queries of one lake. Without a seed it is the rig's own."""

    def __init__(self, seed=None):
        self.seed = seed
        self.shape = None if seed is None else draw(seed)
        self.name = "lake" if seed is None else f"lake-{seed}"
        self.folder = ROOT / "build" / self.name

    def fingerprint(self):
        if self.shape is None:
            return lake.fingerprint()
        return hashlib.sha256(repr(self.shape).encode() + lake.fingerprint().encode()).hexdigest()[:16]

    def queries(self):
        """The seven. A drawn lake's have no known number of direct requests."""
        if self.shape is None:
            return QUERIES
        return [
            Query(query.name, TITLES[query.name], query.engine, query.files, 0, self._text(query.name, WHOLE))
            for query in QUERIES
        ]

    def on_other_files(self):
        """(a query on the first half, the same on the other half), for each of those that read many files."""
        for query in QUERIES:
            if query.name in RIGS_TEXTS:
                title = TITLES[query.name] + ", other files"
                texts = [self._text(query.name, half(which)) for which in (FIRST_HALF, OTHER_HALF)]
                yield tuple(Query(query.name, title, query.engine, query.files, 0, text) for text in texts)

    def _text(self, name, paths):
        texts = RIGS_TEXTS if self.shape is None else self.shape.texts
        # What stands in double braces is the engine process's to fill in; Polars' texts name `bucket` themselves.
        return texts[name].format(**paths)

    def make(self):
        """Writes the files unless they are there."""
        if self.shape is None:
            lake.make(self.folder)
            return
        stamp = self.folder / "complete"
        if stamp.exists() and stamp.read_text() == self.fingerprint():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        writer = duckdb.connect()
        writer.execute("SET threads = 2")
        writer.execute(lake.PICK)
        for path, rows in self._files():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            writer.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {self.shape.row_group})")
        stamp.write_text(self.fingerprint())

    def _files(self):
        shape = self.shape
        yield "single/lineitem.parquet", self._rows(shape.single, 0, shape.sort_key)
        for number in range(shape.parts.files):
            yield f"parts/part-{number:02d}.parquet", self._rows(shape.parts, number, shape.sort_key)
        for number in range(shape.hive.files):
            yield f"hive/month={number:03d}/data.parquet", self._rows(shape.hive, number, shape.sort_key)

    @staticmethod
    def _rows(table, number, sort_key):
        first, end, total = number * table.rows, (number + 1) * table.rows, table.files * table.rows
        items = lake.line_items(first, end, total)
        fillers = {name: FILLERS[kind][0].format(name=name) for name, kind in table.fillers}
        columns = ", ".join(f"{fillers[name]} AS {name}" if name in fillers else name for name in table.columns)
        # The line items come in the order of their order keys.
        order = "" if sort_key == "l_orderkey" else f" ORDER BY {sort_key}, l_comment"
        return f"SELECT {columns} FROM ({items}){order}"

    def files(self):
        """{key: path} of all files."""
        return {key: path for kind in ("single", "parts", "hive") for key, path in lake.files(self.folder, kind).items()}

    def other_files(self):
        """{key: path} of the two halves. The other half holds the first one's files in another order: to a cache,
        whose identity is the key's, these are other objects."""
        files = {}
        for kind, key in (("parts", "parts/{}{:03d}.parquet"), ("hive", "hive/month={}{:03d}/data.parquet")):
            paths = list(lake.files(self.folder, kind).values())
            for number in range(len(paths)):
                files[key.format(FIRST_HALF, number)] = paths[number]
                files[key.format(OTHER_HALF, number)] = paths[number - len(paths) // 3]
        return files

    def clean(self):
        """Deletes a drawn lake's files."""
        if self.seed is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def sizes(files):
    """{key: bytes} of {key: path}."""
    return {key: Path(path).stat().st_size for key, path in files.items()}
