"""What the store answers about an object, s3proxy answers: cold, asked again, and wholly held."""

from urllib.parse import quote

import scene
from same_answer import BODY, SameAnswerTest
from scene import patterned
from signed import target

PAST, FUTURE = "Wed, 01 Jan 2020 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"

RANGES = [
    "bytes=0-9",
    "bytes=0-0",
    "bytes=16383-16384",
    "bytes=99990-",
    "bytes=0-",
    "bytes=-10",
    "bytes=-99999",
    "bytes=-100000",
    "bytes=-1000000",
    "bytes=-0",
    "bytes=99999-99999",
    "bytes=99999-1000000",
    "bytes=100000-",
    "bytes=100000-100001",
    "bytes=200000-300000",
    "bytes=5-2",
    "bytes=1-2,5-6",
    "bytes=abc",
    "bytes=",
    "bytes=-",
    "bits=0-1",
    "0-9",
    "bytes=0-9223372036854775807",
]

CONDITIONS = [
    {"If-Match": "{etag}"},
    {"If-Match": '"other"'},
    {"If-Match": "*"},
    {"If-None-Match": "{etag}"},
    {"If-None-Match": '"other"'},
    {"If-None-Match": "*"},
    {"If-Modified-Since": PAST},
    {"If-Modified-Since": FUTURE},
    {"If-Unmodified-Since": PAST},
    {"If-Unmodified-Since": FUTURE},
    {"If-Match": "{etag}", "If-Unmodified-Since": PAST},
    {"If-None-Match": '"other"', "If-Modified-Since": FUTURE},
    {"If-None-Match": "{etag}", "If-Modified-Since": PAST},
    {"If-Modified-Since": "yesterday"},
    {"If-Match": "{etag}", "Range": "bytes=5-9"},
    {"If-Match": '"other"', "Range": "bytes=5-9"},
    {"If-None-Match": "{etag}", "Range": "bytes=5-9"},
    {"If-Match": "{etag}", "Range": "bytes=200000-"},
]

QUERIES = [
    "response-content-type=text%2Fplain%3B%20charset%3Dutf-8",
    "response-content-disposition=" + quote('attachment; filename="a b.txt"'),
    "response-cache-control=max-age%3D7&response-content-language=de",
    "response-content-encoding=gzip&response-expires=" + quote(PAST),
    "versionId=null",
    "partNumber=1",
    "tagging",
    "attributes",
    "acl",
    "x-id=GetObject",
    "unknown=1",
    "",
]


class ObjectTransparencyTest(SameAnswerTest):
    def compare_object_read(self, method, bucket, headers=None, query="", body=BODY, **put):
        """And once more with every byte of the object held."""
        key, etag, modified = self.put(bucket, body=body, **put)
        headers = {k: v.format(etag=etag, modified=modified) for k, v in (headers or {}).items()}
        where = target(bucket, key, query)
        with self.subTest(method=method, headers=headers, query=query, size=len(body)):
            expected = self.compare(method, where, headers)
            self.assertEqual(self.through.get(target(bucket, key)).body, body)
            self.assert_same(expected, self.through.send(method, where, headers), "held")

    def test_ranges_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            self.compare_object_read(method, bucket)
            for text in RANGES:
                self.compare_object_read(method, bucket, {"Range": text})

    def test_empty_objects_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            self.compare_object_read(method, bucket, body=b"")
            self.compare_object_read(method, bucket, {"Range": "bytes=-1"}, body=b"")
            self.compare_object_read(method, bucket, {"Range": "bytes=-1000"}, body=b"")

    def test_no_range_of_an_empty_object_can_be_had_and_the_store_says_so(self):
        bucket = self.new_bucket()
        for text in ("bytes=0-", "bytes=0-0", "bytes=-0", "bytes=1-"):
            key, _, _ = self.put(bucket, body=b"")
            direct = self.origin.get(target(bucket, key), {"Range": text})
            self.assertEqual(direct.status, 416)
            for _ in range(2):
                answer = self.through.get(target(bucket, key), {"Range": text})
                self.assertEqual(
                    (answer.status, answer.code, answer["content-type"]),
                    (416, direct.code, direct["content-type"]),
                )

    def test_numbers_too_large_for_a_range_are_taken_for_large_ones(self):
        bucket = self.new_bucket()
        huge = "9" * 23
        for text, expected in [
            (f"bytes=0-{huge}", (206, BODY)),
            (f"bytes=7-{huge}", (206, BODY[7:])),
            (f"bytes=-{huge}", (206, BODY)),
            ("bytes=0-18446744073709551615", (206, BODY)),
            ("bytes=-18446744073709551615", (206, BODY)),
        ]:
            key, _, _ = self.put(bucket)
            for _ in range(2):
                with self.subTest(range=text):
                    answer = self.through.get(target(bucket, key), {"Range": text})
                    self.assertEqual((answer.status, answer.body if answer.status == 206 else None), expected)

    def test_conditions_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            for headers in CONDITIONS:
                self.compare_object_read(method, bucket, headers)

    def test_times_are_compared_with_last_modified_and_lists_of_entity_tags_are_understood(self):
        bucket = self.new_bucket()
        for name, value, status in [
            ("If-Modified-Since", "{modified}", 304),
            ("If-Unmodified-Since", "{modified}", 200),
            ("If-Match", '"other", {etag}', 200),
            ("If-None-Match", '"other", {etag}', 304),
        ]:
            key, etag, modified = self.put(bucket)
            for _ in range(2):
                value = value.format(etag=etag, modified=modified)
                self.assertEqual(self.through.get(target(bucket, key), {name: value}).status, status, value)

    def test_a_304_carries_the_entity_tag(self):
        bucket = self.new_bucket()
        key, etag, _ = self.put(bucket)
        for _ in range(2):
            answer = self.through.get(target(bucket, key), {"If-None-Match": etag})
            self.assertEqual((answer.status, answer["etag"], answer.body), (304, etag, b""))

    def test_queries_of_an_object_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            for query in QUERIES:
                self.compare_object_read(method, bucket, query=query)
        self.compare_object_read("GET", bucket, {"Range": "bytes=0-9"}, query="response-content-type=a%2Fb")
        self.compare_object_read(
            "GET", bucket, {"x-amz-object-attributes": "ETag,ObjectSize"}, query="attributes"
        )

    def test_tags_and_checksums_show_as_the_store_shows_them(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            for headers in ({}, {"x-amz-checksum-mode": "ENABLED"}):
                for span in ({}, {"Range": "bytes=0-99"}, {"Range": "bytes=1-"}):
                    self.compare_object_read(method, bucket, headers | span, Tagging="a=b&c=d e")
                    self.compare_object_read(method, bucket, headers | span, ChecksumAlgorithm="SHA256")

    def test_an_object_in_parts_is_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        upload = self.direct.create_multipart_upload(Bucket=bucket, Key="parts", ContentType="a/b")[
            "UploadId"
        ]
        body = patterned(5 * scene.MIB + 12_345)
        parts = []
        for number, piece in ((1, body[: 5 * scene.MIB]), (2, body[5 * scene.MIB :])):
            part = self.direct.upload_part(
                Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=piece
            )
            parts.append({"ETag": part["ETag"], "PartNumber": number})
        self.direct.complete_multipart_upload(
            Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        for method in ("HEAD", "GET"):
            for query in ("", "partNumber=1", "partNumber=2", "partNumber=3"):
                for headers in ({}, {"Range": "bytes=5242870-5242890"}, {"x-amz-checksum-mode": "ENABLED"}):
                    with self.subTest(method=method, query=query, headers=headers):
                        self.compare(method, target(bucket, "parts", query), headers)

    def test_what_is_not_there_is_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for method in ("GET", "HEAD", "DELETE"):
            for where in (
                target(bucket, "absent"),
                target(bucket, "absent/"),
                target("no-such-bucket", "key"),
                target("no-such-bucket"),
                target(bucket, "absent", "tagging"),
                target(bucket, "absent", "versionId=null"),
                target(bucket, "", "policy"),
            ):
                with self.subTest(method=method, where=where):
                    self.compare(method, where)
        self.compare("GET", target(bucket, "absent"), {"Range": "bytes=0-9"})
        self.compare("GET", target(bucket, "absent"), {"If-Match": '"x"'})
        self.compare("GET", target(bucket, "absent"), {"If-None-Match": "*"})


class ColumnarTransparencyTest(ObjectTransparencyTest):
    """The same laws where a HEAD is asked of the store as a GET of the object's end."""

    key_form = "dir-{}/object.parquet"


if __name__ == "__main__":
    scene.main()
