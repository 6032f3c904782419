"""ClickHouse, embedded as chdb: Parquet files, written and read by the table function s3()."""

import io
from importlib.metadata import version
from urllib.parse import quote

import chdb
import pyarrow
import suite
from adapter import TableClient, quoted
from pyarrow import parquet


class ClickHouse(TableClient):
    name = "ClickHouse"
    gaps = {"key_double_slash": "it takes no key with an empty segment (`Invalid S3 key`)"}

    @staticmethod
    def version():
        return f"{chdb.query('SELECT version()').data().strip().strip(chr(34))} (chdb {version('chdb')})"

    def function(self, bucket, key):
        where = f"{self.service.bucket_url(bucket)}/{quote(key, safe='/*')}"
        key_pair = f"{quoted(self.service.access_key)}, {quoted(self.service.secret_key)}"
        return f"s3({quoted(where)}, {key_pair}, 'Parquet')"

    def query(self, text):
        answer = chdb.query(
            f"{text} SETTINGS s3_retry_attempts = 1, use_hive_partitioning = 0", "Parquet"
        ).bytes()
        return parquet.read_table(io.BytesIO(answer)) if answer else pyarrow.table({})

    def list(self, bucket, prefix):
        found = self.query(
            f"SELECT DISTINCT _path AS path FROM {self.function(bucket, prefix + '*.parquet')}"
        )
        return sorted(as_text(path).removeprefix(f"{bucket}/") for path in found["path"].to_pylist())

    def size(self, bucket, key):
        return self.query(f"SELECT _size AS size FROM {self.function(bucket, key)} LIMIT 1")["size"][
            0
        ].as_py()

    def read(self, bucket, key):
        return self.query(f"SELECT n, value FROM {self.function(bucket, key)}")

    def read_part(self, bucket, key):
        return self.query(f"SELECT value FROM {self.function(bucket, key)} WHERE n < {self.ROWS // 3}")

    def write(self, bucket, key, content, settings=""):
        file = self.folder / "content.parquet"
        parquet.write_table(content, file)
        target = self.function(bucket, key)
        chdb.query(
            f"INSERT INTO FUNCTION {target} SETTINGS s3_truncate_on_insert = 1 {settings} "
            f"SELECT * FROM file({quoted(file)}, 'Parquet')"
        )

    def write_in_parts(self, bucket, key, content):
        sizes = "s3_min_upload_part_size = 5242880, s3_max_single_part_upload_size = 5242880"
        self.write(bucket, key, content, f", {sizes}")


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    suite.main(ClickHouse)
