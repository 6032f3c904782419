"""Signatures that do not hold: in the header, in the query, and neither."""

import datetime
from dataclasses import replace

from sigv4 import EMPTY, UNSIGNED, head

from bad_input import Case

TARGET = "/bucket/first"
MALFORMED = (400, "AuthorizationHeaderMalformed")
QUERY = (400, "AuthorizationQueryParametersError")
MISMATCH = (403, "SignatureDoesNotMatch")
DENIED = (403, "AccessDenied")


def case(name, sent, status, code, **more):
    # The frame is good: the connection lives on.
    return Case(name, sent, status, code, ends=more.pop("ends", False), **more)


def cases_of(scene):
    yield from headers(scene)
    yield from fields_around(scene)
    yield from clocks(scene)
    yield from queries(scene)


def changed(fields, name, value):
    """The fields with one replaced, or left out where the value is None."""
    out = [(key, value if key.lower() == name.lower() else old) for key, old in fields]
    return [(key, value) for key, value in out if value is not None]


def headers(scene):
    good = scene.signer.fields("GET", TARGET)
    authorization = dict(good)["Authorization"]
    scheme, rest = authorization.split(" ", 1)
    credential, names, signature = rest.split(", ")
    digits = signature.removeprefix("Signature=")
    flipped = ("0" if digits[10] != "0" else "1").join([digits[:10], digits[11:]])

    def with_value(name, value, status, code, **more):
        return case(f"authorization: {name}", head("GET", TARGET, changed(good, "Authorization", value)), status, code, **more)

    yield with_value("none", None, *DENIED)
    yield with_value("empty", "", *DENIED)
    yield with_value("a bearer", "Bearer abc", 400, "InvalidArgument")
    yield with_value("basic", "Basic dXNlcjpwYXNz", 400, "InvalidArgument")
    yield with_value("an unknown algorithm", f"AWS4-HMAC-SHA512 {rest}", 400, "InvalidArgument")
    yield with_value("version 2", "AWS KEY:c2lnbmF0dXJl", 400, "InvalidRequest", more="AWS4-HMAC-SHA256")
    yield with_value("version 4A", f"AWS4-ECDSA-P256-SHA256 {rest}", 501, "NotImplemented")
    for name, value in [
        ("one digit flipped", flipped),
        ("63 digits", digits[:63]),
        ("65 digits", digits + "0"),
        ("upper case", digits.upper()),
        ("no digits", "z" * 64),
        ("nothing", ""),
    ]:
        yield with_value(f"a signature of {name}", f"{scheme} {credential}, {names}, Signature={value}", *MISMATCH)
    for name, value in [
        ("no credential", f"{scheme} {names}, {signature}"),
        ("no names", f"{scheme} {credential}, {signature}"),
        ("no signature", f"{scheme} {credential}, {names}"),
        ("two credentials", f"{scheme} {credential}, {credential}, {names}, {signature}"),
        ("a fourth part", f"{scheme} {credential}, {names}, {signature}, Extra=1"),
        ("an unknown part", f"{scheme} {credential}, {names}, Sig=1"),
        ("no parts", scheme),
    ]:
        yield with_value(name, value, *MALFORMED)
    key, day, region, service, terminator = credential.removeprefix("Credential=").split("/")
    for name, parts in [
        ("four parts", [key, day, region, service]),
        ("six parts", [key, day, region, service, terminator, "x"]),
        ("a day that is none", [key, "2026010", region, service, terminator]),
        ("a day of letters", [key, "yesterda", region, service, terminator]),
        ("another service", [key, day, region, "ec2", terminator]),
        ("another terminator", [key, day, region, service, "aws5_request"]),
        ("no key", ["", day, region, service, terminator]),
        ("no region", [key, day, "", service, terminator]),
        ("another day", [key, "20200101", region, service, terminator]),
        ("a region with odd letters", [key, day, "eu west", service, terminator]),
    ]:
        value = f"{scheme} Credential={'/'.join(parts)}, {names}, {signature}"
        yield with_value(f"a scope of {name}", value, *MALFORMED)
    for name, listed in [
        ("unsorted", "x-amz-date;host;x-amz-content-sha256"),
        ("in upper case", "Host;x-amz-content-sha256;x-amz-date"),
        ("twice", "host;host;x-amz-content-sha256;x-amz-date"),
        ("empty", ""),
        ("with an empty one", "host;;x-amz-date"),
    ]:
        yield with_value(f"names {name}", f"{scheme} {credential}, SignedHeaders={listed}, {signature}", *MALFORMED)
    for name, key in [
        ("nobody's", "AKIDNOBODYSKEY000000"),
        ("very long", "A" * 10_000),
        ("with quotes", "' OR 1=1 --"),
        ("with a star", "*"),
        ("almost ours", scene.signer.access_key[:-1]),
        ("ours in lower case", scene.signer.access_key.lower()),
    ]:
        other = replace(scene.signer, access_key=key)
        yield case(f"a key that is {name}", head("GET", TARGET, other.fields("GET", TARGET)), 403, "InvalidAccessKeyId")
    yield case("a wrong secret", head("GET", TARGET, scene.wrong_secret.signer.fields("GET", TARGET)), *MISMATCH)
    double = [*good, ("Authorization", authorization)]
    yield case("two authorizations", head("GET", TARGET, double), 400, "InvalidArgument")
    both = scene.signer.presigned("GET", TARGET)
    yield case("a header and a query", head("GET", both, scene.signer.fields("GET", both)), 400, "InvalidArgument")


def fields_around(scene):
    """What the signature must cover, and what goes with it."""
    unsigned = (*DENIED,)
    good = scene.signer.fields("GET", TARGET)
    for name in ("x-amz-acl", "x-amz-copy-source", "x-amz-tagging", "x-amz-meta-a", "X-Amz-Request-Payer"):
        sent = head("GET", TARGET, [*good, (name, "x")])
        yield case(f"an unsigned {name}", sent, *unsigned, more="not signed")
    no_host = scene.signer.fields("GET", TARGET, names=["x-amz-content-sha256", "x-amz-date"])
    yield case("host is not signed", head("GET", TARGET, no_host), *unsigned)
    no_date = scene.signer.fields("GET", TARGET, names=["host", "x-amz-content-sha256"])
    yield case("the date is not signed", head("GET", TARGET, no_date), *unsigned)
    absent = scene.signer.fields("GET", TARGET, names=["host", "x-absent", "x-amz-content-sha256", "x-amz-date"])
    yield case("a name that was not sent", head("GET", TARGET, absent), *MISMATCH)
    many = ["host", *sorted(f"x-n{n:04}" for n in range(1000)), "x-zz-date"]
    listed = scene.signer.fields("GET", TARGET, names=sorted(many))
    yield case("a thousand names", head("GET", TARGET, listed), *unsigned)
    for name, value in [("Host", "elsewhere.example"), ("x-amz-date", None)]:
        answer = MISMATCH if value else DENIED
        yield case(f"{name} changed after signing", head("GET", TARGET, changed(good, name, value)), *answer)
    other = head("GET", "/bucket/victim", good)
    yield case("the signature of another key", other, *MISMATCH)
    yield case("the signature of another method", head("DELETE", TARGET, good), *MISMATCH)
    yield case("a query that was not signed", head("GET", TARGET + "?versionId=null", good), *MISMATCH)
    for name, word, status, code in [
        ("none", None, 400, "InvalidRequest"),
        ("deadbeef", "deadbeef", 400, "InvalidArgument"),
        ("in upper case", EMPTY.upper(), 400, "InvalidArgument"),
        ("unknown", "SIGNED-PAYLOAD", 400, "InvalidArgument"),
        ("empty", "", 400, "InvalidArgument"),
    ]:
        fields = scene.signer.fields("GET", TARGET, payload=word)
        yield case(f"a payload word that is {name}", head("GET", TARGET, fields), status, code)
    for name, token in [("made up", "abc"), ("three parts", "YQ.YQ.YQ"), ("with a blank", "a b")]:
        fields = scene.signer.fields("GET", TARGET, [("x-amz-security-token", token)])
        yield case(f"a session token that is {name}", head("GET", TARGET, fields), 403, "InvalidToken")
    two = scene.signer.fields("GET", TARGET, [("x-amz-security-token", "a"), ("x-amz-security-token", "b")])
    yield case("two session tokens", head("GET", TARGET, two), 400, "InvalidArgument")
    yield from bodies(scene)


def bodies(scene):
    wrong = scene.signer.fields("PUT", "/bucket/new", payload="0" * 64)
    for body in (b"hello", b"x" * 300_000):
        sent = head("PUT", "/bucket/new", [*wrong, ("Content-Length", str(len(body)))]) + body
        yield case(
            f"{len(body)} bytes of another hash", sent, 400, "XAmzContentSHA256Mismatch", forwarded=True, ends=None
        )
    empty = head("PUT", "/bucket/new", [*wrong, ("Content-Length", "0")])
    yield case("no bytes of another hash", empty, 400, "XAmzContentSHA256Mismatch", ends=None)
    refused = scene.wrong_secret.signer.fields("PUT", "/bucket/new", payload=UNSIGNED)
    for name, more in [("", ()), (" and Expect", [("Expect", "100-continue")])]:
        sent = head("PUT", "/bucket/new", [*refused, *more, ("Content-Length", "5")])
        yield case(f"a body behind a wrong secret{name}", sent, *MISMATCH, ends=True)


def clocks(scene):
    minutes = datetime.timedelta(minutes=1)
    for name, shift in [("16 minutes behind", -16), ("16 minutes ahead", 16), ("a day behind", -1440)]:
        late = replace(scene.signer, at=scene.signer.at + shift * minutes)
        for word in (EMPTY, UNSIGNED):
            sent = head("GET", TARGET, late.fields("GET", TARGET, payload=word))
            yield case(f"{name}, {word[:8]}", sent, 403, "RequestTimeTooSkewed", more="<ServerTime>")
    good = scene.signer.fields("GET", TARGET)
    for value in ("20260230T250000Z", "2026-01-01T00:00:00Z", "yesterday", "", "20260101T000060Z", "20260101"):
        yield case(f"the date {value!r}", head("GET", TARGET, changed(good, "x-amz-date", value)), *DENIED)
    undated = scene.signer.fields("GET", TARGET, date=False)
    yield case("no date", head("GET", TARGET, undated), *DENIED, more="valid Date")
    yield case("two dates", head("GET", TARGET, [*good, ("x-amz-date", scene.signer.amz_date)]), *DENIED)


def queries(scene):
    """Presigned URLs."""
    signer = scene.signer
    host = [("Host", signer.host)]

    def get(name, target, answer, fields=(), method="GET"):
        return case(f"presigned: {name}", head(method, target, [*host, *fields]), *answer)

    hour = datetime.timedelta(hours=1)
    past = replace(signer, at=signer.at - hour)
    future = replace(signer, at=signer.at + hour)
    yield get("expired", past.presigned("GET", TARGET, expires="60"), DENIED)
    yield get("not yet valid", future.presigned("GET", TARGET), DENIED)
    for value in ("-1", "abc", "1e3", "604801", "9" * 30, "", "+60", "60s", "0x10"):
        yield get(f"expires {value!r}", signer.presigned("GET", TARGET, expires=value), QUERY)
    yield get("expires '0'", signer.presigned("GET", TARGET, expires="0"), DENIED)
    for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders"):
        yield get(f"no X-Amz-{name}", signer.presigned("GET", TARGET, **{name: None}), QUERY)
    good = signer.presigned("GET", TARGET)
    yield get("no signature", good.rpartition("&")[0], QUERY)
    yield get("lower-case names", good.replace("X-Amz-", "x-amz-"), QUERY)
    for value in ("AWS4-HMAC-SHA1", ""):
        yield get(f"algorithm {value!r}", signer.presigned("GET", TARGET, Algorithm=value), QUERY)
    asymmetric = signer.presigned("GET", TARGET, Algorithm="AWS4-ECDSA-P256-SHA256")
    yield get("version 4A", asymmetric, (501, "NotImplemented"))
    yield get("version 2", TARGET + "?AWSAccessKeyId=A&Expires=99999999999&Signature=abc", (400, "InvalidRequest"))
    for name, scope in [
        ("four parts", "KEY/20260101/us-east-1/s3"),
        ("another service", f"{signer.access_key}/{signer.amz_date[:8]}/us-east-1/ec2/aws4_request"),
        ("another day", f"{signer.access_key}/20200101/us-east-1/s3/aws4_request"),
    ]:
        yield get(f"a scope of {name}", signer.presigned("GET", TARGET, Credential=scope), QUERY)
    yield get("another date form", signer.presigned("GET", TARGET, Date="2026-01-01T00:00:00Z"), QUERY)
    for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"):
        piece = next(p for p in good.split("&") if name in p).split("?")[-1]
        yield case(f"presigned: {name} twice", head("GET", f"{good}&{piece}", host), 400, "", more="<Code>")
    yield get("another method", good, MISMATCH, method="DELETE")
    yield get("another key", good.replace("/first?", "/victim?"), MISMATCH)
    yield get("another parameter", good + "&versionId=null", MISMATCH)
    yield get("a changed expiry", good.replace("Expires=300", "Expires=301"), MISMATCH)
    yield get("a digit of the signature", good[:-1] + ("0" if good[-1] != "0" else "1"), MISMATCH)
    yield get("a signature cut short", good[:-1], MISMATCH)
    nobody = replace(signer, access_key="AKIDNOBODYSKEY000000")
    yield get("nobody's key", nobody.presigned("GET", TARGET), (403, "InvalidAccessKeyId"))
    yield get("a wrong secret", scene.wrong_secret.signer.presigned("GET", TARGET), MISMATCH)
    yield get("a token that is not ours", signer.presigned("GET", TARGET, token="abc"), (403, "InvalidToken"))
    yield get("host is not signed", signer.presigned("GET", TARGET, names=("range",)), DENIED)
    put = signer.presigned("PUT", "/bucket/new")
    for name in ("x-amz-acl", "x-amz-tagging", "x-amz-copy-source", "x-amz-meta-a", "x-amz-server-side-encryption"):
        fields = [*host, (name, "x"), ("Content-Length", "5")]
        yield case(f"presigned: an unsigned {name}", head("PUT", put, fields) + b"hello", *DENIED, more="not signed", ends=True)
