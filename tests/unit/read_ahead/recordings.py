"""What is recorded: each engine asked as an analyst would ask it, and a few that read-ahead cannot help.

With a name and a host as arguments this is the child that runs one of them in a fresh process. It says
`begin` when everything is loaded and the query starts.
"""

import json
import os
import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from rig import engine_process, queries
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

BUCKET = "lake"
SINGLE = f"s3://{BUCKET}/single/lineitem.parquet"
PARTS = f"s3://{BUCKET}/parts/*.parquet"
HIVE = f"read_parquet('s3://{BUCKET}/hive/*/*.parquet', hive_partitioning = true)"
LISTED_KEYS = 1_000
ROUNDS = 5


@dataclass(frozen=True)
class Recording:
    """`query` is told in the log; `run` does it, given the store's host, and says `begin` itself."""

    name: str
    engine: str
    query: str
    run: Callable
    killed_after: float | None = None  # seconds after `begin`


def begin():
    print("begin", flush=True)


def duckdb_connection(host):
    return engine_process.duckdb_connection(host, (ACCESS_KEY, SECRET_KEY), REGION)


def polars_options(host):
    return engine_process.polars_options(host, (ACCESS_KEY, SECRET_KEY), REGION)


def duckdb(name, *texts, killed_after=None):
    """Statements one after the other on one connection."""
    texts = [re.sub(r"\s+", " ", text.format(bucket=BUCKET)).strip() for text in texts]

    def run(host):
        connection = duckdb_connection(host)
        begin()
        for text in texts:
            connection.execute(text).fetchall()

    told = f"{texts[0]}; and {len(texts) - 1} more like it" if len(texts) > 1 else texts[0]
    told += f"; killed after {killed_after} s" if killed_after else ""
    return Recording(name, "duckdb", told, run, killed_after)


def point_lookups():
    keys = random.Random(20).sample(range(1, 5_800_000, 4), 20)
    query = "SELECT l_shipdate, l_shipmode, l_comment FROM '{single}' WHERE l_orderkey = {key}"
    return duckdb("duckdb-point-lookups", *(query.format(single=SINGLE, key=key) for key in keys))


def _dashboards(host):
    # Two connections of their own, so that neither is served by the other's cache.
    totals, modes = duckdb_connection(host), duckdb_connection(host)
    begin()
    for number in range(ROUNDS):
        months = f"FROM {HIVE} WHERE month::INTEGER // 20 = {number}"
        totals.execute(f"SELECT sum(l_quantity), sum(l_discount) {months}").fetchall()
        modes.execute(f"SELECT l_shipmode, max(l_tax) {months} GROUP BY ALL").fetchall()


def of_polars(name, told, query):
    def run(host):
        import polars

        table = query(polars, polars_options(host))
        begin()
        table.collect()

    return Recording(name, "polars", told, run)


def _polars_months(polars, options):
    # The file is in order of dates, so that most row groups cannot hold such a row.
    table = polars.scan_parquet(SINGLE, storage_options=options)
    shipped = polars.col("l_shipdate")
    some = table.filter(shipped.is_between(polars.date(1996, 3, 1), polars.date(1996, 5, 31)))
    return some.select(polars.col("l_extendedprice").sum(), polars.col("l_discount").mean())


def of_pyarrow(name, told, query):
    def run(host):
        from pyarrow import dataset

        files = engine_process.s3_filesystem(host, (ACCESS_KEY, SECRET_KEY), REGION)
        begin()
        query(dataset, files)

    return Recording(name, "pyarrow", told, run)


def _arrow_hive(dataset, files):
    table = dataset.dataset(f"{BUCKET}/hive", filesystem=files, format="parquet", partitioning="hive")
    table.to_table(columns=["month", "l_quantity", "l_extendedprice"])


def _arrow_filter(dataset, files):
    table = dataset.dataset(f"{BUCKET}/single/lineitem.parquet", filesystem=files, format="parquet")
    wanted = (dataset.field("l_orderkey") >= 2_000_000) & (dataset.field("l_orderkey") < 3_000_000)
    table.to_table(columns=["l_quantity", "l_shipmode"], filter=wanted)


def of_datafusion(name, path, text):
    def run(host):
        import datafusion
        from datafusion.object_store import AmazonS3

        store = AmazonS3(
            bucket_name=BUCKET,
            region=REGION,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            endpoint=f"http://{host}",
            allow_http=True,
        )
        context = datafusion.SessionContext()
        context.register_object_store("s3://", store, BUCKET)
        begin()
        context.register_parquet("items", f"s3://{BUCKET}/{path}")
        context.sql(text).collect()

    return Recording(name, "datafusion", text.replace("items", f"'{path}'"), run)


def _delta(host):
    from deltalake import DeltaTable

    begin()
    table = DeltaTable(f"s3://{BUCKET}/delta", storage_options=polars_options(host))
    table.to_pyarrow_table(columns=["l_quantity", "l_shipmode"])


def _listing(host):
    from rig import store_client

    client = store_client.connect(f"http://{host}")
    begin()
    lister = client.get_paginator("list_objects_v2")
    pages = lister.paginate(Bucket=BUCKET, Prefix="many/", PaginationConfig={"PageSize": 300})
    assert sum(page["KeyCount"] for page in pages) == LISTED_KEYS


def polars_of_the_seven(query):
    def table(polars, options):
        return queries.POLARS[query.name](polars, BUCKET, options)

    return of_polars(query.name, query.title, table)


def recordings():
    for query in queries.QUERIES:
        if query.engine == "duckdb":
            yield duckdb(query.name, queries.DUCKDB[query.name])
        else:
            yield polars_of_the_seven(query)
    yield duckdb(
        "duckdb-join",
        f"""SELECT o_priority, sum(l_quantity) FROM '{PARTS}' JOIN 's3://{BUCKET}/orders/*.parquet'
            ON l_orderkey = o_orderkey WHERE o_orderdate < DATE '1995-01-01' GROUP BY ALL ORDER BY ALL""",
    )
    csv = f"read_csv('s3://{BUCKET}/csv/lineitem.csv')"
    yield duckdb("duckdb-csv", f"SELECT count(*), sum(l_quantity) FROM {csv}")
    yield of_polars(
        "polars-one-quarter",
        "scan_parquet(single).filter(l_shipdate of 3 months).select(l_extendedprice.sum, l_discount.mean)",
        _polars_months,
    )
    told = "dataset(hive).to_table(month, l_quantity, l_extendedprice)"
    yield of_pyarrow("pyarrow-hive", told, _arrow_hive)
    yield of_pyarrow(
        "pyarrow-filter",
        "dataset(single).to_table(l_quantity, l_shipmode; 2000000 <= l_orderkey < 3000000)",
        _arrow_filter,
    )
    yield of_datafusion(
        "datafusion-hive",
        "hive/",
        "SELECT l_returnflag, sum(l_quantity), max(l_tax) FROM items GROUP BY l_returnflag",
    )
    yield of_datafusion(
        "datafusion-filter",
        "single/lineitem.parquet",
        "SELECT count(*), sum(l_extendedprice) FROM items "
        "WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'",
    )
    told = "DeltaTable(delta).to_pyarrow_table(l_quantity, l_shipmode)"
    yield Recording("deltalake", "deltalake", told, _delta)
    yield point_lookups()
    yield duckdb("duckdb-limit-one", f"SELECT * FROM '{SINGLE}' LIMIT 1")
    yield duckdb("duckdb-limit-one-hive", f"SELECT l_comment FROM {HIVE} LIMIT 1")
    yield duckdb("duckdb-cancelled", queries.DUCKDB["all-rows"], killed_after=0.3)
    yield Recording(
        "duckdb-dashboards",
        "duckdb",
        f"{ROUNDS} rounds of two queries in turn over the next 20 months of hive: "
        "sum(l_quantity), sum(l_discount); l_shipmode, max(l_tax)",
        _dashboards,
    )
    told = f"list_objects_v2 of {LISTED_KEYS} keys, 300 a page; reads none"
    yield Recording("boto3-listing", "boto3", told, _listing)


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    next(each for each in recordings() if each.name == task["name"]).run(task["host"])
    os._exit(0)  # some engines' threads do not survive an orderly end of the interpreter
