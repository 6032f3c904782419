"""The matrix as Markdown, from what the last run of each client's test wrote: `matrix.py BUILD-FOLDER`."""

import json
import sys
from pathlib import Path


def rows(folder):
    """One row a client: its version, how many steps passed, and its gaps with their reasons."""
    for file in sorted(folder.glob("*.json"), key=lambda file: file.name.lower()):
        entry = json.loads(file.read_text())
        gaps = {}
        for title, outcome in entry["steps"].items():
            if outcome != "yes":
                gaps.setdefault(outcome.removeprefix("n/a: "), []).append(title)
        told = "; ".join(f"{', '.join(titles)}: {reason}" for reason, titles in gaps.items())
        passed = sum(outcome == "yes" for outcome in entry["steps"].values())
        yield entry["client"], entry["version"], f"{passed} of {len(entry['steps'])}", told or "none"


def main():
    print("| client | version | passed | n/a, and why |\n| --- | --- | --- | --- |")
    for row in rows(Path(sys.argv[1]) / "e2e" / "clients"):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
