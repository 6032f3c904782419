"""The configuration file as an operator meets it: checked, printed, in force, and changed at run time."""

import os
import re
import signal
import subprocess

from rig.process import clean_environment
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

import scene
from scene import KEYS, Daemon
from signed import target

RUN_DEADLINE = 20
ANN = ("ANNKEY", "ann-secret-hush")
BOB = ("BOBKEY", "bob-secret-hush")


def identity(who, rules="", secret=None):
    """The table of one identity; `secret` is another line for its secret."""
    return f'[[identities]]\naccess-key-id = "{who[0]}"\n{secret or f"""secret = "{who[1]}" """}\n{rules}\n'


def rule(bucket, *access, prefix=""):
    words = ", ".join(f'"{word}"' for word in access)
    return f'allow = [{{ bucket = "{bucket}", prefix = "{prefix}", access = [{words}] }}]'


class ConfigTest(scene.SceneTest):
    def write(self, text, name="s3proxy.toml"):
        """A configuration file of this test's own, replaced at one stroke."""
        folder = self.work / self.id().rpartition(".")[2]
        folder.mkdir(exist_ok=True)
        fresh = folder / f"{name}.new"
        fresh.write_text(text)
        fresh.chmod(0o600)
        return fresh.replace(folder / name)

    def run_command(self, *arguments, **env):
        return subprocess.run(
            [scene.S3PROXY_PROGRAM, *arguments],
            env=clean_environment(**(env or KEYS | {"AWS_REGION": REGION})),
            capture_output=True,
            text=True,
            timeout=RUN_DEADLINE,
            check=False,
        )

    def start_with(self, path, **options):
        daemon = Daemon(path.parent / "daemon", self.store.url, "--config", str(path), **options)
        daemon.start()
        self.addCleanup(daemon.stop)
        return daemon

    def reload(self, daemon, pattern):
        """Sends SIGHUP and waits for a line of the log that was not there before."""
        before = len(re.findall(pattern, daemon.said(), re.M))
        os.kill(daemon.process.pid, signal.SIGHUP)
        self.eventually(
            lambda: len(re.findall(pattern, daemon.said(), re.M)) > before,
            f"{pattern!r} is not in the log",
        )

    def get(self, daemon, who, where):
        return self.client(daemon, access_key=who[0], secret_key=who[1]).get(where)

    def assert_no_secret(self, text):
        for secret in (ANN[1], BOB[1], SECRET_KEY):
            self.assertNotIn(secret, text)

    def test_validate_says_ok_or_everything_that_is_wrong(self):
        good = self.write(f'endpoint = "{self.store.url}"\n' + identity(ANN))
        done = self.run_command("validate", "--config", str(good))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ok\n", ""))

        bad = self.write(
            f'endpoint = "{self.store.url}"\nport = 99999\nmemry = "1GiB"\n'
            + identity(ANN, 'principal = "lake"')
            + identity(BOB, secret=f'secrt = "{BOB[1]}"'),
            "bad.toml",
        )
        for command in (["validate"], []):
            done = self.run_command(*command, "--config", str(bad), "--threads", "0")
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            lines = done.stderr.splitlines()
            for start in (
                "--threads: `0` is not a number of threads",
                f"{bad}:2:8: port: `99999` is not a port",
                f"{bad}:3:1: memry: is not a key of this file; did you mean memory?",
                f"{bad}:7:13: principal: there is no principal `lake`",
                f"{bad}:8:1: [[identities]] has no secret",
                f"{bad}:10:1: secrt: is not a key of [[identities]]; did you mean secret?",
            ):
                self.assertTrue(any(line.startswith(f"s3proxy: {start}") for line in lines), (start, lines))
            self.assertEqual(len(lines), 6, lines)
            self.assert_no_secret(done.stderr)

    def test_validate_looks_at_credentials_and_named_files(self):
        path = self.write(f'endpoint = "{self.store.url}"\nca-file = "nowhere.pem"\n')
        done = self.run_command("validate", "--config", str(path), AWS_ACCESS_KEY_ID="HALF")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{path}:2:11: ca-file: cannot read", done.stderr)
        self.assertIn("half a key pair", done.stderr)

    def test_a_file_that_everybody_can_read_is_warned_about(self):
        path = self.write(f'endpoint = "{self.store.url}"\n' + identity(ANN))
        path.chmod(0o644)
        done = self.run_command("validate", "--config", str(path))
        self.assertEqual((done.returncode, done.stdout), (0, "ok\n"))
        self.assertIn(f"everybody on this machine can read the secrets in {path}", done.stderr)

    def test_unknown_commands_are_told_with_the_one_that_was_meant(self):
        done = self.run_command("vaildate")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean s3proxy validate?", done.stderr)

    def test_effective_prints_every_value_with_its_source_and_no_secret(self):
        path = self.write(
            f'endpoint = "{self.store.url}"\nport = 81\nmetadata-ttl = "5s"\n'
            f'[[principals]]\nname = "lake"\naccess-key-id = "{ACCESS_KEY}"\n'
            f'secret-access-key = "{SECRET_KEY}"\n'
            + identity(ANN)
        )
        arguments = ("config", "--effective", "--config", str(path), "--port", "82")
        done = self.run_command(*arguments, S3PROXY_METADATA_TTL="6s", AWS_REGION=REGION)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in (
            rf'^endpoint = "{re.escape(self.store.url)}" +# {re.escape(str(path))}:1$',
            r"^port = 82 +# --port$",
            r'^metadata-ttl = "6s" +# environment S3PROXY_METADATA_TTL$',
            rf'^region = "{REGION}" +# environment AWS_REGION$',
            r'^rights-ttl = "10m" +# default$',
            r'^secret-access-key = "\*\*\*"$',
            r'^secret = "\*\*\*"$',
        ):
            self.assertRegex(done.stdout, re.compile(line, re.M))
        self.assert_no_secret(done.stdout)

    def test_with_identities_they_alone_come_in(self):
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"body")
        daemon = self.start_with(self.write(identity(ANN)))
        self.assertEqual(self.get(daemon, ANN, target(bucket, "key")).body, b"body")
        for stranger in (BOB, (ACCESS_KEY, SECRET_KEY)):
            answer = self.get(daemon, stranger, target(bucket, "key"))
            self.assertEqual((answer.status, answer.code), (403, "InvalidAccessKeyId"))
        self.assertRegex(daemon.said(), re.compile(r"^clients +1 identity \(.*s3proxy\.toml\)", re.M))
        self.assert_no_secret(daemon.said())

    def test_what_no_rule_allows_is_403(self):
        bucket = self.new_bucket()
        for key in ("mine/key", "yours/key"):
            self.direct.put_object(Bucket=bucket, Key=key, Body=b"body")
        daemon = self.start_with(
            self.write(
                identity(ANN, rule(bucket, "read", prefix="mine/"))
                + identity(BOB, rule("*", "read", "list", "write"))
            )
        )
        self.assertEqual(self.get(daemon, BOB, target(bucket, "yours/key")).body, b"body")
        self.assertEqual(self.get(daemon, ANN, target(bucket, "mine/key")).body, b"body")
        for refused in ("yours/key", "mine"):
            answer = self.get(daemon, ANN, target(bucket, refused))
            self.assertEqual((answer.status, answer.code), (403, "AccessDenied"), refused)

    def test_sighup_lets_new_identities_in_and_old_ones_no_longer(self):
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"body")
        path = self.write(identity(ANN))
        daemon = self.start_with(path)
        self.assertEqual(self.get(daemon, BOB, target(bucket, "key")).code, "InvalidAccessKeyId")

        self.write(identity(BOB, secret='secret-file = "bob"'))
        self.write(BOB[1] + "\n", "bob")
        self.reload(daemon, r"configuration read again: identity BOBKEY added; identity ANNKEY removed")
        self.assertEqual(self.get(daemon, BOB, target(bucket, "key")).body, b"body")
        self.assertEqual(self.get(daemon, ANN, target(bucket, "key")).code, "InvalidAccessKeyId")

        self.write("another-hush\n", "bob")
        self.reload(daemon, r"configuration read again: identity BOBKEY changed")
        self.assertEqual(self.get(daemon, BOB, target(bucket, "key")).code, "SignatureDoesNotMatch")
        self.assertNotIn("hush", daemon.said())

    def test_sighup_with_a_bad_file_changes_nothing_and_says_why(self):
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"body")
        path = self.write(identity(ANN))
        daemon = self.start_with(path)
        for text, sentence in [
            (identity(BOB) + "port = 1\n", r":5:1: port: is not a key of \[\[identities\]\]"),
            (identity(BOB, 'principal = "lake"'), r"there is no principal `lake`"),
            ("[[identities", r"this is not TOML"),
        ]:
            with self.subTest(text=text):
                self.write(text)
                self.reload(daemon, rf"warn +app: .*{sentence}")
                self.assertEqual(self.get(daemon, ANN, target(bucket, "key")).body, b"body")
                self.assertEqual(self.get(daemon, BOB, target(bucket, "key")).code, "InvalidAccessKeyId")
        self.assertIn("nothing of it changes", daemon.said())
        self.assert_no_secret(daemon.said())

    def test_sighup_takes_over_the_log_level_and_names_what_waits_for_a_start(self):
        path = self.write(identity(ANN))
        daemon = self.start_with(path)
        self.write('metadata-ttl = "1s"\nlog-level = "warn"\n' + identity(ANN))
        self.reload(
            daemon,
            r"metadata-ttl changed from the default \(60s\) to `1s`; that takes effect at the next start",
        )
        # Said at the level info, which is not shown any more.
        self.assertNotIn("configuration read again", daemon.said())
        self.write(identity(ANN))
        self.reload(daemon, r"info +app: configuration read again: log-level changed")

    def test_sighup_without_a_file_does_no_harm(self):
        daemon = self.start_own_proxy()
        self.reload(daemon, r"configuration read again: nothing new in it")
        self.assertTrue(daemon.process.is_running())


if __name__ == "__main__":
    scene.main()
