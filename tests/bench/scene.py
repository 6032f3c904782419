"""The stage of the engine measurements: a store with a lake in it, a link in front, and fronts that start empty."""

import contextlib
import http.client
import re
import subprocess
import time
from dataclasses import dataclass

from rig import store_client
from rig.engines import run_query
from rig.measure import WrongAnswer
from rig.process import LOOPBACK, START_DEADLINE, clean_environment, free_port
from rig.servers import Link, Nginx, S3proxy, Versitygw

from bench.figures import Crossed, Sample

LAKE, OTHERS = "lake", "other-files"  # buckets
QUIET = 2.0  # seconds without a byte, after which nothing more is expected to come
SETTLED = 0.1  # the same between two measurements of a process that has ended
METRICS = ("speculated", "used", "wasted")


@dataclass(frozen=True)
class Way:
    """One way to the lake. `front` is what stands before the link: nothing, s3proxy or nginx, with an empty cache;
    `again` names the second run through the same one, if that is measured, too."""

    name: str
    front: str = ""
    arguments: tuple = ()
    again: str = ""


class Scene:
    """Servers and data of one measurement. A context manager."""

    def __init__(self, work, program, link_program, lake, **link_options):
        self.work = work
        self.program = program
        self.lake = lake
        self.store = Versitygw(work)
        self.link_program = link_program
        self.link_options = link_options
        self.link = None
        self._help = None
        self._servers = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as servers:
            servers.enter_context(self.store)
            self.link = Link(self.work, self.link_program, self.store.address, **self.link_options)
            servers.enter_context(self.link)
            self._servers = servers.pop_all()
        return self

    def __exit__(self, *_):
        self._servers.close()

    def load(self):
        """Puts the lake into the store, unless an earlier run did."""
        stamp, wanted = self.work / "loaded", self.lake.fingerprint()
        client = store_client.connect(self.store.url)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        stamp.unlink(missing_ok=True)
        store_client.empty(client)
        for bucket, files in ((LAKE, self.lake.files()), (OTHERS, self.lake.other_files())):
            store_client.upload(client, bucket, files)
            store_client.make_public(client, bucket)
        stamp.write_text(wanted)

    def knows(self, option):
        """Whether s3proxy has a flag of that name."""
        if self._help is None:
            command = [self.program, "--help"]
            self._help = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True).stdout
        return re.search(re.escape(option) + r"\b", self._help) is not None

    @contextlib.contextmanager
    def s3proxy(self, *arguments, memory="1GiB", origin=None):
        """A fresh s3proxy in front of the link, with an empty cache, that has nothing more to do of its own."""
        front = S3proxy(self.work, self.program, (origin or self.link).url, memory=memory)
        admin = None
        if self.knows("--admin-address"):
            admin = f"{LOOPBACK}:{free_port()}"
            front.arguments += ["--admin-address", admin]
        front.arguments += arguments
        log = self.work / "s3proxy.log"
        log.unlink(missing_ok=True)
        with front:
            end = time.monotonic() + START_DEADLINE
            while not re.search(r"^\S+Z \w+ +app: ", log.read_text(errors="replace"), re.M) and time.monotonic() < end:
                time.sleep(0.005)
            front.admin = admin
            yield front

    def told(self, front):
        """What s3proxy itself says of its read-ahead, in bytes; None if it does not."""
        if not front.admin:
            return None
        host, port = front.admin.split(":")
        with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=10)) as admin:
            admin.request("GET", "/-/metrics")
            return read_ahead_metrics(admin.getresponse().read().decode())

    def pair(self, query, ways, *, bucket=LAKE, counted=True, reverse=False, warm_up=None):
        """{way: Sample} of one query, each way once, in turn; all must give the same answer. `warm_up` is a query that
        runs before it through fronts of s3proxy."""
        samples, answers = {}, {}
        for way in reversed(ways) if reverse else ways:
            for name, sample, rows in self._take(query, way, bucket, counted, warm_up):
                samples[name], answers[name] = sample, rows
        first = next(iter(answers))
        for name, rows in answers.items():
            if rows != answers[first]:
                raise WrongAnswer(f"{query.title}: {name} gave\n{rows}\nbut {first} gave\n{answers[first]}")
        return {name: samples[name] for way in ways for name in (way.name, way.again) if name in samples}

    def _take(self, query, way, bucket, counted, warm_up):
        """(name, sample, answer) of a way, and of its second run."""
        if not way.front:
            yield way.name, *self._run(query, self.link, bucket, SETTLED if counted else None)
            return
        credentials = {"credentials": None} if way.front == "nginx" else {}
        with self._front(way) as front:
            if warm_up:
                run_query(warm_up, front.address, bucket=bucket, **credentials)
                self.link.wait_until_quiet(QUIET)
            yield way.name, *self._run(query, front, bucket, QUIET if counted else None, **credentials)
            if way.again:
                yield way.again, *self._run(query, front, bucket, SETTLED if counted else None, **credentials)

    def _front(self, way):
        if way.front == "nginx":
            return Nginx(self.work / "nginx", self.link.address)
        return self.s3proxy(*way.arguments)

    def _run(self, query, server, bucket, quiet, **options):
        self.link.wait_until_quiet(SETTLED)
        self.link.reset()
        answer = run_query(query, server.address, bucket=bucket, **options)
        crossed = Crossed.of(self.link.wait_until_quiet(quiet)) if quiet else None
        told = self.told(server) if quiet and isinstance(server, S3proxy) else None
        return Sample(answer.seconds, crossed, told), answer.rows


def read_ahead_metrics(text):
    """{what: bytes} of the read-ahead's counters in Prometheus' text format, summed over labels; None without any."""
    sums = {}
    for name, value in re.findall(r"^s3proxy_read_ahead_(\w+)_bytes_total(?:\{[^}]*\})? +(\S+)", text, re.M):
        if name in METRICS:
            sums[name] = sums.get(name, 0.0) + float(value)
    return sums or None
