"""The child of `engines`: one query in a fresh process. Its task comes as JSON on the command line; it
prints the answer and the seconds as JSON. Imports, extension and secret come before the clock starts."""

import importlib.util
import json
import sys
import time
from pathlib import Path

from rig import queries


def duckdb_connection(host, credentials, region):
    """DuckDB with httpfs loaded from its package, and a secret for the store at `host` ("address:port")."""
    import duckdb

    package = Path(importlib.util.find_spec("duckdb_extension_httpfs").origin).parent
    extension = next(package.glob("extensions/*/httpfs.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute(f"LOAD '{extension}'")
    key = f"KEY_ID '{credentials[0]}', SECRET '{credentials[1]}'," if credentials else ""
    connection.execute(
        f"CREATE SECRET (TYPE s3, PROVIDER config, {key} REGION '{region}', ENDPOINT '{host}', "
        "URL_STYLE 'path', USE_SSL false)"
    )
    return connection


def polars_options(host, credentials, region):
    """Polars' storage options for the store at `host`."""
    options = {"aws_endpoint_url": f"http://{host}", "aws_region": region, "aws_allow_http": "true"}
    if credentials:
        return {**options, "aws_access_key_id": credentials[0], "aws_secret_access_key": credentials[1]}
    return {**options, "aws_skip_signature": "true"}


def s3_filesystem(host, credentials, region):
    """pyarrow's file system for the store at `host`."""
    from pyarrow import fs

    keys = {"access_key": credentials[0], "secret_key": credentials[1]} if credentials else {"anonymous": True}
    return fs.S3FileSystem(endpoint_override=host, scheme="http", region=region, **keys)


def run_duckdb(task, *store):
    connection = duckdb_connection(*store)
    text = (task["text"] or queries.DUCKDB[task["name"]]).format(bucket=task["bucket"])
    return timed(lambda: connection.execute(text).fetchall())


def run_polars(task, *store):
    import polars

    options = polars_options(*store)
    if task["text"]:
        names = {"polars": polars, "bucket": task["bucket"], "options": options}
        return timed(lambda: eval(task["text"], names).collect().rows())
    query = queries.POLARS[task["name"]]
    return timed(lambda: query(polars, task["bucket"], options).collect().rows())


def run_pyarrow(task, *store):
    """The text is an expression in `dataset`, `compute`, `bucket` and `filesystem` that gives a table."""
    from pyarrow import compute, dataset

    names = {"dataset": dataset, "compute": compute, "bucket": task["bucket"], "filesystem": s3_filesystem(*store)}
    return timed(lambda: eval(task["text"], names).to_pylist())


def run_deltalake(task, *store):
    """The text is an expression in `DeltaTable`, `compute`, `bucket` and `options` that gives a table."""
    from deltalake import DeltaTable
    from pyarrow import compute

    names = {"DeltaTable": DeltaTable, "compute": compute, "bucket": task["bucket"], "options": polars_options(*store)}
    return timed(lambda: eval(task["text"], names).to_pylist())


def timed(run):
    begin = time.perf_counter()
    rows = run()
    return time.perf_counter() - begin, rows


ENGINES = {"duckdb": run_duckdb, "polars": run_polars, "pyarrow": run_pyarrow, "deltalake": run_deltalake}


def main():
    task = json.loads(sys.argv[1])
    seconds, rows = ENGINES[task["engine"]](task, task["host"], task["credentials"], task["region"])
    json.dump({"seconds": seconds, "rows": rows}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
