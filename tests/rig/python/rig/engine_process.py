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


def run_duckdb(name, bucket, *store):
    connection = duckdb_connection(*store)
    text = queries.DUCKDB[name].format(bucket=bucket)
    begin = time.perf_counter()
    rows = connection.execute(text).fetchall()
    return time.perf_counter() - begin, rows


def run_polars(name, bucket, *store):
    import polars

    options = polars_options(*store)
    query = queries.POLARS[name]
    begin = time.perf_counter()
    rows = query(polars, bucket, options).collect().rows()
    return time.perf_counter() - begin, rows


def main():
    task = json.loads(sys.argv[1])
    run = {"duckdb": run_duckdb, "polars": run_polars}[task["engine"]]
    seconds, rows = run(task["name"], task["bucket"], task["host"], task["credentials"], task["region"])
    json.dump({"seconds": seconds, "rows": rows}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
