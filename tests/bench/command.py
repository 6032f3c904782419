"""What the measurements of hits, connections and the like have in common as commands: options, a folder to
work in, tables, a JSON file."""

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rig.process import StartError
from rig.servers import ROOT, Nginx, Varnish

from bench import tell
from bench.generator import LoadError
from bench.stand import Programs, UnexpectedRequests

STARTED = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def parser(doc):
    options = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--preset", default="release", help="which build to measure (default %(default)s)")
    options.add_argument(
        "--build", type=Path, help="folder of s3proxy, s3proxy-link and s3proxy-load instead"
    )
    options.add_argument("--smoke", action="store_true", help="as small as can be: that it runs and is right")
    options.add_argument("--json", type=Path, help="write all figures to this file")
    return options


def programs(options):
    return Programs.below(options.build or ROOT / "build" / options.preset)


def first_line(command):
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except OSError:
        return None
    lines = (told.stdout + told.stderr).strip().splitlines()
    return lines[0] if lines else None


def machine():
    """What a figure is worth nothing without."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[1]) / (1 << 20)) if memory else None,
        "kernel": platform.release(),
    }


def versions(used):
    asked = {"s3proxy": [used.s3proxy, "--version"], "nginx": [Nginx.program(), "-v"]}
    asked["varnish"] = [Varnish.root() / "usr/sbin/varnishd", "-V"]
    return {name: told for name, command in asked.items() if (told := first_line(command))}


def run(options, measure):
    """`measure(options, programs, work)` gives the figures, lines of tables, and checks."""
    used = programs(options)
    # Whoever ends it leaves no servers, and no gigabyte of nginx' cache in memory.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended"))
    below = used.s3proxy.parent  # not /tmp: the store keeps its metadata in extended attributes
    try:
        with tempfile.TemporaryDirectory(dir=below, prefix="bench-") as work:
            figures, lines, checks = measure(options, used, Path(work))
    except (StartError, LoadError, UnexpectedRequests) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
    print("\n".join(lines))
    if checks and not options.smoke:
        print()
        print("\n".join(tell.verdicts(checks)))
    if options.json:
        data = {
            "machine": machine(),
            "versions": versions(used),
            "options": {name: str(value) for name, value in vars(options).items()},
            "figures": figures,
            "checks": tell.as_data([], checks)["checks"],
        }
        options.json.write_text(json.dumps(data, indent=1) + "\n")
