"""LanceDB: a database is a prefix, a table a folder of Lance files below it."""

import re

import lancedb
import suite
from adapter import NotApplicable, TableClient, in_url


class LanceDB(TableClient):
    name = "LanceDB"
    gaps = {
        "keys_listed": "it lists the tables of one database, whose names take no such characters",
        "key_double_slash": "its object_store takes no path with an empty segment",
    }
    suffix = ""  # a folder

    @staticmethod
    def version():
        return lancedb.__version__

    @staticmethod
    def split(key):
        """Database and table. A table's name takes few characters, a database's takes all."""
        database, _, table = key.rpartition("/")
        return (database, table) if re.fullmatch(r"[\w.-]+", table, re.ASCII) else (key, "rows")

    def database(self, bucket, key):
        virtual = self.service.virtual_host
        return lancedb.connect(
            f"s3://{bucket}/{in_url(key)}",
            storage_options={
                "aws_endpoint": self.service.bucket_url(bucket) if virtual else self.service.url,
                "aws_virtual_hosted_style_request": str(virtual).lower(),
                "aws_region": self.service.region,
                "aws_access_key_id": self.service.access_key,
                "aws_secret_access_key": self.service.secret_key,
                "allow_http": str(not self.service.secure).lower(),
                "client_max_retries": "1",
            },
        )

    def list(self, bucket, prefix):
        return sorted(f"{prefix}{name}" for name in self.database(bucket, prefix.rstrip("/")).table_names())

    def size(self, bucket, key):
        raise NotApplicable("it sends no HEAD")

    def open(self, bucket, key):
        database, table = self.split(key)
        return self.database(bucket, database).open_table(table)

    def create_table(self, bucket, key, content, mode):
        database, table = self.split(key)
        self.database(bucket, database).create_table(table, content, mode=mode)

    def read(self, bucket, key):
        return self.open(bucket, key).to_arrow()

    def read_part(self, bucket, key):
        table = self.open(bucket, key)
        return table.search().where(f"n < {self.ROWS // 3}").select(["value"]).limit(self.ROWS).to_arrow()

    def write(self, bucket, key, content):
        self.create_table(bucket, key, content, "overwrite")

    write_in_parts = write

    def create(self, bucket, key, content):
        self.create_table(bucket, key, content, "create")

    def delete(self, bucket, key):
        database, table = self.split(key)
        self.database(bucket, database).drop_table(table)


if __name__ == "__main__":
    suite.main(LanceDB)
