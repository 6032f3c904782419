"""Reads every #include of the project and fails when an arrow or a door of docs/architecture.md is broken.

    python3 layering.py ROOT
"""
import pathlib
import re
import sys

# What a room may include, itself apart.
CORE = ["base", "http", "s3", "cache", "read_ahead"]
ARROWS = {
    "base": [],
    "http": ["base"],
    "s3": ["http", "base"],
    "cache": ["http", "base"],
    "read_ahead": ["http", "base"],
    "observe": CORE,
    "store": CORE + ["observe"],
    "net": CORE + ["observe"],
    "upstream": CORE + ["observe"],
    "proxy": CORE + ["observe", "store", "net", "upstream"],
    "app": CORE + ["observe", "store", "net", "upstream", "proxy"],
}

# One door per library: the places that may include it, as prefixes of paths below src/ or include/s3proxy/.
DOORS = {
    "boost/beast": ["net/", "upstream/"],
    "boost/asio": ["store/", "net/", "upstream/", "proxy/", "app/"],
    "openssl/": ["base/crypto", "base/pem", "net/tls_context", "net/tls_channel", "upstream/tls_context"],
    "boost/asio/ssl": ["upstream/"],
    "pugixml": ["s3/xml"],
    "boost/json": ["upstream/credential_document"],
    "spdlog/": ["observe/log"],
    "CLI/": ["app/options"],
    "toml++/": ["app/config_file"],
}

# A pure room has no I/O, threads or clocks of its own; time comes in as a value (std::chrono is a unit there).
PURE = set(CORE)
IMPURE_HEADERS = {
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "atomic", "fstream", "iostream",
    "filesystem", "cstdio", "unistd.h", "sys/socket.h", "sys/mman.h", "fcntl.h",
}
IMPURE_WORDS = re.compile(r"\b(steady_clock|system_clock|high_resolution_clock)::now\b|\bgetenv\b|\bprintf\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def breaches(root):
    root = pathlib.Path(root)
    for base in (root / "src", root / "include" / "s3proxy"):
        for path in sorted(base.rglob("*.[ch]pp")):
            place = path.relative_to(base).as_posix()
            room = place.split("/")[0]
            for number, line in enumerate(path.read_text().splitlines(), 1):
                where = f"{path.relative_to(root)}:{number}"
                if room not in ARROWS:
                    yield f"{where}: '{room}' is not a room of the house"
                    break
                yield from (f"{where}: {what}" for what in line_breaches(room, place, line))


def line_breaches(room, place, line):
    if room in PURE and IMPURE_WORDS.search(line.split("//")[0]):
        yield f"the pure room '{room}' must not read clocks, the environment or write output"
    found = INCLUDE.match(line)
    if not found:
        return
    header = found.group(1)
    if header.startswith("s3proxy/"):
        target = header.split("/")[1]
        if target != room and target not in ARROWS[room]:
            yield f"'{room}' must not include '{target}' ({header})"
    if room in PURE and header in IMPURE_HEADERS:
        yield f"the pure room '{room}' must not include <{header}>"
    # The longest matching library decides: boost/asio/ssl has a narrower door than boost/asio.
    library = max((name for name in DOORS if header.startswith(name)), key=len, default=None)
    if library and not any(place.startswith(door) for door in DOORS[library]):
        yield f"<{header}> may be included only in {', '.join(DOORS[library])}"


def main():
    found = list(breaches(sys.argv[1]))
    print("\n".join(found) if found else "every arrow and door holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
