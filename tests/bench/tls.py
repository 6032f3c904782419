"""Server CPU of a warm hit over TLS 1.3 with AES-128-GCM, beside nginx's with the same certificate.

    tools/bench tls [--rounds N] [--seconds S] [--json FILE]

Measured as `hits` measures; the clients offer one cipher, so both servers use it.
"""

import subprocess

from rig.process import clean_environment
from rig.servers import Nginx

from bench import bounds, command, hits, stand, tell

SIZES = {label: bounds.SIZES[label] for label in bounds.TLS_BOUNDS}


def certificate(work):
    """Paths of a fresh P-256 certificate for loopback, and of its key."""
    paths = work / "tls.crt", work / "tls.key"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    request += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command_line = [*request, "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command_line, check=True, capture_output=True, env=clean_environment())
    return paths


def candidates_of(where, options, files):
    ours = where.s3proxy("s3proxy", "--tls-cert", files[0], "--tls-key", files[1])
    candidates = {"s3proxy": hits.Candidate(ours, tls=True)}
    if Nginx.program().exists():
        for slice_size in ("256k",) if options.smoke else ("256k", "1m"):
            peer = where.nginx(slice_size, tls=files)
            candidates[f"nginx {slice_size}"] = hits.Candidate(peer, tls=True)
    return candidates


def measure(options, programs, work):
    object_bytes = hits.SMOKE_BYTES if options.smoke else hits.OBJECT_BYTES
    with stand.Stand(work, programs, object_bytes) as where:
        candidates = candidates_of(where, options, certificate(work))
        many = {"count": 300, "compare_every": 1} if options.smoke else {}
        with hits.running(where, candidates):
            figures = hits.compare(
                where, candidates, SIZES, rounds=options.rounds, seconds=options.seconds, **many
            )
    lines = tell.columns(list(bounds.hit_lines(figures)), ["TLS hit", *bounds.HIT_HEADING[1:]])
    return figures, list(lines), list(bounds.ratio_checks(figures, bounds.TLS_BOUNDS, "TLS, CPU of nginx's"))


def parse_arguments(given=None):
    parser = command.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args(given)
    if options.smoke:
        options.rounds, options.seconds = 1, 1
    return options


if __name__ == "__main__":
    command.run(parse_arguments(), measure)
