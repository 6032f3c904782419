"""Time of a long PUT through s3proxy beside the same PUT sent to the store, in every form of body.

    tools/bench uploads [--rounds N] [--mebibytes N] [--json FILE]

The bodies are made before the clock starts, by no code of the project's: what is compared is the way.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import tempfile
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rig.servers import ACCESS_KEY, REGION, ROOT, SECRET_KEY, S3proxy, Versitygw
from rig.store_client import connect

TARGET = "/bench/upload"
CHUNK = 64 << 10  # a signed chunk, a transfer chunk
BOUND = 1.15  # of the time of the direct way
MODES = {
    "declared SHA-256": {},
    "UNSIGNED-PAYLOAD": {"word": "UNSIGNED-PAYLOAD"},
    "signed chunks": {"word": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
    "signed chunks, CRC32 trailer": {"word": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "trailer": "crc32"},
    "CRC32 trailer": {"word": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "trailer": "crc32"},
    "CRC32 trailer, transfer chunks": {
        "word": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "trailer": "crc32",
        "transfer": True,
    },
    "SHA-256 trailer": {"word": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "trailer": "sha256"},
}


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass
class Signer:
    """Signature Version 4, and the chain of chunk signatures behind it."""

    address: str

    def __post_init__(self):
        self.date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.date[:8]}/{REGION}/s3/aws4_request"
        self.key = ("AWS4" + SECRET_KEY).encode()
        for part in self.scope.split("/"):
            self.key = mac(self.key, part)

    def head(self, fields, word):
        fields = {"host": self.address, "x-amz-content-sha256": word, "x-amz-date": self.date, **fields}
        names = ";".join(sorted(fields))
        lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
        canonical = f"PUT\n{TARGET}\n\n{lines}\n{names}\n{word}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        self.last = mac(self.key, f"AWS4-HMAC-SHA256\n{self.date}\n{self.scope}\n{digest}").hex()
        fields["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{self.scope}, SignedHeaders={names}, Signature={self.last}"
        )
        return fields

    def next(self, kind, hashes):
        self.last = mac(self.key, f"{kind}\n{self.date}\n{self.scope}\n{self.last}\n{hashes}").hex()
        return self.last


def checksum(name, block, count):
    if name == "sha256":
        return base64.b64encode(repeated_hash(block, count).digest()).decode()
    value = 0
    for _ in range(count):
        value = zlib.crc32(block, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def repeated_hash(block, count):
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(block)
    return digest


def request(address, block, count, word=None, trailer=None, transfer=False):
    """The pieces of one request: `count` times `block`, in chunks where the mode has them."""
    signer = Signer(address)
    word = word or repeated_hash(block, count).hexdigest()
    streaming = word.startswith("STREAMING")
    fields = {}
    if streaming:
        fields = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(block) * count)}
    if trailer:
        fields["x-amz-trailer"] = f"x-amz-checksum-{trailer}"
    fields = signer.head(fields, word)
    pieces = [block] * count
    if streaming:
        pieces = list(chunks(signer, block, count, "HMAC" in word, trailer))
    if transfer:
        fields["transfer-encoding"] = "chunked"
        framed = []
        for piece in [b"".join(pieces[i : i + 3]) for i in range(0, len(pieces), 3)]:
            framed += [b"%x\r\n" % len(piece), piece, b"\r\n"]
        pieces = [*framed, b"0\r\n\r\n"]
    else:
        fields["content-length"] = str(sum(map(len, pieces)))
    lines = [f"PUT {TARGET} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return ["\r\n".join(lines).encode(), *pieces]


def chunks(signer, block, count, signed, trailer):
    empty, whole = hashlib.sha256(b"").hexdigest(), hashlib.sha256(block).hexdigest()
    for number in range(count + 1):
        data, digest = (block, whole) if number < count else (b"", empty)
        line = f"{len(data):x}"
        if signed:
            line += f";chunk-signature={signer.next('AWS4-HMAC-SHA256-PAYLOAD', empty + chr(10) + digest)}"
        yield line.encode() + b"\r\n"
        if data:
            yield data
            yield b"\r\n"
    if trailer:
        field = f"x-amz-checksum-{trailer}:{checksum(trailer, block, count)}"
        yield field.encode() + b"\r\n"
        if signed:
            digest = hashlib.sha256(f"{field}\n".encode()).hexdigest()
            yield f"x-amz-trailer-signature:{signer.next('AWS4-HMAC-SHA256-TRAILER', digest)}\r\n".encode()
    yield b"\r\n"


def send(address, pieces):
    """Seconds from the first byte to the answer."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        begin = time.perf_counter()
        for at in range(0, len(pieces), 64):
            views = [memoryview(piece) for piece in pieces[at : at + 64]]
            while views:
                sent = connection.sendmsg(views)
                while views and sent >= len(views[0]):
                    sent -= len(views.pop(0))
                if views and sent:
                    views[0] = views[0][sent:]
        response = http.client.HTTPResponse(connection, method="PUT")
        response.begin()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"the upload was refused: {response.status} {body[:300]}")
        return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "release" / "s3proxy")
    parser.add_argument("--only", default="", help="modes whose name matches this expression")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    block, results = os.urandom(CHUNK), {}
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as running:
        store = running.enter_context(Versitygw(work))
        connect(store.url).create_bucket(Bucket=TARGET.split("/")[1])
        proxy = running.enter_context(S3proxy(work, options.program, store.url))
        for mode, form in MODES.items():
            if not re.search(options.only, mode):
                continue
            times = {"direct": [], "through": []}
            for _ in range(options.rounds):
                for way, server in (("direct", store), ("through", proxy)):
                    pieces = request(server.address, block, options.mebibytes << 20 >> 16, **form)
                    times[way].append(send(server.address, pieces))
            # The quickest of each: what else the machine does only ever adds.
            direct, through = min(times["direct"]), min(times["through"])
            results[mode] = {"direct_s": direct, "through_s": through, "ratio": through / direct, **times}
            print(f"{mode:32} direct {direct:6.2f} s  through {through:6.2f} s  {through / direct:5.2f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    slow = [mode for mode, result in results.items() if result["ratio"] > BOUND]
    if slow:
        raise SystemExit(f"slower than {BOUND} times the direct way: {', '.join(slow)}")


if __name__ == "__main__":
    main()
