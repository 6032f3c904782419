"""Reads the pages of the admin address."""

import contextlib
import http.client
import re

from rig.process import LOOPBACK

SAMPLE = re.compile(r"^(s3proxy_[a-z_]+)(\{(?:[a-z_]+=\"[^\"\\]*\",?)+\})? (\d+)$")


def look(port, path, method="GET", **headers):
    """(status, text, answer) of one request to the admin address at `port`."""
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, port, timeout=20)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer


def metrics_of(page):
    """The samples of a page of metrics; a line that is none fails."""
    out = {}
    for line in page.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.match(line)
            assert match, line
            out[match[1] + (match[2] or "")] = int(match[3])
    return out
