"""TLS in front of a server that speaks plain HTTP: what it asks of those who come is the test's choice."""

import asyncio
import ssl
import threading

from rig.process import LOOPBACK


class TlsFront:
    """On a port of the kernel's choice; `url` leads there. With `clients_of`, the path of an authority's
    certificate, it serves only who shows a certificate of that authority. `peers` names who came."""

    def __init__(self, server_port, pair, *, clients_of=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair.certificate, pair.key)
        if clients_of:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(clients_of)
        self.server_port = server_port
        self.peers = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # a handshake that fails is what some tests want
        listening = asyncio.start_server(self._serve, LOOPBACK, 0, ssl=self.context)
        self.server = self.loop.run_until_complete(listening)
        self.url = f"https://{LOOPBACK}:{self.server.sockets[0].getsockname()[1]}"
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks))
        self.loop.close()

    async def _serve(self, reader, writer):
        subject = (writer.get_extra_info("peercert") or {}).get("subject", ())
        self.peers += [value for part in subject for name, value in part if name == "commonName"] or [None]
        store_reader, store_writer = await asyncio.open_connection(LOOPBACK, self.server_port)
        await asyncio.gather(self._carry(reader, store_writer), self._carry(store_reader, writer))

    @staticmethod
    async def _carry(source, target):
        try:
            while data := await source.read(1 << 16):
                target.write(data)
                await target.drain()
        except OSError:
            pass  # one side has left; so does the other
        finally:
            target.close()
