"""Real engines on a cold lake: direct, and through an s3proxy that has just started and holds nothing.

Every measurement is a pair (or more): the same query one way and then the other, in turn, each in a fresh
process; what is told are medians, and the median of the pairs' ratios. Every answer is compared.

Requests and bytes are those that cross the link, counted until it has been quiet for 2 s. Only the first
pairs wait for that (--counted), and only these run nginx: the rest take times alone.

  speculated  bytes of the requests that s3proxy marks as its own guesses, or of its own counters
  used        of these, what a client asked for later (s3proxy's own counter, if it has some)
  wasted      bytes of objects that came from the store and that no client asked for; what a client asks for
              is taken to be what the same query fetches when it goes direct

With --extra, other measurements take the place of the queries, each with its own goal; by name or all:
{extra}.

Links: default 30 ms and 80 MB/s a connection; near 2 ms and 1 GB/s; capped 30 ms, 200 MB/s in total, and one
more trip for each new connection; thin 30 ms and 25 MB/s in total. Behind near and capped, read-ahead is
compared with `--read-ahead off`; behind thin, `--read-ahead lean` with direct.
"""

import argparse
import contextlib
import json
import shutil
import statistics
import sys
import time
from pathlib import Path

from rig.engines import QueryError
from rig.measure import WrongAnswer
from rig.process import StartError
from rig.servers import ROOT

from bench import extra, figures, tell
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
        prog="tools/bench engines",
        description=__doc__.format(extra=", ".join(extra.MEASUREMENTS)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--pairs", type=int, default=15, metavar="N", help="default 15")
    add("--counted", type=int, default=3, metavar="N", help="how many pairs wait for the link (default 3)")
    add("--queries", metavar="A,B", help="only these, by name: one-year, all-rows, glob, hive, lookup, ...")
    add("--link", choices=LINKS, default="default")
    add(
        "--read-ahead", metavar="MODE", help="s3proxy's --read-ahead (default: its default; lean behind thin)"
    )
    add("--seed", type=seeds, default=[None], metavar="N[,N]", help="lakes drawn from these, in build/lake-N")
    add("--clean", action="store_true", help="delete a drawn lake and its store when done")
    add("--no-nginx", action="store_true", help="without the peer")
    add("--no-other-files", action="store_true", help="without the queries on other files of known tables")
    add("--extra", nargs="?", const="all", metavar="A,B", help="other measurements instead, by name, or all")
    add("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    add("--preset", default="release", help="which build to run (default release)")
    add("--program", type=Path, help="another s3proxy than that build's")
    return parser.parse_args(given)


def seeds(text):
    return [int(number) for number in text.split(",")]


def ways(arguments):
    """(the ways of a pair, the measured one, what it is compared with)"""
    cold = Way("cold", "s3proxy", again="warm")
    if arguments.link in AGAINST_OFF:
        return [Way("direct"), Way("off", "s3proxy", "off"), cold], "cold", "off"
    return [Way("direct"), cold], "cold", "direct"


def measure(arguments, scene, queries, bucket=LAKE, warm_ups=()):
    """The rows of `queries`, pair by pair; in a pair each query in turn."""
    taken, way, baseline = ways(arguments)
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


def checks_of(arguments, seed, rows, others):
    if arguments.link in AGAINST_OFF:
        return list(figures.no_worse_checks(rows))
    if arguments.link == "thin":
        return list(figures.lean_checks(rows))
    checks = list(figures.cold_checks(rows, own_lake=seed is None))
    return checks + list(figures.other_files_checks(others))


def chosen(names, known):
    """Those of `known` ({name: anything}) that are named; all if none is."""
    wanted = known if names in (None, "all") else names.split(",")
    unknown = set(wanted) - set(known)
    if unknown:
        sys.exit(f"engines: there is no {', '.join(sorted(unknown))}, but {', '.join(known)}")
    return [known[name] for name in known if name in wanted]


@contextlib.contextmanager
def stage(arguments, seed):
    """The servers, with the lake of `seed` loaded."""
    build = ROOT / "build" / arguments.preset
    data = Lake(seed)
    say(f"{data.name}: {data.shape.describe() if data.shape else 'about 600 MB of Parquet, made once'}")
    data.make()
    work = ROOT / "build" / f"engines-{data.name}"
    program = (arguments.program or build / "s3proxy").resolve()
    mode = arguments.read_ahead or ("lean" if arguments.link == "thin" else None)
    with Scene(work, program, build / "s3proxy-link", data, mode=mode, **LINKS[arguments.link]) as scene:
        say(f"the store (versitygw), and its link: {arguments.link} {LINKS[arguments.link]}")
        scene.load()
        yield scene
    if arguments.clean and seed is not None:
        data.clean()
        shutil.rmtree(work, ignore_errors=True)


def run_queries(arguments, seed):
    """Measures and tells one lake; returns it as data."""
    with stage(arguments, seed) as scene:
        queries = {query.name: query for query in scene.lake.queries()}
        rows = measure(arguments, scene, chosen(arguments.queries, queries))
        others = []
        if arguments.link == "default" and not arguments.no_other_files:
            known = {row.name for row in rows}
            twice = [both for both in scene.lake.on_other_files() if both[0].name in known]
            others = measure(arguments, scene, [b for _, b in twice], OTHERS, [a for a, _ in twice])
    against = ways(arguments)[1:]
    print("\n" + "\n".join(tell.table(rows, *against)))
    if others:
        print("\nOther files of the same tables, in the same s3proxy after a first query (columns known)")
        print("\n".join(tell.table(others, *against)))
    checks = checks_of(arguments, seed, rows, others)
    print("\n" + "\n".join(tell.verdicts(checks)), flush=True)
    mean = figures.mean_ratio(rows)
    return {
        "seed": seed,
        "mean": mean,
        **tell.as_data(rows, checks),
        "other_files": tell.as_data(others, [])["queries"],
    }


def run_extra(arguments):
    names = chosen(arguments.extra, {name: name for name in extra.MEASUREMENTS})
    with stage(arguments, None) as scene:
        checks = extra.run(scene, names, arguments.pairs, say)
    print("\n" + "\n".join(tell.verdicts(checks)))
    return tell.as_data([], checks)


def run(arguments):
    if arguments.extra:
        return run_extra(arguments)
    lakes = [run_queries(arguments, seed) for seed in arguments.seed]
    if len(lakes) > 1:
        mean = statistics.median(one["mean"] for one in lakes)
        check = figures.Check(
            f"median of the means over {len(lakes)} lakes", mean, figures.MEAN_GOAL, figures.MEAN_MUST
        )
        print("\n" + "\n".join(tell.verdicts([check])))
    print(
        "\nAll ways gave the same answers. s: the query alone, in a fresh process; cold: an s3proxy that has"
        "\njust started. Wasted: bytes of objects from the store beyond those that the query fetches when it"
        "\ngoes direct."
    )
    return {"lakes": lakes}


def main():
    arguments = parse_arguments()
    try:
        measured = run(arguments)
    except (StartError, WrongAnswer, QueryError, OSError) as error:
        sys.exit(f"engines: {error}")
    except KeyboardInterrupt:
        sys.exit("engines: interrupted")
    if arguments.json:
        about = {name: str(value) for name, value in vars(arguments).items()}
        arguments.json.write_text(json.dumps({"arguments": about, **measured}, indent=1) + "\n")


if __name__ == "__main__":
    main()
