"""Every operation that reads x (plain, range, conditional, error): the same directly and through s3proxy.

Each request is sent to the store, through s3proxy cold, and again; status, headers and body must not differ but
for what `same_answer` names, each with its reason. The numbers of compared requests are printed cell by cell.
"""

import collections
from urllib.parse import quote

from rig.servers import ACCESS_KEY, SECRET_KEY

import scene
from same_answer import SameAnswerTest
from sigv4 import Signer
from signed import UNSIGNED_PAYLOAD, target

PLAIN, RANGE, CONDITIONAL, ERROR = "plain", "range", "conditional", "error"
PAST, FUTURE = "Wed, 01 Jan 2020 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"

SPANS = ["bytes=0-99", "bytes=50000-", "bytes=-7", "bytes=0-0", "bytes=99999-200000"]
CONDITIONS = [
    {"If-Match": "{etag}"},
    {"If-None-Match": "{etag}"},
    {"If-None-Match": '"other"'},
    {"If-Modified-Since": PAST},
    {"If-Unmodified-Since": FUTURE},
    {"If-Match": "{etag}", "Range": "bytes=5-9"},
]
FAILED_CONDITIONS = [
    {"If-Match": '"other"'},
    {"If-Unmodified-Since": PAST},
    {"If-Match": '"other"', "Range": "bytes=0-9"},
]

# (operation, method, query, kinds): of an object. Kinds beside `plain` are made from the tables above.
OBJECT_READS = [
    ("GetObject", "GET", "", (PLAIN, RANGE, CONDITIONAL, ERROR)),
    ("HeadObject", "HEAD", "", (PLAIN, RANGE, CONDITIONAL, ERROR)),
    ("GetObject versionId=null", "GET", "versionId=null", (PLAIN, RANGE, CONDITIONAL, ERROR)),
    ("HeadObject versionId=null", "HEAD", "versionId=null", (PLAIN, ERROR)),
    ("GetObject x-id", "GET", "x-id=GetObject", (PLAIN, RANGE)),
    ("GetObject response-*", "GET", "response-content-type=a%2Fb&response-cache-control=no-store", (PLAIN, RANGE)),
    ("GetObject partNumber", "GET", "partNumber=1", (PLAIN, ERROR)),
    ("HeadObject partNumber", "HEAD", "partNumber=1", (PLAIN, ERROR)),
    ("GetObjectTagging", "GET", "tagging", (PLAIN, ERROR)),
    ("GetObjectAcl", "GET", "acl", (PLAIN, ERROR)),
    ("GetObjectRetention", "GET", "retention", (ERROR,)),
    ("GetObjectLegalHold", "GET", "legal-hold", (ERROR,)),
    ("GetObjectAttributes", "GET", "attributes", (PLAIN, ERROR)),
]
ATTRIBUTES = {"x-amz-object-attributes": "ETag,ObjectSize,StorageClass"}

BUCKET_READS = [
    ("HeadBucket", "HEAD", [""]),
    ("GetBucketLocation", "GET", ["location"]),
    ("GetBucketVersioning", "GET", ["versioning"]),
    ("GetBucketAcl", "GET", ["acl"]),
    ("GetBucketTagging", "GET", ["tagging"]),
    ("GetBucketPolicy", "GET", ["policy"]),
    ("GetBucketCors", "GET", ["cors"]),
    ("GetBucketLifecycleConfiguration", "GET", ["lifecycle"]),
    ("GetBucketOwnershipControls", "GET", ["ownershipControls"]),
    ("GetBucketEncryption", "GET", ["encryption"]),
    ("GetObjectLockConfiguration", "GET", ["object-lock"]),
    ("GetBucketWebsite", "GET", ["website"]),
    ("GetBucketNotificationConfiguration", "GET", ["notification"]),
    ("GetBucketReplication", "GET", ["replication"]),
    ("GetBucketRequestPayment", "GET", ["requestPayment"]),
    ("ListMultipartUploads", "GET", ["uploads", "uploads&prefix=dir%2F", "uploads&max-uploads=1"]),
    ("ListObjectVersions", "GET", ["versions", "versions&prefix=dir%2F&max-keys=2"]),
    (
        "ListObjects",
        "GET",
        ["", "prefix=dir%2F", "delimiter=%2F", "max-keys=1", "marker=dir%2Fb", "encoding-type=url&prefix=sp"],
    ),
    (
        "ListObjectsV2",
        "GET",
        [
            "list-type=2",
            "list-type=2&prefix=dir%2F",
            "list-type=2&delimiter=%2F",
            "list-type=2&max-keys=1",
            "list-type=2&start-after=dir%2Fb",
            "list-type=2&encoding-type=url&prefix=sp",
            "list-type=2&fetch-owner=true",
        ],
    ),
]


class TransparencyMatrixTest(SameAnswerTest):
    def setUp(self):
        self.cells = collections.Counter()

    def compare_cell(self, operation, kind, method, where, headers=(), **options):
        with self.subTest(operation=operation, kind=kind, where=where, headers=headers):
            self.compare(method, where, headers, **options)
            self.cells[operation, kind] += 3  # direct, cold, again

    def requests_of(self, bucket, method, query, kinds, fixed):
        """What is asked of a fresh object, kind by kind."""
        for kind in kinds:
            if kind == PLAIN:
                yield kind, {}, None
            elif kind == RANGE:
                yield from ((kind, {"Range": span}, None) for span in SPANS)
            elif kind == CONDITIONAL:
                yield from ((kind, headers, None) for headers in CONDITIONS)
            else:
                yield kind, {}, "absent"
                yield kind, {"Range": "bytes=0-9"}, "absent"
                if query in ("", "versionId=null") and not fixed:
                    yield kind, {"Range": "bytes=100000-"}, None
                    yield from ((kind, headers, None) for headers in FAILED_CONDITIONS)

    def test_reads_of_objects(self):
        bucket = self.new_bucket()
        for operation, method, query, kinds in OBJECT_READS:
            fixed = ATTRIBUTES if query == "attributes" else {}
            for kind, headers, key in self.requests_of(bucket, method, query, kinds, fixed):
                key, etag, _ = (key, "", "") if key else self.put(bucket)
                headers = {name: value.format(etag=etag) for name, value in (headers | fixed).items()}
                self.compare_cell(operation, kind, method, target(bucket, key, query), headers)
        self.report(200)

    def test_reads_of_buckets(self):
        bucket = self.new_bucket()
        for key in ("dir/a", "dir/b", "dir/c", "sp ace", "top"):
            self.put(bucket, key)
        self.direct.create_multipart_upload(Bucket=bucket, Key="dir/open")
        for operation, method, queries in BUCKET_READS:
            for query in queries:
                self.compare_cell(operation, PLAIN, method, target(bucket, "", query))
                self.compare_cell(operation, ERROR, method, target("no-such-bucket", "", query))
        self.compare_cell("ListBuckets", PLAIN, "GET", "/")
        upload = self.direct.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
        self.direct.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
        for query in ("", "&max-parts=1", "&part-number-marker=1"):
            self.compare_cell(
                "ListParts", PLAIN, "GET", target(bucket, "parts", f"uploadId={quote(upload)}{query}")
            )
        self.compare_cell("ListParts", ERROR, "GET", target(bucket, "parts", "uploadId=nothing"))
        self.report(100)

    def test_presigned_reads(self):
        """The URL for s3proxy and the one for the store differ in their host alone, so each is signed."""
        bucket = self.new_bucket()
        for method in ("GET", "HEAD"):
            for kind, headers, key in self.requests_of(bucket, method, "", (PLAIN, RANGE, CONDITIONAL, ERROR), {}):
                key, etag, _ = (key, "", "") if key else self.put(bucket)
                headers = {name: value.format(etag=etag) for name, value in headers.items()}
                operation = f"presigned {method}"
                with self.subTest(operation=operation, kind=kind, headers=headers):
                    self.compare_presigned(method, target(bucket, key), headers)
                    self.cells[operation, kind] += 3
        self.report(60)

    def compare_presigned(self, method, where, headers):
        def send(to):
            url = Signer(ACCESS_KEY, SECRET_KEY, to.address).presigned(method, where)
            return to.send(method, url, headers, signed=False)

        expected = send(self.origin)
        self.assert_same(expected, send(self.through), method, where, headers, "cold")
        self.assert_same(expected, send(self.through), method, where, headers, "again")

    def test_reads_in_every_form_of_signature(self):
        bucket = self.new_bucket()
        for headers in ({}, {"Range": "bytes=0-9"}):
            key, _, _ = self.put(bucket)
            where = target(bucket, key)
            self.compare_cell("GetObject unsigned payload", PLAIN, "GET", where, headers, payload_hash=UNSIGNED_PAYLOAD)
            self.compare_cell("GetObject lower-case checksum mode", PLAIN, "GET", where, headers | {"x-amz-checksum-mode": "ENABLED"})
        self.report(12)

    def report(self, least):
        for (operation, kind), count in sorted(self.cells.items()):
            print(f"compared: {operation:36} {kind:12} {count:4}")
        self.assertGreaterEqual(self.cells.total(), least)


class ColumnarMatrixTest(TransparencyMatrixTest):
    """The same matrix where a HEAD is asked of the store as a GET of the object's end."""

    key_form = "dir-{}/object.parquet"


if __name__ == "__main__":
    scene.main()
