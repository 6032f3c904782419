"""The AWS command line interface: `aws s3` where it can, `aws s3api` for the rest."""

import json
from importlib.metadata import version

import suite
from adapter import PART_SIZE, NotApplicable
from programs import ProgramClient


class AwsCli(ProgramClient):
    name = "aws-cli"
    program = "aws"

    @staticmethod
    def version():
        return version("awscli")

    def environment(self):
        config = self.folder / "config"
        config.write_text(
            "[default]\ns3 =\n"
            f"  addressing_style = {'virtual' if self.service.virtual_host else 'path'}\n"
            "  signature_version = s3v4\n"
            f"  multipart_threshold = {PART_SIZE}\n  multipart_chunksize = {PART_SIZE}\n"
        )
        variables = {
            "AWS_ENDPOINT_URL_S3": self.service.url,
            "AWS_REGION": self.service.region,
            "AWS_DEFAULT_REGION": self.service.region,
            "AWS_ACCESS_KEY_ID": self.service.access_key,
            "AWS_SECRET_ACCESS_KEY": self.service.secret_key,
            "AWS_CONFIG_FILE": str(config),
        }
        return variables | ({"AWS_CA_BUNDLE": self.service.ca_file} if self.service.ca_file else {})

    def s3(self, *arguments):
        return self.run("s3", *arguments)

    def api(self, operation, bucket, key, *arguments):
        return self.run("s3api", operation, "--bucket", bucket, "--key", key, *arguments)

    def list(self, bucket, prefix):
        names = ["--bucket", bucket, "--prefix", prefix, "--output", "json"]
        answer = self.run("s3api", "list-objects-v2", *names)
        return [entry["Key"] for entry in json.loads(answer or "{}").get("Contents", [])]

    def size(self, bucket, key):
        return json.loads(self.api("head-object", bucket, key, "--output", "json"))["ContentLength"]

    def read(self, bucket, key):
        self.s3("cp", "--only-show-errors", f"s3://{bucket}/{key}", self.file())
        return self.file().read_bytes()

    def read_part(self, bucket, key):
        self.api(
            "get-object", bucket, key, "--range", f"bytes={self.PART.start}-{self.PART.stop - 1}", self.file()
        )
        return self.file().read_bytes()

    def write(self, bucket, key, content):
        self.s3("cp", "--only-show-errors", self.file(content), f"s3://{bucket}/{key}")

    write_in_parts = write

    def write_stream(self, bucket, key, content):
        self.run("s3", "cp", "-", f"s3://{bucket}/{key}", stdin=content)

    def create(self, bucket, key, content):
        self.api("put-object", bucket, key, "--body", self.file(content), "--if-none-match", "*")

    def delete(self, bucket, key):
        self.s3("rm", "--only-show-errors", f"s3://{bucket}/{key}")

    def copy(self, bucket, key, new_key):
        self.s3("cp", "--only-show-errors", f"s3://{bucket}/{key}", f"s3://{bucket}/{new_key}")

    def presign(self, bucket, key, method="GET"):
        if method != "GET":
            raise NotApplicable("`aws s3 presign` makes links for reading only")
        return self.s3("presign", f"s3://{bucket}/{key}", "--expires-in", "600").decode().strip()


if __name__ == "__main__":
    suite.main(AwsCli)
