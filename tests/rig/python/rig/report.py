"""What a person reads at the end of a measurement, and the same as data."""

import dataclasses
import math

from rig import measure
from rig.queries import QUERIES

GROUPS = [  # way, heading, which figures; what there is to see comes first
    (measure.FIRST, "first run", ("ratio",)),
    (measure.DIRECT, "direct", ("seconds", "requests", "megabytes")),
    (measure.FIRST, "s3proxy, first time", ("seconds", "requests", "megabytes")),
    (measure.SECOND, "s3proxy, again", ("seconds", "ratio", "requests", "megabytes")),
    (measure.NGINX_FIRST, "nginx, first", ("seconds", "ratio", "requests", "megabytes")),
    (measure.NGINX_SECOND, "nginx, again", ("seconds", "ratio", "requests", "megabytes")),
]
FIGURES = {  # heading and text
    "seconds": ("s", lambda sample, _: f"{sample.seconds:.3f}"),
    "ratio": ("speed", lambda sample, direct: f"{direct.seconds / sample.seconds:.1f}x"),
    "requests": ("reqs", lambda sample, _: str(sample.requests)),
    "megabytes": ("MB", lambda sample, _: f"{sample.megabytes:.1f}"),
}
LARGEST_DRIFT = 0.25


def geometric_mean(ratios):
    return math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))


def headline(medians):
    """One line: how much faster than direct the first run was; none without s3proxy."""
    speeds = [
        ways[measure.DIRECT].seconds / ways[measure.FIRST].seconds
        for ways in medians.values()
        if measure.FIRST in ways
    ]
    if speeds:
        yield (
            f"First run through s3proxy: {geometric_mean(speeds):.1f} times as fast as direct in the mean "
            f"({min(speeds):.1f} to {max(speeds):.1f})"
        )


def table(medians):
    """The lines of the table: a row a query, a group of columns a way."""
    ways = next(iter(medians.values())).keys()
    groups = [group for group in GROUPS if group[0] in ways]
    rows = []
    for query in QUERIES:
        samples = medians[query.name]
        rows.append(
            [
                query.title,
                *(
                    [FIGURES[figure][1](samples[way], samples[measure.DIRECT]) for figure in figures]
                    for way, _, figures in groups
                ),
            ]
        )
    widths = [
        [
            max(len(FIGURES[figure][0]), *(len(row[g + 1][f]) for row in rows))
            for f, figure in enumerate(figures)
        ]
        for g, (_, _, figures) in enumerate(groups)
    ]

    def line(first, cells):
        parts = [
            " ".join(cell.rjust(width) for cell, width in zip(group, group_widths, strict=True))
            for group, group_widths in zip(cells, widths, strict=True)
        ]
        return f"{first:<{title_width}}  " + " | ".join(
            part.rjust(len(heading)) for part, (_, heading, _) in zip(parts, groups, strict=True)
        )

    title_width = max(len(query.title) for query in QUERIES)
    total_widths = [max(sum(w) + len(w) - 1, len(g[1])) for w, g in zip(widths, groups, strict=True)]
    yield " " * (title_width + 2) + " | ".join(
        g[1].rjust(w) for g, w in zip(groups, total_widths, strict=True)
    )
    yield line("", [[FIGURES[figure][0] for figure in figures] for _, _, figures in groups])
    for row in rows:
        yield line(row[0], row[1:])


def summary(medians):
    """{name: figure} over the seven queries; ratios of seconds are geometric means."""

    def seconds_ratio(way, other):
        return geometric_mean([s[way].seconds / s[other].seconds for s in medians.values()])

    def megabytes(way):
        return sum(s[way].megabytes for s in medians.values())

    ways = next(iter(medians.values())).keys()
    figures = {}
    if measure.FIRST in ways:
        figures["first / direct, seconds"] = seconds_ratio(measure.FIRST, measure.DIRECT)
        figures["first / direct, bytes from the store"] = megabytes(measure.FIRST) / megabytes(measure.DIRECT)
        figures["again / direct, seconds"] = seconds_ratio(measure.SECOND, measure.DIRECT)
        figures["again: requests to the store that are not LISTs"] = sum(
            s[measure.SECOND].requests - s[measure.SECOND].lists for s in medians.values()
        )
    if measure.NGINX_FIRST in ways:
        figures["nginx first / direct, seconds"] = seconds_ratio(measure.NGINX_FIRST, measure.DIRECT)
        figures["nginx again / direct, seconds"] = seconds_ratio(measure.NGINX_SECOND, measure.DIRECT)
    if measure.FIRST in ways and measure.NGINX_FIRST in ways:
        figures["again / nginx again, seconds"] = seconds_ratio(measure.SECOND, measure.NGINX_SECOND)
    return figures


def drifts(medians):
    """A warning for each query whose direct request count says that this rig measures something else."""
    for query in QUERIES:
        requests = medians[query.name][measure.DIRECT].requests
        drift = requests / query.direct_requests - 1
        if abs(drift) > LARGEST_DRIFT:
            yield (
                f"warning: {query.title}: {requests} direct requests, {query.direct_requests} expected "
                f"({drift:+.0%})"
            )


def as_data(rounds, medians, **more):
    """Everything measured, for a JSON file."""

    def plain(by_query):
        return {
            name: {way: dataclasses.asdict(sample) for way, sample in ways.items()}
            for name, ways in by_query.items()
        }

    return {
        "summary": summary(medians),
        "medians": plain(medians),
        "rounds": [plain(one) for one in rounds],
        **more,
    }
