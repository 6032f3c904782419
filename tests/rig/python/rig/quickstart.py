"""The demo behind `tools/quickstart`, once everything is installed and built."""

import argparse
import json
import sys
import time
from pathlib import Path

from rig import lake, measure, report
from rig.engines import QueryError
from rig.process import StartError
from rig.servers import ACCESS_KEY, REGION, ROOT, SECRET_KEY

STARTED = time.monotonic()

YOUR_STORE = """
Your own store: start s3proxy with the key pair your engine has already, and give the engine its address.

  AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... \\
    {program} --endpoint https://s3.eu-west-1.amazonaws.com --port 3000

  DuckDB   CREATE SECRET (TYPE s3, KEY_ID '...', SECRET '...', REGION 'eu-west-1',
                          ENDPOINT '127.0.0.1:3000', URL_STYLE 'path', USE_SSL false);
           SELECT count(*) FROM 's3://your-bucket/your/table/*.parquet';
  Polars   polars.scan_parquet("s3://your-bucket/your/table/*.parquet", storage_options={{
               "aws_endpoint_url": "http://127.0.0.1:3000", "aws_allow_http": "true",
               "aws_region": "eu-west-1", "aws_access_key_id": "...", "aws_secret_access_key": "..."}})
"""


def say(text):
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/quickstart", description=__doc__)
    parser.add_argument("--peer", choices=["nginx"], help="measure an nginx slice cache beside it")
    parser.add_argument(
        "--runs", type=int, default=1, metavar="N", help="rounds, each with empty caches; medians"
    )
    parser.add_argument("--keep", action="store_true", help="leave the servers up")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--preset", default="release", help="which build to run")
    parser.add_argument("--without-s3proxy", action="store_true", help="check the bench alone")
    return parser.parse_args()


def reachable(bench):
    """How to reach the servers that stay up, and how to stop them."""
    names = {"s3proxy": "s3proxy", "link": "the slow link", "store": "the store"}
    yield "\nLeft running (path style, buckets named after the queries: one-year, glob, hive, ...):"
    for name, title in names.items():
        server = getattr(bench, name)
        if server and server.process:
            yield f"  {title:<14} {server.url}   process {server.process.pid}, log {server.process.log}"
    yield f"  key id {ACCESS_KEY}, secret {SECRET_KEY}, region {REGION}"
    yield f"Stop them: kill {' '.join(str(server.process.pid) for server in bench.servers())}"


def run(arguments):
    build = ROOT / "build"
    program = None if arguments.without_s3proxy else build / arguments.preset / "s3proxy"
    say("the lake: about 600 MB of Parquet, made once")
    folder = lake.make(build / "lake")
    link = build / arguments.preset / "s3proxy-link"
    with measure.Bench(
        build / "quickstart", link, program, nginx=arguments.peer == "nginx", outlive=arguments.keep
    ) as bench:
        say("the store (versitygw) and its link: 30 ms to the first byte, 80 MB/s a connection")
        bench.load(folder)
        rounds = []
        for number in range(arguments.runs):
            prefix = f"round {number + 1} of {arguments.runs}: " if arguments.runs > 1 else ""
            rounds.append(bench.round(lambda query, prefix=prefix: say(prefix + query.title)))
        medians = {
            name: {way: measure.median([one[name][way] for one in rounds]) for way in rounds[0][name]}
            for name in rounds[0]
        }
        present(arguments, bench, rounds, medians)
        if arguments.keep:
            print("\n".join(reachable(bench)))
    print(YOUR_STORE.format(program=program or "s3proxy"))


def present(arguments, bench, rounds, medians):
    print()
    print("\n".join([*report.headline(medians), "", *report.table(medians)]))
    print(
        "\ns: the query alone, in a fresh process.  speed: times as fast as direct.  "
        "reqs, MB: what the store was asked for.\nAll ways gave the same answers.\n"
    )
    for name, figure in report.summary(medians).items():
        print(f"  {name:<50} {figure:.3g}")
    if bench.peak_resident_bytes:
        print(f"  {'peak resident memory of s3proxy, MB':<50} {bench.peak_resident_bytes / 1e6:.0f}")
    for warning in report.drifts(medians):
        print(warning)
    if arguments.json:
        data = report.as_data(rounds, medians, peak_resident_bytes=bench.peak_resident_bytes)
        arguments.json.write_text(json.dumps(data, indent=1) + "\n")


def main():
    try:
        run(parse_arguments())
    except (StartError, measure.WrongAnswer, QueryError, OSError) as error:
        sys.exit(f"quickstart: {error}")
    except KeyboardInterrupt:
        sys.exit("quickstart: interrupted")


if __name__ == "__main__":
    main()
