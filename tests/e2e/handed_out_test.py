"""Credentials that somebody hands out, and tokens that are exchanged: the whole binary, with its real start."""

import base64
import json
import subprocess

from rig.process import clean_environment
from rig.servers import REGION

import scene
from scene import patterned
from scripted_services import Services
from signed import target

BODY = patterned(30_000)
ALICE, BOB = ("alice", "the-secret-of-alice-1"), ("bob", "the-secret-of-bob-1")
APP = ("APPKEY", "app-secret-1")
IDENTITY = f'[[identities]]\naccess-key-id = "{APP[0]}"\nsecret = "{APP[1]}"\n'


def token_of(name):
    """Three parts of base64url, as identity providers make them."""
    parts = (json.dumps({"alg": "RS256"}), json.dumps({"sub": name}), f"signature of {name}")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


class HandedOutTest(scene.SceneTest):
    store_has_users = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (ALICE, BOB):
            cls.store.add_user(*user)
        cls.direct.create_bucket(Bucket="lake")
        cls.direct.put_object(Bucket="lake", Key="k", Body=BODY)
        allow = {
            "Effect": "Allow",
            "Principal": {"AWS": [ALICE[0]]},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::lake/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        cls.direct.put_bucket_policy(Bucket="lake", Policy=json.dumps(policy))
        cls.where = target("lake", "k")

    def setUp(self):
        scene.SECRETS.update([ALICE[1], BOB[1], *map(token_of, ("pod", "alice", "bob", "mallory"))])
        self.services = Services(ALICE)
        self.addCleanup(self.services.stop)

    def file(self, text, name="s3proxy.toml"):
        folder = self.work / self.id().rpartition(".")[2]
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def start_and_read(self, *arguments, text=IDENTITY, **env):
        """Starts with that environment and reads as the one identity; gives the daemon."""
        path = self.file(text)
        env = {"AWS_REGION": REGION, **{name: str(value) for name, value in env.items()}}
        daemon = self.start_own_proxy("--config", str(path), *arguments, env=env)
        client = self.client(daemon, access_key=APP[0], secret_key=APP[1])
        for _ in range(2):
            self.assertEqual(client.get(self.where).body, BODY)
        self.assertNotIn(ALICE[1], daemon.said())
        return daemon

    def test_a_role_is_assumed_for_a_principal(self):
        text = (
            '[[principals]]\nname = "lake"\nrole-arn = "arn:aws:iam::123456789012:role/lake"\n'
            f'source-profile = "base"\n{IDENTITY}'
        )
        aws = self.file("[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret\n", "aws")
        daemon = self.start_and_read(
            text=text, AWS_ENDPOINT_URL_STS=self.services.url, AWS_SHARED_CREDENTIALS_FILE=aws
        )
        self.assertEqual(self.services.calls, ["AssumeRole"])
        self.assertIn("role/lake", daemon.said())

    def test_a_web_identity_is_shown_to_the_sts(self):
        token = self.file(token_of("pod"), "token")
        self.start_and_read(
            AWS_ENDPOINT_URL_STS=self.services.url,
            AWS_WEB_IDENTITY_TOKEN_FILE=token,
            AWS_ROLE_ARN="arn:aws:iam::123456789012:role/pod",
        )
        self.assertEqual(self.services.calls, ["AssumeRoleWithWebIdentity"])

    def test_a_program_prints_the_keys(self):
        document = self.file(json.dumps(self.services.document()), "keys.json")
        aws = self.file(f"[profile lake]\ncredential_process = cat {document}\n", "config")
        self.start_and_read(AWS_CONFIG_FILE=aws, AWS_PROFILE="lake")

    def test_a_containers_agent_is_asked(self):
        self.start_and_read(AWS_CONTAINER_CREDENTIALS_FULL_URI=self.services.url + "/keys")
        self.assertEqual(self.services.calls, ["/keys"])

    def test_the_metadata_service_is_asked_last(self):
        self.start_and_read(
            AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=self.services.url
        )
        self.assertEqual(self.services.calls[0], "machine token")

    def test_keys_that_no_client_could_know_need_somebody_who_may_come(self):
        env = clean_environment(
            AWS_REGION=REGION, AWS_CONTAINER_CREDENTIALS_FULL_URI=self.services.url + "/keys"
        )
        command = [scene.S3PROXY_PROGRAM, "--endpoint", self.store.url, "--port", "0", "--address", "127.0.0.1"]
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(ended.returncode, 2, ended.stderr)
        for word in ("[[identities]]", "--token-exchange"):
            self.assertIn(word, ended.stderr)

    def start_exchange(self):
        self.services.bearers = {token_of("alice"): ALICE, token_of("bob"): BOB}
        path = self.file(IDENTITY)
        env = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ALICE[0], "AWS_SECRET_ACCESS_KEY": ALICE[1]}
        return self.start_own_proxy(
            "--config", str(path), "--token-exchange", "--sts-endpoint", self.services.url, env=env
        )

    def test_a_token_is_exchanged_and_reads_what_its_owner_may(self):
        daemon = self.start_exchange()
        for name, status in [("alice", 200), ("bob", 403), ("alice", 200), ("bob", 403)]:
            client = self.client(daemon, access_key="whatever", secret_key="nobody knows")
            token = [("x-amz-security-token", token_of(name))]
            self.assertEqual(client.get(self.where, token).status, status, name)
            bearer = client.send("GET", self.where, [("Authorization", f"Bearer {token_of(name)}")], signed=False)
            self.assertEqual(bearer.status, status, name)
        self.assertEqual(len(self.services.calls), 2, "one exchange a token")
        refused = client.get(self.where, [("x-amz-security-token", token_of("mallory"))])
        self.assertEqual(refused.status, 403)
        said = daemon.said() + "".join(daemon.access_lines())
        for name in ("alice", "bob", "mallory"):
            self.assertNotIn(token_of(name), said)

    def test_a_known_key_is_never_taken_for_a_bearer(self):
        daemon = self.start_exchange()
        wrong = self.client(daemon, access_key=APP[0], secret_key="wrong")
        token = [("x-amz-security-token", token_of("alice"))]
        self.assertEqual(wrong.get(self.where, token).code, "SignatureDoesNotMatch")
        self.assertEqual(self.services.calls, [])


if __name__ == "__main__":
    scene.main()
