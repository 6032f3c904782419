"""DuckDB with httpfs: Parquet files, written by COPY and read by read_parquet."""

import importlib.util
from pathlib import Path

import duckdb
import suite
from adapter import NotApplicable, TableClient, quoted


class DuckDB(TableClient):
    name = "DuckDB"

    @staticmethod
    def extension():
        package = Path(importlib.util.find_spec("duckdb_extension_httpfs").origin).parent
        return next(package.glob("extensions/*/httpfs.duckdb_extension"))

    @staticmethod
    def version():
        return duckdb.__version__

    def __init__(self, service, folder):
        super().__init__(service, folder)
        self.database = duckdb.connect()
        self.database.execute(f"LOAD {quoted(self.extension())}")
        if service.ca_file:
            self.database.execute(f"SET ca_cert_file = {quoted(service.ca_file)}")
        self.database.execute(
            f"CREATE SECRET (TYPE s3, KEY_ID {quoted(service.access_key)}, "
            f"SECRET {quoted(service.secret_key)}, "
            f"REGION {quoted(service.region)}, ENDPOINT {quoted(service.address)}, "
            f"URL_STYLE '{'vhost' if service.virtual_host else 'path'}', "
            f"USE_SSL {str(service.secure).lower()})"
        )

    def close(self):
        self.database.close()

    def list(self, bucket, prefix):
        found = self.database.execute(f"FROM glob({quoted(f's3://{bucket}/{prefix}**')})").fetchall()
        return sorted(name.removeprefix(f"s3://{bucket}/") for (name,) in found)

    def size(self, bucket, key):
        return self.database.execute(
            f"SELECT size FROM read_blob({quoted(f's3://{bucket}/{key}')})"
        ).fetchone()[0]

    def read(self, bucket, key):
        return self.arrow(f"FROM read_parquet({quoted(f's3://{bucket}/{key}')}, hive_partitioning = false)")

    def read_part(self, bucket, key):
        rows = self.ROWS // 3
        return self.arrow(
            f"SELECT value FROM read_parquet({quoted(f's3://{bucket}/{key}')}) WHERE n < {rows}"
        )

    def arrow(self, query):
        return self.database.execute(query).to_arrow_table()

    def write(self, bucket, key, content):
        self.database.register("content", content)
        self.database.execute(f"COPY content TO {quoted(f's3://{bucket}/{key}')} (FORMAT parquet)")

    def write_in_parts(self, bucket, key, content):
        self.database.execute("SET s3_uploader_max_filesize = '50GB'")  # 10,000 parts of 5 MB
        self.write(bucket, key, content)

    def delete(self, bucket, key):
        raise NotApplicable("its SQL has no DELETE of a file")


if __name__ == "__main__":
    suite.main(DuckDB)
