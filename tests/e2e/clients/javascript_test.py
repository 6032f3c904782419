"""The AWS SDK for JavaScript, version 3, in a process of Node.js that takes commands."""

import json
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import suite
from adapter import PART_SIZE, ObjectClient
from programs import PROGRAMS
from snippets import MODULES

NODE = PROGRAMS / "node"


class JavascriptError(Exception):
    """The SDK threw; the message is its error's name and text."""


def project(folder):
    """Makes a folder one in which Node.js finds the SDK."""
    (folder / "node_modules").symlink_to(MODULES)
    return folder


class Javascript(ObjectClient):
    name = "AWS SDK JS v3"
    process = None  # one for all; each command has a client of its own

    @staticmethod
    def version():
        return json.loads((MODULES / "@aws-sdk" / "client-s3" / "package.json").read_text())["version"]

    def __init__(self, service, folder):
        super().__init__(service, folder)
        self.file = folder / "file"

    @classmethod
    def start(cls, folder):
        script = shutil.copy(Path(__file__).parent / "javascript_client.mjs", project(folder))
        cls.process = subprocess.Popen(
            [NODE, script],
            env={**os.environ, "NODE_EXTRA_CA_CERTS": os.environ["SSL_CERT_FILE"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @classmethod
    def end(cls):
        if cls.process:
            cls.process.communicate(timeout=30)

    def do(self, name, checksums="WHEN_SUPPORTED", **parameters):
        if not self.process:
            self.start(self.folder)
        service = {**asdict(self.service), "url": self.service.url, "checksums": checksums}
        command = {"name": name, "service": service, "file": str(self.file), **parameters}
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise JavascriptError(answer["error"])
        return answer["value"]

    def list(self, bucket, prefix):
        return self.do("list", bucket=bucket, prefix=prefix)

    def size(self, bucket, key):
        return self.do("size", bucket=bucket, key=key)

    def read(self, bucket, key):
        self.do("read", bucket=bucket, key=key)
        return self.file.read_bytes()

    def read_part(self, bucket, key):
        self.do("read", bucket=bucket, key=key, range=f"bytes={self.PART.start}-{self.PART.stop - 1}")
        return self.file.read_bytes()

    def write(self, bucket, key, content):
        self.file.write_bytes(content)
        self.do("write", bucket=bucket, key=key)

    def write_stream(self, bucket, key, content):
        self.file.write_bytes(content)
        self.do("stream", bucket=bucket, key=key, length=len(content))

    def write_in_parts(self, bucket, key, content):
        self.file.write_bytes(content)
        self.do("upload", bucket=bucket, key=key, partSize=PART_SIZE)

    def create(self, bucket, key, content):
        self.file.write_bytes(content)
        self.do("write", bucket=bucket, key=key, condition="*")

    def delete(self, bucket, key):
        self.do("delete", bucket=bucket, key=key)

    def copy(self, bucket, key, new_key):
        self.do("copy", bucket=bucket, key=key, newKey=new_key)

    def presign(self, bucket, key, method="GET"):
        # By default the URL carries the checksum of an empty body, so that no other can be sent.
        return self.do("presign", bucket=bucket, key=key, method=method, checksums="WHEN_REQUIRED")


if __name__ == "__main__":
    suite.main(Javascript)
