"""Server CPU of a warm hit beside nginx's: one core each way, interleaved rounds, signatures verified on our side only.

    tools/bench hits [--rounds N] [--seconds S] [--json FILE]
"""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

from rig.process import clean_environment
from rig.servers import ACCESS_KEY, REGION, ROOT, SECRET_KEY, Nginx, S3proxy, Versitygw
from rig.store_client import connect, make_public

BUCKET, KEY = "bench", "data.bin"
OBJECT_BYTES = 512 << 20  # larger than the last cache level, so that it does not decide
SIZES = {"4 KiB": 4 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20}
CONNECTIONS = 16
PIECE = 16 << 20


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worker_of(pid):
    """nginx's one worker: the child of its master."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def requests(address, size, signed, count=512):
    """Raw requests for random aligned ranges, signed by botocore."""
    chance = random.Random(size)
    session = boto3.session.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY)
    signer = S3SigV4Auth(session.get_credentials(), "s3", REGION)
    for _ in range(count):
        begin = chance.randrange(OBJECT_BYTES // size) * size
        request = AWSRequest("GET", f"http://{address}/{BUCKET}/{KEY}")
        request.headers["Range"] = f"bytes={begin}-{begin + size - 1}"
        if signed:
            request.context["payload_signing_enabled"] = False
            signer.add_auth(request)
        lines = [f"GET /{BUCKET}/{KEY} HTTP/1.1", f"Host: {address}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        yield "\r\n".join(lines) + "\r\n\r\n"


def lua_script(address, size, signed):
    items = ",\n".join(json.dumps(r) for r in requests(address, size, signed))
    return f"local r = {{{items}}}\nlocal i = 0\nrequest = function() i = i % #r + 1; return r[i] end\n"


def measure(address, pid, script, seconds):
    """One round: microseconds of server CPU per request, and requests per second."""
    before = cpu_seconds(pid)
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, f"http://{address}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True, env=clean_environment()).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"the bench got errors:\n{text}")
    count = int(re.search(r"(\d+) requests in", text)[1])
    return (cpu_seconds(pid) - before) / count * 1e6, float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def warm(url, signed):
    client = connect(url) if signed else None
    for begin in range(0, OBJECT_BYTES, PIECE):
        headers = f"bytes={begin}-{begin + PIECE - 1}"
        if signed:
            client.get_object(Bucket=BUCKET, Key=KEY, Range=headers)["Body"].read()
        else:
            subprocess.run(["curl", "-sf", "-o", os.devnull, "-H", f"Range: {headers}", f"{url}/{BUCKET}/{KEY}"], check=True)


def run(arguments, work):
    preset = ROOT / "build" / arguments.preset
    with Versitygw(work / "versitygw") as store:
        client = connect(store.url)
        client.create_bucket(Bucket=BUCKET)
        with tempfile.NamedTemporaryFile(dir=work) as data:
            for _ in range(OBJECT_BYTES // PIECE):
                data.write(random.Random(0).randbytes(PIECE))
            data.flush()
            client.upload_file(data.name, BUCKET, KEY)
        make_public(client, BUCKET)
        ours = S3proxy(work / "s3proxy", preset / "s3proxy", store.url, memory="2GiB", arguments=["--threads", "1", "--metadata-ttl", "1h", "--rights-ttl", "1h"])
        with ours, Nginx(work / "nginx", store.address) as peer:
            pids = {"s3proxy": ours.process.pid, "nginx": worker_of(peer.process.pid)}
            for pid in pids.values():
                subprocess.run(["taskset", "-acp", "0", str(pid)], check=True, capture_output=True)
            warm(ours.url, signed=True)
            warm(peer.url, signed=False)
            return compare(arguments, work, {"s3proxy": ours, "nginx": peer}, pids)


def compare(arguments, work, servers, pids):
    figures = {}
    for label, size in SIZES.items():
        scripts = {}
        for name, server in servers.items():
            scripts[name] = work / f"{name}.lua"
            scripts[name].write_text(lua_script(server.address, size, name == "s3proxy"))
        rounds = {name: [] for name in servers}
        for _ in range(arguments.rounds):
            for name, server in servers.items():
                rounds[name].append(measure(server.address, pids[name], scripts[name], arguments.seconds))
        figures[label] = {
            name: {
                "cpu_us_min": min(r[0] for r in taken),
                "cpu_us_median": statistics.median(r[0] for r in taken),
                "requests_per_second": statistics.median(r[1] for r in taken),
            }
            for name, taken in rounds.items()
        }
    return figures


def show(figures):
    print(f"{'warm hit':8} | {'s3proxy us (min / median)':>26} | {'nginx us (min / median)':>24} | s3proxy / nginx | requests a second")
    for label, by_name in figures.items():
        ours, peer = by_name["s3proxy"], by_name["nginx"]
        print(
            f"{label:8} | {ours['cpu_us_min']:13.1f} / {ours['cpu_us_median']:10.1f} |"
            f" {peer['cpu_us_min']:11.1f} / {peer['cpu_us_median']:10.1f} |"
            f" {ours['cpu_us_min'] / peer['cpu_us_min']:15.2f} |"
            f" {ours['requests_per_second']:.0f} / {peer['requests_per_second']:.0f}"
        )
    print("us: CPU of the server process per request; s3proxy verifies signatures, nginx does not.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--preset", default="release")
    arguments = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as work:
        figures = run(arguments, Path(work))
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
