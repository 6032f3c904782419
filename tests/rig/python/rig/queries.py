"""The seven queries, as an analyst would write them. Each reads one kind of the lake's files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """`name` is also its bucket's, unless another is given. `direct_requests` is what the engine sends to a store,
    measured once; a bench that is off by more than a quarter measures something else. `text` is the query in its
    engine's language (SQL, or a Python expression: see `engine_process`); without it, the one of that name below."""

    name: str
    title: str
    engine: str
    files: str
    direct_requests: int
    text: str | None = None


QUERIES = [
    Query("one-year", "DuckDB  325 MB file, 4 of 16 columns, one year", "duckdb", "single", 34),
    Query("all-rows", "DuckDB  the same file, 7 columns, all rows", "duckdb", "single", 146),
    Query("glob", "DuckDB  glob of 8 files, 1 column", "duckdb", "parts", 41),
    Query("hive", "DuckDB  100 hive files", "duckdb", "hive", 301),
    Query("lookup", "DuckDB  point lookup", "duckdb", "single", 4),
    Query("polars-columns", "Polars  325 MB file, 4 columns", "polars", "single", 50),
    Query("polars-hive", "Polars  100 hive files", "polars", "hive", 216),
]

DUCKDB = {
    "one-year": """
        SELECT count(*), sum(l_extendedprice * l_discount)
        FROM 's3://{bucket}/single/lineitem.parquet'
        WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
          AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24""",
    "all-rows": """
        SELECT l_returnflag, l_linestatus, l_shipmode, sum(l_quantity), sum(l_extendedprice),
               sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), count(*)
        FROM 's3://{bucket}/single/lineitem.parquet'
        GROUP BY ALL ORDER BY ALL""",
    "glob": """
        SELECT l_linenumber, count(*)
        FROM 's3://{bucket}/parts/*.parquet'
        GROUP BY ALL ORDER BY ALL""",
    "hive": """
        SELECT month, sum(l_quantity), sum(l_discount)
        FROM read_parquet('s3://{bucket}/hive/*/*.parquet', hive_partitioning = true)
        GROUP BY ALL ORDER BY ALL""",
    "lookup": """
        SELECT l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode, l_comment
        FROM 's3://{bucket}/single/lineitem.parquet'
        WHERE l_orderkey = 3000001 ORDER BY ALL""",
}


def _polars_columns(polars, bucket, options):
    table = polars.scan_parquet(f"s3://{bucket}/single/lineitem.parquet", storage_options=options)
    return table.select(
        polars.col("l_quantity").sum(),
        polars.col("l_extendedprice").sum(),
        polars.col("l_discount").max(),
        polars.col("l_tax").max(),
    )


def _polars_hive(polars, bucket, options):
    table = polars.scan_parquet(
        f"s3://{bucket}/hive/**/*.parquet", storage_options=options, hive_partitioning=True
    )
    return (
        table.group_by("l_returnflag")
        .agg(polars.col("l_extendedprice").sum(), polars.col("l_partkey").max())
        .sort("l_returnflag")
    )


POLARS = {"polars-columns": _polars_columns, "polars-hive": _polars_hive}
