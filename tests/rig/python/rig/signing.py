"""Requests signed by botocore that a measurement sends by itself, byte for byte as it wants them."""

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
