"""What the figures of `engines` say: medians, ratios, waste, and whether goals and musts are met. No I/O.

The goals are those of the project for a cold first run; a *must* is a bound that may not be broken, a *goal*
one that is aimed at.
"""

import statistics
from dataclasses import dataclass

from rig.report import geometric_mean

MIB = 1 << 20
GOALS = {  # cold / direct, on the rig's own lake and the default link
    "hive": 0.08,
    "all-rows": 0.12,
    "one-year": 0.30,
    "glob": 0.22,
    "lookup": 0.80,
    "polars-hive": 0.14,
    "polars-columns": 0.95,
}
ANY_ROW = 1.05
MEAN_GOAL, MEAN_MUST = 0.25, 0.30
OTHER_FILES_MEAN = 0.15
REQUESTS_OF_A_QUERY = 2.0  # times direct's
WASTE_ALLOWED = 64 * MIB  # of a query, and once more the bytes asked for
WASTE_WHERE_IT_NEVER_HELPS = 8 * MIB
LEAN_BYTES, LEAN_MEAN = 1.3, 0.45


@dataclass(frozen=True)
class Crossed:
    """What crossed the link for one query one way; `lists` are among `requests`, `list_bytes` among
    `bytes`."""

    requests: int
    lists: int
    bytes: int
    list_bytes: int
    speculative_requests: int = 0
    speculative_bytes: int = 0

    @classmethod
    def of(cls, counters):
        return cls(
            counters["requests"],
            counters["list_requests"],
            counters["response_body_bytes"],
            counters["list_response_body_bytes"],
            counters["speculative_requests"],
            counters["speculative_response_body_bytes"],
        )

    @property
    def object_bytes(self):
        return self.bytes - self.list_bytes


@dataclass(frozen=True)
class Sample:
    """One query one way. `crossed` is None where nobody waited for the link; `told` is s3proxy's own
    counters."""

    seconds: float
    crossed: Crossed | None = None
    told: dict | None = None


@dataclass(frozen=True)
class Row:
    """One query: the medians of each way, and the ratios of its pairs."""

    name: str
    title: str
    seconds: dict  # by way
    ratios: list  # of one way to the other, pair by pair
    crossed: dict  # by way
    told: dict | None

    @property
    def ratio(self):
        return statistics.median(self.ratios)


@dataclass(frozen=True)
class Check:
    """One line of the verdict: at most `goal`, must be at most `must` (either may be None)."""

    what: str
    measured: float
    goal: float | None = None
    must: float | None = None
    unit: str = ""

    @property
    def verdict(self):
        if self.must is not None and self.measured > self.must:
            return "BROKEN"
        if self.goal is not None and self.measured > self.goal:
            return "missed"
        return "met"


def middle(crossings):
    """The median of each figure; of an even number the lower one, as there are no half requests."""
    fields = Crossed.__dataclass_fields__
    return Crossed(
        **{name: statistics.median_low(getattr(one, name) for one in crossings) for name in fields}
    )


def row(query, pairs, way, baseline):
    """The row of `query` from its pairs, each {way: Sample}; the ratio is `way`'s seconds to `baseline`'s."""
    # Not every pair goes every way: nginx runs in the first ones only.
    samples = {name: [pair[name] for pair in pairs if name in pair] for name in pairs[0]}
    counted = {name: [one.crossed for one in taken if one.crossed] for name, taken in samples.items()}
    told = [pair[way].told for pair in pairs if pair[way].told]
    return Row(
        query.name,
        query.title,
        {name: statistics.median(one.seconds for one in taken) for name, taken in samples.items()},
        [pair[way].seconds / pair[baseline].seconds for pair in pairs],
        {name: middle(crossings) for name, crossings in counted.items() if crossings},
        {name: statistics.median(one[name] for one in told) for name in told[0]} if told else None,
    )


def wasted(asked, fetched):
    """Bytes of objects fetched from the store that no client asked for, whole small objects included. What
    the client asked for is taken to be what the same query fetches when it goes direct."""
    return max(0, fetched.object_bytes - asked.object_bytes)


def waste_allowed(asked):
    return WASTE_ALLOWED + asked.object_bytes


def mean_ratio(rows):
    return geometric_mean([row.ratio for row in rows])


def cost_checks(rows, way):
    """Requests and waste of `way` beside direct's. A part of the seven has no sum to hold."""
    counted = [row for row in rows if way in row.crossed and "direct" in row.crossed]
    if not counted:
        return
    direct = sum(row.crossed["direct"].requests for row in counted)
    total = sum(row.crossed[way].requests for row in counted)
    if len(counted) == len(GOALS):
        yield Check(f"origin requests of all ({direct} direct)", total, must=direct - 1)
    for row in counted:
        asked, fetched = row.crossed["direct"], row.crossed[way]
        bound = REQUESTS_OF_A_QUERY * asked.requests
        yield Check(f"{row.name}: origin requests ({asked.requests} direct)", fetched.requests, must=bound)
        yield Check(
            f"{row.name}: waste", wasted(asked, fetched) / MIB, must=waste_allowed(asked) / MIB, unit="MiB"
        )


def cold_checks(rows, *, own_lake):
    """The first run against direct. The goals of single queries hold for the lake that they were set for."""
    for one in rows:
        yield Check(f"{one.name}: cold / direct", one.ratio, GOALS[one.name] if own_lake else None, ANY_ROW)
    if len(rows) == len(GOALS):
        yield Check("geometric mean: cold / direct", mean_ratio(rows), MEAN_GOAL, MEAN_MUST)
    yield from cost_checks(rows, "cold")


def other_files_checks(rows):
    if rows:
        yield Check("other files, columns known: mean of cold / direct", mean_ratio(rows), OTHER_FILES_MEAN)


def no_worse_checks(rows):
    """Read-ahead on against off, on a link where it has little to win."""
    for one in rows:
        yield Check(f"{one.name}: read-ahead on / off", one.ratio, must=ANY_ROW)


def lean_checks(rows):
    """`lean` against direct behind a thin line."""
    yield Check("geometric mean: lean / direct", mean_ratio(rows), LEAN_MEAN)
    counted = [row for row in rows if "cold" in row.crossed and "direct" in row.crossed]
    if counted:
        fetched = sum(row.crossed["cold"].bytes for row in counted)
        asked = sum(row.crossed["direct"].bytes for row in counted)
        yield Check("bytes of all: lean / direct", fetched / asked, LEAN_BYTES)


def covered(ranges):
    """How many distinct bytes half-open ranges [begin, end) hold."""
    total, reached = 0, 0
    for begin, end in sorted(ranges):
        total += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def range_of(text, size):
    """The half-open range that a Range header (or `-`, none) means of an object of `size` bytes."""
    if text == "-":
        return 0, size
    first, _, last = text.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size
    return min(int(first), size), min(int(last) + 1, size) if last else size


def asked_bytes(log_lines, sizes):
    """Distinct bytes that the GETs of a link's log ask for, of objects with `sizes` ({"/bucket/key":
    bytes})."""
    by_object = {}
    for line in log_lines:
        _, _, method, target, text = line.rstrip("\n").split("\t")
        if method == "GET" and target in sizes:
            by_object.setdefault(target, []).append(range_of(text, sizes[target]))
    return sum(covered(ranges) for ranges in by_object.values())
