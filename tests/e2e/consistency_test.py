"""What a client may rely on: it reads its writes, no answer mixes versions, a LIST is evidence."""

import hashlib
import http.client
import itertools
import re
import threading
import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

import scene
from scene import MIB, patterned
from signed import Answer, target
from witness import Witness

RECORD = 1024  # bytes that name their version
BASE_RECORDS = 600


def version_body(number):
    """A body every record of which tells its version; every version has a size of its own."""
    return b"%-1023d\n" % number * (BASE_RECORDS + number)


def versions_in(body, begin):
    """The versions whose records are in a piece of a body that begins at `begin`."""
    first_whole = -begin % RECORD
    return {int(body[at : at + RECORD]) for at in range(first_whole, len(body) - RECORD + 1, RECORD)}


class ReadYourWritesTest(scene.SceneTest):
    """Everything through one s3proxy that trusts what it holds for long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.start_proxy("--metadata-ttl", "1h")
        cls.s3 = cls.boto(cls.proxy)

    def setUp(self):
        self.bucket = self.new_bucket()

    def warm(self, key, body, **more):
        """An object that s3proxy holds: headers, bytes and all."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)
        for _ in range(2):
            self.assert_reads(key, body)

    def listed(self):
        entries = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"]: (entry["Size"], entry["ETag"]) for entry in entries}

    def assert_reads(self, key, body):
        """GET, a range, HEAD and LIST tell of this body."""
        got = self.s3.get_object(Bucket=self.bucket, Key=key)
        self.assertTrue(got["Body"].read() == body, f"another body: {got['ContentLength']} for {len(body)}")
        part = self.s3.get_object(Bucket=self.bucket, Key=key, Range="bytes=-100")
        self.assertEqual(part["Body"].read(), body[-100:])
        head = self.s3.head_object(Bucket=self.bucket, Key=key)
        self.assertEqual((head["ContentLength"], head["ETag"]), (len(body), got["ETag"]))
        self.assertEqual(part["ETag"], got["ETag"])
        self.assertEqual(self.listed().get(key), (len(body), got["ETag"]))
        return got

    def assert_absent(self, key):
        for read in (self.s3.get_object, self.s3.head_object):
            with self.assertRaises(ClientError) as refused:
                read(Bucket=self.bucket, Key=key)
            self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 404)
        self.assertNotIn(key, self.listed())

    def test_a_put_is_read_at_once(self):
        for number in range(20):
            body = patterned(1000 + 3000 * number, str(number))
            self.s3.put_object(Bucket=self.bucket, Key="key", Body=body)
            self.assert_reads("key", body)

    def test_a_put_after_a_404_is_read_at_once(self):
        self.assert_absent("key")
        self.warm("key", b"there now" * 50)

    def test_a_deleted_object_is_gone_at_once(self):
        self.warm("key", patterned(100_000))
        self.s3.delete_object(Bucket=self.bucket, Key="key")
        self.assert_absent("key")

    def test_objects_deleted_together_are_gone_at_once_and_the_others_stay(self):
        bodies = {f"a b/k&<{number}>": patterned(5000, str(number)) for number in range(20)}
        for key, body in bodies.items():
            self.warm(key, body)
        gone = list(bodies)[::2]
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in gone]})
        for key, body in bodies.items():
            if key in gone:
                self.assert_absent(key)
            else:
                self.assert_reads(key, body)

    def test_a_copy_is_read_at_once(self):
        self.warm("source", patterned(300_000, "new"))
        self.warm("copy", patterned(500_000, "old"))
        self.s3.copy_object(
            Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": "source"}
        )
        self.assert_reads("copy", patterned(300_000, "new"))

    def test_metadata_that_a_copy_onto_itself_changed_are_read_at_once(self):
        self.warm("key", patterned(100_000), Metadata={"colour": "blue"})
        self.s3.copy_object(
            Bucket=self.bucket,
            Key="key",
            CopySource={"Bucket": self.bucket, "Key": "key"},
            MetadataDirective="REPLACE",
            Metadata={"colour": "red"},
            ContentType="text/red",
        )
        got = self.assert_reads("key", patterned(100_000))
        head = self.s3.head_object(Bucket=self.bucket, Key="key")
        for answer in (got, head):
            self.assertEqual((answer["Metadata"], answer["ContentType"]), ({"colour": "red"}, "text/red"))

    def test_tags_set_are_counted_at_once(self):
        self.warm("key", b"x" * 1000)
        self.s3.put_object_tagging(
            Bucket=self.bucket, Key="key", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
        )
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="key").get("TagCount"), 1)

    def test_an_upload_in_parts_is_read_once_it_is_complete_and_not_before(self):
        old = patterned(200_000, "old")
        self.warm("key", old)
        body = patterned(12 * MIB, "new")
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="key")["UploadId"]
        parts = []
        for number in (1, 2, 3):
            piece = body[(number - 1) * 5 * MIB : number * 5 * MIB]
            part = self.s3.upload_part(
                Bucket=self.bucket, Key="key", UploadId=upload, PartNumber=number, Body=piece
            )
            parts.append({"ETag": part["ETag"], "PartNumber": number})
            self.assert_reads("key", old)
        self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key="key", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        self.assert_reads("key", body)

    def test_an_aborted_upload_changes_nothing(self):
        self.warm("key", b"as it was" * 500)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="key")["UploadId"]
        self.s3.upload_part(Bucket=self.bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x" * 5000)
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key="key", UploadId=upload)
        self.assert_reads("key", b"as it was" * 500)

    def test_a_put_that_the_store_refuses_changes_nothing(self):
        self.warm("key", b"first" * 500)
        with self.assertRaises(ClientError) as refused:
            self.s3.put_object(Bucket=self.bucket, Key="key", Body=b"second", IfNoneMatch="*")
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 412)
        self.assert_reads("key", b"first" * 500)

    def test_writers_side_by_side_each_read_their_own_write(self):
        wrong = []

        def write_and_read(name):
            s3 = self.boto(self.proxy)
            for number in range(25):
                body = version_body(number) if number % 5 else b"small %d" % number
                s3.put_object(Bucket=self.bucket, Key=name, Body=body)
                got = s3.get_object(Bucket=self.bucket, Key=name)["Body"].read()
                if got != body:
                    wrong.append((name, number, len(body), len(got)))

        threads = [threading.Thread(target=write_and_read, args=(f"key-{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class OutOfBandTest(scene.SceneTest):
    """Writes that did not pass through s3proxy."""

    def read(self, through, where, headers=()):
        answer = through.get(where, headers)
        self.assertIn(answer.status, (200, 206), answer.body)
        return answer

    def test_with_a_ttl_of_zero_a_write_past_s3proxy_is_seen_at_once(self):
        proxy = self.start_own_proxy("--metadata-ttl", "0")
        bucket, through = self.new_bucket(), self.client(proxy)
        where = target(bucket, "key")
        for number in range(10):
            body = patterned(200_000 + number, str(number))
            etag = self.direct.put_object(Bucket=bucket, Key="key", Body=body)["ETag"]
            for _ in range(2):
                self.assertTrue(self.read(through, where).body == body)
                part = self.read(through, where, {"Range": "bytes=100000-100099"})
                self.assertEqual((part.body, part["etag"]), (body[100_000:100_100], etag))
                head = through.send("HEAD", where)
                self.assertEqual((head["etag"], head["content-length"]), (etag, str(len(body))))
        self.direct.delete_object(Bucket=bucket, Key="key")
        self.assertEqual(through.get(where).status, 404)
        self.assertEqual(through.send("HEAD", where).status, 404)

    def test_a_request_with_no_cache_sees_a_write_past_s3proxy_at_once(self):
        proxy = self.start_own_proxy("--metadata-ttl", "1h")
        bucket, through = self.new_bucket(), self.client(proxy)
        where = target(bucket, "key")
        for number in range(5):
            body = patterned(50_000 + number, str(number))
            self.direct.put_object(Bucket=bucket, Key="key", Body=body)
            self.assertTrue(self.read(through, where, {"Cache-Control": "no-cache"}).body == body)
            self.assertTrue(self.read(through, where).body == body)

    def test_a_trusted_object_is_one_version_whatever_happens_in_the_store(self):
        proxy = self.start_own_proxy("--metadata-ttl", "1h")
        bucket, through = self.new_bucket(), self.client(proxy)
        where = target(bucket, "key")
        old, new = patterned(2 * MIB, "old"), patterned(2 * MIB, "new")
        first = self.direct.put_object(Bucket=bucket, Key="key", Body=old)["ETag"]
        second = None
        bodies = {first: old}
        self.read(through, where, {"Range": "bytes=0-99"})
        second = self.direct.put_object(Bucket=bucket, Key="key", Body=new)["ETag"]
        bodies[second] = new
        # Held bytes may be the old version's; bytes that have to be fetched can only be the new one's.
        for begin in (0, 1_000_000, 0, 2_000_000):
            answer = self.read(through, where, {"Range": f"bytes={begin}-{begin + 999}"})
            self.assertEqual(answer.body, bodies[answer["etag"]][begin : begin + 1000])
        whole = self.read(through, where)
        self.assertEqual(whole["etag"], second)
        self.assertTrue(whole.body == new)

    def test_after_a_list_with_a_new_entity_tag_no_range_of_the_old_version_is_served(self):
        proxy = self.start_own_proxy("--metadata-ttl", "1h")
        bucket, through = self.new_bucket(), self.client(proxy)
        keys = ["plain.parquet", "a b/c+d&e=f/<g>.parquet", "month=1/\u00e4%2F.parquet"]
        for query in ("list-type=2", "list-type=2&encoding-type=url"):
            for number in range(5):
                bodies = {key: patterned(300_000, f"{query} {number} {key}") for key in keys}
                tags = {
                    key: self.direct.put_object(Bucket=bucket, Key=key, Body=body)["ETag"]
                    for key, body in bodies.items()
                }
                self.assertEqual(through.get(target(bucket, "", query)).status, 200)
                for key, body in bodies.items():
                    with self.subTest(key=key, query=query, number=number):
                        answer = self.read(through, target(bucket, key), {"Range": "bytes=1000-1999"})
                        self.assertEqual((answer["etag"], answer.body), (tags[key], body[1000:2000]))
                        self.assertEqual(through.send("HEAD", target(bucket, key))["etag"], tags[key])
                        self.assertTrue(self.read(through, target(bucket, key)).body == body)


@dataclass(frozen=True)
class Read:
    """What a reader got: an answer, or the fault that kept it from one."""

    span: str
    answer: Answer | None = None
    fault: Exception | None = None


class OverwriteTest(scene.SceneTest):
    """An object is overwritten while it is read: no answer mixes versions, unless the store itself did.

    The store looks up an entity tag and opens a file in two steps, so bytes of one version may come from it
    under the tag of another. A witness sees what it answers: only what the store said can excuse an answer.
    """

    SECONDS = 5.0
    READERS = 4
    SPANS = (
        "",
        "bytes=0-99999",
        "bytes=250000-349999",
        "bytes=-65536",
        "bytes=16000-",
        "bytes=262000-266399",
    )

    def test_overwrites_past_s3proxy_never_mix_in_an_answer(self):
        witness = self.start_witness()
        proxy = self.start_own_proxy("--metadata-ttl", "20ms", "--log-level", "error", to=witness)
        self.overwrite_while_reading(witness, proxy, self.direct)

    def test_overwrites_through_s3proxy_never_mix_in_an_answer(self):
        witness = self.start_witness()
        proxy = self.start_own_proxy("--metadata-ttl", "1h", "--log-level", "error", to=witness)
        self.overwrite_while_reading(witness, proxy, self.boto(proxy))

    def start_witness(self):
        witness = Witness(self.store.address, versions_in)
        witness.start()
        self.addCleanup(witness.stop)
        return witness

    def overwrite_while_reading(self, witness, proxy, writer):
        bucket, key = self.new_bucket(), "object"
        sizes = {}  # by entity tag: (version, size)

        def write(number):
            body = version_body(number)
            sizes[f'"{hashlib.md5(body).hexdigest()}"'] = (number, len(body))
            writer.put_object(Bucket=bucket, Key=key, Body=body)

        write(0)
        stop, reads = threading.Event(), []
        readers = [
            threading.Thread(target=self.read_until, args=(stop, proxy, target(bucket, key), reads))
            for _ in range(self.READERS)
        ]
        for reader in readers:
            reader.start()
        end, number = time.monotonic() + self.SECONDS, 0
        while time.monotonic() < end:
            number += 1
            write(number)
        stop.set()
        for reader in readers:
            reader.join()
        self.assertGreater(number, 20, "too few overwrites to show anything")
        self.judge(reads, sizes, witness.seen)

    def read_until(self, stop, proxy, where, reads):
        through = self.client(proxy, deadline=15)
        for span in itertools.cycle(self.SPANS):
            if stop.is_set():
                return
            try:
                reads.append(Read(span, answer=through.get(where, {"Range": span} if span else {})))
            except (OSError, http.client.HTTPException) as fault:
                reads.append(Read(span, fault=fault))

    def judge(self, reads, sizes, seen):
        hung = [read.span for read in reads if isinstance(read.fault, TimeoutError)]
        self.assertEqual(hung, [], "reads that never ended")
        told = {s.etag for s in seen}
        lies = {(s.etag, version) for s in seen for version in s.contents}
        lies -= {(etag, version) for etag, (version, _) in sizes.items()}
        right = 0
        for read in reads:
            # A connection that breaks off is an honest answer, and so is that the object changes too fast.
            if read.fault or read.answer.status == 503:
                continue
            answer = read.answer
            self.assertIn(answer.status, (200, 206), answer.body)
            self.assertIn(answer["etag"], told, "an entity tag that the store never gave with any bytes")
            version, size = sizes[answer["etag"]]
            if answer.status == 206:
                first, last, total = map(int, re.findall(r"\d+", answer["content-range"]))
                self.assertEqual(len(answer.body), last + 1 - first)
            else:
                first, total = 0, len(answer.body)
            mixed = {(answer["etag"], v) for v in versions_in(answer.body, first)} - {
                (answer["etag"], version)
            }
            self.assertLessEqual(
                mixed,
                lies,
                f"{read.span}: version {version}'s entity tag, and bytes that the store did not give it",
            )
            if not any(etag == answer["etag"] for etag, _ in lies):
                self.assertEqual(total, size, f"{read.span}: version {version} has another size")
                right += 1
        self.assertGreater(right, 50, "too few answers to show anything")


if __name__ == "__main__":
    scene.main()
