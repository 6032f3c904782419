"""What s3proxy tells: the access line, the log, and the two headers that every answer carries."""

import json
import re
import signal
from datetime import datetime
from urllib.parse import unquote_to_bytes

from rig.servers import SECRET_KEY

import scene
from scene import MIB, patterned
from signed import target

FIELDS = [
    *["time", "id", "client", "method", "op", "bucket", "key", "range", "status", "bytes", "phase", "reason"],
    *["origin_calls", "first_byte_us", "total_us", "error", "ahead", "guessed"],
]


class LogsTest(scene.SceneTest):
    NASTY = 'a\nb"c\\d e%f=\u00e4\x7f\t{}'

    def ask(self, *arguments):
        """A daemon with an access log, after one request for an object with a nasty key."""
        daemon = self.start_own_proxy(*arguments)
        through = self.client(daemon)
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="plain", Body=b"0123456789")
        answers = [
            through.get(target(bucket, "plain"), {"Range": "bytes=2-4"}),
            through.get(target(bucket, "plain"), {"Range": "bytes=2-4"}),
            through.get(target(bucket, self.NASTY)),
            through.get(target(bucket, "plain"), {"Range": 'bytes="x" y'}),
            self.client(daemon, secret_key="wrong").get(target(bucket, "plain")),
        ]
        return daemon, bucket, answers

    def assert_lines(self, records, bucket, answers):
        self.assertEqual(len(records), len(answers))
        for record, answer in zip(records, answers, strict=True):
            self.assertEqual(list(record), FIELDS)
            self.assertEqual(
                record["id"], answer["x-amz-request-id"] if answer.status < 400 else record["id"]
            )
            self.assertEqual((int(record["status"]), int(record["bytes"])), (answer.status, len(answer.body)))
            self.assertRegex(record["client"], r"^127\.0\.0\.1:\d+$")
            datetime.fromisoformat(record["time"])
            self.assertGreaterEqual(int(record["total_us"]), int(record["first_byte_us"]))
        miss, hit, absent, odd, refused = records
        self.assertEqual((miss["op"], miss["method"], miss["bucket"]), ("GetObject", "GET", bucket))
        self.assertEqual((miss["phase"], miss["range"], miss["key"]), ("miss", "bytes=2-4", "plain"))
        self.assertEqual((hit["phase"], int(hit["origin_calls"])), ("hit", 0))
        self.assertGreater(int(miss["origin_calls"]), 0)
        self.assertEqual(absent["key"], self.NASTY)
        self.assertEqual(odd["range"], 'bytes="x" y')
        self.assertEqual(refused["error"], "SignatureDoesNotMatch")

    def test_json_lines_are_json_whatever_the_key_holds(self):
        daemon, bucket, answers = self.ask("--access-log", "json")
        lines = daemon.access_lines(len(answers))
        records = [json.loads(line) for line in lines]
        for record in records:  # bytes beyond ASCII are written one by one
            record["key"] = record["key"].encode("latin-1").decode()
        self.assert_lines(records, bucket, answers)

    def test_text_lines_are_fields_of_one_line_whatever_the_key_holds(self):
        daemon, bucket, answers = self.ask("--access-log", "text")
        lines = daemon.access_lines(len(answers))
        records = []
        for line in lines:
            self.assertTrue(line.isascii() and line.isprintable(), line)
            pairs = [field.partition("=") for field in line.split(" ")]
            records.append({name: unquote_to_bytes(value).decode() for name, _, value in pairs})
        self.assert_lines(records, bucket, answers)

    def test_without_an_access_log_stdout_stays_empty(self):
        daemon, *_ = self.ask("--access-log", "off")
        daemon.stop()
        self.assertEqual(daemon.access_lines(), [])

    def test_the_log_holds_no_raw_control_character_and_no_secret(self):
        daemon, bucket, _ = self.ask("--log-level", "debug")
        for key in (self.NASTY, "\x1b[31mred"):
            self.client(daemon).send("PUT", target(bucket, key), body=b"x")
        self.store.stop(signal.SIGKILL)
        self.addCleanup(self.store.start)
        for key in (self.NASTY, "\x1b[31mred"):
            self.client(daemon).get(target(bucket, key))  # its failure is logged
        for line in daemon.said().splitlines():
            self.assertTrue(all(c >= " " for c in line), repr(line))
        self.assertNotIn(SECRET_KEY, daemon.said())

    def test_every_answer_has_a_request_id_and_a_cache_status(self):
        daemon = self.start_own_proxy()
        through = self.client(daemon)
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"0123456789")
        etag = self.direct.head_object(Bucket=bucket, Key="key")["ETag"]
        where = target(bucket, "key")
        ids = set()
        for expected, answer in [
            (200, through.get(where)),
            (200, through.get(where)),
            (206, through.get(where, {"Range": "bytes=1-2"})),
            (304, through.get(where, {"If-None-Match": etag})),
            (412, through.get(where, {"If-Match": '"other"'})),
            (416, through.get(where, {"Range": "bytes=100-"})),
            (200, through.send("HEAD", where)),
            (404, through.get(target(bucket, "absent"))),
            (404, through.send("HEAD", target(bucket, "absent"))),
            (200, through.get(target(bucket, "", "list-type=2"))),
            (200, through.send("PUT", target(bucket, "new"), body=b"x")),
            (204, through.send("DELETE", target(bucket, "new"))),
            (403, through.get(where, signed=False)),
            (403, self.client(daemon, secret_key="wrong").get(where)),
            (400, through.send("PUT", where, body=b"x", payload_hash="0" * 64)),
            (400, through.get("no-slash", signed=False)),
            (411, through.send("PUT", where, {"Transfer-Encoding": "chunked"})),
            (501, through.get(target(bucket, "", "session"))),
        ]:
            with self.subTest(status=expected, answer=answer.headers):
                self.assertEqual(answer.status, expected, answer.body)
                self.assertRegex(answer["x-amz-request-id"], r"^[A-Z0-9]{16}$")
                self.assertRegex(
                    answer["cache-status"], r"^s3proxy(; (hit|fwd=[a-z-]+|stored|collapsed|detail=\w+))+$"
                )
                self.assertIsNotNone(answer["date"])
                ids.add(answer["x-amz-request-id"])
        self.assertEqual(len(ids), 18)

    def test_cache_status_says_hit_only_where_the_store_was_not_asked(self):
        daemon = self.start_own_proxy()
        through = self.client(daemon)
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=patterned(3 * MIB))
        where = target(bucket, "key")
        requests = [{"Range": "bytes=0-9"}, {"Range": "bytes=0-9"}, {}, {}, {"Range": "bytes=-9"}]
        answers = [through.get(where, headers) for headers in requests]
        lines = daemon.access_lines(len(answers))
        for answer, line in zip(answers, lines, strict=True):
            asked = int(re.search(r"origin_calls=(\d+)", line)[1])
            says_hit = bool(re.search(r"; hit\b", answer["cache-status"]))
            self.assertEqual(says_hit, asked == 0, (answer["cache-status"], line))


if __name__ == "__main__":
    scene.main()
