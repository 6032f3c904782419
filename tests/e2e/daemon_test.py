"""The daemon as its operator meets it: where settings come from, banner, credentials, signals."""

import os
import re
import signal
import socket

from rig.process import LOOPBACK
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

import scene
from scene import KEYS, MIB, Daemon, patterned
from signed import read_answer, target


class SettingsTest(scene.SceneTest):
    """Where settings come from, and what the start says about them."""

    def start_with(self, *arguments, endpoint=None, **env):
        """s3proxy with its whole environment given, and its port unless the environment says it."""
        work = self.work / self.id().rpartition(".")[2] / str(len(list(self.work.iterdir())))
        daemon = Daemon(work, endpoint or self.store.url, *arguments, env=env)
        if any(name in env for name in ("PORT", "S3PROXY_PORT")) or "--port" in arguments:
            at = daemon.command.index("--port")
            del daemon.command[at : at + 2]
        daemon.start()
        self.addCleanup(daemon.stop)
        return daemon

    def said(self, daemon, pattern):
        found = scene.eventually(lambda: re.search(pattern, daemon.said(), re.M))
        self.assertTrue(found, f"{pattern!r} is not in:\n{daemon.said()}")
        return found

    def taken_port(self):
        taken = socket.create_server((LOOPBACK, 0))
        self.addCleanup(taken.close)
        return str(taken.getsockname()[1])

    def test_the_own_variable_of_the_port_beats_the_common_one_and_a_flag_beats_both(self):
        self.start_with(S3PROXY_PORT="0", PORT=self.taken_port())
        self.start_with("--port", "0", S3PROXY_PORT=self.taken_port(), PORT=self.taken_port())
        self.start_with("-p", "0", "--port", "0", PORT="0")

    def test_a_service_link_of_kubernetes_is_ignored_and_the_log_says_so(self):
        daemon = self.start_with(S3PROXY_PORT="tcp://10.0.0.1:3000", PORT="0")
        self.said(daemon, r"warn +app: .*S3PROXY_PORT.*tcp://10\.0\.0\.1:3000")

    def test_the_endpoint_may_come_from_either_variable(self):
        for env in (
            {"ENDPOINT": self.store.url},
            {"S3PROXY_ENDPOINT": self.store.url, "ENDPOINT": "http://127.0.0.1:9"},
        ):
            daemon = Daemon(self.work / f"endpoint-{len(env)}", "", env=KEYS | env)
            at = daemon.command.index("--endpoint")
            del daemon.command[at : at + 2]
            daemon.start()
            self.addCleanup(daemon.stop)
            self.said(daemon, rf"^endpoint +{re.escape(self.store.url)}$")

    def test_the_banner_says_what_was_resolved_and_what_to_type_next(self):
        daemon = self.start_with("--region", "eu-west-7", **KEYS)
        banner = daemon.said()
        for row in (
            r"^s3proxy \d+\.\d+\.\d+$",
            rf"^listening +http://127\.0\.0\.1:{daemon.port}$",
            rf"^endpoint +{re.escape(self.store.url)}$",
            r"^region +eu-west-7 \(--region\)$",
            rf"^credentials +environment, key id {ACCESS_KEY}$",
            r"^clients +sign with the same key pair$",
            r"^cache +256 MiB of memory \(--memory\)$",
        ):
            self.assertRegex(banner, re.compile(row, re.M))
        for word in (
            f"ENDPOINT '127.0.0.1:{daemon.port}'",
            "URL_STYLE 'path'",
            "USE_SSL false",
            f"KEY_ID '{ACCESS_KEY}'",
            f'"aws_endpoint_url": "http://127.0.0.1:{daemon.port}"',
            '"aws_allow_http": "true"',
            "scan_parquet",
        ):
            self.assertIn(word, banner)
        self.assertNotIn(SECRET_KEY, banner)

    def test_the_region_comes_from_the_first_that_tells(self):
        config = self.work / "config"
        config.write_text("[default]\nregion = from-file\n[profile other]\nregion = from-profile\n")
        amazon = "http://s3.eu-north-1.amazonaws.com"
        for arguments, env, expected in [
            (
                ("--region", "from-flag"),
                {"S3PROXY_REGION": "from-own", "AWS_REGION": "from-aws"},
                "from-flag",
            ),
            ((), {"S3PROXY_REGION": "from-own", "AWS_REGION": "from-aws"}, "from-own"),
            ((), {"AWS_REGION": "from-aws", "AWS_DEFAULT_REGION": "from-default"}, "from-aws"),
            ((), {"AWS_DEFAULT_REGION": "from-default", "AWS_CONFIG_FILE": str(config)}, "from-default"),
            ((), {"AWS_CONFIG_FILE": str(config)}, "from-file"),
            ((), {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "other"}, "from-profile"),
            ((), {}, "us-east-1"),
        ]:
            with self.subTest(arguments=arguments, env=env):
                daemon = self.start_with(*arguments, **KEYS, **env)
                self.said(daemon, rf"^region +{expected} \(")
        daemon = self.start_with(endpoint=amazon, **KEYS)
        self.said(daemon, r"^region +eu-north-1 \(")

    def test_the_start_says_what_is_wrong_with_the_store_and_runs_on(self):
        with socket.socket() as nobody:
            nobody.bind((LOOPBACK, 0))  # bound, not listening: it refuses, and nobody else can take it
            refusing = f"http://{LOOPBACK}:{nobody.getsockname()[1]}"
            for endpoint, env, sentence in [
                (refusing, KEYS, rf"nothing listens at {re.escape(refusing)}"),
                ("http://nosuch.invalid", KEYS, r"the name nosuch\.invalid has no address"),
                (self.store.url, KEYS | {"AWS_ACCESS_KEY_ID": "WRONGKEY"}, r"does not know the key id"),
                (self.store.url, KEYS | {"AWS_SECRET_ACCESS_KEY": "wrong"}, r"the secret is wrong"),
                (self.store.url, KEYS | {"AWS_REGION": "eu-west-7"}, r"--region us-east-1"),
                (self.store.url.replace("http", "https"), KEYS, r"TLS with https://.* failed.*use http://"),
            ]:
                with self.subTest(endpoint=endpoint, env=env):
                    daemon = self.start_with(endpoint=endpoint, **({"AWS_REGION": REGION} | env))
                    self.said(daemon, rf"warn +app: .*{sentence}")
                    self.assertTrue(daemon.process.is_running())
                    self.assertNotIn(SECRET_KEY, daemon.said())
        daemon = self.start_with(AWS_REGION=REGION, **KEYS)
        self.said(daemon, r"info +app: the store answers and accepts the key")

    def test_a_changed_credentials_file_takes_effect_without_a_restart(self):
        path = self.work / "changing-credentials"

        def write(key, secret):
            fresh = path.with_suffix(".new")
            fresh.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
            fresh.replace(path)

        write("OLDKEY", "old-secret")
        daemon = self.start_with(AWS_SHARED_CREDENTIALS_FILE=str(path), AWS_REGION=REGION)
        self.said(daemon, rf"^credentials +profile \"default\" \({re.escape(str(path))}\), key id OLDKEY$")
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"body")
        self.assertEqual(self.client(daemon).get(target(bucket, "key")).code, "InvalidAccessKeyId")
        write(ACCESS_KEY, SECRET_KEY)
        self.said(daemon, r"new credentials from")
        self.assertEqual(self.client(daemon).get(target(bucket, "key")).body, b"body")
        old = self.client(daemon, access_key="OLDKEY", secret_key="old-secret")
        self.assertEqual(old.get(target(bucket, "key")).code, "InvalidAccessKeyId")

        path.write_text("no credentials file at all\n")
        self.said(daemon, r"warn +app: .*keeping")
        self.assertEqual(self.client(daemon).get(target(bucket, "key")).body, b"body")
        self.assertNotIn(SECRET_KEY, daemon.said())

    def test_a_session_token_is_expected_of_clients_too(self):
        daemon = self.start_with(AWS_REGION=REGION, AWS_SESSION_TOKEN="the-token", **KEYS)
        through = self.client(daemon)
        for headers in ({}, {"x-amz-security-token": "another"}):
            answer = through.get(target("bucket", "key"), headers)
            self.assertEqual((answer.status, answer.code), (403, "InvalidToken"), answer.body)
        # This store does not know tokens: what it says about ours never reaches a client as its own fault.
        right = through.get(target("bucket", "key"), {"x-amz-security-token": "the-token"})
        self.assertNotEqual(right.code, "InvalidToken")


class SignalsTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.body = patterned(48 * MIB)
        cls.direct.create_bucket(Bucket="signals")
        cls.direct.put_object(Bucket="signals", Key="key", Body=cls.body)

    def start_download(self, daemon):
        """A download whose client has taken its begin, and whose rest cannot all lie in the sockets."""
        through = self.client(daemon)
        connection = through.connect(receive_buffer=64 * 1024)
        self.addCleanup(connection.close)
        connection.sendall(through.head("GET", target("signals", "key")))
        begin = b""
        while len(begin) < 200_000:
            begin += connection.recv(65536)
        return connection, begin

    def wait_until_it_stops_accepting(self, daemon):
        def refused():
            try:
                socket.create_connection((LOOPBACK, daemon.port), timeout=5).close()
            except ConnectionError:
                return True
            return False

        self.eventually(refused, "it still accepts")

    def exit_code(self, daemon):
        self.eventually(lambda: not daemon.process.is_running(), "it does not end", deadline=10)
        return daemon.process.stop()

    def test_an_idle_daemon_ends_at_once_on_either_signal_although_clients_keep_connections(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            daemon = self.start_own_proxy()
            through = self.client(daemon)
            idle = [through.connect() for _ in range(3)]
            idle[0].sendall(through.head("HEAD", target("signals", "key")))
            self.assertEqual(read_answer(idle[0], "HEAD").status, 200)
            os.kill(daemon.process.pid, how)
            self.assertEqual(self.exit_code(daemon), 0)
            for connection in idle:
                connection.close()

    def test_on_sigterm_a_slow_download_finishes_and_the_exit_code_is_0(self):
        daemon = self.start_own_proxy()
        connection, got = self.start_download(daemon)
        os.kill(daemon.process.pid, signal.SIGTERM)
        self.wait_until_it_stops_accepting(daemon)
        self.assertTrue(daemon.process.is_running())
        pieces = [got]
        while piece := connection.recv(1 << 18):
            pieces.append(piece)
        head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        self.assertTrue(body == self.body, f"{len(body)} of {len(self.body)} bytes")
        self.assertEqual(self.exit_code(daemon), 0)

    def test_on_sigterm_an_upload_finishes(self):
        daemon = self.start_own_proxy()
        through = self.client(daemon)
        body = patterned(2 * MIB)
        with through.connect() as connection:
            connection.sendall(
                through.head("PUT", target("signals", "upload"), {"Expect": "100-continue"}, body=body)
            )
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 100 "))
            connection.sendall(body[:MIB])
            os.kill(daemon.process.pid, signal.SIGTERM)
            self.wait_until_it_stops_accepting(daemon)
            connection.sendall(body[MIB:])
            self.assertEqual(read_answer(connection, "PUT").status, 200)
        self.assertEqual(self.exit_code(daemon), 0)
        self.assertTrue(self.direct.get_object(Bucket="signals", Key="upload")["Body"].read() == body)

    def test_a_second_sigterm_aborts_at_once_and_the_exit_code_is_0(self):
        daemon = self.start_own_proxy()
        connection, got = self.start_download(daemon)
        os.kill(daemon.process.pid, signal.SIGTERM)
        self.wait_until_it_stops_accepting(daemon)
        self.assertTrue(daemon.process.is_running())
        os.kill(daemon.process.pid, signal.SIGTERM)
        self.assertEqual(self.exit_code(daemon), 0)
        total = len(got)
        try:
            while piece := connection.recv(1 << 18):
                total += len(piece)
        except ConnectionError:
            pass
        self.assertLess(total, len(self.body))


if __name__ == "__main__":
    scene.main()
