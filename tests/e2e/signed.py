"""Requests as raw as a test wants them, signed by botocore: targets pass byte by byte, nothing is retried."""

import datetime
import hashlib
import http.client
import socket
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
DEADLINE = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list  # of (name, value), as they came
    body: bytes

    def __getitem__(self, name):
        """The value of a header; None without it, an error with two of it."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came twice: {values}"
        return values[0] if values else None

    @property
    def code(self):
        """The `<Code>` of an S3 error document."""
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()

    @property
    def message(self):
        return self.body.partition(b"<Message>")[2].partition(b"</Message>")[0].decode()


def target(bucket, key="", query=""):
    """The request target of a key that may hold anything."""
    path = f"/{bucket}/{quote(key, safe='/~')}" if key else f"/{bucket}"
    return f"{path}?{query}" if query else path


def sha256(body):
    return hashlib.sha256(body).hexdigest()


class Client:
    """Signs and sends to one address ("host:port"), each request on a connection of its own."""

    def __init__(
        self, address, *, access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION, deadline=DEADLINE
    ):
        self.address = address
        self.deadline = deadline
        self.auth = S3SigV4Auth(Credentials(access_key, secret_key), "s3", region)

    def sign(self, method, target, headers=(), *, payload_hash=None, body=b"", at=None):
        """The headers of a signed request, those given included; `at` is the time to sign for."""
        at = at or datetime.datetime.now(datetime.UTC)
        fields = {"Host": self.address, **dict(headers)}
        request = AWSRequest(method, f"http://{self.address}{target}", headers=fields)
        request.headers["X-Amz-Content-SHA256"] = payload_hash or sha256(body)
        request.headers["X-Amz-Date"] = request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
        request.context["payload_signing_enabled"] = True
        canonical = "\n".join(
            [
                method,
                # As signers have it: the path decoded once and encoded strictly, whatever the wire's form.
                quote(unquote_to_bytes(target.partition("?")[0]), safe="/~"),
                self.auth.canonical_query_string(request),
                self.auth.canonical_headers(self.auth.headers_to_sign(request)) + "\n",
                self.auth.signed_headers(self.auth.headers_to_sign(request)),
                request.headers["X-Amz-Content-SHA256"],
            ]
        )
        signature = self.auth.signature(self.auth.string_to_sign(request, canonical), request)
        request.headers["Authorization"] = ", ".join(
            [
                f"AWS4-HMAC-SHA256 Credential={self.auth.scope(request)}",
                f"SignedHeaders={self.auth.signed_headers(self.auth.headers_to_sign(request))}",
                f"Signature={signature}",
            ]
        )
        return list(request.headers.items())

    def head(self, method, target, headers=(), **options):
        """The bytes of a signed request's head. A body of known length adds its Content-Length."""
        fields = self.sign(method, target, headers, **options)
        if options.get("body"):
            fields.append(("Content-Length", str(len(options["body"]))))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def connect(self, receive_buffer=None):
        host, port = self.address.split(":")
        connection = socket.socket()
        if receive_buffer:  # before connecting: it bounds the window
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(self.deadline)
        connection.connect((host, int(port)))
        return connection

    def send(self, method, target, headers=(), *, body=b"", signed=True, **options):
        """One request and its whole answer."""
        if signed:
            head = self.head(method, target, headers, body=body, **options)
        else:
            fields = {"Host": self.address, **dict(headers)}
            if body:
                fields["Content-Length"] = str(len(body))
            head = "\r\n".join(
                [
                    f"{method} {target} HTTP/1.1",
                    *(f"{name}: {value}" for name, value in fields.items()),
                    "",
                    "",
                ]
            ).encode("latin-1")
        with self.connect() as connection:
            connection.sendall(head + body)
            return read_answer(connection, method)

    def get(self, target, headers=(), **options):
        return self.send("GET", target, headers, **options)


def read_answer(connection, method="GET"):
    """Reads one answer from a socket; what follows it stays unread only if the answer's length is known."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Answer(response.status, response.getheaders(), body)
