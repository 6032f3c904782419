"""Requests signed by botocore that a measurement sends by itself, byte for byte as it wants them."""

import hashlib
import hmac
from datetime import UTC, datetime

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

SIGNER = S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION)


def signed_headers(method, address, target, headers=()):
    """The headers of a request for `target` at `address` ("host:port"), those given included; payload
    unsigned."""
    request = AWSRequest(method, f"http://{address}{target}")
    for name, value in dict(headers).items():
        request.headers[name] = value
    request.context["payload_signing_enabled"] = False
    SIGNER.add_auth(request)
    return dict(request.headers.items())


def raw_request(method, address, target, headers):
    """The head of a request as it goes over the wire."""
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {address}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


class Signer:
    """Signs thousands of requests without a body that differ in target and headers: one date, one derived
    key. Each has a signature of its own, over every header."""

    def __init__(self, address):
        self.address = address
        self.date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.date[:8]}/{REGION}/s3/aws4_request"
        self.key = ("AWS4" + SECRET_KEY).encode()
        for part in self.scope.split("/"):
            self.key = hmac.digest(self.key, part.encode(), hashlib.sha256)

    def raw_request(self, method, target, headers=()):
        """The request as it goes over the wire. `target` is canonical, and without a query."""
        fields = {
            "host": self.address,
            "user-agent": "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11",
            "accept-encoding": "identity",
            "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            "x-amz-date": self.date,
            **{name.lower(): value for name, value in dict(headers).items()},
        }
        names = ";".join(sorted(fields))
        lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
        canonical = f"{method}\n{target}\n\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.date}\n{self.scope}\n{digest}"
        signature = hmac.digest(self.key, text.encode(), hashlib.sha256).hex()
        credential = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{self.scope}"
        fields["authorization"] = f"{credential}, SignedHeaders={names}, Signature={signature}"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode()
