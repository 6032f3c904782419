"""The lake of the demo with fewer rows: every query still reads several files or row groups."""

import duckdb
from rig import lake

# Rows of the one large file that hold what the queries look for: the year, and the lookup's order.
FIRST_ROW, END_ROW = 2_480_000, 3_020_000
ROW_GROUP = 30_720
PART_FILES, PART_ROWS = 8, 40_000
HIVE_FILES, HIVE_ROWS = 30, 2_000


class SmallLake:
    """Writes its tables below `folder`, one kind at a time."""

    def __init__(self, folder):
        self.folder = folder
        self.writer = duckdb.connect()
        self.writer.execute("SET threads = 2")
        self.writer.execute(lake.PICK)

    def write(self, path, rows, row_group=ROW_GROUP):
        """One file of the rows that a query gives."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self.writer.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {row_group})")
        return target

    def make(self, *kinds):
        """{key: path} of the files of these kinds."""
        if "single" in kinds:
            self.write("single/lineitem.parquet", lake.line_items(FIRST_ROW, END_ROW, lake.SINGLE_ROWS))
        for kind, name, files, rows in (
            ("parts", "part-{}.parquet", PART_FILES, PART_ROWS),
            ("hive", "month={:02d}/data.parquet", HIVE_FILES, HIVE_ROWS),
        ):
            for number in range(files if kind in kinds else 0):
                begin = number * rows
                path = f"{kind}/{name.format(number)}"
                self.write(path, lake.line_items(begin, begin + rows, files * rows))
        return {key: path for kind in kinds for key, path in lake.files(self.folder, kind).items()}
