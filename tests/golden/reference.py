"""Signature Version 4 as S3's documentation tells it, read and written here without any of the project's code.

It signs the forms that botocore does not make, and it says of any head of these tests whether its signature covers
it. Only as strict as those heads need: what is malformed is for the unit tests.
"""
import datetime
import email.utils
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus, unquote_to_bytes

UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = 900


def mac(key, text):
    return hmac.new(key, text.encode("latin-1"), hashlib.sha256).digest()


def signing_key(secret, day, region):
    key = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = mac(key, part)
    return key


def canonical_query(query):
    pieces = [piece.partition("=") for piece in query.split("&") if piece]
    strict = [tuple(quote(unquote_plus(part, "latin-1"), safe="-_.~", encoding="latin-1") for part in (name, value))
              for name, _, value in pieces]
    return "&".join(f"{name}={value}" for name, value in sorted(strict) if name != "X-Amz-Signature")


def canonical_headers(fields, names):
    lines = []
    for name in names:
        values = [" ".join(re.split(r"[ \t]+", value.strip(" \t"))) for n, value in fields if n.lower() == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "".join(lines)


def signature(secret, scope, amz_date, method, path, query, fields, names, word):
    """The signature, in hexadecimal, of a request for a scope `day/region/s3/aws4_request`."""
    canonical = "\n".join([method, quote(unquote_to_bytes(path), safe="/-_.~"), canonical_query(query),
                           canonical_headers(fields, names), ";".join(names), word])
    hashed = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    day, region = scope.split("/")[:2]
    return mac(signing_key(secret, day, region), "\n".join(["AWS4-HMAC-SHA256", amz_date, scope, hashed])).hex()


def scope_of(amz_date, region):
    return f"{amz_date[:8]}/{region}/s3/aws4_request"


def covered_names(fields, also=()):
    wanted = {"host", "content-type", "content-md5", *also}
    return sorted({name.lower() for name, _ in fields if name.lower() in wanted or name.lower().startswith("x-amz-")})


def sign(method, path, query, fields, key, region, at, word, also=()):
    """The fields with a signature in the header; `also` names more fields to cover."""
    amz_date = at.strftime("%Y%m%dT%H%M%SZ")
    fields = [*fields, ("x-amz-date", amz_date), ("x-amz-content-sha256", word)]
    if key.token:
        fields.append(("x-amz-security-token", key.token))
    names, scope = covered_names(fields, also), scope_of(amz_date, region)
    made = signature(key.secret_key, scope, amz_date, method, path, query, fields, names, word)
    return [*fields, ("Authorization", f"AWS4-HMAC-SHA256 Credential={key.access_key}/{scope},"
                                       f"SignedHeaders={';'.join(names)},Signature={made}")]


def presign(method, path, query, fields, key, region, at, expires, word=UNSIGNED):
    """The query with a signature in it."""
    amz_date = at.strftime("%Y%m%dT%H%M%SZ")
    names, scope = covered_names(fields), scope_of(amz_date, region)
    more = [("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{key.access_key}/{scope}"),
            ("X-Amz-Date", amz_date), ("X-Amz-Expires", str(expires)), ("X-Amz-SignedHeaders", ";".join(names))]
    if key.token:
        more.append(("X-Amz-Security-Token", key.token))
    query = "&".join([*([query] if query else []), *(f"{name}={quote(value, safe='-_.~')}" for name, value in more)])
    made = signature(key.secret_key, scope, amz_date, method, path, query, fields, names, word)
    return f"{query}&X-Amz-Signature={made}"


@dataclass
class Head:
    """A request head in its parts, so that one can be changed."""
    method: str
    path: str
    pieces: list  # of the query
    fields: list  # [name, value], values without the blanks around them

    @staticmethod
    def parse(text):
        first, *lines = text.split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        path, _, query = target.partition("?")
        fields = [[name, value.strip(" \t")] for name, _, value in (line.partition(":") for line in lines)]
        return Head(method, path, query.split("&") if query else [], fields)

    @property
    def query(self):
        return "&".join(self.pieces)

    def text(self):
        target = self.path + ("?" + self.query if self.pieces else "")
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.fields), "", ""]
        return "\r\n".join(lines)

    def values(self, name):
        return [value for n, value in self.fields if n.lower() == name]

    def parameters(self, name):
        return [unquote_plus(v) for n, _, v in (p.partition("=") for p in self.pieces) if unquote_plus(n) == name]


@dataclass
class Claim:
    """What a head says of its own signature."""
    place: str
    key_id: str
    scope: str
    names: list
    signature: str
    amz_date: str
    expires: int
    word: str
    token: str


def only(values):
    """The one value; nothing makes it empty, two make the request wrong."""
    if len(values) > 1:
        raise ValueError("twice")
    return values[0] if values else ""


def claim_of(head):
    word, token = only(head.values("x-amz-content-sha256")), only(head.values("x-amz-security-token"))
    if head.values("authorization"):
        told = dict(part.strip(" ").split("=", 1) for part in
                    only(head.values("authorization")).removeprefix("AWS4-HMAC-SHA256 ").split(","))
        key_id, _, scope = told["Credential"].partition("/")
        date = only(head.values("x-amz-date"))
        if not date:
            sent = email.utils.parsedate_to_datetime(only(head.values("date")))
            date = sent.strftime("%Y%m%dT%H%M%SZ")
        return Claim("header", key_id, scope, told["SignedHeaders"].split(";"), told["Signature"], date, 0, word, token)
    told = {name: only(head.parameters("X-Amz-" + name)) for name in
            ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token",
             "Content-Sha256")}
    if told["Algorithm"] != "AWS4-HMAC-SHA256":
        raise ValueError("algorithm")
    key_id, _, scope = told["Credential"].partition("/")
    return Claim("query", key_id, scope, told["SignedHeaders"].split(";"), told["Signature"], told["Date"],
                 int(told["Expires"]), told["Content-Sha256"] or word or UNSIGNED, told["Security-Token"])


def in_time(claim, clock):
    at = datetime.datetime.strptime(claim.amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC).timestamp()
    if claim.place == "query":
        return at - SKEW <= clock <= at + claim.expires and 0 < claim.expires <= 604800
    return abs(at - clock) <= SKEW


def covers(text, keys, clock):
    """True when the head is what a holder of one of `keys` signed, and it is valid at `clock`."""
    try:
        head = Head.parse(text)
        claim = claim_of(head)
        key = next(k for k in keys if k.access_key == claim.key_id)
        region = claim.scope.split("/")[1]
        if claim.scope != scope_of(claim.amz_date, region) or not in_time(claim, clock) or not claim.word:
            return False
    except (ValueError, KeyError, StopIteration, IndexError, TypeError):
        return False
    present = {name.lower() for name, _ in head.fields}
    must = {name for name in present if name.startswith("x-amz-") and name != "x-amz-content-sha256"} | {"host"}
    if not must <= set(claim.names) or not set(claim.names) <= present or claim.token != (key.token or ""):
        return False
    made = signature(key.secret_key, claim.scope, claim.amz_date, head.method, head.path, head.query,
                     head.fields, claim.names, claim.word)
    return claim.signature == made
