"""Starts that end by themselves: help, version, and everything that can be wrong with flags and variables."""

import re
import socket
import subprocess

from rig.process import LOOPBACK, clean_environment

import scene

RUN_DEADLINE = 20
FLAGS = [
    *[
        "endpoint",
        "region",
        "port",
        "address",
        "threads",
        "memory",
        "metadata-ttl",
        "rights-ttl",
        "immutable",
    ],
    *["allow-anonymous", "log-level", "access-log", "admin-address"],
    *["read-ahead", "read-ahead-budget", "small-object", "fleet"],
    *["ca-file", "client-cert", "client-key", "insecure-skip-verify", "tls-cert", "tls-key", "domain"],
    *["cors-origin", "token-exchange", "sts-endpoint", "sts-role-arn", "sts-session-name", "sts-duration"],
    "config",
]


def run(*arguments, **env):
    """Runs the program to its end."""
    return subprocess.run(
        [scene.S3PROXY_PROGRAM, *arguments],
        env=clean_environment(**env),
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE,
        check=False,
    )


class StartTest(scene.SceneTest):
    ENDPOINT = ("--endpoint", "http://127.0.0.1:9")

    def assert_refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("s3proxy: "), lines[0])
        for word in words:
            self.assertIn(word, lines[0])

    def test_help_names_every_flag_with_its_default_and_variable_and_ends_with_examples(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for flag in FLAGS:
            variable = "S3PROXY_" + flag.upper().replace("-", "_")
            entry = re.search(rf"^ +(?:-\w, )?--{flag}\b.*\n(?: {{10}}.*\n)+", done.stdout, re.M)
            self.assertIn("Default: ", entry[0], flag)
            self.assertIn(variable, entry[0], flag)
        self.assertRegex(done.stdout.rpartition("Examples")[2], r"\n +s3proxy --endpoint https://")
        self.assertEqual(run("-h").stdout, done.stdout)

    def test_the_examples_of_help_are_understood(self):
        examples = re.findall(
            r"^  ((?:\w+=\S+ )*s3proxy .+)$", run("--help").stdout.rpartition("Examples")[2], re.M
        )
        self.assertGreaterEqual(len(examples), 3)
        for example in examples:
            # With a wrong flag behind it a command line is refused for that flag alone, and does not start.
            command = (
                re.sub(r"\bs3proxy ", lambda _: f"'{scene.S3PROXY_PROGRAM}' ", example, count=1)
                + " --no-such"
            )
            done = subprocess.run(
                ["sh", "-c", command],
                env=clean_environment(),
                capture_output=True,
                text=True,
                timeout=RUN_DEADLINE,
            )
            self.assert_refused(done, 2, "--no-such")

    def test_version_is_one_line(self):
        for flag in ("--version", "-V"):
            done = run(flag)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\As3proxy \d+\.\d+\.\d+\n\Z")

    def test_a_bad_flag_or_value_is_told_in_one_sentence_with_its_place_and_exit_code_2(self):
        for arguments, words in [
            (("--no-such-flag",), ["--no-such-flag"]),
            (("--endpiont", "http://x"), ["--endpiont", "--endpoint"]),
            (("http://127.0.0.1:9",), ["http://127.0.0.1:9", "--endpoint"]),
            (("--port", "http"), ["--port", "http", "65535"]),
            (("--port", "65536"), ["--port", "65536"]),
            (("--port", "-1"), ["--port"]),
            (("--port",), ["--port"]),
            (("--memory", "lots"), ["--memory", "lots", "512MiB"]),
            (("--memory", "1MiB"), ["--memory", "1MiB", "16MiB"]),
            (("--metadata-ttl", "60"), ["--metadata-ttl", "60", "60s"]),
            (("--rights-ttl", "soon"), ["--rights-ttl", "soon"]),
            (("--threads", "0"), ["--threads", "0"]),
            (("--address", "nowhere"), ["--address", "nowhere"]),
            (("--region", "eu west"), ["--region", "eu west"]),
            (("--immutable", "s3://bucket/key"), ["--immutable", "s3://"]),
            (("--log-level", "loud"), ["--log-level", "loud"]),
            (("--log-level", "info,nowhere=debug"), ["--log-level", "nowhere"]),
            (("--access-log", "xml"), ["--access-log", "xml", "json"]),
            (("--domain", "*.example.com"), ["--domain", "*.example.com"]),
            (("--cors-origin", "example.com"), ["--cors-origin", "example.com", "https://"]),
            (("--tls-cert", "cert.pem"), ["--tls-cert", "--tls-key"]),
            (("--client-key", "key.pem"), ["--client-key", "--client-cert"]),
            (("--insecure-skip-verify=maybe",), ["--insecure-skip-verify", "maybe", "yes"]),
            (("--token-exchange",), ["--token-exchange", "--tls-cert", "--address 127.0.0.1", "network"]),
            (("--sts-endpoint", "sts"), ["--sts-endpoint", "sts"]),
            (("--sts-role-arn", "role"), ["--sts-role-arn", "role"]),
            (("--sts-duration", "1m"), ["--sts-duration", "1m"]),
            (("--config", "/nowhere.toml"), ["/nowhere.toml"]),
            (("--allow-anonymous=everyone",), ["--allow-anonymous", "everyone", "network"]),
            (("--allow-anonymous",), ["--allow-anonymous", "--address 127.0.0.1", "network"]),
            (("--allow-anonymous", "--address", "0.0.0.0"), ["--allow-anonymous", "0.0.0.0"]),
        ]:
            with self.subTest(arguments=arguments):
                self.assert_refused(run(*self.ENDPOINT, *arguments), 2, *words)

    def test_a_bad_value_in_the_environment_is_told_by_its_variable(self):
        for variable, value in [
            ("S3PROXY_ENDPOINT", "not a url"),
            ("ENDPOINT", "not a url"),
            ("S3PROXY_PORT", "many"),
            ("PORT", "many"),
            ("S3PROXY_MEMORY", "lots"),
            ("S3PROXY_METADATA_TTL", "soon"),
            ("S3PROXY_ACCESS_LOG", "xml"),
            ("S3PROXY_ALLOW_ANONYMOUS", "everyone"),
            ("AWS_REGION", "eu west"),
        ]:
            with self.subTest(variable=variable):
                endpoint = () if variable.endswith("ENDPOINT") else self.ENDPOINT
                self.assert_refused(run(*endpoint, **{variable: value}), 2, variable, value)

    def test_a_missing_or_malformed_endpoint_is_told(self):
        self.assert_refused(run(), 2, "--endpoint", "S3PROXY_ENDPOINT")
        self.assert_refused(run(S3PROXY_ENDPOINT="", ENDPOINT=""), 2, "--endpoint")
        for url in (
            "",
            "localhost:9000",
            "ftp://host",
            "http://",
            "http://host:port",
            "http://host:99999",
            "http://host/bucket",
            "http://host?x=y",
            "http://key:secret@host",
            "http://a b",
        ):
            with self.subTest(url=url):
                self.assert_refused(run("--endpoint", url), 2, "--endpoint")
        self.assertNotIn("secret", run("--endpoint", "http://key:secret@host").stderr)

    def test_a_port_in_use_is_told_and_exit_code_1(self):
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            done = run(*self.ENDPOINT, "--address", LOOPBACK, "--port", str(port))
            self.assert_refused(done, 1, str(port), "--port")

    def test_a_credentials_file_that_cannot_be_used_is_told_with_its_place_and_exit_code_2(self):
        path = self.work / "credentials"
        for text, *words in [
            ("[default]\naws_access_key_id = A\nthis is no setting\n", f"{path}:3"),
            ("aws_access_key_id = A\n", f"{path}:1"),
            ("[default\n", f"{path}:1"),
            ("[default]\naws_access_key_id = A\n", str(path), "aws_secret_access_key", "half a key pair"),
            (
                "[default]\naws_access_key_id = A\naws_secret_access_key = a b\n",
                str(path),
                "aws_secret_access_key",
            ),
        ]:
            with self.subTest(text=text):
                path.write_text(text)
                done = run(*self.ENDPOINT, AWS_SHARED_CREDENTIALS_FILE=str(path))
                self.assert_refused(done, 2, *words)
                self.assertNotIn("a b", done.stderr)
        directory = self.work / "directory"
        directory.mkdir()
        self.assert_refused(
            run(*self.ENDPOINT, AWS_SHARED_CREDENTIALS_FILE=str(directory)), 2, str(directory)
        )

    def test_half_a_key_pair_or_a_profile_that_is_nowhere_is_told(self):
        self.assert_refused(run(*self.ENDPOINT, AWS_ACCESS_KEY_ID="A"), 2, "AWS_SECRET_ACCESS_KEY")
        self.assert_refused(run(*self.ENDPOINT, AWS_SECRET_ACCESS_KEY="A"), 2, "AWS_ACCESS_KEY_ID")
        self.assert_refused(run(*self.ENDPOINT, AWS_PROFILE="nowhere"), 2, "AWS_PROFILE", "nowhere")


if __name__ == "__main__":
    scene.main()
