"""Bodies in chunks of their own (aws-chunked) that must never become an object."""

import base64
import zlib

from sigv4 import (
    SIGNED_CHUNKS,
    SIGNED_CHUNKS_TRAILER,
    UNSIGNED_TRAILER,
    head,
    seed_of,
    signed_chunks,
    unsigned_chunks,
)

from bad_input import Case

TARGET = "/bucket/new"
PIECES = [b"a" * 8192, b"b" * 8192, b"c" * 100]
BODY = b"".join(PIECES)


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big"))


def streamed_fields(scene, word, headers=(), *, decoded=len(BODY), trailer=None, method="PUT", target=TARGET):
    more = [("Content-Encoding", "aws-chunked"), *headers]
    if decoded is not None:
        more.append(("x-amz-decoded-content-length", str(decoded)))
    if trailer:
        more.append(("x-amz-trailer", trailer))
    return scene.signer.fields(method, target, more, payload=word)


def streamed_head(scene, *, transfer_only=False):
    """The head of an unsigned streaming upload in Transfer-Encoding: chunked."""
    if transfer_only:
        fields = scene.signer.fields("PUT", TARGET, payload="UNSIGNED-PAYLOAD")
    else:
        fields = streamed_fields(scene, UNSIGNED_TRAILER, decoded=5, trailer="x-amz-checksum-crc32")
    return head("PUT", TARGET, [*fields, ("Transfer-Encoding", "chunked")])


def cases_of(scene):
    yield from words(scene)
    yield from signed(scene)
    yield from unsigned(scene)
    yield from trailers(scene)


def sent(fields, body, length=None):
    return head("PUT", TARGET, [*fields, ("Content-Length", str(len(body) if length is None else length))]) + body


def words(scene):
    """What the head says of the body."""
    body = unsigned_chunks(PIECES) + b"x-amz-checksum-crc32:" + crc32(BODY) + b"\r\n\r\n"
    for word, status, code in [
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", 501, "NotImplemented"),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", 501, "NotImplemented"),
        ("STREAMING-SOMETHING-ELSE", 400, "InvalidArgument"),
        ("streaming-unsigned-payload-trailer", 400, "InvalidArgument"),
    ]:
        fields = streamed_fields(scene, word, trailer="x-amz-checksum-crc32")
        yield Case(f"streamed: the word {word}", sent(fields, body), status, code)
    for name, decoded, status, code in [
        ("none", None, 411, "MissingContentLength"),
        ("empty", "", 400, "InvalidArgument"),
        ("negative", "-1", 400, "InvalidArgument"),
        ("no number", "five", 400, "InvalidArgument"),
        ("more than 5 GiB", 5 * 2**30 + 1, 400, "EntityTooLarge"),
        ("more than 64 bits", 2**70, 400, "EntityTooLarge"),
    ]:
        fields = streamed_fields(scene, UNSIGNED_TRAILER, decoded=decoded, trailer="x-amz-checksum-crc32")
        yield Case(f"streamed: a decoded length that is {name}", sent(fields, body), status, code)
    for method, target in [
        ("POST", "/bucket?delete="),
        ("POST", "/bucket/new?uploadId=x"),
        ("PUT", "/bucket"),
        ("PUT", "/bucket/new?tagging="),
    ]:
        fields = streamed_fields(
            scene, UNSIGNED_TRAILER, trailer="x-amz-checksum-crc32", method=method, target=target
        )
        whole = head(method, target, [*fields, ("Content-Length", str(len(body)))]) + body
        yield Case(f"streamed: {method} {target}", whole, 400, "InvalidRequest")
    for method in ("GET", "DELETE"):
        fields = streamed_fields(scene, UNSIGNED_TRAILER, decoded=0, method=method, trailer="x-amz-checksum-crc32")
        yield Case(f"streamed: {method}", head(method, TARGET, fields), 400, "InvalidRequest", ends=False)


def signed(scene):
    """STREAMING-AWS4-HMAC-SHA256-PAYLOAD."""
    fields = streamed_fields(scene, SIGNED_CHUNKS)
    seed = seed_of(fields)
    good, _ = signed_chunks(scene.signer, seed, PIECES)
    first, second, third, last = good
    other = head("PUT", "/bucket/other", [])
    mismatch = (403, "SignatureDoesNotMatch")
    incomplete = (400, "IncompleteBody")

    def case(name, chunks, answer=mismatch, length=None):
        body = b"".join(chunks)
        return Case(f"signed chunks: {name}", sent(fields, body, length), *answer, ends=False, forwarded=True)

    yield case("one byte of data changed", [first[:-10] + b"X" + first[-9:], second, third, last])
    yield case("one digit of a signature changed", [flipped(first), second, third, last])
    yield case("one digit of the last signature changed", [first, second, third, flipped(last)])
    yield case("two chunks swapped", [second, first, third, last])
    yield case("a chunk left out", [first, third, last], mismatch)
    yield case("a chunk twice", [first, first, second, third, last])
    yield case("upper-case signatures", [uppered(first), second, third, last])
    foreign, _ = signed_chunks(scene.signer, "0" * 64, PIECES)
    yield case("the seed of another request", foreign)
    yield case("no final chunk", [first, second, third], incomplete)
    yield case("something behind the final chunk", [*good, b"more"], incomplete)
    yield case("a request behind the final chunk, inside the body", [*good, other], incomplete)
    yield case("no chunk at all", [last], incomplete)
    yield case("no signature", [unsigned_chunks(PIECES) + b"\r\n"])
    small, _ = signed_chunks(scene.signer, seed, [b"a" * 100, BODY[100:]])
    yield case("a first chunk below 8 KiB", small, (400, "InvalidChunkSizeError"))
    oversized = (400, "InvalidChunkSizeError")
    for name, line, answer in [
        ("a size of 64 bits", b"ffffffffffffffff", oversized),
        ("a size beyond 16 MiB", b"1000001", oversized),
        ("a size of 17 digits", b"00000000000002000", incomplete),
        ("a size with a prefix", b"0x2000", incomplete),
        ("a size with a blank", b" 2000", incomplete),
        ("no size", b"", incomplete),
    ]:
        broken = line + first[first.index(b";") :]
        yield case(name, [broken, second, third, last], answer)
    yield case("a chunk line of 5 KiB", [b"2000;" + b"x" * 5000 + b"\r\n", *good], incomplete)
    short = streamed_fields(scene, SIGNED_CHUNKS, decoded=len(BODY) - 1)
    for name, other_fields in [
        ("a decoded length one too small", short),
        ("a decoded length one too large", streamed_fields(scene, SIGNED_CHUNKS, decoded=len(BODY) + 1)),
    ]:
        chunks, _ = signed_chunks(scene.signer, seed_of(other_fields), PIECES)
        yield Case(f"signed chunks: {name}", sent(other_fields, b"".join(chunks)), *incomplete, ends=False, forwarded=True)


def flipped(chunk):
    at = chunk.index(b"chunk-signature=") + 20
    return chunk[:at] + (b"0" if chunk[at : at + 1] != b"0" else b"1") + chunk[at + 1 :]


def uppered(chunk):
    line, end, rest = chunk.partition(b"\r\n")
    size, _, signature = line.partition(b"=")
    return size + b"=" + signature.upper() + end + rest


def unsigned(scene):
    """STREAMING-UNSIGNED-PAYLOAD-TRAILER."""
    trailer = b"x-amz-checksum-crc32:" + crc32(BODY) + b"\r\n\r\n"
    good = unsigned_chunks(PIECES) + trailer
    fields = streamed_fields(scene, UNSIGNED_TRAILER, trailer="x-amz-checksum-crc32")
    incomplete = (400, "IncompleteBody")

    def case(name, body, status=400, code="IncompleteBody"):
        return Case(f"unsigned chunks: {name}", sent(fields, body), status, code, ends=False, forwarded=True)

    yield case("the checksum of something else", good.replace(crc32(BODY), crc32(b"x")), 400, "BadDigest")
    yield case("one byte changed", good.replace(b"c" * 100, b"c" * 99 + b"d"), 400, "BadDigest")
    yield case("a checksum that is no base64", good.replace(crc32(BODY), b"????????"), 400, "BadDigest")
    yield case("no final chunk", good.replace(b"0\r\nx-amz", b"x-amz"), *incomplete)
    yield case("something behind the trailer", good + b"more", *incomplete)
    yield case("data cut short", good[:-200], *incomplete)
    for name, size in [("a size with a prefix", b"0x64"), ("no size", b""), ("a size of 17 digits", b"0" * 17)]:
        yield case(name, good.replace(b"64\r\ncc", size + b"\r\ncc"))
    yield case("no end of a chunk", good.replace(b"b\r\n64", b"b64"), *incomplete)
    for change in (-1, 1):
        other = streamed_fields(
            scene, UNSIGNED_TRAILER, decoded=len(BODY) + change, trailer="x-amz-checksum-crc32"
        )
        yield Case(f"unsigned chunks: {change:+} in the decoded length", sent(other, good), *incomplete, ends=False, forwarded=True)
    wrong = scene.wrong_secret
    yield Case(
        "unsigned chunks: a wrong secret",
        sent(streamed_fields(wrong, UNSIGNED_TRAILER, trailer="x-amz-checksum-crc32"), good),
        403,
        "SignatureDoesNotMatch",
    )
    in_query = scene.signer.presigned("PUT", TARGET) + "0"
    more = [("x-amz-content-sha256", UNSIGNED_TRAILER), ("x-amz-decoded-content-length", str(len(BODY)))]
    whole = head("PUT", in_query, [("Host", scene.signer.host), *more, ("Content-Length", str(len(good)))]) + good
    yield Case("unsigned chunks: a bad signature in the query", whole, 403, "", more="<Code>")


def trailers(scene):
    """What stands behind the last chunk."""
    checksum = b"x-amz-checksum-crc32:" + crc32(BODY) + b"\r\n"
    malformed = (400, "MalformedTrailerError")

    def case(name, trailer, announced="x-amz-checksum-crc32", answer=malformed, forwarded=True):
        fields = streamed_fields(scene, UNSIGNED_TRAILER, trailer=announced)
        body = unsigned_chunks(PIECES) + trailer + b"\r\n"
        return Case(f"trailers: {name}", sent(fields, body), *answer, ends=False, forwarded=forwarded)

    yield case("none was sent", b"")
    yield case("another was sent", b"x-amz-checksum-sha1:AAAA\r\n")
    yield case("two were sent", checksum + b"x-amz-checksum-crc32c:AAAAAA==\r\n", answer=(400, "IncompleteBody"))
    yield case("one came twice", checksum + checksum, answer=(400, "IncompleteBody"))
    yield case("a host", b"Host: evil\r\n")
    yield case("no colon", b"x-amz-checksum-crc32\r\n")
    yield case("a line of 10 KiB", b"x-amz-checksum-crc32:" + b"A" * 10_000 + b"\r\n")
    invalid = (400, "InvalidRequest")
    yield case("none was announced", checksum, announced=None, answer=invalid, forwarded=False)
    two = "x-amz-checksum-crc32,x-amz-checksum-sha1"
    yield case("two were announced", checksum, announced=two, answer=invalid, forwarded=False)
    yield case("an odd one was announced", b"host:a\r\n", announced="host", answer=invalid, forwarded=False)

    fields = streamed_fields(scene, SIGNED_CHUNKS_TRAILER, trailer="x-amz-checksum-crc32")
    chunks, previous = signed_chunks(scene.signer, seed_of(fields), PIECES)
    line = checksum.replace(b"\r\n", b"\n")
    signature = scene.signer.trailer_signature(previous, line).encode()
    for name, tail, status, code in [
        ("no trailer signature", checksum, 400, "MalformedTrailerError"),
        ("a wrong trailer signature", checksum + b"x-amz-trailer-signature:" + b"0" * 64 + b"\r\n", 403, "SignatureDoesNotMatch"),
        (
            "a changed checksum under its signature",
            checksum.replace(crc32(BODY), crc32(b"x")) + b"x-amz-trailer-signature:" + signature + b"\r\n",
            400,
            "BadDigest",
        ),
        ("a short trailer signature", checksum + b"x-amz-trailer-signature:" + signature[:63] + b"\r\n", 403, "SignatureDoesNotMatch"),
    ]:
        body = b"".join(chunks) + tail + b"\r\n"
        yield Case(f"signed trailers: {name}", sent(fields, body), status, code, ends=False, forwarded=True)
