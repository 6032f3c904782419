"""boto3."""

import io

import boto3
import suite
from adapter import PART_SIZE, ObjectClient
from boto3.s3.transfer import TransferConfig
from botocore.config import Config


class Boto3(ObjectClient):
    name = "boto3"

    @staticmethod
    def version():
        return boto3.__version__

    def __init__(self, service, folder):
        super().__init__(service, folder)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=service.url,
            region_name=service.region,
            aws_access_key_id=service.access_key,
            aws_secret_access_key=service.secret_key,
            verify=service.ca_file,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "virtual" if service.virtual_host else "path"},
            ),
        )

    def close(self):
        self.s3.close()

    def list(self, bucket, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def size(self, bucket, key):
        return self.s3.head_object(Bucket=bucket, Key=key)["ContentLength"]

    def read(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def read_part(self, bucket, key):
        wanted = f"bytes={self.PART.start}-{self.PART.stop - 1}"
        return self.s3.get_object(Bucket=bucket, Key=key, Range=wanted)["Body"].read()

    def write(self, bucket, key, content):
        self.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def write_in_parts(self, bucket, key, content):
        file = self.folder / "large"
        file.write_bytes(content)
        sizes = TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)
        self.s3.upload_file(str(file), bucket, key, Config=sizes)

    def write_stream(self, bucket, key, content):
        self.s3.upload_fileobj(io.BytesIO(content), bucket, key)

    def create(self, bucket, key, content):
        self.s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")

    def delete(self, bucket, key):
        self.s3.delete_object(Bucket=bucket, Key=key)

    def copy(self, bucket, key, new_key):
        self.s3.copy_object(Bucket=bucket, Key=new_key, CopySource={"Bucket": bucket, "Key": key})

    def presign(self, bucket, key, method="GET"):
        operation = {"GET": "get_object", "PUT": "put_object"}[method]
        return self.s3.generate_presigned_url(operation, {"Bucket": bucket, "Key": key}, ExpiresIn=600)


if __name__ == "__main__":
    suite.main(Boto3)
