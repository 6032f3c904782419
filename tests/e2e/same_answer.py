"""What the store answers, s3proxy answers: the comparison of the two.

The store itself is the expectation. What may differ is named here, and nothing else may:
- fields that describe one message, one connection or the one who answers (`PER_MESSAGE`);
- an error document that s3proxy writes itself: its code, text and facts are the store's, its further elements
  are not compared (`ERROR_FACTS`), nor the full stop behind a sentence;
- a 304 of this store lacks the ETag, which RFC 9110 demands; s3proxy gives it;
- a checksum is shown on whole answers only, this store shows it on a range that spans the object, too;
- this store ignores numbers beyond 2^63 in a range, s3proxy takes them for very large;
- this store compares If-(Un)Modified-Since with a file's time to the nanosecond, s3proxy with Last-Modified;
- this store takes a list in If-Match for one entity tag.
"""

import re

import scene
from scene import patterned

PER_MESSAGE = {
    "date",
    "x-amz-request-id",
    "x-amz-id-2",
    "cache-status",
    "connection",
    "keep-alive",
    "transfer-encoding",
}
ERROR_FACTS = ("Code", "Message", "RangeRequested", "ActualObjectSize", "BucketName")
BODY = patterned(100_000)


def compared_headers(answer):
    headers = {}
    for name, value in answer.headers:
        if name.lower() not in PER_MESSAGE:
            headers.setdefault(name.lower(), []).append(value)
    return headers


def element(body, name):
    found = re.search(f"<{name}>(.*?)</{name}>".encode(), body, re.S)
    return found and found[1].decode().removesuffix(".")


def essence(answer):
    """What must not differ."""
    if answer.status == 304:
        return {"status": 304, "body": answer.body}
    if answer.status >= 400:
        facts = {name: element(answer.body, name) for name in ERROR_FACTS}
        return {"status": answer.status, "type": answer["content-type"], **facts}
    return {"status": answer.status, "headers": compared_headers(answer), "body": answer.body}


class SameAnswerTest(scene.SceneTest):
    # Of a new object. Where it is a columnar file's in a table of its own, a HEAD of it is asked of the store
    # as a GET of its end.
    key_form = "dir/object-{}"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.start_proxy()
        cls.origin, cls.through = cls.client(cls.store), cls.client(cls.proxy)
        cls.numbers = iter(range(10_000))

    def put(self, bucket, key=None, body=BODY, **more):
        """A new object, put past s3proxy; gives its key, ETag and time."""
        key = key or self.key_form.format(next(self.numbers))
        options = {
            "ContentType": "text/x-pattern",
            "Metadata": {"colour": "blue", "mixed-case": "Some Value"},
            "CacheControl": "max-age=60",
            "ContentDisposition": "inline",
            **more,
        }
        self.direct.put_object(Bucket=bucket, Key=key, Body=body, **options)
        head = self.direct.head_object(Bucket=bucket, Key=key)
        modified = head["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT")
        return key, head["ETag"], modified

    def assert_same(self, expected, got, *what):
        self.assertEqual(essence(expected), essence(got), " ".join(str(w) for w in what))
        self.assertIsNotNone(got["cache-status"], what)
        self.assertIsNotNone(got["x-amz-request-id"], what)

    def compare(self, method, where, headers=(), **options):
        """The same request to the store and to s3proxy: cold, then again."""
        expected = self.origin.send(method, where, headers, **options)
        self.assert_same(
            expected, self.through.send(method, where, headers, **options), method, where, headers, "cold"
        )
        self.assert_same(
            expected, self.through.send(method, where, headers, **options), method, where, headers, "again"
        )
        return expected
