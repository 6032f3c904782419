"""Polars: Parquet files, scanned lazily and written by sink_parquet."""

import polars
import suite
from adapter import NotApplicable, TableClient


class Polars(TableClient):
    name = "Polars"
    gaps = {"key_double_slash": "its object_store takes no path with an empty segment"}

    @staticmethod
    def version():
        return polars.__version__

    def options(self, bucket):
        virtual = self.service.virtual_host
        return {
            "aws_endpoint_url": self.service.bucket_url(bucket) if virtual else self.service.url,
            "aws_virtual_hosted_style_request": str(virtual).lower(),
            "aws_region": self.service.region,
            "aws_access_key_id": self.service.access_key,
            "aws_secret_access_key": self.service.secret_key,
            "aws_allow_http": str(not self.service.secure).lower(),
            "max_retries": 1,
        }

    def scan(self, bucket, key):
        return polars.scan_parquet(
            f"s3://{bucket}/{key}", storage_options=self.options(bucket), glob=False, hive_partitioning=False
        )

    def list(self, bucket, prefix):
        frames = polars.scan_parquet(
            f"s3://{bucket}/{prefix}*.parquet",
            storage_options=self.options(bucket),
            include_file_paths="path",
        )
        names = frames.select("path").unique().collect()["path"]
        return sorted(name.removeprefix(f"s3://{bucket}/") for name in names)

    def size(self, bucket, key):
        raise NotApplicable("it tells no sizes of files (it asks for them by HEAD when it reads)")

    def read(self, bucket, key):
        return self.scan(bucket, key).collect().to_arrow()

    def read_part(self, bucket, key):
        return (
            self.scan(bucket, key)
            .filter(polars.col("n") < self.ROWS // 3)
            .select("value")
            .collect()
            .to_arrow()
        )

    def write(self, bucket, key, content):
        polars.from_arrow(content).lazy().sink_parquet(
            f"s3://{bucket}/{key}", compression="uncompressed", storage_options=self.options(bucket)
        )

    write_in_parts = write


if __name__ == "__main__":
    suite.main(Polars)
