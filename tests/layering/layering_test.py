"""The layering check must find a planted breach of every kind; a check that cannot fail proves nothing."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from layering import breaches  # noqa: E402

PLANTED = [
    ("http/x.hpp", '#include "s3proxy/s3/y.hpp"', "must not include 's3'"),
    ("cache/x.cpp", '#include "s3proxy/s3/y.hpp"', "must not include 's3'"),
    ("read_ahead/x.cpp", '#include "s3proxy/cache/y.hpp"', "must not include 'cache'"),
    ("read_ahead/x.cpp", "auto now = std::chrono::steady_clock::now();", "must not read clocks"),
    ("net/x.cpp", '#include "s3proxy/upstream/y.hpp"', "must not include 'upstream'"),
    ("observe/x.cpp", '#include "s3proxy/proxy/y.hpp"', "must not include 'proxy'"),
    ("base/x.cpp", "#include <mutex>", "pure room"),
    ("cache/x.cpp", "auto now = std::chrono::steady_clock::now();", "must not read clocks"),
    ("cache/x.cpp", "#include <boost/asio/post.hpp>", "may be included only in"),
    ("proxy/x.cpp", "#include <boost/beast/http.hpp>", "may be included only in"),
    ("proxy/x.cpp", "#include <boost/asio/ssl.hpp>", "may be included only in"),
    ("http/x.cpp", "#include <openssl/evp.h>", "may be included only in"),
    ("net/server_connection.cpp", "#include <openssl/ssl.h>", "may be included only in"),
    ("net/tls_channel.cpp", "#include <boost/asio/ssl/stream.hpp>", "may be included only in"),
    ("s3/address.cpp", "#include <pugixml.hpp>", "may be included only in"),
    ("app/main.cpp", "#include <CLI/CLI.hpp>", "may be included only in"),
    ("app/reload.cpp", "#include <toml++/toml.h>", "may be included only in"),
    ("proxy/x.cpp", "#include <spdlog/spdlog.h>", "may be included only in"),
    ("helpers/x.cpp", "int x;", "is not a room"),
]
ALLOWED = [
    ("proxy/x.cpp", '#include "s3proxy/cache/plan.hpp"'),
    ("app/options.cpp", "#include <CLI/CLI.hpp>"),
    ("base/crypto.cpp", "#include <openssl/evp.h>"),
    ("net/tls_channel.cpp", "#include <openssl/ssl.h>"),
    ("upstream/connection.cpp", "#include <boost/asio/ssl/stream.hpp>"),
]


def check(place, line):
    with tempfile.TemporaryDirectory() as root:
        path = pathlib.Path(root) / "src" / place
        path.parent.mkdir(parents=True)
        path.write_text(line + "\n")
        return list(breaches(root))


failed = 0
for place, line, want in PLANTED:
    if not any(want in found for found in check(place, line)):
        print(f"not found: {place}: {line}")
        failed += 1
for place, line in ALLOWED:
    if check(place, line):
        print(f"wrongly refused: {place}: {line}")
        failed += 1
print(f"{len(PLANTED) + len(ALLOWED) - failed} of {len(PLANTED) + len(ALLOWED)} as they should be")
sys.exit(1 if failed else 0)
