"""Runs one of the queries in a fresh process, against a store or whatever stands in front of it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.process import clean_environment
from rig.servers import ACCESS_KEY, REGION, ROOT, SECRET_KEY

PYTHON = ROOT / "build" / "venv" / "bin" / "python"
DEADLINE = 120


class QueryError(Exception):
    """The engine did not answer; its message carries what the engine said."""


@dataclass(frozen=True)
class Answer:
    seconds: float
    rows: list


def run_query(query, host, *, credentials=(ACCESS_KEY, SECRET_KEY), bucket=None):
    """Runs `query` against the S3 service at `host` ("address:port"); unsigned if `credentials` is None."""
    task = {
        "engine": query.engine,
        "name": query.name,
        "bucket": bucket or query.name,
        "host": host,
        "credentials": credentials,
        "region": REGION,
    }
    env = clean_environment(PYTHONPATH=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [PYTHON, "-m", "rig.engine_process", json.dumps(task)],
        env=env,
        timeout=DEADLINE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise QueryError(f"{query.title}, at {host}:\n{done.stderr.strip()}")
    answer = json.loads(done.stdout)
    return Answer(answer["seconds"], answer["rows"])
