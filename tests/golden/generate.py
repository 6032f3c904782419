"""Writes sigv4_vectors.txt: request heads signed by botocore's S3SigV4Auth, as they would stand on the wire.

    pip install botocore
    python3 generate.py > sigv4_vectors.txt

The same botocore gives the same file: every choice comes from one seeded generator, every date is set here.
Half of the heads are then rewritten in ways which S3's rules call equal (another order of the query, `+` for a
space, lower-case escapes, blanks around header values), which botocore itself would not send.

Lines are fields separated by tabs. `key NAME ID SECRET TOKEN` declares a key pair, `request NAME TIME HEAD` is a
vector: its key pair, the verifier's clock in Unix seconds, and the raw head with `\\r`, `\\n`, `\\t` and `\\\\` escaped.
"""
import datetime
import random
import string
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

COUNT = 640
KEYS = {
    "long": Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "temporary": Credentials("ASIAIOSFODNN7EXAMPLE", "temporary+secret/with=marks0123456789abcd",
                             "FwoGZXIvYXdzEBYaDGVYQU1QTEUrL3Rva2Vu/with+marks==" + "0123456789abcdef" * 6),
}
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "auto", "default", "garage_1"]
HOSTS = ["127.0.0.1:9000", "localhost:3000", "s3.eu-west-1.amazonaws.com", "store.example.com", "[::1]:3000"]
KEYS_OF_OBJECTS = [
    "plain.parquet", "a b.csv", " lead and trail ", "a+b", "100%.txt", "%41", "a//b", "//", "./x", "../x",
    "a/./b/../c", "dir/", "year=2024/month=01/part-0.parquet", "&'()!*;,@:$", "[x]{y}|z\\^`", "\"quoted\"<tag>",
    "a?b#c", "~user_-.", "\u00fcml\u00e4ut/\u00e9", "\u65e5\u672c\u8a9e.parquet", "\U0001f986/duck", "%2F", "a%2Fb",
    "tab\there", "\u00a0", "e\u0301", "a=b&c=d", "x" * 200, "semi;colon", "*", "'", "=", "+", "-", "_", ".hidden",
    "..", "a/..", "caf\u00e9 (1).csv",
]
QUERIES = [
    [], [], [], [("x-id", "GetObject")], [("versionId", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8g")],
    [("partNumber", "1"), ("uploadId", "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA")],
    [("list-type", "2"), ("prefix", "a b/"), ("delimiter", "/"), ("encoding-type", "url"), ("max-keys", "1000")],
    [("list-type", "2"), ("prefix", ""), ("start-after", "\u00fc=+&%"), ("fetch-owner", "true")], [("acl", "")],
    [("a", "1"), ("a-b", "2"), ("a", "0"), ("A", "3"), ("a.b", "")], [("k", "v"), ("k", "v")], [("uploads", "")],
    [("prefix", "year=2024/&'()!*;,@:$")], [("marker", "100%")], [("tagging", "")], [("z", ""), ("y", " "), ("x", "  ")],
    [("response-content-type", "text/plain; charset=utf-8"), ("versionId", "null")],
    [("continuation-token", "1/w==+Zm9v"), ("list-type", "2")],
]
EXTRA_HEADERS = [
    ("x-amz-meta-note", "two  inner   blanks"), ("X-Amz-Meta-Empty", ""), ("X-Amz-Meta-Case", "MiXeD ;,=\"'"),
    ("x-amz-checksum-mode", "ENABLED"), ("If-None-Match", "\"abc\""), ("Cache-Control", "no-cache"),
    ("x-amz-copy-source", "/bucket/a%20b?versionId=null"), ("accept-encoding", "identity, gzip;q=0.5"),
    ("amz-sdk-request", "attempt=1; max=3"), ("x-amz-meta-a_b", "under_score"), ("x-amz-request-payer", "requester"),
]


def encoded(text):
    return quote(text, safe="-_.~")


def random_key(rng):
    return "".join(rng.choice(string.printable[:95] + "/\u00e5\u4e2d") for _ in range(rng.randint(1, 24)))


def signed(rng, number):
    """A request signed by botocore, with the parameters it was signed for."""
    method = rng.choice(["GET", "GET", "GET", "GET", "HEAD", "PUT", "POST", "DELETE"])
    key = KEYS_OF_OBJECTS[number % len(KEYS_OF_OBJECTS)] if rng.random() < 0.7 else random_key(rng)
    path = rng.choice(["/bucket/", "/my.bucket-1/"]) + quote(key, safe="/-_.~")
    params = list(rng.choice(QUERIES))
    unsigned = rng.random() < 0.3
    body = rng.randbytes(rng.randint(0, 40)) if method in ("PUT", "POST") else b""
    scheme = "https://" if unsigned else "http://"
    request = AWSRequest(method, scheme + rng.choice(HOSTS) + path, data=body, params=params)
    if unsigned:
        request.context["payload_signing_enabled"] = False
        request.context["has_streaming_input"] = True
        request.headers["Content-MD5"] = "1B2M2Y8AsgTpgAmY7PhCfg=="
    add_headers(rng, request, method, body)
    name = rng.choice(["long", "long", "temporary"])
    at = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=rng.randrange(2 * 365 * 86400))
    botocore.auth.get_current_datetime = lambda: at
    botocore.auth.S3SigV4Auth(KEYS[name], "s3", rng.choice(REGIONS)).add_auth(request)
    clock = int(at.replace(tzinfo=datetime.timezone.utc).timestamp()) + rng.choice([0, 0, 1, -3, 899, -899, 900, -900])
    return request, path, params, name, clock


def add_headers(rng, request, method, body):
    headers = request.headers
    if rng.random() < 0.5:
        headers["Host"] = request.url.split("/")[2]
    if method in ("PUT", "POST"):
        headers["Content-Length"] = str(len(body))
        headers["Content-Type"] = rng.choice(["application/octet-stream", "text/plain; charset=utf-8", "a/b;  c=\"d\""])
    elif rng.random() < 0.6:
        headers["Range"] = rng.choice(["bytes=0-9", "bytes=100-", "bytes=-8", "bytes=4-1048579"])
    if rng.random() < 0.25:
        headers["Date"] = "now"  # botocore puts its time here, and sends no X-Amz-Date then
    for name, value in rng.sample(EXTRA_HEADERS, rng.choice([0, 0, 1, 2, 3])):
        headers[name] = value
    if rng.random() < 0.1:
        headers["x-amz-meta-many"] = "second  one"
        headers["x-amz-meta-many"] = "first"


def lower_escapes(text):
    first, *rest = text.split("%")
    return "%".join([first] + [piece[:2].lower() + piece[2:] for piece in rest])


def wire_path(rng, path):
    """The signed path in other bytes that decode to the same."""
    choice = rng.randrange(4)
    if choice == 0:
        return lower_escapes(path)
    if choice == 1:  # sub-delimiters and the like need no escape in a path (RFC 3986 section 3.3)
        for mark in "!$&'()*,;=:@+":
            path = path.replace("%%%02X" % ord(mark), mark)
    if choice == 2:
        head, _, tail = path.rpartition("/")
        if head.count("/") > 1 and tail:
            path = head + "%2F" + tail
    return path


def wire_query(rng, params, rewrite):
    params = list(params)
    if rewrite:
        rng.shuffle(params)
    pieces = []
    for name, value in params:
        name, value = encoded(name), encoded(value)
        if rewrite and rng.random() < 0.5:
            value = value.replace("%20", "+")
        if rewrite and rng.random() < 0.3:
            value = lower_escapes(value)
        if rewrite and rng.random() < 0.3:
            value = value.replace("%2F", "/").replace("%3D", "=")
        pieces.append(name if not value and rng.random() < 0.5 else name + "=" + value)
    return "&".join(pieces)


def wire_field(rng, name, value, rewrite):
    if rewrite:
        name = rng.choice([str.lower, str.upper, str.title, str])(name)
        value = rng.choice(["", " ", "\t", "  "]) + value + rng.choice(["", "", " ", " \t"])
        return name + ":" + value
    return name + ": " + value


def write_head(rng, method, target, fields, rewrite):
    """The head on the wire; rewritten: in another order, other cases, with blanks."""
    if rewrite:
        # The order among fields of one name is part of what is signed.
        values = iter([v for n, v in fields if n == "x-amz-meta-many"])
        rng.shuffle(fields)
        fields = [(n, next(values) if n == "x-amz-meta-many" else v) for n, v in fields]
    lines = [f"{method} {target} HTTP/1.1"] + [wire_field(rng, n, v, rewrite) for n, v in fields]
    return "\r\n".join(lines + ["", ""])


def signed_head(rng, number):
    """A head signed by botocore in its header, with its key pair's name and the verifier's clock."""
    request, path, params, name, clock = signed(rng, number)
    rewrite = rng.random() < 0.5
    query = wire_query(rng, params, rewrite)
    target = (wire_path(rng, path) if rewrite else path) + ("?" + query if query else "")
    fields = list(request.headers.items())
    if "Host" not in request.headers:
        fields.insert(0, ("Host", request.url.split("/")[2]))
    if rng.random() < 0.5:
        fields.append(("User-Agent", "a client/1.0  (unsigned)"))
    if rng.random() < 0.3:
        fields.append(("Accept", "*/*"))
    return name, clock, write_head(rng, request.method, target, fields, rewrite)


def key_lines():
    return ["\t".join(["key", name, key.access_key, key.secret_key, key.token or "-"]) for name, key in KEYS.items()]


def request_line(name, clock, head, *more):
    for raw, escaped in (("\\", "\\\\"), ("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t")):
        head = head.replace(raw, escaped)
    return "\t".join(["request", name, str(clock), head, *more])


def main():
    rng = random.Random(20130524)
    print(*key_lines(), sep="\n")
    for number in range(COUNT):
        print(request_line(*signed_head(rng, number)))


if __name__ == "__main__":
    main()
