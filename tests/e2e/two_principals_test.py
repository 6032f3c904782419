"""Two principals, one cache: bytes are shared, rights are not. The store's own answer is the expectation.

The store has an IAM service of its own: alice and bob may do what bucket policies grant. Each is a principal of
s3proxy, with an identity whose keys the store never sees.
"""

import itertools
import json
import threading

import scene
from rig.servers import ACCESS_KEY, SECRET_KEY
from same_answer import essence
from scene import patterned
from sigv4 import Signer
from signed import Client, target

PEOPLE = ("alice", "bob")
BODY = patterned(50_000)


def secret(name):
    return f"the-secret-of-{name}-0001"


def statement(names, actions, *resources):
    return {
        "Effect": "Allow",
        "Principal": {"AWS": list(names)},
        "Action": [f"s3:{action}" for action in actions],
        "Resource": [f"arn:aws:s3:::{resource}" for resource in resources],
    }


def reads(bucket, *names, prefix=""):
    return statement(names, ["GetObject", "GetObjectVersion"], f"{bucket}/{prefix}*")


def lists(bucket, *names):
    return statement(names, ["ListBucket"], bucket)


CONFIGURATION = "\n".join(
    [
        *(
            f'[[principals]]\nname = "{name}"\naccess-key-id = "{name}"\nsecret-access-key = "{secret(name)}"\n'
            f'[[identities]]\naccess-key-id = "APP{name.upper()}"\nsecret = "app-{secret(name)}"\n'
            f'principal = "{name}"\n'
            for name in PEOPLE
        ),
        f'[[principals]]\nname = "owner"\naccess-key-id = "{ACCESS_KEY}"\nsecret-access-key = "{SECRET_KEY}"\n',
        f'[[identities]]\naccess-key-id = "APPOWNER"\nsecret = "app-{secret("owner")}"\nprincipal = "owner"\n',
    ]
)


class TwoPrincipalsTest(scene.SceneTest):
    store_has_users = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in PEOPLE:
            cls.store.add_user(name, secret(name))
        cls.file = cls.work / "s3proxy.toml"
        cls.file.write_text(CONFIGURATION)
        cls.file.chmod(0o600)
        cls.proxy = cls.start_proxy("--config", str(cls.file), "--rights-ttl", "1h", "--metadata-ttl", "1h")
        cls.at_store = {name: cls.client(cls.store, access_key=name, secret_key=secret(name)) for name in PEOPLE}
        cls.through = {name: cls.as_app(cls.proxy, name) for name in (*PEOPLE, "owner")}

    @classmethod
    def as_app(cls, proxy, name):
        return cls.client(proxy, access_key=f"APP{name.upper()}", secret_key=f"app-{secret(name)}")

    def grant(self, bucket, *statements, by=None):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        (by or self.direct).put_bucket_policy(Bucket=bucket, Policy=document)

    def put(self, bucket, key):
        return self.direct.put_object(Bucket=bucket, Key=key, Body=BODY, ContentType="a/b")["ETag"]

    def requests(self, bucket, key, etag):
        """The ways to read: how each is sent by a client."""
        where = target(bucket, key)

        def send(method, headers=(), to=where):
            return lambda client: client.send(method, to, headers)

        yield "GET", send("GET")
        yield "HEAD", send("HEAD")
        yield "range", send("GET", {"Range": "bytes=100-20000"})
        yield "if-match", send("GET", {"If-Match": etag})
        yield "if-none-match", send("GET", {"If-None-Match": etag})
        yield "failed if-match", send("GET", {"If-Match": '"other"'})
        yield "failed range", send("GET", {"Range": "bytes=50000-"})
        yield "LIST", send("GET", to=target(bucket, "", "list-type=2&prefix=" + key))
        yield "LIST v1", send("GET", to=target(bucket, "", "prefix=" + key))
        yield "presigned", lambda client: client.send("GET", presigned(client, where), signed=False)

    def assert_answers_are_the_stores(self, bucket, key, etag, reader, *what):
        for way, send in self.requests(bucket, key, etag):
            expected = send(self.at_store[reader])
            for time in ("first", "again"):
                with self.subTest(way=way, reader=reader, time=time, what=what):
                    got = send(self.through[reader])
                    self.assertEqual(essence(expected), essence(got))
                    if expected.status == 403:
                        self.assertNotIn(BODY[:100], got.body)
                        self.assertNotIn(etag.strip('"').encode(), got.body + repr(got.headers).encode())

    def test_every_reader_gets_what_the_store_gives_it_whoever_filled_the_cache(self):
        bucket = self.new_bucket()
        grants = {
            "both read": [reads(bucket, *PEOPLE), lists(bucket, *PEOPLE)],
            "alice reads, bob lists": [reads(bucket, "alice"), lists(bucket, *PEOPLE)],
            "alice reads, bob nothing": [reads(bucket, "alice"), lists(bucket, "alice")],
            "bob reads and may not list": [reads(bucket, "bob"), lists(bucket, "alice")],
        }
        for number, (name, statements) in enumerate(grants.items()):
            self.grant(bucket, *statements)
            for filler, reader in itertools.product(PEOPLE, PEOPLE):
                key = f"case-{number}/{filler}-{reader}"
                etag = self.put(bucket, key)
                filled = self.through[filler].get(target(bucket, key))
                self.assertEqual(filled.status, self.at_store[filler].get(target(bucket, key)).status)
                self.assert_answers_are_the_stores(bucket, key, etag, reader, name, f"filled by {filler}")

    def test_who_may_list_but_not_read_gets_no_cached_byte(self):
        bucket = self.new_bucket()
        self.grant(bucket, reads(bucket, "alice"), lists(bucket, *PEOPLE))
        etag = self.put(bucket, "k")
        self.assertEqual(self.through["alice"].get(target(bucket, "k")).body, BODY)
        listed = self.through["bob"].get(target(bucket, "", "list-type=2"))
        self.assertIn(etag.strip('"').encode(), listed.body)
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": etag}, {"If-Match": etag}):
            answer = self.through["bob"].get(target(bucket, "k"), headers)
            self.assertEqual((answer.status, answer.code), (403, "AccessDenied"), headers)
        self.assertEqual(self.through["bob"].send("HEAD", target(bucket, "k")).status, 403)

    def test_a_policy_that_changes_through_s3proxy_counts_at_once(self):
        bucket = self.new_bucket()
        owner = self.boto(self.proxy, access_key="APPOWNER", secret_key=f"app-{secret('owner')}")
        self.put(bucket, "k")
        where = target(bucket, "k")
        for _ in range(5):
            self.grant(bucket, reads(bucket, *PEOPLE), by=owner)
            for name in PEOPLE:
                self.assertEqual(self.through[name].get(where).body, BODY)
            self.grant(bucket, reads(bucket, "alice"), by=owner)
            # alice's new look makes the object fresh again; bob's old right must not live on by it.
            self.assertEqual(self.through["alice"].get(where).body, BODY)
            self.assertEqual(self.through["bob"].get(where).status, 403)
            owner.delete_bucket_policy(Bucket=bucket)
            for name in PEOPLE:
                self.assertEqual(self.through[name].get(where).status, 403)

    def test_policies_that_change_under_load_never_let_a_byte_slip_to_who_had_lost_its_right(self):
        """Readers read all the time; each change is followed by reads that began behind its answer."""
        bucket = self.new_bucket()
        owner = self.boto(self.proxy, access_key="APPOWNER", secret_key=f"app-{secret('owner')}")
        keys = [f"k{number}" for number in range(4)]
        for key in keys:
            self.put(bucket, key)
        self.grant(bucket, reads(bucket, *PEOPLE))
        ended, faults = threading.Event(), []

        def read(name):
            for key in itertools.cycle(keys):
                if ended.is_set():
                    return
                answer = self.as_app(self.proxy, name).get(target(bucket, key))
                if not (answer.status == 403 or (answer.status == 200 and answer.body == BODY)):
                    faults.append((name, key, answer.status))

        readers = [threading.Thread(target=read, args=[name]) for name in (*PEOPLE, *PEOPLE)]
        for reader in readers:
            reader.start()
        try:
            for turn in range(20):
                allowed = PEOPLE[turn % 2]
                self.grant(bucket, reads(bucket, allowed), by=owner)
                for name, key in itertools.product(PEOPLE, keys):
                    status = self.through[name].get(target(bucket, key)).status
                    self.assertEqual(status, 200 if name == allowed else 403, (turn, name, key))
        finally:
            ended.set()
            for reader in readers:
                reader.join()
        self.assertEqual(faults, [])

    def test_a_right_that_was_taken_at_the_store_ends_with_its_time(self):
        bucket = self.new_bucket()
        self.grant(bucket, reads(bucket, *PEOPLE))
        self.put(bucket, "k")
        proxy = self.start_own_proxy(
            "--config", str(self.file), "--rights-ttl", "100ms", "--metadata-ttl", "1h", "--immutable", "**"
        )
        bob = self.as_app(proxy, "bob")
        self.assertEqual(bob.get(target(bucket, "k")).body, BODY)
        self.grant(bucket, reads(bucket, "alice"))
        self.eventually(lambda: bob.get(target(bucket, "k")).status == 403, "bob still reads")
        self.assertEqual(self.as_app(proxy, "alice").get(target(bucket, "k")).body, BODY)

    def test_the_stores_own_keys_do_not_come_in(self):
        for key, of in [("alice", secret("alice")), (ACCESS_KEY, SECRET_KEY)]:
            answer = self.client(self.proxy, access_key=key, secret_key=of).get("/")
            self.assertEqual((answer.status, answer.code), (403, "InvalidAccessKeyId"))


def presigned(client: Client, where):
    credentials = client.auth.credentials
    return Signer(credentials.access_key, credentials.secret_key, client.address).presigned("GET", where)


if __name__ == "__main__":
    scene.main()
