"""Well-signed requests for what cannot be."""

import hashlib

from sigv4 import UNSIGNED, head

from bad_input import Case


def cases_of(scene):
    yield from names(scene)
    yield from queries(scene)
    yield from documents(scene)
    yield from ranges(scene)


def signed(scene, method, target, headers=(), body=b"", **options):
    fields = scene.signer.fields(method, target, headers, **options)
    if body:
        fields.append(("Content-Length", str(len(body))))
    return head(method, target, fields) + body


def names(scene):
    for target, status, code in [
        ("/bucket/a%00b", 400, "InvalidURI"),
        ("/bucket/a%zzb", 400, "InvalidURI"),
        ("/bucket/a%", 400, "InvalidURI"),
        ("/bucket/a%4", 400, "InvalidURI"),
        ("/bucket/%C0%AF", 400, "InvalidURI"),
        ("/bucket/%ED%A0%80", 400, "InvalidURI"),
        ("/bucket/%FF", 400, "InvalidURI"),
        ("/..", 400, "InvalidBucketName"),
        ("/.", 400, "InvalidBucketName"),
        ("//key", 400, "InvalidBucketName"),
        ("/ab", 400, "InvalidBucketName"),
        ("/" + "a" * 64, 400, "InvalidBucketName"),
        ("/-bucket", 400, "InvalidBucketName"),
        ("/bucket.", 400, "InvalidBucketName"),
        ("/buck%2Fet/key", 400, "InvalidBucketName"),
        ("/buck%20et/key", 400, "InvalidBucketName"),
        ("/bucket/" + "k" * 1025, 400, "KeyTooLongError"),
        ("/bucket/" + "%C3%A4" * 513, 400, "KeyTooLongError"),
    ]:
        shown = target if len(target) < 30 else target[:30] + "..."
        for method in ("GET", "DELETE"):
            yield Case(f"{method} {shown}", signed(scene, method, target), status, code, ends=False)


def queries(scene):
    many = "&".join(f"a{n}=1" for n in range(201))
    for query, status, code in [
        (many, 400, "InvalidURI"),
        ("a=%zz", 400, "InvalidURI"),
        ("a=%", 400, "InvalidURI"),
    ]:
        yield Case(f"the query {query[:20]}", signed(scene, "GET", "/bucket/first?" + query), status, code, ends=False)
    for target in ("/bucket?session", "/bucket/?session="):
        yield Case(f"GET {target}", signed(scene, "GET", target), 501, "NotImplemented", ends=False)
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nnew\r\n--x--\r\n'
    fields = [("Content-Type", "multipart/form-data; boundary=x")]
    yield Case("a browser form", signed(scene, "POST", "/bucket", fields, form, payload=UNSIGNED), 501, "NotImplemented")
    unsigned = head("POST", "/bucket", [("Host", scene.signer.host), *fields, ("Content-Length", str(len(form)))])
    yield Case("an unsigned browser form", unsigned + form, 403, "AccessDenied")
    options = head("OPTIONS", "/bucket/first", [("Host", scene.signer.host)])
    yield Case("OPTIONS without CORS", options, 403, "AccessDenied", ends=False)


def documents(scene):
    target = "/bucket?delete="

    def delete(name, body, status=400, code="MalformedXML", **more):
        payload = hashlib.sha256(body).hexdigest()
        return Case(f"multi-delete: {name}", signed(scene, "POST", target, body=body, payload=payload), status, code, **more)

    key = b"<Object><Key>first</Key></Object>"
    yield delete("more than 8 MiB", b"<Delete>" + b" " * (8 << 20) + key + b"</Delete>")
    wrong = signed(scene, "POST", target, body=b"<Delete>" + key + b"</Delete>", payload="0" * 64)
    yield Case("multi-delete: another hash", wrong, 400, "XAmzContentSHA256Mismatch", ends=False)


def ranges(scene):
    """An object of 22 bytes: what lies outside of it is refused with its size."""
    for value in ("bytes=22-", "bytes=22-30", "bytes=-0", "bytes=9223372036854775806-"):
        sent = signed(scene, "GET", "/bucket/first", [("Range", value)])
        more = "<ActualObjectSize>22</ActualObjectSize>"
        yield Case(f"range {value}", sent, 416, "InvalidRange", more=more, ends=False, forwarded=True)
