"""Clients that are programs: run once for each thing they do."""

import os
import subprocess

from adapter import ObjectClient
from rig.servers import ROOT

PROGRAMS = ROOT / "build" / "clients-venv" / "bin"
DEADLINE = 60


class ProgramError(Exception):
    """The program failed; the message is what it wrote to stderr."""


class ProgramClient(ObjectClient):
    program = None

    def environment(self):
        """The variables that configure the program for `self.service`."""
        raise NotImplementedError

    def run(self, *arguments, stdin=b""):
        """Runs the program and returns its stdout."""
        done = subprocess.run(
            [PROGRAMS / self.program, *arguments],
            env={**os.environ, **self.environment()},
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        if done.returncode != 0:
            raise ProgramError(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def file(self, content=None):
        """A local file, with content or to be written."""
        path = self.folder / "file"
        if content is not None:
            path.write_bytes(content)
        return path
