"""Where a Parquet file keeps its column chunks, by a reader of its own: what the C++ reader is held against
must not be what wrote the recording.

Sources: the Parquet format (parquet.thrift) and Thrift's compact protocol.
"""

from dataclasses import dataclass
from urllib.parse import quote

STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
MAGIC = b"PAR1"


class _Compact:
    """Reads any structure of the compact protocol as {field number: value}."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size : self.at]

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        value = self.unsigned()
        return value >> 1 ^ -(value & 1)

    def value(self, kind):
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if kind == BYTE:
            return self.take(1)[0]
        if kind == DOUBLE:
            return self.take(8)
        if kind == BINARY:
            return self.take(self.unsigned())
        if kind in (LIST, SET):
            return self.sequence()
        if kind == STRUCT:
            return self.structure()
        assert kind != MAP, "no structure of a footer has one"
        return self.signed()

    def sequence(self):
        head = self.take(1)[0]
        size, kind = head >> 4, head & 0x0F
        size = self.unsigned() if size == 15 else size
        if kind in (TRUE, FALSE):
            return [self.take(1)[0] == TRUE for _ in range(size)]
        return [self.value(kind) for _ in range(size)]

    def structure(self):
        fields, number = {}, 0
        while head := self.take(1)[0]:
            number = number + (head >> 4) if head >> 4 else self.signed()
            fields[number] = self.value(head & 0x0F)
        return fields


@dataclass(frozen=True)
class Layout:
    columns: tuple  # dotted names
    row_groups: list  # of lists of (begin, end), by column
    column_indexes: tuple
    offset_indexes: tuple
    bloom_filters: tuple
    footer: tuple

    def lines(self, schema):
        """As record.py tells the log's form: chunks by size, with the gap before them if there is one."""
        extras = ("column-indexes", "offset-indexes", "bloom-filters", "footer")
        spans = (self.column_indexes, self.offset_indexes, self.bloom_filters, self.footer)
        told = (f"{name}={begin}-{end}" for name, (begin, end) in zip(extras, spans, strict=True))
        yield f"layout {schema} {' '.join(told)}"
        at = 0
        for group in self.row_groups:
            sizes = []
            for begin, end in group:
                sizes.append(f"{end - begin}" if begin == at else f"{begin - at}:{end - begin}")
                at = end
            yield f"group {' '.join(sizes)}"

    def schema(self):
        return " ".join(quote(name, safe="._") for name in self.columns)


def _hull(pieces):
    """One span over (begin, size) pieces, of which some may be missing."""
    spans = [(begin, begin + size) for begin, size in pieces if begin is not None and size]
    return (min(b for b, _ in spans), max(e for _, e in spans)) if spans else (0, 0)


def read(data):
    """The layout of a file whose bytes are `data`, None if it is no Parquet file."""
    if len(data) < 12 or data[-4:] != MAGIC:
        return None
    end = len(data)
    begin = end - 8 - int.from_bytes(data[-8:-4], "little")
    chunks = [group[1] for group in _Compact(data[begin : end - 8]).structure()[4]]
    first = [chunk[3] for chunk in chunks[0]]
    every = [chunk for group in chunks for chunk in group]

    def span(about):
        at = min(about[9], about.get(11) or about[9])  # the dictionary page comes first, if there is one
        return (at, at + about[7])

    return Layout(
        columns=tuple(b".".join(about[3]).decode() for about in first),
        row_groups=[[span(chunk[3]) for chunk in group] for group in chunks],
        column_indexes=_hull((chunk.get(6), chunk.get(7)) for chunk in every),
        offset_indexes=_hull((chunk.get(4), chunk.get(5)) for chunk in every),
        bloom_filters=_hull((chunk[3].get(14), chunk[3].get(15)) for chunk in every),
        footer=(begin, end),
    )
