"""A store that keeps keys byte for byte, in memory: the posix store of these tests folds `a//b` to `a/b`.

It knows what clients do with single objects (GET, HEAD, PUT, DELETE, DeleteObjects, both listings,
HeadBucket) and believes every signature.
"""

import hashlib
import re
import threading
import xml.etree.ElementTree as xml
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from rig.process import LOOPBACK
from rig.servers import Server


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that is gone


class VerbatimStore(Server):
    def __init__(self):
        super().__init__(".")
        self.objects = {}  # (bucket, key) -> (bytes, entity tag, date)

    def start(self):
        handler = type("BoundHandler", (Handler,), {"objects": self.objects})
        self.server = QuietServer((LOOPBACK, 0), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self, how=None):
        self.server.shutdown()
        self.server.server_close()


def decode_chunks(body):
    """The bytes inside an aws-chunked body."""
    out, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].partition(b";")[0], 16)
        if size == 0:
            return b"".join(out)
        out.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    objects = None

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def address(self):
        path, _, query = self.path.partition("?")
        bucket, _, key = path.lstrip("/").partition("/")
        return bucket, unquote(key), parse_qs(query, keep_blank_values=True)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        streaming = self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
        return decode_chunks(data) if streaming else data

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        self.send_header("x-amz-request-id", "0")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def error(self, status, code):
        text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
        self.answer(status, text.encode(), {"Content-Type": "application/xml"})

    def do_GET(self):
        bucket, key, query = self.address()
        if not key:
            return self.list(bucket, query) if self.command == "GET" else self.answer(200)
        held = self.objects.get((bucket, key))
        if held is None:
            return self.error(404, "NoSuchKey")
        data, tag, date = held
        wanted = self.headers.get("If-Match")
        if wanted and wanted.strip('"') not in ("*", tag.strip('"')):
            return self.error(412, "PreconditionFailed")
        headers = {
            "ETag": tag,
            "Last-Modified": date,
            "Accept-Ranges": "bytes",
            "Content-Type": "binary/octet-stream",
        }
        ranged = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not ranged:
            return self.answer(200, data, headers)
        first, last = ranged.groups()
        begin = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last) + 1, len(data)) if first and last else len(data)
        if begin >= end:
            return self.error(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
        return self.answer(206, data[begin:end], headers)

    do_HEAD = do_GET

    def list(self, bucket, query):
        def given(name):
            return query.get(name, [""])[0]

        second = given("list-type") == "2"
        encode = quote if given("encoding-type") == "url" else escape
        after = given("start-after") or given("marker")
        prefix, delimiter = given("prefix"), given("delimiter")
        entries, folders = [], {}
        for (of, key), (data, tag, _) in sorted(self.objects.items()):
            if of != bucket or not key.startswith(prefix) or key <= after:
                continue
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders[prefix + head + found] = True
                continue
            entries.append(
                f"<Contents><Key>{encode(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>{escape(tag)}</ETag><Size>{len(data)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
        count = f"<KeyCount>{len(entries) + len(folders)}</KeyCount>" if second else "<Marker></Marker>"
        if given("encoding-type"):
            count += "<EncodingType>url</EncodingType>"
        shared = "".join(f"<CommonPrefixes><Prefix>{encode(f)}</Prefix></CommonPrefixes>" for f in folders)
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><Prefix>{encode(prefix)}</Prefix>{count}<MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>false</IsTruncated>{''.join(entries)}{shared}</ListBucketResult>"
        )
        self.answer(200, text.encode(), {"Content-Type": "application/xml"})

    def do_PUT(self):
        bucket, key, _ = self.address()
        data = self.body()
        if not key:
            return self.answer(200)
        if self.headers.get("If-None-Match") == "*" and (bucket, key) in self.objects:
            return self.error(412, "PreconditionFailed")
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        self.objects[bucket, key] = (data, tag, formatdate(usegmt=True))
        return self.answer(200, headers={"ETag": tag})

    def do_DELETE(self):
        bucket, key, _ = self.address()
        self.objects.pop((bucket, key), None)
        self.answer(204)

    def do_POST(self):
        bucket, _, query = self.address()
        data = self.body()
        if "delete" not in query:
            return self.error(501, "NotImplemented")
        deleted = [e.text for e in xml.fromstring(data).iter() if e.tag.rpartition("}")[2] == "Key"]
        for key in deleted:
            self.objects.pop((bucket, key), None)
        told = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in deleted)
        return self.answer(
            200, f"<DeleteResult>{told}</DeleteResult>".encode(), {"Content-Type": "application/xml"}
        )
