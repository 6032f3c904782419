"""s3fs, the file system of fsspec."""

import s3fs
import suite
from adapter import PART_SIZE, ObjectClient


class S3fs(ObjectClient):
    name = "s3fs"
    refused_words = (*ObjectClient.refused_words, "PermissionError")

    @staticmethod
    def version():
        return s3fs.__version__

    def __init__(self, service, folder):
        super().__init__(service, folder)
        self.files = s3fs.S3FileSystem(
            key=service.access_key,
            secret=service.secret_key,
            endpoint_url=service.url,
            client_kwargs={"region_name": service.region, "verify": service.ca_file},
            config_kwargs={
                "signature_version": "s3v4",
                "s3": {"addressing_style": "virtual" if service.virtual_host else "path"},
            },
            skip_instance_cache=True,
            use_listings_cache=False,
        )

    def list(self, bucket, prefix):
        return sorted(name.partition("/")[2] for name in self.files.find(f"{bucket}/{prefix}"))

    def size(self, bucket, key):
        return self.files.size(f"{bucket}/{key}")

    def read(self, bucket, key):
        with self.files.open(f"{bucket}/{key}", "rb") as file:
            return file.read()

    def read_part(self, bucket, key):
        return self.files.cat_file(f"{bucket}/{key}", start=self.PART.start, end=self.PART.stop)

    def write(self, bucket, key, content):
        self.files.pipe_file(f"{bucket}/{key}", content)

    def write_in_parts(self, bucket, key, content):
        with self.files.open(f"{bucket}/{key}", "wb", block_size=PART_SIZE) as file:
            for begin in range(0, len(content), PART_SIZE):
                file.write(content[begin : begin + PART_SIZE])

    def write_stream(self, bucket, key, content):
        with self.files.open(f"{bucket}/{key}", "wb") as file:
            file.write(content)

    def create(self, bucket, key, content):
        self.files.pipe_file(f"{bucket}/{key}", content, mode="create")

    def delete(self, bucket, key):
        self.files.rm_file(f"{bucket}/{key}")

    def copy(self, bucket, key, new_key):
        self.files.cp_file(f"{bucket}/{key}", f"{bucket}/{new_key}")

    def presign(self, bucket, key, method="GET"):
        operation = {"GET": "get_object", "PUT": "put_object"}[method]
        return self.files.url(f"{bucket}/{key}", expires=600, client_method=operation)


if __name__ == "__main__":
    suite.main(S3fs)
