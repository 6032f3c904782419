"""Writes Parquet files with the writers people use, and keeps of each its footer and where its chunks are.

    python3 make_footers.py        (needs pyarrow, duckdb, polars and deltalake)

footers/NAME.footer   the last bytes of the file: metadata, length, magic
footers/NAME.txt      what a reader of it must find, by pyarrow's own reading of the file:
    size BYTES                     of the object
    none REASON                    no layout; or
    column PATH                    each leaf of the schema, in order
    chunk ROW_GROUP COLUMN BEGIN END
    bloom_filters BEGIN END        from the first byte of any to the last; where they lie apart from the chunks
    page_indexes                   there are both kinds
The small ones are seeds of tests/fuzz/parquet_footer.cpp as well, which says what is put before them.
"""
import base64
import pathlib
import shutil
import struct
import tempfile

import deltalake
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "footers"
SEEDS = HERE.parents[1] / "fuzz" / "seeds" / "parquet_footer"
SEED_SIZE = 2700


def numbers(rows):
    return pa.table({
        "id": pa.array(range(rows), pa.int64()),
        "name": pa.array([f"name-{i % 17}" for i in range(rows)], pa.string()),
        "ratio": pa.array([i / 7 if i % 5 else None for i in range(rows)], pa.float64()),
        "flag": pa.array([i % 3 == 0 for i in range(rows)], pa.bool_()),
    })


def nested(rows):
    point = pa.struct([("x", pa.int32()), ("y", pa.struct([("low", pa.int16()), ("high", pa.int16())]))])
    return pa.table({
        "tags": pa.array([[str(i), "b"] for i in range(rows)], pa.list_(pa.string())),
        "point": pa.array([{"x": i, "y": {"low": 1, "high": i % 9}} for i in range(rows)], point),
        "deep": pa.array([[[i], [i + 1]] for i in range(rows)], pa.list_(pa.list_(pa.int64()))),
        "pairs": pa.array([[("k", i)] for i in range(rows)], pa.map_(pa.string(), pa.int32())),
        "last.one": list(range(rows)),
    })


class plain_keys(pe.KmsClient):
    """Keeps keys as they are: what matters here is the shape of the file."""

    def __init__(self, _):
        pe.KmsClient.__init__(self)

    def wrap_key(self, key, _):
        return base64.b64encode(key)

    def unwrap_key(self, key, _):
        return base64.b64decode(key)


def encryption(plaintext_footer):
    factory = pe.CryptoFactory(plain_keys)
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["id"]}, plaintext_footer=plaintext_footer)
    return factory.file_encryption_properties(pe.KmsConnectionConfig(), config)


def make_files(folder):
    """Yields (name, path, reason): reason for a file without a layout."""
    def at(name):
        return folder / f"{name}.parquet"

    def arrow(name, table, **options):
        pq.write_table(table, at(name), **options)
        return name, at(name), None

    yield arrow("pyarrow_v1", numbers(900), version="1.0", row_group_size=300)
    yield arrow("pyarrow_v2", numbers(900), data_page_version="2.0", row_group_size=300)
    yield arrow("pyarrow_page_index", numbers(900), row_group_size=300, write_page_index=True)
    yield arrow("pyarrow_bloom_filter", numbers(900), row_group_size=300, bloom_filter_options={"name": True})
    yield arrow("pyarrow_no_dictionary", numbers(900), row_group_size=300, use_dictionary=False)
    yield arrow("pyarrow_nested", nested(200), row_group_size=100)
    yield arrow("pyarrow_many_row_groups", numbers(240).select(["id", "name"]), row_group_size=2)
    wide = pa.table({f"column_{i}": pa.array([i, i + 1], pa.int32()) for i in range(60)})
    yield arrow("pyarrow_wide", wide)
    yield arrow("pyarrow_one", numbers(1).select(["id"]))

    with pq.ParquetWriter(at("pyarrow_empty_row_groups"), numbers(1).schema) as out:
        for rows in (0, 3, 0):
            out.write_table(numbers(rows))
    yield "pyarrow_empty_row_groups", at("pyarrow_empty_row_groups"), None

    with pq.ParquetWriter(at("pyarrow_no_row_group"), numbers(1).schema):
        pass
    yield "pyarrow_no_row_group", at("pyarrow_no_row_group"), "empty"
    pq.write_table(numbers(100), at("encrypted_footer"), encryption_properties=encryption(False))
    yield "encrypted_footer", at("encrypted_footer"), "encrypted"
    pq.write_table(numbers(100), at("encrypted_columns"), encryption_properties=encryption(True))
    yield "encrypted_columns", at("encrypted_columns"), "encrypted"

    parts = []
    pq.write_to_dataset(numbers(200), folder / "set", partition_cols=["flag"], metadata_collector=parts)
    pq.write_metadata(parts[0].schema.to_arrow_schema(), at("dataset_metadata"), metadata_collector=parts)
    yield "dataset_metadata", at("dataset_metadata"), "elsewhere"

    source = "SELECT i AS id, (i % 10)::VARCHAR AS name, i / 7 AS ratio, [i, i + 1] AS tags, " \
             "{'x': i, 'y': i + 1} AS point FROM range(9000) t(i)"
    for version in ("v1", "v2"):
        duckdb.sql(f"COPY ({source}) TO '{at('duckdb_' + version)}' "
                   f"(PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
        yield "duckdb_" + version, at("duckdb_" + version), None

    frame = polars.from_arrow(nested(300).drop(["pairs"]))
    frame.write_parquet(at("polars"), row_group_size=100)
    yield "polars", at("polars"), None
    frame.lazy().sink_parquet(at("polars_streamed"), row_group_size=100)
    yield "polars_streamed", at("polars_streamed"), None

    deltalake.write_deltalake(folder / "delta", numbers(900))
    written = next((folder / "delta").glob("*.parquet"))
    yield "deltalake", written, None


def span_of(chunk):
    begin, dictionary = chunk.data_page_offset, chunk.dictionary_page_offset
    if dictionary and (dictionary < begin or begin == 0):
        begin = dictionary
    return begin, begin + chunk.total_compressed_size


def expectation(path, size, reason):
    yield f"size {size}"
    if reason:
        yield f"none {reason}"
        return
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
    yield from (f"column {metadata.schema.column(c).path}" for c in range(metadata.num_columns))
    chunks = [(g, c, group.column(c)) for g, group in enumerate(groups) for c in range(group.num_columns)]
    for g, c, chunk in chunks:
        yield "chunk {} {} {} {}".format(g, c, *span_of(chunk))
    filters = [(chunk.bloom_filter_offset, chunk.bloom_filter_offset + chunk.bloom_filter_length)
               for _, _, chunk in chunks if chunk.bloom_filter_offset and chunk.bloom_filter_length]
    if filters and min(filters)[0] >= max(span_of(chunk)[1] for _, _, chunk in chunks):
        yield "bloom_filters {} {}".format(min(filters)[0], max(end for _, end in filters))
    if all(chunk.has_column_index and chunk.has_offset_index for _, _, chunk in chunks):
        yield "page_indexes"


def main():
    for folder in (OUT, SEEDS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, path, reason in make_files(pathlib.Path(folder)):
            data = path.read_bytes()
            footer = struct.unpack("<I", data[-8:-4])[0] + 8
            (OUT / f"{name}.footer").write_bytes(data[-footer:])
            (OUT / f"{name}.txt").write_text("\n".join(expectation(path, len(data), reason)) + "\n")
            if footer <= SEED_SIZE:
                (SEEDS / name).write_bytes(struct.pack(">QB", len(data) - footer, 6) + data[-footer:-8])
            print(f"{name}: {footer} bytes")


main()
