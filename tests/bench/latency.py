"""p99 of small hits at a constant rate, alone and beside one client that scans flat out. Part of `memory`.

One worker on core 0, both clients on core 1, where the one whose times count goes first. Times are the
client's, from when a request was due to the last byte of its answer: waking the client is in them, in both
figures. (s3proxy has no histogram of its own from readable to handed to the kernel.)
"""

import contextlib
import os
import statistics

from rig.servers import Nginx

from bench import command, generator, hits, stand, tell
from bench.bounds import KIB, MIB
from bench.figures import Check

SMALL, SCANNED = 4 * KIB, 8 * MIB
ALONE, BESIDE = "alone", "beside a scan"
MUST_TIMES, GOAL_TIMES = 3, 2


def go_first(pid):
    """Lets a process run as soon as it can; without effect for users who may not."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))


def one_round(where, candidate, small, scan, options):
    load = where.load.on(candidate.load_cores)
    stand.forget_log(candidate.server)
    steady = {"rate": options.rate, "seconds": options.round_seconds, "connections": 16}
    with contextlib.ExitStack() as running:
        scanner = None
        if scan:
            scanner = running.enter_context(load.background(candidate.server, scan, connections=1))
        client = running.enter_context(load.background(candidate.server, small, **steady))
        go_first(client.pid)
        done = client.wait()
        scanned = scanner.stop() if scanner else None
    where.expect_no_requests("hits at a constant rate")
    return {
        "p50_us": done["last_us"]["p50"],
        "p99_us": done["last_us"]["p99"],
        "p999_us": done["last_us"]["p999"],
        "scanned_mb_per_second": scanned["body_bytes"] / scanned["seconds"] / 1e6 if scanned else 0,
    }


def measure(where, options):
    """{server: {alone or beside: rounds}}."""
    candidates = {"s3proxy": hits.Candidate(where.s3proxy())}
    if Nginx.program().exists() and not options.smoke:
        candidates["nginx"] = hits.Candidate(where.nginx("1m"))
    figures = {name: {ALONE: [], BESIDE: []} for name in candidates}
    with hits.running(where, candidates):
        files = {}
        for name, one in candidates.items():
            small = generator.random_parts(where.object_bytes, SMALL)
            scan = generator.whole(where.object_bytes, SCANNED)
            files[name] = [
                where.requests(f"{kind} {name}", one.server, asks)
                for kind, asks in (("small", small), ("scan", scan))
            ]
        command.say(f"{options.rounds} rounds of 4 KiB hits at {options.rate} a second, beside a scan or not")
        for _ in range(options.rounds):
            for name, one in candidates.items():
                small, scan = files[name]
                figures[name][ALONE].append(one_round(where, one, small, None, options))
                figures[name][BESIDE].append(one_round(where, one, small, scan, options))
    return figures


def middle(taken, name="p99_us"):
    return statistics.median(one[name] for one in taken)


def checks_of(figures):
    alone, beside = (middle(figures["s3proxy"][which]) for which in (ALONE, BESIDE))
    must = MUST_TIMES * alone
    if "nginx" in figures:
        must = max(must, middle(figures["nginx"][BESIDE]))
    yield Check("p99 of 4 KiB hits beside a scan (client)", beside, GOAL_TIMES * alone, must, "us")


def lines_of(figures):
    columns = ("p50_us", "p99_us", "p999_us", "scanned_mb_per_second")
    cells = [
        [f"{name}, {which}", *(f"{middle(taken, column):.0f}" for column in columns)]
        for name, ways in figures.items()
        for which, taken in ways.items()
    ]
    yield from tell.columns(cells, ["4 KiB hits, constant rate", "p50 us", "p99 us", "p99.9 us", "scan MB/s"])
