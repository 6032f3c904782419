"""Every test that a `Tests:` paragraph of docs/ names exists, and is of the kind that stands before it.

    python3 quoted_tests.py ROOT
"""

import fnmatch
import re
import sys
from pathlib import Path

KINDS = "unit|golden|flow|e2e"


def tests_of(root):
    """{kind: names as the docs give them}: `suite.test`; for e2e the method, or the file less `_test.py`."""
    found = {kind: set() for kind in KINDS.split("|")}
    for kind, names in found.items():
        for path in (root / "tests" / kind).rglob("*.cpp"):
            cases = re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.M)
            names |= {f"{suite}.{name}" for suite, name in cases}
        for path in (root / "tests" / kind).rglob("*_test.py"):
            names |= {path.name.removesuffix("_test.py"), *re.findall(r"def (test_\w+)", path.read_text())}
    for kind, name in re.findall(rf"NAME ({KINDS})\.(\w+)", (root / "tests" / "CMakeLists.txt").read_text()):
        found[kind].add(name)
    return found


def quoted(text):
    """(kinds, name) for each test that a page names: `flow and unit x.*` is of both kinds."""
    for paragraph in re.findall(r"^Tests: .*?(?=^$|\Z)", text, re.M | re.S):
        kinds, named = [], True
        for kind, name in re.findall(rf"\b({KINDS})\b(?=[^`]*`)|`([a-z0-9_.*]+)`", paragraph):
            if kind:
                kinds = [kind] if named else [*kinds, kind]
            else:
                yield kinds, name
            named = not kind


def missing(root):
    tests = tests_of(root)
    for page in sorted((root / "docs").rglob("*.md")):
        for kinds, name in quoted(page.read_text()):
            if not kinds or not all(fnmatch.filter(tests[kind], name) for kind in kinds):
                yield f"{page.relative_to(root)}: there is no {' and '.join(kinds)} test {name}"


if __name__ == "__main__":
    problems = list(missing(Path(sys.argv[1])))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
