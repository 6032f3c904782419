"""Hit ratios of the eviction policy beside an LRU's and Belady's optimum, on drawn and on recorded requests.

    tools/bench hitratio [--seeds N] [--steps] [--json FILE]

No server runs: s3proxy-hitratio plays traces through the policies (the store's own class among them) and, on a
smaller lake, through the real store, which must agree. The seeds are 1 to N.
"""

import argparse
import json
import os
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

from bench.tell import columns
from rig.servers import ROOT

MIXES = ("mixed", "etl", "dashboards", "ad-hoc")
ENGINES = "engines"
JUDGED_SIZE = 0.05  # of the footprint
MEAN_GOAL, WORST_GOAL = 3.5, 2.0  # points over an LRU there
NEVER_BELOW = -1.0  # in the mean, anywhere
AGREEMENT = 1.0  # points between the store and its simulation, in the mean
ENGINE_REQUESTS = 100_000  # the recordings are small
STEPS = {
    "scattered_fixed": "a fixed tenth, blocks scattered",
    "fixed": "neighbours together, larger shards",
    "adapts": "and the small queue adapts",
    "s3_fifo": "and tails have a share: as built",
    "one_shard": "as built, in one shard",
}


def play(program, mix, seed, tables, requests, *flags):
    command = [program, mix, "--seed", str(seed), "--tables", str(tables), "--requests", str(requests), *flags]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def play_all(jobs):
    """The caches of all jobs (arguments of play), as many jobs at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [cache for caches in pool.map(lambda job: play(*job), jobs) for cache in caches]


def points(caches, policy, baseline="lru", unit="requests"):
    """For each cache how many points of hit ratio `policy` is above `baseline`."""
    return [100 * (one["ratios"][policy][unit] - one["ratios"][baseline][unit]) for one in caches]


def mean_ratio(caches, policy, unit="requests"):
    return 100 * statistics.mean(one["ratios"][policy][unit] for one in caches)


def share_of_gap(caches, policy="s3_fifo"):
    """How much of the way from an LRU to the optimum `policy` goes, in per cent."""
    gap = statistics.mean(points(caches, "belady"))
    return 100 * statistics.mean(points(caches, policy)) / gap if gap > 0 else 0.0


def select(caches, **wanted):
    return [one for one in caches if all(one[name] == value for name, value in wanted.items())]


def groups(caches):
    """The caches of each mix and size, over all seeds."""
    for mix, size in dict.fromkeys((one["mix"], one["size"]) for one in caches):
        yield mix, size, select(caches, mix=mix, size=size)


def table(caches):
    heading = ["mix, cache of footprint", "LRU %", "S3-FIFO %", "Belady %", "over LRU", "worst seed", "of the gap %", "bytes over LRU"]
    lines = []
    for mix, size, group in groups(caches):
        over = points(group, "s3_fifo")
        lines.append([
            f"{mix} {100 * size:g} %",
            *(f"{mean_ratio(group, policy):.1f}" for policy in ("lru", "s3_fifo", "belady")),
            f"{statistics.mean(over):+.2f}",
            f"{min(over):+.2f}",
            f"{share_of_gap(group):.0f}",
            f"{statistics.mean(points(group, 's3_fifo', unit='bytes')):+.2f}",
        ])
    return columns(lines, heading)


def steps_table(caches):
    """Points over an LRU in the mean of all mixes, a column for each size."""
    sizes = list(dict.fromkeys(one["size"] for one in caches))
    heading = ["points over LRU, mean (worst mix)", *(f"{100 * size:g} %" for size in sizes)]
    lines = []
    for name, title in STEPS.items():
        cells = []
        for size in sizes:
            means = [statistics.mean(points(group, name)) for _, at, group in groups(caches) if at == size]
            cells.append(f"{statistics.mean(means):+.2f} ({min(means):+.2f})")
        lines.append([title, *cells])
    return columns(lines, heading)


def store_table(caches):
    heading = ["real store: mix, cache", "MiB", "simulated %", "store %", "apart", "worst seed"]
    lines = []
    for mix, size, group in groups(caches):
        apart = points(group, "store", "s3_fifo")
        memory = statistics.mean(one["footprint"] * size for one in group) / (1 << 20)
        lines.append([
            f"{mix} {100 * size:g} %",
            f"{memory:.0f}",
            *(f"{mean_ratio(group, policy):.2f}" for policy in ("s3_fifo", "store")),
            f"{statistics.mean(apart):+.2f}",
            f"{max(apart, key=abs):+.2f}",
        ])
    return columns(lines, heading)


def checks(caches, stored):
    """(what, value, bound, whether it holds) for each goal."""
    drawn = [one for one in caches if one["mix"] != ENGINES]
    judged = points(select(drawn, size=JUDGED_SIZE), "s3_fifo")
    lowest = min(statistics.mean(points(group, "s3_fifo")) for _, _, group in groups(caches))
    yield "5 %: points over LRU, mean of mixes and seeds", statistics.mean(judged), MEAN_GOAL, statistics.mean(judged) >= MEAN_GOAL
    yield "5 %: points over LRU, worst seed", min(judged), WORST_GOAL, min(judged) >= WORST_GOAL
    yield "anywhere: points over LRU, worst mean", lowest, NEVER_BELOW, lowest >= NEVER_BELOW
    apart = max((statistics.mean(points(group, "store", "s3_fifo")) for _, _, group in groups(stored)), key=abs)
    yield "real store: points from its simulation, worst mean", apart, AGREEMENT, abs(apart) <= AGREEMENT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", type=int, default=24, help="of the lake: footprints are 55 to 105 GiB with 24")
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--store-tables", type=int, default=3, help="of the real store's lake")
    parser.add_argument("--store-requests", type=int, default=50_000)
    parser.add_argument("--steps", action="store_true", help="also what each change of the policy gave")
    parser.add_argument("--json", type=argparse.FileType("w"))
    parser.add_argument("--preset", default="release")
    arguments = parser.parse_args()
    program = ROOT / "build" / arguments.preset / "s3proxy-hitratio"
    flags = ["--steps"] if arguments.steps else []
    seeds = range(1, arguments.seeds + 1)
    caches = play_all(
        (program, mix, seed, arguments.tables, ENGINE_REQUESTS if mix == ENGINES else arguments.requests, *flags)
        for mix in (*MIXES, ENGINES)
        for seed in seeds
    )
    stored = play_all(
        (program, mix, seed, arguments.store_tables, ENGINE_REQUESTS if mix == ENGINES else arguments.store_requests, "--store")
        for mix in (*MIXES, ENGINES)
        for seed in seeds
    )
    stored = [one for one in stored if "store" in one["ratios"]]  # large ones are not played through it
    print(*table(caches), sep="\n", end="\n\n")
    if arguments.steps:
        print(*steps_table(caches), sep="\n", end="\n\n")
    print(*store_table(stored), sep="\n", end="\n\n")
    verdicts = list(checks(caches, stored))
    for what, value, bound, holds in verdicts:
        print(f"{what}: {value:+.2f} (bound {bound:+.1f}) {'met' if holds else 'MISSED'}")
    if arguments.json:
        json.dump({"caches": caches, "store": stored}, arguments.json, indent=1)
    return 0 if all(holds for *_, holds in verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
