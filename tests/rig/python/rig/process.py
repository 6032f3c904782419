"""Starting and stopping server processes: ready when it can be reached, stopped by its own process id."""

import contextlib
import ctypes
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_DEADLINE = 20.0
STOP_DEADLINE = 35.0
PR_SET_PDEATHSIG = 1


class StartError(Exception):
    """A server that did not come up; its message carries the end of its log."""


def free_port():
    """A port that was free just now, for servers that cannot report the kernel's choice; retry if lost."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def clean_environment(**extra):
    """This process's environment without what changes an S3 client behind its back, plus `extra`."""
    foreign = ("AWS_", "S3PROXY_", "DUCKDB_S3_", "ROOT_ACCESS_KEY", "ROOT_SECRET_KEY", "VGW_")
    others = (
        "ENDPOINT",
        "PORT",
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign) and k not in others}
    # No credentials or settings file of the user's may take part in a measurement.
    isolated = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return {**kept, **isolated, **extra}


def _die_with_parent():
    # A test runner that is killed on its deadline must not leave servers behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One running server. `log` is the file with what it wrote: stderr, and stdout unless that is read or has
    a file of its own."""

    def __init__(self, command, log, *, env=None, cwd=None, read_stdout=False, stdout=None, outlive=False):
        self.command = [str(part) for part in command]
        self.name = Path(self.command[0]).name
        self.log = Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # The signal on the parent's death is sent when the starting *thread* ends.
        assert outlive or threading.current_thread() is threading.main_thread()
        with self.log.open("ab") as output, Path(stdout or self.log).open("ab") as other_output:
            self._popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stderr=output,
                cwd=cwd,
                stdout=subprocess.PIPE if read_stdout else other_output,
                env=clean_environment() if env is None else env,
                start_new_session=True,
                preexec_fn=None if outlive else _die_with_parent,
            )

    @property
    def pid(self):
        return self._popen.pid

    def is_running(self):
        return self._popen.poll() is None

    def cpu_seconds(self):
        """User and system time of this process so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self, peak=False):
        """Resident memory now, or the highest so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def log_tail(self, lines=20):
        text = self.log.read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:])

    def fail(self, why):
        self.stop(signal.SIGKILL)
        raise StartError(f"{self.name} {why}; the end of {self.log}:\n{self.log_tail()}")

    def read_line(self, pattern):
        """Waits for the first line on stdout that matches, and returns the match."""
        deadline = time.monotonic() + START_DEADLINE
        seen = b""
        stdout = self._popen.stdout
        while time.monotonic() < deadline:
            if not select.select([stdout], [], [], deadline - time.monotonic())[0]:
                break
            data = os.read(stdout.fileno(), 4096)
            if not data:
                break
            seen += data
            match = re.search(pattern, seen.decode(errors="replace"), re.MULTILINE)
            if match:
                return match
        self.fail(f"did not print {pattern!r}, but {seen!r}")

    def wait_until_listening(self, port, address=LOOPBACK):
        """Waits until a connection is accepted. False if the process ended first: its port may be taken."""
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline:
            if not self.is_running():
                return False
            with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
                return self.is_running()
            time.sleep(0.01)
        self.fail(f"accepts no connection on port {port}")

    def stop(self, how=signal.SIGTERM):
        """Ends the process and returns its exit code; kills it if it does not end by itself."""
        if self.is_running():
            self._popen.send_signal(how)
        try:
            self._popen.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._popen.stdout:
            self._popen.stdout.close()
        return self._popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def start_on_free_port(start, attempts=5):
    """Calls `start(port)` with free ports until the `Process` it returns listens; returns (process, port)."""
    for attempt in range(attempts):
        port = free_port()
        process = start(port)
        if process.wait_until_listening(port):
            return process, port
        if attempt == attempts - 1:
            process.fail("ended before it listened")
    raise AssertionError("unreachable")
