"""deltalake (delta-rs): a table is a folder of Parquet files with a log of JSON commits."""

import deltalake
import suite
from adapter import NotApplicable, TableClient, in_url
from deltalake import DeltaTable, write_deltalake


class Deltalake(TableClient):
    name = "deltalake"
    gaps = {
        "key_percent": "its kernel decodes a table's URL twice, so `%2F` becomes a slash",
        "keys_listed": "it lists its own log only",
        "key_double_slash": "its object_store takes no path with an empty segment",
    }
    suffix = ""  # a folder
    deleted = 0
    missing_words = (*TableClient.missing_words, "TableNotFoundError", "no log files")

    @staticmethod
    def version():
        return deltalake.__version__

    def options(self, bucket):
        virtual = self.service.virtual_host
        return {
            "aws_endpoint_url": self.service.bucket_url(bucket) if virtual else self.service.url,
            "aws_virtual_hosted_style_request": str(virtual).lower(),
            "aws_region": self.service.region,
            "aws_access_key_id": self.service.access_key,
            "aws_secret_access_key": self.service.secret_key,
            "aws_allow_http": str(not self.service.secure).lower(),
            "aws_conditional_put": "etag",
            "max_retries": "1",
        }

    def open(self, bucket, key):
        return DeltaTable(f"s3://{bucket}/{in_url(key)}", storage_options=self.options(bucket))

    @staticmethod
    def count(content):
        return content.num_rows

    def list(self, bucket, prefix):
        raise NotApplicable("it lists its own log only (which every other step has it do)")

    def size(self, bucket, key):
        raise NotApplicable("it has sizes from its log")

    def read(self, bucket, key):
        return self.open(bucket, key).to_pyarrow_table()

    def read_part(self, bucket, key):
        wanted = [("n", "<", self.ROWS // 3)]
        return self.open(bucket, key).to_pyarrow_table(columns=["value"], filters=wanted)

    def write(self, bucket, key, content):
        write_deltalake(
            f"s3://{bucket}/{in_url(key)}", content, mode="overwrite", storage_options=self.options(bucket)
        )

    write_in_parts = write

    def create(self, bucket, key, content):
        write_deltalake(
            f"s3://{bucket}/{in_url(key)}", content, mode="error", storage_options=self.options(bucket)
        )

    def delete(self, bucket, key):
        table = self.open(bucket, key)
        table.delete()
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


if __name__ == "__main__":
    suite.main(Deltalake)
