"""obstore: Rust's object_store, as it is."""

from datetime import timedelta

import obstore
import suite
from adapter import PART_SIZE, ObjectClient
from obstore.store import S3Store


class Obstore(ObjectClient):
    name = "obstore"
    gaps = {"key_double_slash": "object_store takes no path with an empty segment"}

    @staticmethod
    def version():
        return obstore.__version__

    def store(self, bucket):
        return S3Store(
            bucket,
            endpoint=self.service.bucket_url(bucket) if self.service.virtual_host else self.service.url,
            virtual_hosted_style_request=self.service.virtual_host,
            region=self.service.region,
            access_key_id=self.service.access_key,
            secret_access_key=self.service.secret_key,
            client_options={"allow_http": not self.service.secure},
        )

    def list(self, bucket, prefix):
        return sorted(entry["path"] for entry in self.store(bucket).list(prefix).collect())

    def size(self, bucket, key):
        return self.store(bucket).head(key)["size"]

    def read(self, bucket, key):
        return bytes(self.store(bucket).get(key).bytes())

    def read_part(self, bucket, key):
        return bytes(self.store(bucket).get_range(key, start=self.PART.start, end=self.PART.stop))

    def write(self, bucket, key, content):
        self.store(bucket).put(key, content, use_multipart=False)

    def write_in_parts(self, bucket, key, content):
        self.store(bucket).put(key, content, use_multipart=True, chunk_size=PART_SIZE)

    def write_stream(self, bucket, key, content):
        self.store(bucket).put(key, (content[i : i + 10_000] for i in range(0, len(content), 10_000)))

    def create(self, bucket, key, content):
        self.store(bucket).put(key, content, mode="create")

    def delete(self, bucket, key):
        self.store(bucket).delete(key)

    def copy(self, bucket, key, new_key):
        self.store(bucket).copy(key, new_key)

    def presign(self, bucket, key, method="GET"):
        return obstore.sign(self.store(bucket), method, key, timedelta(minutes=10))


if __name__ == "__main__":
    suite.main(Obstore)
