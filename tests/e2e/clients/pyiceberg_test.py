"""pyiceberg: a table is metadata, manifests and Parquet files; the catalog is a local SQLite file."""

import hashlib

import pyiceberg
import suite
from adapter import NotApplicable, TableClient
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import LessThan


class Pyiceberg(TableClient):
    name = "pyiceberg"
    gaps = {
        "keys_listed": "it never lists: the metadata names every file",
        "key_double_slash": "its file system, pyarrow's, takes no path with an empty component",
    }
    suffix = ""  # a folder
    missing_words = (*TableClient.missing_words, "NoSuchTableError")

    @staticmethod
    def version():
        return pyiceberg.__version__

    def __init__(self, service, folder):
        super().__init__(service, folder)
        # One for all clients of a step: the catalog says which metadata file is the current one.
        self.catalog = load_catalog(
            "tests",
            **{
                "type": "sql",
                "uri": f"sqlite:///{folder.parent / 'catalog.db'}",
                "s3.endpoint": service.url,
                "s3.region": service.region,
                "s3.access-key-id": service.access_key,
                "s3.secret-access-key": service.secret_key,
                "s3.force-virtual-addressing": str(service.virtual_host),
                **({"s3.tls-ca-file-path": service.ca_file} if service.ca_file else {}),
            },
        )
        self.catalog.create_namespace_if_not_exists("tests")

    def close(self):
        self.catalog.close()

    @staticmethod
    def identifier(key):
        return f"tests.t{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    def list(self, bucket, prefix):
        raise NotApplicable("it never lists: the metadata names every file")

    def size(self, bucket, key):
        raise NotApplicable("it has sizes from its manifests")

    def read(self, bucket, key):
        return self.catalog.load_table(self.identifier(key)).scan().to_arrow()

    def read_part(self, bucket, key):
        table = self.catalog.load_table(self.identifier(key))
        return table.scan(LessThan("n", self.ROWS // 3), selected_fields=("value",)).to_arrow()

    def write(self, bucket, key, content):
        table = self.catalog.create_table_if_not_exists(
            self.identifier(key), content.schema, location=f"s3://{bucket}/{key}"
        )
        table.overwrite(content)

    write_in_parts = write

    def delete(self, bucket, key):
        self.catalog.purge_table(self.identifier(key))


if __name__ == "__main__":
    suite.main(Pyiceberg)
