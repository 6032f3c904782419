"""Writes sigv4_forms.txt: request heads in every form of Signature Version 4, and what is to be read from each.

    pip install botocore
    python3 forms.py > sigv4_forms.txt

Lines are those of sigv4_vectors.txt (generate.py) with one field more: where the signature is and how the body comes,
as told.hpp words it. botocore signs what it can sign; the rest is signed by reference.py. The same botocore gives
the same file.
"""
import datetime
import random
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import generate
import reference
from botocore.awsrequest import AWSRequest

COUNT = 140
CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILERS = ["x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1",
            "x-amz-checksum-sha256", "x-amz-checksum-xxh3"]
HOISTED = [("x-amz-acl", "private"), ("x-amz-meta-a", "b c"), ("x-amz-checksum-crc32", "AAAAAA==")]


@dataclass
class Vector:
    form: str
    key: str  # its name in generate.KEYS
    clock: int
    head: str
    told: str


def some_key(rng):
    name = rng.choice(["long", "long", "temporary"])
    return name, generate.KEYS[name]


def some_time(rng):
    return datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=rng.randrange(2 * 365 * 86400))


def seconds(at):
    return int(at.replace(tzinfo=datetime.UTC).timestamp())


def some_path(rng):
    key = rng.choice(generate.KEYS_OF_OBJECTS) if rng.random() < 0.7 else generate.random_key(rng)
    return rng.choice(["/bucket/", "/my.bucket-1/"]) + quote(key, safe="/-_.~")


def target_of(rng, path, query, rewrite):
    """The target in other bytes of the same meaning; without `rewrite` in those that were signed."""
    if rewrite:
        path = generate.wire_path(rng, path)
        query = generate.wire_query(rng, parse_qsl(query, keep_blank_values=True), rewrite)
    return path + ("?" + query if query else "")


def unsigned_fields(rng):
    choices = [("User-Agent", "a client/1.0"), ("If-None-Match", '"abc"'), ("Accept", "*/*")]
    return rng.sample(choices, rng.randrange(len(choices)))


def in_header(rng, number):
    name, clock, head = generate.signed_head(rng, number)
    word = reference.only(reference.Head.parse(head).values("x-amz-content-sha256"))
    return Vector("header", name, clock, head,
                  "header unsigned" if word == reference.UNSIGNED else f"header sha256={word}")


def presigned(rng, number):
    """As botocore presigns."""
    del number
    method, path = rng.choice(["GET", "GET", "GET", "HEAD", "PUT", "DELETE"]), some_path(rng)
    host = rng.choice(generate.HOSTS)
    headers = dict(rng.sample(generate.EXTRA_HEADERS, rng.choice([0, 0, 0, 1, 2])))
    if method == "PUT":
        headers["Content-Type"] = "text/plain; charset=utf-8"
    params = dict(rng.choice(generate.QUERIES))
    params.update(rng.sample(HOISTED, rng.choice([0, 0, 1])))
    request = AWSRequest(method, f"https://{host}{path}", headers=headers, params=params)
    key, credentials = some_key(rng)
    at, expires = some_time(rng), rng.choice([1, 60, 3600, 604800, rng.randint(1, 604800)])
    botocore.auth.get_current_datetime = lambda: at
    botocore.auth.S3SigV4QueryAuth(credentials, "s3", rng.choice(generate.REGIONS), expires).add_auth(request)
    rewrite = rng.random() < 0.5
    target = target_of(rng, path, urlsplit(request.url).query, rewrite)
    sent = [("Host", host), *request.headers.items()]
    sent += [field for field in unsigned_fields(rng) if field[0] not in request.headers]
    if method == "PUT":
        sent.append(("Content-Length", "5"))
    clock = seconds(at) + rng.choice([0, 1, expires, expires - 1, -900, -3])
    return Vector("presigned", key, clock, generate.write_head(rng, method, target, sent, rewrite), "query unsigned")


def presigned_hash(rng, number):
    """A presigned upload that tells its payload word, in a signed header or, as JavaScript's SDK, in a parameter."""
    path, host, (key, credentials) = some_path(rng), rng.choice(generate.HOSTS), some_key(rng)
    at, region = some_time(rng), rng.choice(generate.REGIONS)
    fields, query, word, told = [("Host", host)], "x-id=PutObject", reference.UNSIGNED, "query unsigned"
    if number % 2:
        word = rng.randbytes(32).hex()
        told = f"query sha256={word}"
        fields.append(("x-amz-content-sha256", word))
    else:
        query += f"&X-Amz-Content-Sha256={word}"
    query = reference.presign("PUT", path, query, fields, credentials, region, at, 900, word)
    rewrite = rng.random() < 0.5
    head = generate.write_head(rng, "PUT", target_of(rng, path, query, rewrite),
                               [*fields, ("Content-Length", "7"), *unsigned_fields(rng)], rewrite)
    return Vector("presigned_word", key, seconds(at), head, told)


def part_query(rng):
    return rng.choice(["", "", "partNumber=1&uploadId=VXBsb2Fk%2BSUQ", "x-id=PutObject"])


def unsigned_trailer(rng, number):
    """As botocore uploads over https."""
    del number
    path, host, (key, credentials) = some_path(rng), rng.choice(generate.HOSTS), some_key(rng)
    trailer, length, at = rng.choice(TRAILERS), rng.randrange(1 << 32), some_time(rng)
    query = part_query(rng)
    request = AWSRequest("PUT", f"https://{host}{path}" + ("?" + query if query else ""), data=b"")
    request.context["checksum"] = {"request_algorithm": {"in": "trailer", "algorithm": "crc32", "name": trailer}}
    for name, value in (("X-Amz-Trailer", trailer), ("X-Amz-Decoded-Content-Length", str(length)),
                        ("Content-Encoding", rng.choice(["aws-chunked", "gzip,aws-chunked"])),
                        ("Transfer-Encoding", "chunked"), ("X-Amz-Sdk-Checksum-Algorithm", "CRC32")):
        request.headers[name] = value
    botocore.auth.get_current_datetime = lambda: at
    botocore.auth.S3SigV4Auth(credentials, "s3", rng.choice(generate.REGIONS)).add_auth(request)
    rewrite = rng.random() < 0.5
    head = generate.write_head(rng, "PUT", target_of(rng, path, query, rewrite),
                               [("Host", host), *request.headers.items(), *unsigned_fields(rng)], rewrite)
    return Vector("unsigned_trailer", key, seconds(at), head,
                  f"header chunks=unsigned length={length} trailer={trailer} seed=-")


def streaming(rng, word, trailer, form):
    """An upload in chunks, signed in its header by reference.py."""
    path, host, (key, credentials) = some_path(rng), rng.choice(generate.HOSTS), some_key(rng)
    length, at, region, query = rng.randrange(5 << 30), some_time(rng), rng.choice(generate.REGIONS), part_query(rng)
    fields = [("Host", host), ("x-amz-decoded-content-length", str(length)), ("Content-Length", str(length + 300)),
              ("x-amz-storage-class", "STANDARD")]
    if word != reference.UNSIGNED or rng.random() < 0.5:
        fields.append(("Content-Encoding", rng.choice(["aws-chunked", "aws-chunked,gzip"])))
    if trailer:
        fields.append(("x-amz-trailer", trailer))
    also = rng.choice([(), ("content-length",), ("content-encoding", "content-length")])
    signed = reference.sign("PUT", path, query, fields, credentials, region, at, word, also)
    lines, seed = "unsigned", "-"
    if word.startswith(CHUNKS):
        claim = reference.claim_of(reference.Head("PUT", path, [], signed))
        lines, seed = "signed", f"{claim.amz_date},{claim.scope},{claim.signature}"
    rewrite = rng.random() < 0.5
    head = generate.write_head(rng, "PUT", target_of(rng, path, query, rewrite),
                               [*signed, *unsigned_fields(rng)], rewrite)
    return Vector(form, key, seconds(at), head,
                  f"header chunks={lines} length={length} trailer={trailer or '-'} seed={seed}")


def signed_chunks(rng, number):
    del number
    return streaming(rng, CHUNKS, "", "signed_chunks")


def signed_trailer(rng, number):
    del number
    return streaming(rng, CHUNKS + "-TRAILER", rng.choice(TRAILERS), "signed_trailer")


def unnamed_chunks(rng, number):
    """The payload word says nothing of the chunks that Content-Encoding or the decoded length tells."""
    return streaming(rng, reference.UNSIGNED, TRAILERS[number % 3] if number % 3 else "", "unnamed_chunks")


NEW_FORMS = [presigned, presigned, presigned_hash, unsigned_trailer, signed_chunks, signed_trailer, unnamed_chunks]
ALL_FORMS = [in_header] * 6 + NEW_FORMS


def main():
    rng = random.Random(20131126)
    print(*generate.key_lines(), sep="\n")
    for number in range(COUNT):
        made = NEW_FORMS[number % len(NEW_FORMS)](rng, number)
        print(generate.request_line(made.key, made.clock, made.head, made.told))


if __name__ == "__main__":
    main()
