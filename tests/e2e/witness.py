"""A witness between s3proxy and the store: passes every byte on, and keeps what the store answered.

The store is not atomic: it looks up an object's entity tag and opens its file in two steps, and an overwrite
can come between them. Whether a torn answer is s3proxy's or the store's, only a witness can tell.
"""

import http.client
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rig.process import LOOPBACK


@dataclass(frozen=True)
class Seen:
    """One answer of the store that carries bytes of an object."""

    target: str
    status: int
    etag: str
    contents: object  # what `look` saw in the body


class Witness:
    """An HTTP server in front of the store at `origin` ("host:port"), on a port of the kernel's choice.

    `look(body, begin)` tells what is worth keeping of a body that begins at `begin` in its object.
    """

    def __init__(self, origin, look):
        self.origin = origin
        self.look = look
        self.seen = []
        self._lock = threading.Lock()
        witness = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body leave together

            def setup(self):
                super().setup()
                self.store = http.client.HTTPConnection(witness.origin, timeout=60)

            def finish(self):
                self.store.close()
                super().finish()

            def relay(self):
                self.store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    self.store.putheader(name, value)
                self.store.endheaders(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                answer = self.store.getresponse()
                body = answer.read()
                if self.command == "GET" and answer.status in (200, 206):
                    witness.note(self.path, answer, body)
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = relay

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a front that goes away

        self._server = Server((LOOPBACK, 0), Handler)
        self.address = f"{LOOPBACK}:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def note(self, target, answer, body):
        content_range = answer.headers.get("Content-Range", "bytes 0-")
        begin = int(content_range.split(" ")[1].split("-")[0]) if answer.status == 206 else 0
        seen = Seen(target, answer.status, answer.headers.get("ETag", ""), self.look(body, begin))
        with self._lock:
            self.seen.append(seen)

    def start(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
