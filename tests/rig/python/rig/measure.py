"""Measures the seven queries: direct, through s3proxy and, if asked for, through nginx, behind one link.

A round starts every cache empty and takes the ways in turn for each query, so that a slow moment of the
machine hits them alike. Each query has a bucket of its own, so the first time through is cold though the
cache is shared.
"""

import contextlib
import hashlib
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from rig import lake, store_client
from rig.engines import run_query
from rig.queries import QUERIES
from rig.servers import Link, Nginx, S3proxy, Versitygw

DIRECT, FIRST, SECOND = "direct", "first", "second"
NGINX_FIRST, NGINX_SECOND = "nginx first", "nginx second"


class WrongAnswer(Exception):
    """Two ways to the same data gave different answers."""


@dataclass(frozen=True)
class Sample:
    """One query one way: seconds, and what the store was asked meanwhile (`lists` are among `requests`)."""

    seconds: float
    requests: int
    lists: int
    megabytes: float


def median(samples):
    """The median of each figure."""
    return Sample(
        statistics.median(s.seconds for s in samples),
        statistics.median_low(s.requests for s in samples),
        statistics.median_low(s.lists for s in samples),
        statistics.median(s.megabytes for s in samples),
    )


class Bench:
    """The store with the lake in it, and the link in front; `round` measures. A context manager."""

    def __init__(
        self, work, link_program, s3proxy_program=None, *, nginx=False, outlive=False, s3proxy_arguments=()
    ):
        self.work = Path(work)
        self.store = Versitygw(self.work)
        self.store.outlive = outlive
        self.link = None
        self.link_program = link_program
        self.s3proxy_program = s3proxy_program
        self.s3proxy_arguments = s3proxy_arguments
        self.with_nginx = nginx
        self.outlive = outlive
        self.s3proxy = None  # of the newest round
        self.peak_resident_bytes = 0
        self._servers = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as servers:
            servers.enter_context(self.store)
            self.link = Link(self.work, self.link_program, self.store.address)
            self.link.outlive = self.outlive
            servers.enter_context(self.link)
            self._servers = servers.pop_all()
        return self

    def __exit__(self, failure, *_):
        if failure or not self.outlive:
            self._servers.close()

    def servers(self):
        """Those that run, front first."""
        return [server for server in (self.s3proxy, self.link, self.store) if server and server.process]

    def load(self, folder):
        """Uploads the lake, every query's files into its own bucket, unless an earlier run did."""
        stamp = self.work / "loaded"
        layout = hashlib.sha256(repr([(q.name, q.files) for q in QUERIES]).encode()).hexdigest()[:8]
        wanted = f"{lake.fingerprint()} {layout}"
        client = store_client.connect(self.store.url)
        if not (stamp.exists() and stamp.read_text() == wanted):
            stamp.unlink(missing_ok=True)
            store_client.empty(client)
            for query in QUERIES:
                store_client.upload(client, query.name, lake.files(folder, query.files))
            stamp.write_text(wanted)
        if self.with_nginx:
            for query in QUERIES:
                store_client.make_public(client, query.name)

    def round(self, on_query=lambda query: None):
        """{query name: {way: Sample}} from caches that start empty."""
        with contextlib.ExitStack() as fronts:
            nginx = fronts.enter_context(Nginx(self.work, self.link.address)) if self.with_nginx else None
            if self.s3proxy_program:
                self._restart_s3proxy()
            samples = {}
            for query in QUERIES:
                on_query(query)
                samples[query.name] = self._measure(query, nginx)
        if self.s3proxy:
            resident = self.s3proxy.process.resident_bytes(peak=True)
            self.peak_resident_bytes = max(self.peak_resident_bytes, resident)
        return samples

    def _restart_s3proxy(self):
        if self.s3proxy:
            self.s3proxy.stop()
        self.s3proxy = S3proxy(
            self.work, self.s3proxy_program, self.link.url, arguments=self.s3proxy_arguments
        )
        self.s3proxy.outlive = self.outlive
        self._servers.enter_context(self.s3proxy)

    def _measure(self, query, nginx):
        ways = [(DIRECT, self.link, {})]
        if self.s3proxy:
            ways += [(FIRST, self.s3proxy, {}), (SECOND, self.s3proxy, {})]
        if nginx:
            ways += [
                (NGINX_FIRST, nginx, {"credentials": None}),
                (NGINX_SECOND, nginx, {"credentials": None}),
            ]
        samples, expected = {}, None
        for way, server, options in ways:
            self._settled_counters()
            self.link.reset()
            answer = run_query(query, server.address, **options)
            counted = self._settled_counters()
            samples[way] = Sample(
                answer.seconds,
                counted["requests"],
                counted["list_requests"],
                counted["response_body_bytes"] / 1e6,
            )
            expected = answer.rows if expected is None else expected
            if answer.rows != expected:
                raise WrongAnswer(f"{query.title}: {way} gave\n{answer.rows}\nbut direct gave\n{expected}")
        return samples

    def _settled_counters(self):
        """The counters once they stand still: a front may still fetch when the engine has its answer."""
        previous = None
        while (current := self.link.counters()) != previous:
            previous = current
            time.sleep(0.03)
        return current
