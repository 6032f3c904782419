"""What a connection costs: one request on a new one, ten thousand that stand idle, and the first after a
start.

    tools/bench connections [--rounds N] [--seconds S] [--idle N] [--starts N] [--json FILE]

- A 4 KiB hit, each on a connection of its own: server CPU beside nginx's, measured as `hits` measures.
- Memory for each connection that has had an answer (a HEAD) and stands idle: what the server's cgroup counts
  more than before, sockets included; without cgroups MemAvailable, which holds the clients' ends, too.
- Milliseconds from the start of the process to the 403 for an unsigned request, with a store that refuses
  connections and with one that accepts and never answers.
"""

import contextlib
import os
import resource
import signal
import socket
import statistics
import time

from rig.process import LOOPBACK, clean_environment, free_port
from rig.servers import Nginx

from bench import bounds, command, generator, hits, meter, stand, tell
from bench.bounds import KIB, SIZES
from bench.figures import Check

OBJECT_BYTES = 64 << 20
FRESH = {"manner": "fresh", "sources": 64}
SOURCES = 16  # addresses that idle connections come from
SETTLE = 1.0  # seconds after which what was freed has been given back
START_DEADLINE = 10.0
LABEL = "4 KiB"
UNSIGNED = b"GET /bench/data.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"


def fresh(where, options):
    """Rounds of requests on new connections, {name: rounds}."""
    candidates = {"s3proxy": hits.Candidate(where.s3proxy())}
    if Nginx.program().exists():
        candidates["nginx"] = hits.Candidate(where.nginx("256k"))
    with hits.running(where, candidates):
        sizes = {LABEL: SIZES[LABEL]}
        taken = hits.compare(
            where, candidates, sizes, rounds=options.rounds, seconds=options.seconds, **FRESH
        )
    return taken[LABEL]


def idle(where, server, count, name):
    """Bytes for each of `count` connections that stand idle."""
    with meter.Memory(name) as memory, contextlib.ExitStack() as running:
        memory.start(server)
        running.callback(server.stop)
        path = where.requests(f"idle {name}", server, [generator.head(where.object_bytes)])
        if isinstance(server, Nginx):
            where.warm(name, server)
        # One at a time first: what the first ones bring is not a connection's.
        where.load.run(server, path, manner="fresh", connections=4, count=200, sources=SOURCES)
        time.sleep(SETTLE)
        before = memory.bytes()
        with where.load.background(server, path, manner="hold", connections=count, sources=SOURCES) as load:
            load.wait_until_held()
            time.sleep(SETTLE)
            held = memory.bytes()
            load.stop()
        time.sleep(SETTLE)
        return {
            "connections": count,
            "bytes_each": (held - before) / count,
            "bytes_kept_each": (memory.bytes() - before) / count,
            "source": memory.source,
        }


@contextlib.contextmanager
def silent_store():
    """A port that accepts and never says a word."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(128)
        yield listener.getsockname()[1]


@contextlib.contextmanager
def absent_store():
    """A port that refuses."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


def seconds_to_403(where, store_port):
    """From just before the start of the process to the first byte of its answer."""
    port = free_port()
    server = where.s3proxy("start")
    arguments = [server.program, "--endpoint", f"http://{LOOPBACK}:{store_port}", "--port", port]
    arguments = [str(word) for word in [*arguments, *server.arguments]]
    log = str(where.work / "start.log")
    to_log = [(os.POSIX_SPAWN_OPEN, n, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for n in (1, 2)]
    environment = clean_environment(**server.env)
    begun = time.perf_counter()
    pid = os.posix_spawn(arguments[0], arguments, environment, file_actions=to_log)
    try:
        answer = first_answer(port, begun + START_DEADLINE)
        taken = time.perf_counter() - begun
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    if not answer.startswith(b"HTTP/1.1 403 "):
        raise RuntimeError(f"an unsigned request got {answer[:80]!r}")
    return taken


def first_answer(port, deadline):
    while time.perf_counter() < deadline:
        with contextlib.suppress(ConnectionError), socket.create_connection((LOOPBACK, port), 5) as client:
            client.sendall(UNSIGNED)
            return client.recv(4096)
        time.sleep(0.0002)
    return b""


def starts(where, count):
    """{store: milliseconds of each start}."""
    times = {}
    for name, store in (("refuses", absent_store), ("never answers", silent_store)):
        with store() as port:
            times[name] = [seconds_to_403(where, port) * 1e3 for _ in range(count)]
    return times


def checks_of(figures):
    if "nginx" in figures["fresh"]:
        must, goal = bounds.FRESH_BOUNDS
        yield Check(
            "one request on a new connection, CPU of nginx's",
            bounds.ratio(figures["fresh"], "s3proxy", "nginx"),
            goal,
            must,
        )
    one = figures["idle"]["s3proxy"]
    yield Check(f"an idle connection ({one['source']})", one["bytes_each"] / KIB, 12, 20, "KiB")
    for name, times in figures["starts_ms"].items():
        yield Check(f"start to the first 403, store {name}", statistics.median(times), 20, 50, "ms")


def lines_of(figures):
    heading = ["new connection", *bounds.HIT_HEADING[1:]]
    yield from tell.columns(list(bounds.hit_lines({LABEL: figures["fresh"]})), heading)
    yield ""
    cells = [
        [
            name,
            str(one["connections"]),
            f"{one['bytes_each'] / KIB:.1f}",
            f"{one['bytes_kept_each'] / KIB:.1f}",
        ]
        for name, one in figures["idle"].items()
    ]
    yield from tell.columns(cells, ["idle", "connections", "KiB each", "KiB each, kept after"])
    yield ""
    cells = [
        [name, f"{statistics.median(times):.1f}", f"{min(times):.1f}", f"{max(times):.1f}"]
        for name, times in figures["starts_ms"].items()
    ]
    yield from tell.columns(cells, ["start to 403, store", "median ms", "least", "most"])


def allow_descriptors(count):
    """For the servers that are started from here; s3proxy-load sees to its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count)), hard))


def measure(options, programs, work):
    allow_descriptors(options.idle + 1000)
    with stand.Stand(work, programs, OBJECT_BYTES) as where:
        figures = {"fresh": fresh(where, options), "idle": {}}
        servers = {"s3proxy": where.s3proxy("idle", threads=options.threads)}
        if Nginx.program().exists():
            servers["nginx"] = where.nginx("256k", connections=options.idle + 1000)
        for name, server in servers.items():
            command.say(f"{options.idle} idle connections of {name}")
            figures["idle"][name] = idle(where, server, options.idle, name)
        command.say(f"{options.starts} starts, twice")
        figures["starts_ms"] = starts(where, options.starts)
    return figures, list(lines_of(figures)), list(checks_of(figures))


def parse_arguments(given=None):
    parser = command.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2, help="workers that hold the idle connections")
    options = parser.parse_args(given)
    if options.smoke:
        options.rounds, options.seconds, options.idle, options.starts = 1, 0.3, 200, 1
    return options


if __name__ == "__main__":
    command.run(parse_arguments(), measure)
