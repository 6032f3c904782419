"""What a client of the matrix is: a class whose methods do with the client what a user would do.

Each method uses the client's public interface and its documented configuration, nothing else. What the client
cannot express raises `NotApplicable` with the reason, which is what the matrix then shows.
"""

import random
from dataclasses import dataclass, replace
from functools import cache

from rig.servers import ACCESS_KEY, REGION, SECRET_KEY

PART_SIZE = 5 << 20  # the smallest part that S3 takes


class NotApplicable(Exception):
    """The client has no way to express this step; the message is the reason, for people."""


@dataclass(frozen=True)
class Service:
    """An S3 service as a client's configuration names it."""

    host: str  # without port, and without bucket: in virtual-host style the bucket goes before it
    port: int
    virtual_host: bool = False
    secure: bool = False
    ca_file: str | None = None  # of the authority that signed the server's certificate
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def scheme(self):
        return "https" if self.secure else "http"

    @property
    def url(self):
        return f"{self.scheme}://{self.address}"

    def bucket_url(self, bucket):
        """Where a bucket is, for clients that want it told."""
        if self.virtual_host:
            return f"{self.scheme}://{bucket}.{self.address}"
        return f"{self.url}/{bucket}"

    def with_secret(self, secret_key):
        return replace(self, secret_key=secret_key)


class Adapter:
    """One client, configured for one service. Steps make a fresh one for each thing they do, so that nothing
    is answered from a client's own memory."""

    name = None  # in the matrix
    suffix = ""  # of the keys that it is given
    # What a content compares equal to after it was deleted, where reading nothing is not an error.
    deleted = None
    # Steps (by name) that the client cannot do with any store, and why; they are tried before the store
    # itself, and must fail.
    gaps = {}
    # One of these is in the client's words for "no such key" and for "your signature is wrong".
    missing_words = ("FileNotFoundError", "NoSuchKey", "404", "Not Found", "not found", "does not exist")
    missing_words += ("No such file", "No files found")
    refused_words = ("SignatureDoesNotMatch", "403", "Forbidden", "AccessDenied", "ACCESS_DENIED")

    def __init__(self, service, folder):
        self.service = service
        self.folder = folder  # of this step's own, for files

    @staticmethod
    def version():
        raise NotImplementedError

    def close(self):
        """Ends what the client runs; it is not used any more."""

    @classmethod
    def end(cls):
        """Ends what all clients of this kind share."""

    # What is written and read: bytes, or a table.

    @staticmethod
    def content(seed):
        """Something of a few hundred kilobytes; another seed gives something else."""
        raise NotImplementedError

    @staticmethod
    def large(seed):
        """The same with at least 20 MiB."""
        raise NotImplementedError

    @staticmethod
    def same(one, other):
        return one == other

    @staticmethod
    def part_of(content):
        """What `read_part` gives of it."""
        raise NotImplementedError

    # What a client does.

    def list(self, bucket, prefix):
        """The keys below a prefix that ends with a slash, sorted."""
        raise NotImplementedError

    def size(self, bucket, key):
        """The size of an object, without reading it."""
        raise NotImplementedError

    def read(self, bucket, key):
        raise NotImplementedError

    def read_part(self, bucket, key):
        raise NotImplementedError

    def write(self, bucket, key, content):
        raise NotImplementedError

    def write_in_parts(self, bucket, key, content):
        raise NotImplementedError

    def write_stream(self, bucket, key, content):
        """Writes what comes from a stream."""
        raise NotApplicable("it writes no streams")

    def create(self, bucket, key, content):
        """Writes only if the key is free; raises if it is not."""
        raise NotApplicable("it has no conditional write")

    def delete(self, bucket, key):
        raise NotApplicable("it deletes nothing")

    def copy(self, bucket, key, new_key):
        raise NotApplicable("it copies nothing in the store")

    def presign(self, bucket, key, method="GET"):
        """A URL that lets whoever holds it do one thing."""
        raise NotApplicable("it makes no links")


class ObjectClient(Adapter):
    """A client that reads and writes bytes."""

    suffix = ".bin"
    PART = slice(70_001, 170_002)  # crosses cells, and begins and ends in the middle of one

    @staticmethod
    @cache
    def content(seed):
        return random.Random(seed).randbytes(300_007)

    @staticmethod
    @cache
    def large(seed):
        return random.Random(seed).randbytes(20 << 20)

    @classmethod
    def part_of(cls, content):
        return content[cls.PART]


class TableClient(Adapter):
    """A client that reads and writes tables; they are exchanged with it through Arrow."""

    suffix = ".parquet"
    ROWS, LARGE_ROWS = 20_000, 2_800_000

    @staticmethod
    @cache
    def table(seed, rows):
        import numpy
        import pyarrow

        generator = numpy.random.default_rng(abs(hash_of(seed)))
        return pyarrow.table(
            {
                "n": pyarrow.array(numpy.arange(rows), pyarrow.int64()),
                "value": pyarrow.array(generator.random(rows), pyarrow.float64()),  # does not compress
            }
        )

    @classmethod
    def content(cls, seed):
        return cls.table(seed, cls.ROWS)

    @classmethod
    def large(cls, seed):
        return cls.table(seed, cls.LARGE_ROWS)

    @staticmethod
    def same(one, other):
        return one.num_rows == other.num_rows and ordered(one).equals(
            ordered(other).cast(ordered(one).schema)
        )

    @staticmethod
    def part_of(content):
        """The rows of its first third, of one column."""
        return content.select(["value"]).slice(0, content.num_rows // 3)


def hash_of(seed):
    """A number for a text, the same in every process."""
    return random.Random(seed).getrandbits(32)


def ordered(table):
    """The same rows in an order of their own, as one chunk."""
    return (
        table.sort_by([(name, "ascending") for name in sorted(table.column_names)])
        .select(sorted(table.column_names))
        .combine_chunks()
    )


def in_url(key):
    """A key in the URL of a client that decodes it: the one character that means something else there."""
    return key.replace("%", "%25")


def quoted(text):
    """A text in SQL."""
    return "'" + str(text).replace("'", "''") + "'"
