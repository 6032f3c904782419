"""pyarrow's S3 file system: Arrow C++ on the AWS SDK for C++."""

import pyarrow
import suite
from adapter import ObjectClient
from pyarrow import fs


class Pyarrow(ObjectClient):
    name = "pyarrow"
    gaps = {"key_double_slash": "its file system takes no path with an empty component"}
    refused_words = (*ObjectClient.refused_words, "ACCESS_DENIED")

    @staticmethod
    def version():
        return pyarrow.__version__

    def __init__(self, service, folder):
        super().__init__(service, folder)
        self.files = fs.S3FileSystem(
            access_key=service.access_key,
            secret_key=service.secret_key,
            region=service.region,
            scheme=service.scheme,
            endpoint_override=service.address,
            force_virtual_addressing=service.virtual_host,
            allow_delayed_open=True,  # small files in one request
            **({"tls_ca_file_path": service.ca_file} if service.ca_file else {}),
        )

    def list(self, bucket, prefix):
        found = self.files.get_file_info(fs.FileSelector(f"{bucket}/{prefix}", recursive=True))
        return sorted(info.path.partition("/")[2] for info in found if info.is_file)

    def size(self, bucket, key):
        return self.files.get_file_info(f"{bucket}/{key}").size

    def read(self, bucket, key):
        with self.files.open_input_stream(f"{bucket}/{key}") as file:
            return file.read()

    def read_part(self, bucket, key):
        with self.files.open_input_file(f"{bucket}/{key}") as file:
            return file.read_at(self.PART.stop - self.PART.start, self.PART.start)

    def write(self, bucket, key, content):
        with self.files.open_output_stream(f"{bucket}/{key}") as file:
            file.write(content)

    write_in_parts = write_stream = write

    def delete(self, bucket, key):
        self.files.delete_file(f"{bucket}/{key}")

    def copy(self, bucket, key, new_key):
        self.files.copy_file(f"{bucket}/{key}", f"{bucket}/{new_key}")


if __name__ == "__main__":
    suite.main(Pyarrow)
