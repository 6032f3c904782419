"""Frames that two readers could understand differently, and targets that are none."""

from sigv4 import UNSIGNED, head

from bad_input import Case
from bad_input.streamed import streamed_head

TOO_LARGE = (400, "RequestHeaderSectionTooLarge")
HUGE = "9" * 20


def cases_of(scene):
    get = head("GET", "/bucket/first", scene.signer.fields("GET", "/bucket/first"))
    put_fields = scene.signer.fields("PUT", "/bucket/new", payload=UNSIGNED)
    put = head("PUT", "/bucket/new", put_fields)

    def with_fields(to, *lines):
        return to[:-2] + b"".join(line + b"\r\n" for line in lines) + b"\r\n"

    def case(name, sent, status=400, code="BadRequest", **more):
        return Case(name, sent, status, code, **more)

    yield from lengths(case, with_fields, put)
    yield from codings(case, with_fields, put)
    yield from fields(case, with_fields, get)
    yield from targets(case, get)
    yield from chunks(case, scene)
    for name, line in [("length", b"Content-Length: 5"), ("chunks", b"Transfer-Encoding: chunked")]:
        for method in ("GET", "HEAD", "DELETE"):
            sent = head(method, "/bucket/first", scene.signer.fields(method, "/bucket/first"))
            if method != "HEAD":  # whose answer has no document to compare
                yield case(f"{method} with {name}", with_fields(sent, line) + b"hello")


def lengths(case, with_fields, put):
    chunked, five = b"Transfer-Encoding: chunked", b"Content-Length: 5"
    for name, lines in [
        ("length and chunks", (five, chunked)),
        ("chunks and length", (chunked, five)),
        ("length and gzip", (five, b"Transfer-Encoding: gzip")),
        ("gzip and length", (b"Transfer-Encoding: gzip", five)),
        ("two lengths", (five, b"Content-Length: 6")),
        ("two equal lengths", (five, five)),
        ("a length with an underscore", (b"Content_Length: 5",)),
    ]:
        yield case(name, with_fields(put, *lines) + b"0\r\n\r\n")
    for value in ("5, 5", "+5", "-1", "0x5", "5 0", "", "5,", "five", "5\t5", "5.0", HUGE, "9223372036854775808"):
        line = b"Content-Length: " + value.encode()
        yield case(f"length {value!r}", with_fields(put, line) + b"hello")


def codings(case, with_fields, put):
    for value in (
        b"gzip",
        b"identity",
        b"chunked, gzip",
        b"gzip, chunked",
        b",chunked",
        b"chunked,",
        b"chunked,chunked",
        b"xchunked",
        b"chunkedx",
        b"chunked;q=1",
        b"\x0bchunked",
        b"\xa0chunked",
        b"",
    ):
        yield case(
            f"coding {value!r}", with_fields(put, b"Transfer-Encoding: " + value) + b"0\r\n\r\n"
        )
    chunked = b"Transfer-Encoding: chunked"
    yield case("two codings", with_fields(put, chunked, chunked) + b"0\r\n\r\n")
    yield case("a coding in two lines", with_fields(put, b"Transfer-Encoding: gzip", chunked) + b"0\r\n\r\n")
    yield case("a coding with a blank", with_fields(put, b"Transfer-Encoding : chunked") + b"0\r\n\r\n")
    yield case("a coding with an underscore", with_fields(put, b"Transfer_Encoding: chunked") + b"0\r\n\r\n")
    old = with_fields(put, chunked).replace(b"HTTP/1.1", b"HTTP/1.0")
    yield case("a coding in 1.0", old + b"0\r\n\r\n")


def fields(case, with_fields, get):
    host = next(line for line in get.split(b"\r\n") if line.startswith(b"Host: "))
    yield case("no host", get.replace(host + b"\r\n", b""))
    yield case("two hosts", with_fields(get, b"Host: elsewhere"))
    for value in (b"", b"a@b", b"a/b", b"a?b", b"a#b", b"a\\b", b"a b", b"a:99999", b"a:b", b"[::1", b"a,b"):
        yield case(f"host {value!r}", get.replace(host, b"Host: " + value))
    for name, line in [
        ("a folded line", b"X-Folded: a\r\n b"),
        ("a folded line with a tab", b"X-Folded: a\r\n\tb"),
        ("a bare line feed", b"X-A: a\nX-B: b"),
        ("a bare carriage return", b"X-A: a\rX-B: b"),
        ("a null", b"X-A: a\x00b"),
        ("a bell", b"X-A: a\x07b"),
        ("a delete", b"X-A: a\x7fb"),
        ("a field without a colon", b"nonsense"),
        ("a field without a name", b": nonsense"),
        ("a name with a blank", b"X A: b"),
        ("a name with high bytes", b"X-\xc3\xa4: b"),
        ("a name with a bracket", b"X(A): b"),
        ("a blank before the colon", b"X-A : b"),
        ("an x-amz field with an underscore", b"x_amz_acl: public-read"),
    ]:
        yield case(name, with_fields(get, line))
    yield case("a blank before the first field", get.replace(b"\r\n", b"\r\n ", 1))
    yield case("a huge field", with_fields(get, b"X-Huge: " + b"x" * 40_000), *TOO_LARGE)
    yield case("too many fields", with_fields(get, *(b"X-%d: y" % n for n in range(2000))), *TOO_LARGE)
    yield case("129 fields", with_fields(get, *(b"X-%d: y" % n for n in range(129))), *TOO_LARGE)


def targets(case, get):
    uri = (400, "InvalidURI")
    for name, before, after, *answer in [
        ("an absolute target", b"GET /", b"GET http://elsewhere/", *uri),
        ("an absolute target of our own", b"GET /", b"GET http://127.0.0.1/", *uri),
        ("a target without a slash", b"GET /", b"GET ", *uri),
        ("an asterisk", b"GET /bucket/first ", b"GET * ", *uri),
        ("a fragment", b"/first ", b"/first#x ", *uri),
        ("raw bytes in the target", b"/first ", b"/f\xc3\xa4 ", *uri),
        ("a control byte in the target", b"/first ", b"/f\x01 ", *uri),
        ("two blanks", b"GET ", b"GET  ", *uri),
        ("a trailing blank", b" HTTP/1.1", b" HTTP/1.1 "),
        ("no version", b" HTTP/1.1", b""),
        ("a lower-case version", b"HTTP/1.1", b"http/1.1"),
        ("version 1.2", b"HTTP/1.1", b"HTTP/1.2", 505, "HttpVersionNotSupported"),
        ("version 2.0", b"HTTP/1.1", b"HTTP/2.0", 505, "HttpVersionNotSupported"),
        ("version 11", b"HTTP/1.1", b"HTTP/11"),
        ("a lower-case method", b"GET ", b"get ", 405, "MethodNotAllowed"),
        ("TRACE", b"GET ", b"TRACE ", 405, "MethodNotAllowed"),
        ("CONNECT", b"GET ", b"CONNECT ", 405, "MethodNotAllowed"),
        ("PATCH", b"GET ", b"PATCH ", 405, "MethodNotAllowed"),
        ("an odd method", b"GET ", b"G(T "),
        ("a tab for a blank", b"GET ", b"GET\t"),
    ]:
        yield case(name, get.replace(before, after, 1), *answer)
    yield case("a long target", get.replace(b"/first ", b"/" + b"x" * 20_000 + b" ", 1), *TOO_LARGE)
    yield case(
        "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HttpVersionNotSupported"
    )
    yield case("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")


def chunks(case, scene):
    """Transfer-Encoding: chunked around an aws-chunked body, which is how SDKs use it."""
    for name, body, *answer in [
        ("a size with a prefix", b"0x5\r\nhello\r\n0\r\n\r\n"),
        ("a size with a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
        ("a size with an underscore", b"5_\r\nhello\r\n0\r\n\r\n"),
        ("a size with a blank", b"5 \r\nhello\r\n0\r\n\r\n"),
        ("an empty size", b"\r\nhello\r\n0\r\n\r\n"),
        ("a size of 17 digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("a size beyond all bounds", b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        ("a line feed alone", b"5\nhello\r\n0\r\n\r\n"),
        ("no end of the data", b"5\r\nhello0\r\n\r\n"),
        ("data longer than its size", b"5\r\nhello, world\r\n0\r\n\r\n"),
        ("something behind the last chunk", b"0\r\nXX\r\n\r\n"),
    ]:
        yield case(
            f"chunked: {name}", streamed_head(scene) + body, *(answer or (400, "IncompleteBody")), forwarded=True
        )
    for name, body in [
        ("an extension of a megabyte", b"5;" + b"x" * (1 << 20) + b"\r\nhello\r\n0\r\n\r\n"),
        ("an extension with a line feed", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
        ("a trailer", b"0\r\nHost: evil\r\n\r\n"),
        ("an authorization in the trailer", b"0\r\nAuthorization: x\r\n\r\n"),
    ]:
        yield case(f"chunked: {name}", streamed_head(scene) + body, forwarded=True)
    yield case(
        "chunked without a decoded length",
        streamed_head(scene, transfer_only=True) + b"5\r\nhello\r\n0\r\n\r\n",
        411,
        "MissingContentLength",
    )
