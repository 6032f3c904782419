"""Server CPU of a warm hit beside nginx's and Varnish's: one core each way, interleaved rounds.

    tools/bench hits [--rounds N] [--seconds S] [--sizes "4 KiB,HEAD"] [--threads 2] [--json FILE]

s3proxy verifies a valid signature of every request; the peers get requests of the same form and verify
nothing. Its log, access line (to a file), metrics and read-ahead are at their defaults. The server is alone
on core 0, the load on core 1, where it never sleeps, so that no server pays for waking it. A round is 5 s or
200,000 requests, whatever comes first; each size is told beside the better of nginx' slice sizes there, as
the median of the rounds' ratios. One of 64 answers is read and compared byte for byte.

With --threads 2 it compares two workers with one, for s3proxy and for nginx: one worker has core 0, two have
both, which they share with the load.
"""

import contextlib
import os
import time
from dataclasses import dataclass, field

from rig.servers import Nginx, Varnish

from bench import bounds, command, generator, meter, stand, tell

OBJECT_BYTES = 512 << 20
SMOKE_BYTES = 32 << 20
CONNECTIONS = 16
ROUND_REQUESTS = 200_000
CORES = [str(core) for core in sorted(os.sched_getaffinity(0))]
SERVER_CORE, LOAD_CORE, BOTH = CORES[0], CORES[min(1, len(CORES) - 1)], ",".join(CORES[:2])
SCALING_SIZES = ("4 KiB", "64 KiB", "1 MiB")


@dataclass
class Candidate:
    """One server that takes part, and where it and its load run."""

    server: object
    cores: str = SERVER_CORE
    load_cores: str = LOAD_CORE
    tls: bool = False
    pids: list = field(default_factory=list)

    def settle(self, name, where):
        """Fills its cache; then it is bound to its cores."""
        where.warm(name, self.server, tls=self.tls)
        self.pids = meter.working_pids(self.server)
        meter.pin(self.pids, self.cores)


def asks_for(size, object_bytes):
    return [generator.head(object_bytes)] if size is None else generator.random_parts(object_bytes, size)


def one_round(where, candidate, requests, seconds, **options):
    """CPU per request, and how fast they were answered; nothing may have come from the store."""
    stand.forget_log(candidate.server)
    load = where.load.on(candidate.load_cores)
    before = meter.cpu_nanoseconds(candidate.pids)
    own_core = candidate.load_cores != candidate.cores
    options = {"connections": CONNECTIONS, "count": ROUND_REQUESTS, "spin": own_core, **options}
    try:
        done = load.run(candidate.server, requests, seconds=seconds, tls=candidate.tls, **options)
    except generator.LoadError as error:
        log = candidate.server.process.log_tail()
        raise generator.LoadError(f"{candidate.server.work.name}: {error}\n{log}") from error
    used = meter.cpu_nanoseconds(candidate.pids) - before
    where.expect_no_requests("a round of hits")
    return {
        "cpu_us": used / 1e3 / done["requests"],
        "requests_per_second": done["requests"] / done["seconds"],
        "compared": done["compared"],
        "p99_us": done["last_us"]["p99"],
    }


def compare(where, candidates, sizes, *, rounds, seconds, **options):
    """{size: {name: rounds}}, the candidates in turn, each other time backwards."""
    figures = {}
    for label, size in sizes.items():
        command.say(f"{label}, {rounds} rounds of {', '.join(candidates)}")
        files = {
            name: where.requests(f"{label} {name}", one.server, asks_for(size, where.object_bytes))
            for name, one in candidates.items()
        }
        taken = {name: [] for name in candidates}
        for number in range(rounds):
            order = list(candidates) if number % 2 == 0 else list(reversed(candidates))
            for name in order:
                taken[name].append(one_round(where, candidates[name], files[name], seconds, **options))
        figures[label] = taken
    return figures


def field_of(where, options):
    """The candidates of the comparison by size."""
    candidates = {"s3proxy": Candidate(where.s3proxy())}
    if Nginx.program().exists():
        for slice_size in ("256k",) if options.smoke else ("256k", "1m"):
            candidates[f"nginx {slice_size}"] = Candidate(where.nginx(slice_size))
    if Varnish.is_installed() and not options.no_varnish:
        candidates["varnish"] = Candidate(where.varnish())
    return candidates


def field_of_workers(where, threads):
    """One worker and `threads` of them, for s3proxy and for nginx."""
    many = {"cores": BOTH, "load_cores": BOTH}
    return {
        "s3proxy": Candidate(where.s3proxy()),
        f"s3proxy x{threads}": Candidate(where.s3proxy(f"s3proxy-{threads}", threads=threads), **many),
        "nginx": Candidate(where.nginx("256k")),
        f"nginx x{threads}": Candidate(where.nginx("256k", workers=threads), **many),
    }


@contextlib.contextmanager
def running(where, candidates):
    with contextlib.ExitStack() as stack:
        for name, one in candidates.items():
            stack.enter_context(one.server)
            command.say(f"{name}: reads the object, twice")
            one.settle(name, where)
        yield


def own_cost(where, candidates, label, *, rounds, seconds):
    """{name: rounds} of one size."""
    with running(where, candidates):
        return compare(where, candidates, {label: bounds.SIZES[label]}, rounds=rounds, seconds=seconds)[label]


def measure(options, programs, work):
    begun = time.monotonic()
    object_bytes = SMOKE_BYTES if options.smoke else OBJECT_BYTES
    with stand.Stand(work, programs, object_bytes) as where:
        scaling = options.threads > 1
        candidates = field_of_workers(where, options.threads) if scaling else field_of(where, options)
        chosen = options.sizes or (SCALING_SIZES if scaling else bounds.SIZES)
        sizes = {label: bounds.SIZES[label] for label in chosen}
        with running(where, candidates):
            many = {"count": 300, "compare_every": 1} if options.smoke else {}
            figures = compare(
                where, candidates, sizes, rounds=options.rounds, seconds=options.seconds, **many
            )
    command.say(f"hits took {time.monotonic() - begun:.0f} s")
    lines = list(tell.columns(list(bounds.hit_lines(figures)), bounds.HIT_HEADING))
    checks = bounds.scaling_checks(figures) if scaling else bounds.ratio_checks(figures, bounds.HIT_BOUNDS)
    return figures, lines, list(checks) if not options.smoke else []


def sizes_of(text):
    labels = [label.strip() for label in text.split(",")]
    if unknown := [label for label in labels if label not in bounds.SIZES]:
        raise ValueError(f"no such size: {unknown[0]}")
    return labels


def parse_arguments(given=None):
    parser = command.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--sizes", type=sizes_of, help=f"of {', '.join(bounds.SIZES)}; all by default")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1)
    parser.add_argument("--no-varnish", action="store_true")
    options = parser.parse_args(given)
    if options.smoke:
        options.rounds, options.seconds = 1, 1
    return options


if __name__ == "__main__":
    command.run(parse_arguments(), measure)
