"""Signature Version 4 written from AWS's description, for requests that no SDK would send.

Every part can be replaced, so that a test can break exactly one. Source:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html and the pages below it.
"""

import datetime
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")
EMPTY = hashlib.sha256(b"").hexdigest()


def sha256(body):
    return hashlib.sha256(body).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def encode(raw, safe=""):
    return quote(raw, safe="-._~" + safe)


def canonical_query(query):
    pairs = []
    for piece in filter(None, query.split("&")):
        name, _, value = piece.partition("=")
        pairs.append(tuple(encode(unquote_to_bytes(part.replace("+", " "))) for part in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@dataclass
class Signer:
    """Who signs, when and for where. What a request needs beyond it is given with the request."""

    access_key: str
    secret_key: str
    host: str
    region: str = "us-east-1"
    service: str = "s3"
    terminator: str = "aws4_request"
    at: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    @property
    def amz_date(self):
        return self.at.strftime("%Y%m%dT%H%M%SZ")

    def scope(self, day=None):
        return "/".join([day or self.amz_date[:8], self.region, self.service, self.terminator])

    def signing_key(self, day=None):
        key = ("AWS4" + self.secret_key).encode()
        for part in self.scope(day).split("/"):
            key = mac(key, part).digest()
        return key

    def signature(self, method, target, fields, names, payload, *, day=None, amz_date=None):
        path, _, query = target.partition("?")
        values = {}
        for name, value in fields:
            values.setdefault(name.lower(), []).append(" ".join(value.split()))
        canonical = "\n".join(
            [
                method,
                # What does not decode is signed as it is written.
                path if MALFORMED.search(path) else encode(unquote_to_bytes(path), "/"),
                canonical_query(query),
                *(f"{name}:{','.join(values.get(name, []))}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )
        text = "\n".join(
            ["AWS4-HMAC-SHA256", amz_date or self.amz_date, self.scope(day), sha256(canonical.encode())]
        )
        return mac(self.signing_key(day), text).hexdigest()

    def fields(self, method, target, headers=(), *, payload=EMPTY, names=None, day=None, date=True):
        """The header fields of a signed request, Host first. `names`: which are signed, instead of all."""
        fields = [("Host", self.host), *headers]
        if payload is not None:
            fields.append(("x-amz-content-sha256", payload))
        if date:
            fields.append(("x-amz-date", self.amz_date))
        names = sorted({name.lower() for name, _ in fields}) if names is None else names
        signature = self.signature(method, target, fields, names, EMPTY if payload is None else payload, day=day)
        credential = f"{self.access_key}/{self.scope(day)}"
        value = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(names)}, "
        return [*fields, ("Authorization", f"{value}Signature={signature}")]

    def presigned(self, method, target, headers=(), *, expires="300", names=("host",), token=None, **changes):
        """The target of a presigned URL. `changes` replace parameters before signing; None leaves one out."""
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.access_key}/{self.scope()}",
            "X-Amz-Date": self.amz_date,
            "X-Amz-Expires": expires,
            "X-Amz-Security-Token": token,
            "X-Amz-SignedHeaders": ";".join(names),
        }
        parameters |= {"X-Amz-" + name.replace("_", "-"): value for name, value in changes.items()}
        query = "&".join(f"{k}={encode(v)}" for k, v in parameters.items() if v is not None)
        target += ("&" if "?" in target else "?") + query
        fields = [("Host", self.host), *headers]
        signature = self.signature(method, target, fields, list(names), UNSIGNED)
        return f"{target}&X-Amz-Signature={signature}"

    def chunk_signature(self, previous, data):
        text = ["AWS4-HMAC-SHA256-PAYLOAD", self.amz_date, self.scope(), previous, EMPTY, sha256(data)]
        return mac(self.signing_key(), "\n".join(text)).hexdigest()

    def trailer_signature(self, previous, trailer):
        text = ["AWS4-HMAC-SHA256-TRAILER", self.amz_date, self.scope(), previous, sha256(trailer)]
        return mac(self.signing_key(), "\n".join(text)).hexdigest()


def head(method, target, fields, version="HTTP/1.1"):
    """The bytes of a request head."""
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def seed_of(fields):
    """The signature of a head, from which those of its chunks go on."""
    return dict(fields)["Authorization"].rpartition("Signature=")[2]


def signed_chunks(signer, seed, pieces):
    """The chunks of a body, the last and empty one included, and the last signature."""
    out, previous = [], seed
    for piece in [*pieces, b""]:
        previous = signer.chunk_signature(previous, piece)
        line = f"{len(piece):x};chunk-signature={previous}\r\n".encode()
        out.append(line + piece + (b"\r\n" if piece else b""))
    return out, previous


def unsigned_chunks(pieces):
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n"
