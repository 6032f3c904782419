"""Thirty-two clients that ask for the same cold range at one moment, over a link of 30 ms.

    tools/bench stampede [--repeats N] [--clients N] [--no-nginx] [--json FILE]

- 64 KiB: GETs that reached the store (those marked as read-ahead are counted apart), and the last answer's
  end after the first one's.
- 16 MiB: bytes that crossed the link, of those asked for, and the followers' first byte after the first
  one's.

Every repeat has an object of its own, of which nothing is known, and every byte that arrives is compared.
Told are medians, and the worst of the repeats.
"""

import statistics

from rig.servers import Nginx

from bench import command, generator, stand, tell
from bench.bounds import KIB, MIB
from bench.figures import Check

OBJECT_BYTES = 24 << 20
FAR = {"first_byte_ms": 30, "megabytes_per_second": 80}
RANGES = {"64 KiB": (4 * MIB, 64 * KIB), "16 MiB": (4 * MIB, 16 * MIB)}  # offset, size
QUIET = 0.5  # seconds without a byte, after which the count stands
MOST_APART_MS = 5


def one(where, server, name, key, offset, size, clients):
    """One stampede: times at the clients, and what crossed the link meanwhile and after."""
    path = where.requests(f"{name} {key}", server, [generator.part(offset, size, key, name == "s3proxy")])
    where.link.reset()
    done = where.load.run(server, path, manner="stampede", connections=clients, compare_every=1)
    counted = where.link.wait_until_quiet(QUIET)
    first, last = sorted(done["each_first_us"]), sorted(done["each_last_us"])
    return {
        "gets": counted["get_requests"] - counted["speculative_requests"],
        "heads": counted["head_requests"],
        "speculative": counted["speculative_requests"],
        "bytes": counted["response_body_bytes"] - counted["speculative_response_body_bytes"],
        "speculative_bytes": counted["speculative_response_body_bytes"],
        "asked_bytes": size,
        "first_byte_ms": first[0] / 1e3,
        "first_bytes_apart_ms": (first[-1] - first[0]) / 1e3,
        "ends_apart_ms": (last[-1] - last[0]) / 1e3,
        "last_end_ms": last[-1] / 1e3,
        "compared": done["compared"],
    }


def measure(options, programs, work):
    keys = [f"{label.split()[0]}-{number}" for label in RANGES for number in range(options.repeats)]
    figures = {}
    with stand.Stand(work, programs, OBJECT_BYTES, keys=keys, link=FAR) as where:
        servers = {"s3proxy": where.s3proxy(threads=options.threads)}
        if Nginx.program().exists() and not options.no_nginx:
            servers["nginx"] = where.nginx("1m")
        for name, server in servers.items():
            with server:
                where.link.wait_until_quiet(QUIET)  # s3proxy asks once whether the store accepts its key
                for label, (offset, size) in RANGES.items():
                    command.say(f"{name}, {label}: {options.repeats} stampedes")
                    taken = figures.setdefault(label, {})[name] = []
                    for number in range(options.repeats):
                        key = f"{label.split()[0]}-{number}"
                        taken.append(one(where, server, name, key, offset, size, options.clients))
    checks = list(checks_of(figures))
    if options.smoke:
        assert_counts(figures)
    return figures, list(lines_of(figures)), checks


def assert_counts(figures):
    """What is true at any speed: one GET for a small range, and each byte of a long one once."""
    for label, by_name in figures.items():
        for taken in by_name["s3proxy"]:
            fetched, asked = taken["bytes"], taken["asked_bytes"]
            if label == "64 KiB" and taken["gets"] != 1:
                raise stand.UnexpectedRequests(f"{taken['gets']} GETs for one cold range")
            if label == "16 MiB" and fetched != asked:
                raise stand.UnexpectedRequests(f"{fetched} bytes fetched for {asked}")


def middle_and_worst(taken, name):
    values = [one[name] for one in taken]
    return statistics.median(values), max(values)


def checks_of(figures):
    small, large = figures["64 KiB"]["s3proxy"], figures["16 MiB"]["s3proxy"]
    yield Check("64 KiB: origin GETs, most", middle_and_worst(small, "gets")[1], must=1)
    yield Check(
        "64 KiB: last answer after the first",
        middle_and_worst(small, "ends_apart_ms")[0],
        must=MOST_APART_MS,
        unit="ms",
    )
    fetched = max(one["bytes"] / one["asked_bytes"] for one in large)
    yield Check("16 MiB: bytes fetched of those asked for, most", fetched, must=1)
    yield Check(
        "16 MiB: followers' first byte after the first",
        middle_and_worst(large, "first_bytes_apart_ms")[0],
        must=MOST_APART_MS,
        unit="ms",
    )


COLUMNS = {
    "gets": "GETs",
    "heads": "HEADs",
    "speculative": "ahead",
    "first_byte_ms": "first byte ms",
    "first_bytes_apart_ms": "first bytes apart",
    "ends_apart_ms": "ends apart",
    "last_end_ms": "last end ms",
}


def lines_of(figures):
    cells = []
    for label, by_name in figures.items():
        for name, taken in by_name.items():
            shown = [middle_and_worst(taken, column) for column in COLUMNS]
            ratio = statistics.median(one["bytes"] / one["asked_bytes"] for one in taken)
            cells.append([label, name, *(f"{mid:.4g} / {worst:.4g}" for mid, worst in shown), f"{ratio:.3f}"])
    heading = ["cold range", "through", *COLUMNS.values(), "bytes of asked"]
    yield from tell.columns(cells, heading)
    yield "median / worst of the repeats"


def parse_arguments(given=None):
    parser = command.parser(__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-nginx", action="store_true")
    options = parser.parse_args(given)
    if options.smoke:
        options.repeats, options.no_nginx = 1, True
    return options


if __name__ == "__main__":
    command.run(parse_arguments(), measure)
