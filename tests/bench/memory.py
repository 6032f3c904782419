"""Memory beyond the cache's budget, and what a scan costs its neighbours.

    tools/bench memory [--memory SIZE] [--seconds S] [--rounds N] [--rate R] [--json FILE]

- An object four times the budget; 200 connections ask for ranges of it as fast as answers come, which keeps
  eviction running, and 64 readers stop for seconds in every answer of 8 MiB. What the server's cgroup counts,
  sockets included, less the budget: the peak. Every byte of the stalled readers and of one busy answer in
  four is compared.
- p99 of 4 KiB hits at a constant rate, with and without one client that scans 8 MiB ranges flat out
  (`bench.latency`).
"""

import statistics
import time

from bench import bounds, command, generator, latency, meter, stand, tell
from bench.bounds import KIB, MIB
from bench.figures import Check

UNITS = {"MiB": MIB, "GiB": 1 << 30}
BUSY, STALLED = 200, 64
STALLED_PIECE = 8 * MIB
STALL_SECONDS = 4
TICK = 0.05
MUST, GOAL = 128, 96  # MiB


def bytes_of(text):
    return int(text[:-3]) * UNITS[text[-3:]]


def busy_asks(object_bytes, count):
    """Ranges of three sizes; the small ones are most, as with engines."""
    few = [generator.random_parts(object_bytes, size, count) for size in (4 * KIB, 64 * KIB, 64 * KIB, MIB)]
    return [ask for together in zip(*few, strict=True) for ask in together]


def watch(memory, seconds, loads):
    """What the server uses, tick after tick, for as long as every load goes on."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(memory.bytes())
        for load in loads:
            if load.process.poll() is not None:
                load.wait()
        time.sleep(TICK)
    return seen


def over_budget(where, options):
    budget = bytes_of(options.memory)
    server = where.s3proxy("small", threads=options.threads, memory=options.memory)
    with meter.Memory("memory") as memory:
        memory.start(server)
        try:
            idle = memory.bytes()
            fill = where.requests("fill", server, generator.whole(where.object_bytes, stand.PIECE))
            where.load.run(
                server, fill, connections=2, count=where.object_bytes // stand.PIECE, compare_every=1
            )
            full = memory.bytes()
            count = min(1024, where.object_bytes // MIB)
            busy = where.requests("busy", server, busy_asks(where.object_bytes, count))
            slow = where.requests("slow", server, generator.random_parts(where.object_bytes, STALLED_PIECE))
            where.link.reset()
            with (
                where.load.background(
                    server, slow, connections=STALLED, stall=STALL_SECONDS, compare_every=1
                ) as stalled,
                where.load.background(server, busy, connections=BUSY, compare_every=4) as working,
            ):
                seen = watch(memory, options.seconds, [stalled, working])
                done = [stalled.stop(), working.stop()]
            fetched = where.link.reset()["response_body_bytes"]
        finally:
            server.stop()
    return {
        "source": memory.source,
        "budget": budget,
        "idle": idle,
        "full": full,
        "peak": max(seen),
        "median": int(statistics.median(seen)),
        "fetched": fetched,
        "requests": sum(one["requests"] for one in done),
        "compared_bytes": sum(one["compared_bytes"] for one in done),
    }


def lines_of(figures):
    one = figures["over_budget"]
    cells = [
        [name, f"{one[name] / MIB:.1f}", f"{(one[name] - one['budget']) / MIB:+.1f}"]
        for name in ("idle", "full", "median", "peak")
    ]
    yield from tell.columns(cells, [f"memory ({one['source']})", "MiB", f"over {one['budget'] // MIB} MiB"])
    yield (
        f"{one['requests']} answers, {one['compared_bytes'] / MIB:.0f} MiB compared, "
        f"{one['fetched'] / MIB:.0f} MiB from the store meanwhile"
    )
    if figures["latency"]:
        yield ""
        yield from latency.lines_of(figures["latency"])


def checks_of(figures):
    one = figures["over_budget"]
    over = (one["peak"] - one["budget"]) / MIB
    yield Check(f"memory over --memory ({one['source']})", over, GOAL, MUST, "MiB")
    if figures["latency"]:
        yield from latency.checks_of(figures["latency"])


def measure(options, programs, work):
    figures = {}
    with stand.Stand(work, programs, 4 * bytes_of(options.memory)) as where:
        command.say(f"{BUSY} busy connections, {STALLED} stalled readers, {options.memory}")
        figures["over_budget"] = over_budget(where, options)
        if options.smoke and figures["over_budget"]["fetched"] == 0:
            raise stand.UnexpectedRequests("nothing was evicted")
    with stand.Stand(work / "latency", programs, (32 if options.smoke else 256) * bounds.MIB) as where:
        figures["latency"] = latency.measure(where, options)
    return figures, list(lines_of(figures)), list(checks_of(figures))


def parse_arguments(given=None):
    parser = command.parser(__doc__)
    parser.add_argument("--memory", default="256MiB", help="s3proxy's budget, in MiB or GiB")
    parser.add_argument("--threads", type=int, default=2, help="workers of the first measurement")
    parser.add_argument("--seconds", type=float, default=20, help="of the first measurement")
    parser.add_argument("--rounds", type=int, default=6, help="of the second")
    parser.add_argument("--round-seconds", type=float, default=3, help="of the second")
    parser.add_argument("--rate", type=int, default=2000, help="requests a second of the second")
    options = parser.parse_args(given)
    if options.smoke:
        options.memory, options.seconds, options.rounds, options.round_seconds = "32MiB", 3, 1, 0.5
    return options


if __name__ == "__main__":
    command.run(parse_arguments(), measure)
