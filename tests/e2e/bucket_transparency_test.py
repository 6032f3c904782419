"""What the store answers about buckets, lists, hostile keys and writes, s3proxy answers."""

import re
from urllib.parse import quote, quote_plus

import scene
from same_answer import SameAnswerTest, element
from signed import target

HOSTILE_KEYS = [
    "with space",
    "plus+plus",
    "percent%25and%",
    "percent%2Fslash",
    "unicode-\u00e4\u00f6\u00fc-\u4e2d\u6587-\U0001f600",
    "a=b/c=d/e=f",
    "amp&semi;colon:comma,",
    "quote'single\"double",
    "paren()[]{}",
    "tilde~star*bang!dollar$at@",
    "question?hash#back\\slash",
    "less<more>pipe|caret^tick`",
    "trailing.dot.",
    "tab\there",
    "x" * 200,
    "deep/" * 20 + "end",
]


class BucketTransparencyTest(SameAnswerTest):
    def test_bucket_requests_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        self.put(bucket)
        for method, query in [
            ("HEAD", ""),
            ("GET", "location"),
            ("GET", "versioning"),
            ("GET", "acl"),
            ("GET", "tagging"),
            ("GET", "cors"),
            ("GET", "uploads"),
            ("GET", "versions"),
            ("GET", "lifecycle"),
            ("GET", "ownershipControls"),
            ("PUT", ""),
        ]:
            with self.subTest(method=method, query=query):
                self.compare(method, target(bucket, "", query))
        self.compare("GET", "/")

    def test_lists_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        for key in ["a/1", "a/2", "a/b/3", "b/1", "c d/e+f", "g%h", "z&<>\"'", "\u00e4"]:
            self.put(bucket, key, body=key.encode())
        for query in [
            "",
            "encoding-type=url",
            "prefix=a/",
            "prefix=a%2F&delimiter=%2F",
            "delimiter=/",
            "delimiter=/&encoding-type=url",
            "max-keys=2",
            "max-keys=0",
            "max-keys=-1",
            "max-keys=many",
            "marker=a/2",
            "prefix=nothing",
            "prefix=c%20d",
            "prefix=c+d",
        ]:
            with self.subTest(query=query):
                self.compare("GET", target(bucket, "", query))
                self.compare("GET", target(bucket, "", f"list-type=2&{query}" if query else "list-type=2"))
        for query in (
            "list-type=2&start-after=a/2",
            "list-type=2&fetch-owner=true",
            "list-type=3",
            "list-type=2&continuation-token=bad",
        ):
            with self.subTest(query=query):
                self.compare("GET", target(bucket, "", query))

    def test_a_long_list_is_continued_page_by_page_as_the_store_does(self):
        bucket = self.new_bucket()
        keys = [f"page/{number:03d} &" for number in range(23)]
        for key in keys:
            self.put(bucket, key, body=b"x")
        token, seen = "", []
        while token is not None:
            query = f"continuation-token={quote(token, safe='')}&" if token else ""
            answer = self.compare(
                "GET", target(bucket, "", f"{query}encoding-type=url&list-type=2&max-keys=5")
            )
            seen += re.findall(rb"<Key>(.*?)</Key>", answer.body)
            token = element(answer.body, "NextContinuationToken")
        self.assertEqual(len(seen), len(keys))

    def test_a_hostile_key_is_one_key_everywhere(self):
        bucket = self.new_bucket()
        for key in HOSTILE_KEYS:
            with self.subTest(key=key):
                body = key.encode() * 50
                for where in {target(bucket, key), "/" + bucket + "/" + quote(key, safe="/~+=&'(),:@$!*;")}:
                    put = self.through.send("PUT", where, body=body)
                    self.assertEqual(put.status, 200, put.body)
                    self.assertEqual(self.compare("GET", where).body, body)
                    self.compare("HEAD", where, {"Range": "bytes=1-3"})
                    self.compare(
                        "GET", target(bucket, "", f"prefix={quote_plus(key)}&list-type=2&encoding-type=url")
                    )
                    self.compare("GET", target(bucket, "", f"prefix={quote(key, safe='')}&list-type=2"))
                    changed = self.origin.send("PUT", where, body=body + b"!")
                    self.assertEqual(changed.status, 200, changed.body)
                    # The list tells that it changed, whatever the key looks like in it.
                    self.compare(
                        "GET",
                        target(bucket, "", f"prefix={quote(key, safe='')}&list-type=2&encoding-type=url"),
                    )
                    self.assertEqual(self.compare("GET", where).body, body + b"!")
                    deleted = self.through.send("DELETE", where)
                    self.assertEqual(deleted.status, 204)
                    self.assertEqual(self.compare("GET", where).status, 404)

    def test_odd_paths_reach_the_store_byte_for_byte(self):
        bucket = self.new_bucket()
        self.put(bucket, "a/b", body=b"plain")
        for path in (
            "a//b",
            "/a/b",
            "a/b/",
            "a/./b",
            "a/x/../b",
            "a%2Fb",
            "a/%62",
            "a/b%20",
            "a/b+",
            "%2e/a/b",
        ):
            with self.subTest(path=path):
                self.compare("GET", f"/{bucket}/{path}")
                self.compare("HEAD", f"/{bucket}/{path}")

    def test_writes_are_answered_as_the_store_does(self):
        bucket = self.new_bucket()
        self.put(bucket, "source")
        tagging = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag></TagSet></Tagging>"
        delete = b"<Delete><Object><Key>%s</Key></Object></Delete>"
        # Each once directly and once through s3proxy, on keys that differ only there.
        for number, (method, query, headers, body) in enumerate(
            [
                ("PUT", "", {"Content-Type": "a/b", "x-amz-meta-n": "1"}, b"body"),
                ("PUT", "", {}, b""),
                ("PUT", "", {"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}, b"hello"),
                ("PUT", "", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, b"hello"),
                ("PUT", "", {"x-amz-checksum-crc32": "AAAAAA=="}, b"hello"),
                ("PUT", "", {"x-amz-copy-source": f"{bucket}/source"}, b""),
                ("PUT", "", {"x-amz-copy-source": f"{bucket}/missing"}, b""),
                ("PUT", "", {"If-None-Match": "*"}, b"first"),
                ("PUT", "", {"x-amz-tagging": "a=b"}, b"tagged"),
                ("PUT", "tagging", {}, tagging),
                ("PUT", "uploadId=none&partNumber=1", {}, b"part"),
                ("POST", "uploads", {}, b""),
                ("POST", "delete", {}, delete),
                ("POST", "", {}, b"what"),
                ("DELETE", "", {}, b""),
                ("DELETE", "tagging", {}, b""),
            ]
        ):
            with self.subTest(method=method, query=query, headers=headers):
                answers = []
                for client, side in ((self.origin, "direct"), (self.through, "through")):
                    key = f"{number}/{side}"
                    where = target(bucket, "" if query == "delete" else key, query)
                    answer = client.send(method, where, headers, body=body.replace(b"%s", key.encode()))
                    hidden = re.sub(rb"direct|through|<(UploadId|LastModified)>.*?</\1>", b"", answer.body)
                    answers.append(type(answer)(answer.status, answer.headers, hidden))
                direct, through = answers
                if b"<InitiateMultipartUploadResult" in direct.body or "x-amz-copy-source" in headers:
                    # Its length depends on what was hidden above.
                    self.assertEqual(
                        (direct.status, direct.body and direct.code),
                        (through.status, through.body and through.code),
                    )
                else:
                    self.assert_same(
                        *(
                            type(a)(
                                a.status, [h for h in a.headers if h[0].lower() != "content-length"], a.body
                            )
                            for a in answers
                        )
                    )


if __name__ == "__main__":
    scene.main()
