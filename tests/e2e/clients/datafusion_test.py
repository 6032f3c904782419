"""DataFusion: Parquet files in an object store that is registered with the session."""

from importlib.metadata import version

import datafusion
import suite
from adapter import NotApplicable, TableClient, in_url
from datafusion.object_store import AmazonS3


class DataFusion(TableClient):
    name = "DataFusion"
    gaps = {"key_double_slash": "its object_store takes no path with an empty segment"}

    @staticmethod
    def version():
        return version("datafusion")

    def session(self, bucket):
        if self.service.virtual_host:
            raise NotApplicable("its Python package has no option for it")
        store = AmazonS3(
            bucket_name=bucket,
            region=self.service.region,
            access_key_id=self.service.access_key,
            secret_access_key=self.service.secret_key,
            endpoint=self.service.url,
            allow_http=not self.service.secure,
        )
        context = datafusion.SessionContext()
        context.register_object_store("s3://", store, bucket)
        return context

    def list(self, bucket, prefix):
        raise NotApplicable("it lists folders only to read them as one table, and does not tell the names")

    def size(self, bucket, key):
        raise NotApplicable("it tells no sizes of files")

    def read(self, bucket, key):
        return self.session(bucket).read_parquet(f"s3://{bucket}/{in_url(key)}").to_arrow_table()

    def read_part(self, bucket, key):
        column, value = datafusion.col("n"), datafusion.lit(self.ROWS // 3)
        table = self.session(bucket).read_parquet(f"s3://{bucket}/{in_url(key)}")
        return table.filter(column < value).select("value").to_arrow_table()

    def write(self, bucket, key, content):
        session = self.session(bucket)
        session.from_arrow(content).write_parquet(f"s3://{bucket}/{in_url(key)}")

    write_in_parts = write


if __name__ == "__main__":
    suite.main(DataFusion)
