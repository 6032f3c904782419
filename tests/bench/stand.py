"""What the measurements of hits and of single requests stand on: a store, a link that counts, one object."""

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.process import clean_environment
from rig.servers import Link, Nginx, S3proxy, Varnish, Versitygw
from rig.store_client import connect, make_public

from bench import generator
from bench.generator import BUCKET, KEY, Generator

PIECE = 8 << 20  # of a warm-up
NEAR = {"first_byte_ms": 0, "megabytes_per_second": 10000}
TRUST = ("--metadata-ttl", "1h", "--rights-ttl", "1h")  # what is held, for as long as a measurement takes


@dataclass(frozen=True)
class Programs:
    s3proxy: Path
    link: Path
    load: Path

    @classmethod
    def below(cls, build):
        return cls(*(Path(build).resolve() / name for name in ("s3proxy", "s3proxy-link", "s3proxy-load")))


class UnexpectedRequests(Exception):
    """The store was asked for what should have been held."""


class Stand:
    """The store behind its link, with objects of `object_bytes` under `keys`, for everybody to read. A
    context manager."""

    def __init__(self, work, programs, object_bytes, *, keys=(KEY,), link=None):
        self.work = Path(work)
        self.work.mkdir(exist_ok=True)
        self.programs = programs
        self.object_bytes = object_bytes
        self.keys = keys
        self.link_options = link or NEAR
        self.load = Generator(programs.load)
        self._running = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as running:
            self.store = running.enter_context(Versitygw(self.work / "store"))
            self._fill()
            self.link = running.enter_context(
                Link(self.work, self.programs.link, self.store.address, **self.link_options)
            )
            self._running = running.pop_all()
        return self

    def __exit__(self, *_):
        self._running.close()

    def _fill(self):
        client = connect(self.store.url)
        client.create_bucket(Bucket=BUCKET)
        data = self.work / "object"
        self.load.write_object(data, self.object_bytes)
        for key in self.keys:
            client.upload_file(str(data), BUCKET, key)
        data.unlink()
        make_public(client, BUCKET)

    def s3proxy(self, name="s3proxy", *arguments, threads=1, memory="2GiB"):
        """With the access line on, as it is by default; it goes to the same file as the log."""
        fixed = ["--threads", threads, "--access-log", "text", *TRUST]
        return S3proxy(
            self.work / name,
            self.programs.s3proxy,
            self.link.url,
            memory=memory,
            arguments=[*fixed, *arguments],
        )

    def nginx(self, slice_size="256k", **options):
        return Nginx(self.work / f"nginx-{slice_size}-{options.get('workers', 1)}", self.link.address,
                     slice_size=slice_size, **options)  # fmt: skip

    def varnish(self):
        return Varnish(self.work / "varnish", self.link.address)

    def requests(self, name, server, asks):
        return generator.write_requests(self.work / f"{name}.requests", server.address, asks)

    def warm(self, name, server, *, tls=False):
        """Reads the whole object through the server until it asks the store for nothing more; compares every
        byte. Peers ask the store unsigned."""
        ours = isinstance(server, S3proxy)
        if isinstance(server, Varnish):
            # Ranges that wait for a fetch of the whole object each ask for it anew.
            url = f"{server.url}/{BUCKET}/{KEY}"
            subprocess.run(["curl", "-sf", "-o", "/dev/null", url], check=True, env=clean_environment())
        asks = generator.whole(self.object_bytes, PIECE, signed=ours)
        path = self.requests(f"warm-{name}", server, asks)
        options = {"connections": 2, "count": len(asks), "compare_every": 1, "tls": tls}
        self.load.run(server, path, **options)
        if not ours:
            unsigned = generator.Ask(self.object_bytes, status=200, signed=False)
            self.load.run(
                server, self.requests(f"head-{name}", server, [unsigned]), count=1, connections=1, tls=tls
            )
        self.link.reset()
        self.load.run(server, path, **options)
        self.expect_no_requests(f"{name}, warm")

    def expect_no_requests(self, what):
        counted = self.link.reset()
        if counted["requests"]:
            raise UnexpectedRequests(f"{what}: the store got {counted['requests']} requests")


def forget_log(server):
    """Empties the file that a server appends to."""
    log = server.process.log
    if log.exists():
        with log.open("r+b") as file:
            file.truncate(0)
