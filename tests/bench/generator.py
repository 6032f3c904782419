"""s3proxy-load, driven: what to ask for, one run, a run in the background.

The load ends with an error, and so does the measurement, when an answer has not the status and the length
that were expected, or when the bytes of one that was compared are not the object's.
"""

import contextlib
import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.process import clean_environment
from rig.signing import Signer

BUCKET, KEY = "bench", "data.bin"
LONGEST = 170  # seconds that one run may take
MANY = 16384  # distinct requests at most, each with a signature of its own


class LoadError(Exception):
    """The load ended early; the message says what the server did."""


@dataclass(frozen=True)
class Ask:
    """One request, and the answer it must get. Without `size` a HEAD."""

    length: int
    offset: int = 0
    size: int | None = None
    key: str = KEY
    signed: bool = True
    status: int = 206

    def raw(self, signer):
        target = f"/{BUCKET}/{self.key}"
        method = "HEAD" if self.size is None else "GET"
        headers = {} if self.size is None else {"Range": f"bytes={self.offset}-{self.offset + self.size - 1}"}
        if self.signed:
            return signer.raw_request(method, target, headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\nHost: {signer.address}\r\n{head}\r\n".encode()


def head(object_bytes, key=KEY):
    return Ask(object_bytes, key=key, status=200)


def part(offset, size, key=KEY, signed=True):
    return Ask(size, offset, size, key, signed)


def random_parts(object_bytes, size, count=MANY, key=KEY):
    """Aligned ranges of `size` all over the object, in an order that is the same each time."""
    numbers = list(range(object_bytes // size))
    random.Random(size).shuffle(numbers)
    return [part(number * size, size, key) for number in numbers[:count]]


def whole(object_bytes, size, key=KEY, signed=True):
    """Ranges of `size` that are the whole object, in order."""
    return [part(at, min(size, object_bytes - at), key, signed) for at in range(0, object_bytes, size)]


def write_requests(path, address, asks):
    """The file of requests for s3proxy-load, signed for the server at `address`."""
    signer = Signer(address)
    with Path(path).open("wb") as file:
        for ask in asks:
            raw = ask.raw(signer)
            file.write(b"%d %d %d %d\n" % (ask.status, ask.length, ask.offset, len(raw)) + raw)
    return path


def flags(options):
    """{"compare_every": 2, "tls": True} as flags; what is None or False is left out."""
    for name, value in options.items():
        if value is not None and value is not False:
            yield f"--{name.replace('_', '-')}"
            if value is not True:
                yield str(value)


class Generator:
    """The program; `cores` is a list as `taskset -c` takes it."""

    def __init__(self, program, cores=None):
        self.program = Path(program)
        self.cores = cores

    def on(self, cores):
        return Generator(self.program, cores)

    def write_object(self, path, size):
        with Path(path).open("wb") as file:
            subprocess.run([self.program, "--write-content", str(size)], stdout=file, check=True)

    def run(self, server, requests, **options):
        """One run to its end; what came of it."""
        with self.background(server, requests, **options) as load:
            return load.wait()

    def background(self, server, requests, **options):
        """A run that goes on until its end, `stop` or the end of the `with`."""
        place = ["taskset", "-c", self.cores] if self.cores else []
        command = [*place, self.program, "--server", server.address, "--requests", requests, *flags(options)]
        return Load([str(word) for word in command])


class Load(contextlib.AbstractContextManager):
    """One s3proxy-load that runs."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=clean_environment(),
        )

    @property
    def pid(self):
        return self.process.pid

    def wait_until_held(self):
        """Until every connection of the manner `hold` has had its answer."""
        if self.process.stdout.readline() != "holding\n":
            self.wait()
            raise LoadError("the load held no connections")

    def stop(self):
        """Sends nothing more, reads what is under way to its end; what came of it."""
        self.process.terminate()
        return self.wait()

    def wait(self):
        output, errors = self.process.communicate(timeout=LONGEST)
        if self.process.returncode != 0:
            raise LoadError(errors.strip() or f"s3proxy-load ended with {self.process.returncode}")
        return json.loads(output)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
