"""Those who hand out credentials, played by the test: an STS, a container's agent and a machine's metadata service."""

import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ROLE = "the-role"


def in_an_hour():
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Services:
    """One server for all three, on a port of the kernel's choice. Everybody gets `pair`, bearers get the pair
    that `bearers` has for their token. `calls` names what was asked."""

    def __init__(self, pair):
        self.pair = pair
        self.bearers = {}
        self.calls = []
        services = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, body, kind="text/xml"):
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                services.calls.append(form["Action"])
                self.answer(*services.issue(form, self.headers.get("Authorization", "")))

            def do_PUT(self):
                services.calls.append("machine token")
                self.answer(200, "a-machine-token", "text/plain")

            def do_GET(self):
                services.calls.append(self.path)
                if self.path.endswith("/security-credentials/"):
                    self.answer(200, ROLE, "text/plain")
                else:
                    self.answer(200, json.dumps(services.document()), "application/json")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def document(self):
        key, secret = self.pair
        return {
            "Code": "Success",
            "Version": 1,
            "AccessKeyId": key,
            "SecretAccessKey": secret,
            "Token": "",
            "Expiration": in_an_hour(),
        }

    def issue(self, form, authorization):
        action = form["Action"]
        token = form.get("WebIdentityToken")
        pair = self.bearers.get(token) if token in self.bearers or token and self.bearers else self.pair
        if pair is None:
            code = "InvalidIdentityToken"
            return 400, f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        if action == "AssumeRole" and "/sts/aws4_request" not in authorization:
            return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        key, secret = pair
        credentials = (
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken></SessionToken><Expiration>{in_an_hour()}</Expiration>"
        )
        return 200, (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
            f"<Credentials>{credentials}</Credentials></{action}Result></{action}Response>"
        )
