"""The snippets of docs/clients.md, run as they stand there, with the placeholders filled in.

A snippet is a fenced block behind a comment `<!-- test: CLIENT, prints TEXT -->`. In the bucket are
`path/rows.parquet` (columns `n` and `value`, 1,000 rows) and `path/hello.txt`.
"""

import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass

from programs import PROGRAMS
from rig.servers import ACCESS_KEY, ROOT, SECRET_KEY

PAGE = ROOT / "docs" / "clients.md"
MODULES = ROOT / "build" / "clients-npm" / "node_modules"
ROWS = 1000
DEADLINE = 120
# How people get the extension, and how a machine without a network does.
INSTALL_HTTPFS = "INSTALL httpfs; LOAD httpfs;"


@dataclass(frozen=True)
class Snippet:
    client: str
    number: int
    language: str
    text: str
    prints: str

    def filled(self, port, bucket):
        places = {
            "localhost:3000": f"localhost:{port}",
            "ACCESS_KEY": ACCESS_KEY,
            "SECRET_KEY": SECRET_KEY,
            "BUCKET": bucket,
        }
        # At once, so that no filling is taken for a placeholder; and as words, since AWS_SECRET_KEY is none.
        return re.sub(
            r"localhost:3000|\b(?:ACCESS_KEY|SECRET_KEY|BUCKET)\b", lambda m: places[m[0]], self.text
        )

    def as_test(self):
        def run(test):
            text = self.filled(test.prepare_snippets().port, test.snippet_bucket)
            folder = test.work / f"snippet-{self.number}"
            folder.mkdir()
            test.assertIn(self.prints, run_text(self.language, text, folder, test.adapter))

        return run


def snippets_of(client):
    found = re.finditer(
        r"^<!-- test: (?P<client>[^,\n]+), prints (?P<prints>[^\n]+) -->\n"
        r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
        PAGE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    own = [m for m in found if m["client"] == client]
    if not own:
        raise LookupError(f"{PAGE} has no snippet of {client} that is tested")
    return [Snippet(client, i, m["language"], m["text"], m["prints"]) for i, m in enumerate(own, 1)]


def put_objects(boto, bucket):
    # Not at the top: it takes the list of authorities from the environment when it is imported.
    import pyarrow
    from pyarrow import parquet

    rows = pyarrow.table({"n": list(range(ROWS)), "value": [i / 2 for i in range(ROWS)]})
    file = io.BytesIO()
    parquet.write_table(rows, file)
    boto.put_object(Bucket=bucket, Key="path/rows.parquet", Body=file.getvalue())
    boto.put_object(Bucket=bucket, Key="path/hello.txt", Body=b"hello from the store\n")


def run_text(language, text, folder, adapter):
    """Runs a snippet as its readers would, and returns what it printed."""
    command = {
        "sql": [sys.executable, "-c", RUN_SQL],
        "python": [sys.executable],
        "sh": ["bash", "-eu"],
        "js": [PROGRAMS / "node"],
    }[language]
    if language == "sql":
        text = text.replace(INSTALL_HTTPFS, f"LOAD '{adapter.extension()}';")
    if language == "js":
        (folder / "node_modules").symlink_to(MODULES)
    script = folder / {"js": "snippet.mjs"}.get(language, "snippet")
    script.write_text(text)
    done = subprocess.run(
        [*command, script],
        env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"the snippet failed:\n{text}\n{done.stderr}")
    return done.stdout


RUN_SQL = """
import sys, duckdb
print(duckdb.connect().execute(open(sys.argv[1]).read()).fetchall())
"""
