"""Runs one of the queries in a fresh process, against a store or whatever stands in front of it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.process import clean_environment
from rig.servers import ACCESS_KEY, REGION, ROOT, SECRET_KEY

PYTHON = ROOT / "build" / "venv" / "bin" / "python"
CLIENTS_PYTHON = ROOT / "build" / "clients-venv" / "bin" / "python"
INTERPRETERS = {"pyarrow": CLIENTS_PYTHON, "deltalake": CLIENTS_PYTHON}  # by engine, where it is not PYTHON
DEADLINE = 120


class QueryError(Exception):
    """The engine did not answer; its message carries what the engine said."""


@dataclass(frozen=True)
class Answer:
    seconds: float
    rows: list


def command(query, host, *, credentials=(ACCESS_KEY, SECRET_KEY), bucket=None):
    """The command line and the environment of a process that runs `query` against the S3 service at `host`
    ("address:port"); unsigned if `credentials` is None."""
    task = {
        "engine": query.engine,
        "name": query.name,
        "text": query.text,
        "bucket": bucket or query.name,
        "host": host,
        "credentials": credentials,
        "region": REGION,
    }
    python = INTERPRETERS.get(query.engine, PYTHON)
    env = clean_environment(PYTHONPATH=str(Path(__file__).parents[1]))
    return [python, "-m", "rig.engine_process", json.dumps(task)], env


def run_query(query, host, **options):
    """Runs `query` as `command` says, and waits for its answer."""
    arguments, env = command(query, host, **options)
    done = subprocess.run(
        arguments, env=env, timeout=DEADLINE, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise QueryError(f"{query.title}, at {host}:\n{done.stderr.strip()}")
    answer = json.loads(done.stdout)
    return Answer(answer["seconds"], answer["rows"])
