"""What a person reads of the engine measurements, and the same as data."""

import dataclasses

from bench import figures

MEGABYTE = 1_000_000


def columns(lines, heading):
    """Lines of cells as aligned text, the first column to the left."""
    lines = [heading, *lines]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heading))]
    for line in lines:
        first, *rest = line
        yield "  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))])


def megabytes(count):
    return f"{count / MEGABYTE:.1f}"


def table(rows, way="cold", baseline="direct"):
    """The lines of the table of queries; what was not measured has no column."""
    ways = [name for name in ("direct", "nginx", "nginx warm", "off", "cold", "warm") if name in rows[0].seconds]
    counted = [name for name in ("direct", "off", "cold") if all(name in row.crossed for row in rows)]
    told = any(row.told for row in rows)
    marked = way in counted and (told or any(row.crossed[way].speculative_requests for row in rows))
    waste = way in counted and "direct" in counted
    heading = ["query", *(f"{name} s" for name in ways), f"{way}/{baseline}"]
    heading += [f"{name} {what}" for name in counted for what in ("reqs", "MB")]
    heading += ["speculated MB"] * marked + ["used MB"] * told + ["wasted MB"] * waste
    lines = []
    for row in rows:
        cells = [row.title, *(f"{row.seconds[name]:.3f}" for name in ways), f"{row.ratio:.2f}"]
        for name in counted:
            cells += [str(row.crossed[name].requests), megabytes(row.crossed[name].bytes)]
        if marked:
            cells.append(megabytes(row.told["speculated"] if row.told else row.crossed[way].speculative_bytes))
        if told:
            cells.append(megabytes(row.told["used"]) if row.told else "")
        if waste:
            cells.append(megabytes(figures.wasted(row.crossed["direct"], row.crossed[way])))
        lines.append(cells)
    return columns(lines, heading)


def verdicts(checks):
    """The lines of the table of goals and musts."""

    def bound(value):
        return "" if value is None else f"{value:.4g}"

    lines = [
        [check.what, bound(check.goal), bound(check.must), f"{check.measured:.3g} {check.unit}".strip(), check.verdict]
        for check in checks
    ]
    return columns(lines, ["at most", "goal", "must", "measured", ""])


def as_data(rows, checks):
    """Everything, for a JSON file."""
    return {
        "queries": [{**dataclasses.asdict(row), "ratio": row.ratio} for row in rows],
        "checks": [{**dataclasses.asdict(check), "verdict": check.verdict} for check in checks],
    }
