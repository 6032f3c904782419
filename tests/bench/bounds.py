"""What the figures of hits and of single requests say: ratios, percentiles, musts and goals. No I/O."""

import statistics

from bench.figures import Check

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"4 KiB": 4 * KIB, "64 KiB": 64 * KIB, "1 MiB": MIB, "8 MiB": 8 * MIB, "HEAD": None}
HIT_BOUNDS = {  # of nginx's CPU: must, goal
    "4 KiB": (0.80, 0.65),
    "64 KiB": (0.80, 0.65),
    "1 MiB": (0.80, 0.70),
    "8 MiB": (0.80, 0.70),
    "HEAD": (0.80, 0.65),
}
TLS_BOUNDS = {"64 KiB": (0.95, 0.80), "1 MiB": (0.95, 0.80)}
FRESH_BOUNDS = (1.0, 0.9)
SCALING_SLACK = 0.05


def cost(rounds):
    """The median CPU per request of the rounds."""
    return statistics.median(one["cpu_us"] for one in rounds)


def better(rounds, names):
    """Of the servers of those names the one whose requests cost least."""
    return min(names, key=lambda name: cost(rounds[name]))


def ratios(rounds, name, other):
    """CPU per request of one server to another's, round by round."""
    pairs = zip(rounds[name], rounds[other], strict=True)
    return [one["cpu_us"] / two["cpu_us"] for one, two in pairs]


def ratio(rounds, name, other):
    return statistics.median(ratios(rounds, name, other))


def peers(rounds):
    return [name for name in rounds if name.startswith("nginx")]


def ratio_checks(figures, bounds, what="CPU of nginx's"):
    """For each size {server: rounds}: s3proxy beside the better of the nginx'."""
    for label, rounds in figures.items():
        names = peers(rounds)
        if label in bounds and names and "s3proxy" in rounds:
            must, goal = bounds[label]
            best = better(rounds, names)
            yield Check(f"{label}: {what} ({best})", ratio(rounds, "s3proxy", best), goal, must)


def scaling_checks(figures):
    """CPU of a request with two workers, of that with one, beside nginx's own ratio."""
    for label, rounds in figures.items():
        best = better(rounds, [name for name in peers(rounds) if not name.endswith("x2")])
        own = ratio(rounds, f"{best} x2", best)
        ours = ratio(rounds, "s3proxy x2", "s3proxy")
        yield Check(f"{label}: 2 workers of 1 (nginx {own:.2f})", ours, must=own + SCALING_SLACK)


def hit_lines(figures):
    """Cells of the table of hits: a line for each size and server."""
    for label, rounds in figures.items():
        names = peers(rounds)
        best = better(rounds, names) if names else None
        for name, taken in rounds.items():
            of_best = f"{ratio(rounds, name, best):.2f}" if best else ""
            yield [
                label,
                name,
                f"{cost(taken):.1f}",
                f"{min(one['cpu_us'] for one in taken):.1f}",
                f"{statistics.median(one['requests_per_second'] for one in taken):.0f}",
                of_best,
            ]


HIT_HEADING = ["warm hit", "server", "CPU us", "least", "a second", "of nginx"]
