"""A transparent recorder between two OpenFlow parties: passes every byte on unchanged, keeps every message of both
directions and writes them to a capture that tshark can read."""
import socket
import threading
import time
from collections import namedtuple

import openflow as of

# `connection` counts from 1 in the order of the TCP connections; `sender` is "client" (who dialled) or "server".
Recorded = namedtuple("Recorded", "time connection sender data")


class Pipe:
    """Listens on a free loopback port and dials `target_port` for every connection that it gets. `sluice` says which of
    the two sides is sluiced: "client" or "server"."""

    def __init__(self, name, target_port, sluice, capture=None):
        self.name = name
        self.messages = []                                       # of Recorded, in the order of their arrival
        self.faults = []                                         # text: what was no OpenFlow stream
        self._target_port = target_port
        self._capture = capture
        self._sluice = sluice
        self._sockets = set()
        self._lock = threading.Lock()
        self._connections = 0
        self._open = True
        self._refuses = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True, name="pipe " + name).start()

    @property
    def connections(self):
        """How many there were so far."""
        return self._connections

    def _accept(self):
        while self._open:
            try:
                client, address = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._refuses:                                # cut in this very moment
                    client.close()
                    server.close()
                    continue
                self._connections += 1
                number = self._connections
                self._sockets |= {client, server}
            captured = self._capture.connection(address[1]) if self._capture else None
            ended = threading.Event()
            for source, sink, sender in ((client, server, 0), (server, client, 1)):
                threading.Thread(target=self._pump, args=(source, sink, sender, number, captured, ended), daemon=True,
                                 name="pipe %s %d" % (self.name, sender)).start()

    def _pump(self, source, sink, sender, number, captured, ended):
        rest, side = b"", ("client", "server")[sender]
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                rest = self._record(rest, data, side, number,
                                    captured)      # before it goes on: so causes precede effects
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            if captured and ended.is_set():                      # the second of the two directions
                captured.end()
            ended.set()
            source.close()
            with self._lock:
                self._sockets.discard(source)

    def _record(self, rest, data, side, number, captured):
        """Keeps the messages that are whole now; returns the incomplete rest, None once the stream is no OpenFlow."""
        if rest is None:
            return None
        try:
            whole, rest = of.split(rest + data)
        except of.Malformed as problem:
            self.faults.append("%s, connection %d, from the %s: %s" % (self.name, number, side, problem))
            return None
        for message in whole:
            self.messages.append(Recorded(time.time(), number, side, message))
            if captured:
                captured.message(side == "server", message, judged=side == self._sluice)
        return rest

    def sent_by(self, sender, kind=None):
        """The messages of one side ("client" or "server"), of one type if asked for."""
        return [m.data for m in list(self.messages)
                if m.sender == sender and (kind is None or m.data[1] == kind)]

    def cut(self):
        """Ends all connections and lets nobody through until `mend`."""
        with self._lock:
            self._refuses = True
        self._end_all()

    def mend(self):
        self._refuses = False

    def close(self):
        self._open = False
        self._listener.close()
        self._end_all()

    def _end_all(self):
        with self._lock:
            ends = list(self._sockets)
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
