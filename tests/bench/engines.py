"""Real engines on a cold lake: direct, and through an s3proxy that has just started and holds nothing.

Every measurement is a pair (or more): the same query one way and then the other, in turn, each in a fresh process;
what is told are medians, and the median of the pairs' ratios. Every answer is compared.

Requests and bytes are those that cross the link, counted until it has been quiet for 2 s. Only the first pairs wait
for that (--counted), and only these run nginx: the rest take times alone.

  speculated  bytes of the requests that s3proxy marks as its own guesses, or of its own counters if it has some
  used        of these, what a client asked for later (s3proxy's own counter)
  wasted      bytes of objects that came from the store and that no client asked for; what a client asks for is
              taken to be what the same query fetches when it goes direct

Links: default 30 ms and 80 MB/s a connection; near 2 ms and 1 GB/s; capped 30 ms, 200 MB/s in total, and one more trip
for each new connection; thin 30 ms and 25 MB/s in total. Behind near and capped, read-ahead is compared with
`--read-ahead off`; behind thin, `--read-ahead lean` with direct.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

from rig.engines import QueryError
from rig.measure import WrongAnswer
from rig.process import StartError
from rig.servers import ROOT

from bench import figures, tell
from bench.lakes import Lake
from bench.scene import LAKE, OTHERS, Scene, Way

STARTED = time.monotonic()
LINKS = {
    "default": {"first_byte_ms": 30, "megabytes_per_second": 80},
    "near": {"first_byte_ms": 2, "megabytes_per_second": 1000},
    "capped": {
        "first_byte_ms": 30,
        "megabytes_per_second": 200,
        "total_megabytes_per_second": 200,
        "trips_per_connection": 1,
    },
    "thin": {"first_byte_ms": 30, "megabytes_per_second": 25, "total_megabytes_per_second": 25},
}
AGAINST_OFF = ("near", "capped")


def say(text):
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def parse_arguments(given=None):
    parser = argparse.ArgumentParser(
        prog="tools/bench engines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--pairs", type=int, default=15, metavar="N", help="default 15")
    add("--counted", type=int, default=3, metavar="N", help="how many pairs wait for the link (default 3)")
    add("--queries", metavar="A,B", help="only these, by name: one-year, all-rows, glob, hive, lookup, ...")
    add("--link", choices=LINKS, default="default")
    add("--read-ahead", metavar="MODE", help="s3proxy's --read-ahead (default: its default; lean behind thin)")
    add("--seed", type=int, metavar="N", help="a lake drawn from N, in build/lake-N, instead of the rig's")
    add("--clean", action="store_true", help="delete a drawn lake and its store when done")
    add("--no-nginx", action="store_true", help="without the peer")
    add("--no-other-files", action="store_true", help="without the queries on other files of known tables")
    add("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    add("--preset", default="release", help="which build to run (default release)")
    add("--program", type=Path, help="another s3proxy than that build's")
    return parser.parse_args(given)


def ways(arguments, scene):
    """(the ways of a pair, the measured one, what it is compared with)"""
    mode = arguments.read_ahead or ("lean" if arguments.link == "thin" else None)
    flags = ("--read-ahead", mode) if mode and scene.knows("--read-ahead") else ()
    taken = [Way("direct"), Way("cold", "s3proxy", flags, again="warm")]
    if arguments.link not in AGAINST_OFF:
        return taken, "cold", "direct"
    off = ("--read-ahead", "off") if scene.knows("--read-ahead") else ()
    return [Way("direct"), Way("off", "s3proxy", off), taken[1]], "cold", "off"


def measure(arguments, scene, queries, bucket=LAKE, warm_ups=()):
    """The rows of `queries`, pair by pair; in a pair each query in turn."""
    taken, way, baseline = ways(arguments, scene)
    pairs = {query.name: [] for query in queries}
    for number in range(arguments.pairs):
        counted = number < arguments.counted
        front = [Way("nginx", "nginx", again="nginx warm")] if counted and not arguments.no_nginx else []
        for at, query in enumerate(queries):
            say(f"pair {number + 1} of {arguments.pairs}: {query.title}")
            pairs[query.name].append(
                scene.pair(
                    query,
                    taken + ([] if warm_ups else front),
                    bucket=bucket,
                    counted=counted,
                    reverse=number % 2 == 1,
                    warm_up=warm_ups[at] if warm_ups else None,
                )
            )
    return [figures.row(query, pairs[query.name], way, baseline) for query in queries]


def checks_of(arguments, rows, others):
    if arguments.link in AGAINST_OFF:
        return list(figures.no_worse_checks(rows))
    if arguments.link == "thin":
        return list(figures.lean_checks(rows))
    checks = list(figures.cold_checks(rows, own_lake=arguments.seed is None))
    return checks + list(figures.other_files_checks(others))


def chosen(arguments, queries):
    if not arguments.queries:
        return queries
    names = arguments.queries.split(",")
    unknown = set(names) - {query.name for query in queries}
    if unknown:
        sys.exit(f"engines: no such query: {', '.join(sorted(unknown))}")
    return [query for query in queries if query.name in names]


def run(arguments):
    build = ROOT / "build" / arguments.preset
    data = Lake(arguments.seed)
    say(f"{data.name}: {data.shape.describe()}" if data.shape else "the rig's lake: about 600 MB of Parquet, made once")
    data.make()
    work = ROOT / "build" / f"engines-{data.name}"
    program = (arguments.program or build / "s3proxy").resolve()
    with Scene(work, program, build / "s3proxy-link", data, **LINKS[arguments.link]) as scene:
        say(f"the store (versitygw), and its link: {arguments.link} {LINKS[arguments.link]}")
        scene.load()
        rows = measure(arguments, scene, chosen(arguments, data.queries()))
        others = []
        if arguments.link == "default" and not arguments.no_other_files:
            known = {query.name for query in chosen(arguments, data.queries())}
            twice = [both for both in data.on_other_files() if both[0].name in known]
            others = measure(arguments, scene, [b for _, b in twice], OTHERS, [a for a, _ in twice])
    if arguments.clean and arguments.seed is not None:
        data.clean()
        shutil.rmtree(work, ignore_errors=True)
    return rows, others


def present(arguments, rows, others):
    against = ways_compared(arguments)
    print("\n" + "\n".join(tell.table(rows, *against)))
    if others:
        print("\nOther files of the same tables, in the same s3proxy after a first query (columns known)")
        print("\n".join(tell.table(others, *against)))
    checks = checks_of(arguments, rows, others)
    print("\n" + "\n".join(tell.verdicts(checks)))
    print(
        "\nAll ways gave the same answers. s: the query alone, in a fresh process; cold: an s3proxy that has just"
        "\nstarted. Wasted: bytes of objects from the store beyond those that the query fetches when it goes direct."
    )
    if arguments.json:
        about = {name: str(value) for name, value in vars(arguments).items()}
        measured = tell.as_data(rows, checks) | {"other_files": tell.as_data(others, [])["queries"]}
        arguments.json.write_text(json.dumps({"arguments": about, **measured}, indent=1) + "\n")


def ways_compared(arguments):
    return "cold", "off" if arguments.link in AGAINST_OFF else "direct"


def main():
    arguments = parse_arguments()
    try:
        rows, others = run(arguments)
    except (StartError, WrongAnswer, QueryError, OSError) as error:
        sys.exit(f"engines: {error}")
    except KeyboardInterrupt:
        sys.exit("engines: interrupted")
    present(arguments, rows, others)


if __name__ == "__main__":
    main()
