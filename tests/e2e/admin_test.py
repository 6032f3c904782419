"""The admin address: what it shows, to whom, and that it is off unless asked for."""

import re
import socket
import subprocess

from rig.process import LOOPBACK, clean_environment
from rig.servers import ACCESS_KEY, SECRET_KEY

import scene
from admin_pages import look, metrics_of
from scene import KEYS
from signed import target


class AdminTest(scene.SceneTest):
    def start_watched(self, *arguments):
        daemon = self.start_own_proxy("--admin-address", f"{LOOPBACK}:0", *arguments)
        said = re.search(r"^admin +http://127\.0\.0\.1:(\d+)/-/metrics", daemon.said(), re.M)
        self.assertTrue(said, daemon.said())
        return daemon, int(said[1])

    def test_it_is_off_unless_asked_for(self):
        daemon = self.start_own_proxy()
        self.assertNotRegex(daemon.said(), re.compile("^admin", re.M))
        self.assertEqual(look(daemon.port, "/-/metrics")[0], 403)

    def test_metrics_count_what_clients_asked_for(self):
        daemon, port = self.start_watched("--read-ahead", "off")
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"0123456789")
        through = self.client(daemon)
        for _ in range(3):
            self.assertEqual(through.get(target(bucket, "key")).status, 200)
        daemon.access_lines(3)
        status, page, answer = look(port, "/-/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        told = metrics_of(page)
        self.assertEqual(told['s3proxy_http_requests_total{operation="get",phase="hit",code="2xx"}'], 2)
        self.assertEqual(told['s3proxy_http_response_bytes_total{operation="get",phase="hit"}'], 20)
        self.assertEqual(told['s3proxy_cache_requests_total{result="miss"}'], 1)
        self.assertEqual(told["s3proxy_upstream_requests_total"], 1)
        self.assertEqual(told["s3proxy_cache_objects"], 1)
        self.assertEqual(told["s3proxy_read_ahead_speculated_bytes_total"], 0)

    def test_health_and_read_ahead_are_text_and_nothing_else_is_there(self):
        _, port = self.start_watched("--read-ahead", "lean")
        self.assertEqual(look(port, "/-/health")[:2], (200, "ok\n"))
        status, page, _ = look(port, "/-/read-ahead")
        self.assertEqual(status, 200)
        self.assertTrue(page.startswith("read-ahead: lean\n"), page)
        self.assertEqual(look(port, "/")[0], 404)
        self.assertEqual(look(port, "/-/health", "DELETE")[0], 405)
        self.assertEqual(look(port, "/-/metrics", Host="evil.example")[0], 403)

    def test_no_page_shows_a_secret(self):
        daemon, port = self.start_watched()
        bucket = self.new_bucket()
        self.direct.put_object(Bucket=bucket, Key="key", Body=b"0123456789")
        self.client(daemon).get(target(bucket, "key"))
        for path in ("/-/metrics", "/-/health", "/-/read-ahead", "/elsewhere"):
            self.assertNotIn(SECRET_KEY, look(port, path)[1])

    def test_a_taken_place_is_told_and_exit_code_1(self):
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            done = subprocess.run(
                [scene.S3PROXY_PROGRAM, "--endpoint", "http://127.0.0.1:9", "--address", LOOPBACK]
                + ["--port", "0", "--admin-address", f"{LOOPBACK}:{port}"],
                env=clean_environment(**KEYS),
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"^s3proxy: cannot listen on .* port {port}: .*--admin-address\.\n$")

    def test_an_address_beyond_this_machine_leaves_a_warning(self):
        daemon = self.start_own_proxy("--admin-address", "0.0.0.0:0")
        self.assertRegex(daemon.said(), r"warn +app: --admin-address: .*can be reached from other machines")
        port = int(re.search(r"^admin +http://0\.0\.0\.0:(\d+)/", daemon.said(), re.M)[1])
        self.assertEqual(look(port, "/-/health", Host="s3proxy.monitoring")[0], 200)
        self.assertNotIn(ACCESS_KEY, look(port, "/-/metrics")[1])


if __name__ == "__main__":
    scene.main()
