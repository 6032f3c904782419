"""Clients that do not sign: whom s3proxy signs for, and whom it does not."""

import re

from rig import store_client
from rig.servers import REGION

import scene
from signed import target


class AnonymousTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for bucket in ("private", "public"):
            cls.direct.create_bucket(Bucket=bucket)
            cls.direct.put_object(Bucket=bucket, Key="key", Body=bucket.encode())
        store_client.make_public(cls.direct, "public")

    def test_allowed_unsigned_clients_are_signed_for_and_foreign_pages_are_not(self):
        through = self.client(self.start_own_proxy("--allow-anonymous"))
        host = through.address
        port = host.partition(":")[2]
        for headers, status in [
            ({}, 200),
            ({"Host": f"localhost:{port}"}, 200),
            ({"Host": f"[::1]:{port}"}, 200),
            ({"Host": "10.1.2.3"}, 200),
            ({"Host": "evil.example.com"}, 403),
            ({"Host": f"evil.example.com:{port}"}, 403),
            ({"Host": "localhost.evil.example.com"}, 403),
            ({"Host": "127.0.0.1.evil.example.com"}, 403),
            ({"Origin": "http://evil.example.com"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": f"http://{host}"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
        ]:
            for method, where, ok in (
                ("GET", target("private", "key"), 200),
                ("GET", target("private", "", "list-type=2"), 200),
                ("DELETE", target("private", "absent"), 204),
            ):
                with self.subTest(headers=headers, method=method):
                    answer = through.send(method, where, headers, signed=False)
                    self.assertEqual(answer.status, ok if status == 200 else 403, answer.body)
                    if status == 403:
                        self.assertEqual(answer.code, "AccessDenied")

    def test_where_unsigned_clients_are_allowed_signed_ones_are_still_verified(self):
        daemon = self.start_own_proxy("--allow-anonymous")
        self.assertEqual(self.client(daemon).get(target("private", "key")).body, b"private")
        wrong = self.client(daemon, secret_key="wrong").get(target("private", "key"))
        self.assertEqual((wrong.status, wrong.code), (403, "SignatureDoesNotMatch"))

    def test_a_whole_network_is_allowed_only_in_so_many_words(self):
        daemon = self.start_own_proxy("--allow-anonymous=network", address="0.0.0.0")
        self.assertEqual(self.client(daemon).get(target("private", "key"), signed=False).body, b"private")
        self.assertEqual(
            self.client(daemon)
            .get(target("private", "key"), {"Host": "evil.example.com"}, signed=False)
            .status,
            403,
        )
        self.assertIn("--allow-anonymous=network", daemon.said())

    def test_without_credentials_unsigned_requests_pass_unsigned_and_signed_ones_are_refused(self):
        daemon = self.start_own_proxy(env={"AWS_REGION": REGION})
        through = self.client(daemon)
        self.assertRegex(daemon.said(), re.compile(r"^credentials +none \(", re.M))
        for _ in range(2):
            self.assertEqual(through.get(target("public", "key"), signed=False).body, b"public")
            refused = through.get(target("private", "key"), signed=False)
            self.assertEqual((refused.status, refused.code), (403, "AccessDenied"), refused.body)
            signed = through.get(target("public", "key"))
            self.assertEqual((signed.status, signed.code), (403, "InvalidAccessKeyId"), signed.body)
        self.assertEqual(through.get(target("public", "", "list-type=2"), signed=False).status, 200)


if __name__ == "__main__":
    scene.main()
