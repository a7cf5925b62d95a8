"""A small switch and a calm tenant for hammer.py, which needs neither Open vSwitch nor os-ken."""
import asyncio
import struct
import time

import openflow as of
from frames import echo
from processes import Failure, check
from product import is_own_flow

CALM = 0xca11                                                    # datapath id of the calm tenant's switch
PATIENCE = 10.0                                                  # seconds that anybody waits for anything


class Wire:
    """A connection that is read message by message; `closed` once the other side ended it."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.closed = reader, writer, False

    async def receive(self):
        """The next message; None at the end."""
        try:
            head = await self.reader.readexactly(8)
            return head + await self.reader.readexactly(max(0, of.header(head).length - 8))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed = True
            return None

    def send(self, *messages):
        if not self.closed:
            self.writer.write(b"".join(messages))

    async def end(self):
        """Half-closes and waits until the other side has read everything and closed as well."""
        try:
            if self.writer.can_write_eof():
                self.writer.write_eof()
            while await asyncio.wait_for(self.reader.read(65536), PATIENCE):
                pass
        except (ConnectionError, OSError):
            pass
        except asyncio.TimeoutError:
            raise Failure("sluiced did not close a connection within %gs of its end" % PATIENCE) from None
        finally:
            self.closed = True
            self.writer.close()


class Switch:
    """As much of a switch as sluiced needs to see."""

    def __init__(self, version, dpid, ports):
        self.version, self.dpid, self.ports = version, dpid, ports
        self.wire = None
        self.seen = []                                           # flow_mods and packet_outs
        self.asked_features = asyncio.Event()

    async def dial(self, port):
        self.wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
        self.wire.send(of.hello(self.version))

    async def live(self, heard=None):
        """Answers whatever comes until the connection ends."""
        while True:
            message = await self.wire.receive()
            if message is None:
                return
            self.answer(message)
            if heard:
                heard(message)

    def answer(self, message):
        version, head = self.version, of.header(message)
        reply = None
        if head.type == of.FEATURES_REQUEST:
            reply = of.features_reply(version, self.dpid, self.ports, head.xid)
            self.asked_features.set()
        elif head.type == of.ECHO_REQUEST:
            reply = of.message(version, of.ECHO_REPLY, message[8:], head.xid)
        elif head.type == of.BARRIER_REQUEST[version]:
            reply = of.message(version, of.BARRIER_REPLY[version], b"", head.xid)
        elif head.type == of.GET_CONFIG_REQUEST:
            reply = of.message(version, of.GET_CONFIG_REPLY, struct.pack(">HH", 0, 0xffff), head.xid)
        elif head.type == of.STATS_REQUEST[version]:
            reply = self.statistics(of.stats_kind(message), head.xid)
        elif head.type in (of.FLOW_MOD, of.PACKET_OUT):
            self.seen.append(message)
        if reply:
            self.wire.send(reply)

    def statistics(self, kind, xid):
        body = b""
        if kind == of.STATS_DESC:
            body = bytes(1056)
        elif kind == of.STATS_AGGREGATE:
            body = bytes(24)
        elif kind == of.STATS_PORT_DESC and self.version == of.V13:
            body = b"".join(of.port_bytes(of.V13, p, "p%d" % p) for p in self.ports)
        return of.stats_reply(self.version, kind, body, xid=xid)


class Calm:
    """The tenant that must notice nothing: a switch and a controller that talk through sluiced without a pause."""

    def __init__(self, version):
        self.version = version
        self.switch = Switch(version, CALM, [1, 2, 3])
        self.listen_port = None
        self.rounds = self.connections = self.slowest = 0
        self._controller = None
        self._packets, self._replies, self._ready = asyncio.Queue(), asyncio.Queue(), asyncio.Event()
        self._flow_mods = 0
        self.trouble = None                                      # text, once something was wrong
        self._tasks = []

    async def listen(self):
        server = await asyncio.start_server(self._controller_life, "127.0.0.1", 0)
        self.listen_port = server.sockets[0].getsockname()[1]

    async def _controller_life(self, reader, writer):
        self.connections += 1
        if self.connections > 1:
            self.complain("sluiced dialled the calm controller again: its first connection was lost")
        self._controller = wire = Wire(reader, writer)
        wire.send(of.hello(self.version), of.message(self.version, of.FEATURES_REQUEST))
        try:
            while await self._take(wire):
                pass
        except asyncio.CancelledError:                           # the round is over
            pass

    async def _take(self, wire):
        """Deals with one message; false at the end of the connection."""
        message = await wire.receive()
        if message is None:
            return False
        head = of.header(message)
        if head.type == of.FEATURES_REPLY:
            self._ready.set()
        elif head.type == of.PACKET_IN:
            self._packets.put_nowait(of.read_packet_in(message).data)
        elif head.type == of.BARRIER_REPLY[self.version]:
            self._replies.put_nowait(head.xid)
        elif head.type == of.ECHO_REQUEST:
            wire.send(of.message(self.version, of.ECHO_REPLY, message[8:], head.xid))
        elif head.type == of.ERROR:
            self.complain("the calm controller got %s" % of.describe(message))
        return True

    async def start(self, port):
        await self.switch.dial(port)
        self._tasks.append(asyncio.create_task(self.switch.live()))
        await asyncio.wait_for(self._ready.wait(), PATIENCE)
        self._tasks.append(asyncio.create_task(self._talk()))

    async def _talk(self):
        try:
            while not self.trouble:
                await self.round()
                await asyncio.sleep(0.02)
        except Failure as problem:
            self.complain(str(problem))

    async def round(self):
        """One packet up, one flow down, one barrier there and back."""
        self.rounds += 1
        began = time.monotonic()
        frame = echo("02:00:00:00:00:01", "02:00:00:00:00:02", 1, 2, "<calm %d>" % self.rounds)
        self.switch.wire.send(of.packet_in(self.version, 1, frame))
        got = await self._within(self._packets.get(), "packet_in")
        check(got == frame, "the calm controller got another packet than its switch sent: %s", got.hex())
        self._flow_mods += 1
        self._controller.send(of.flow_mod(self.version, {"in_port": 1, "eth_dst": "02:00:00:00:00:02"}, [("output", 2)],
                                          cookie=self.rounds, xid=self.rounds), of.barrier(self.version, self.rounds))
        got = await self._within(self._replies.get(), "barrier reply")
        check(got == self.rounds, "the calm controller's barrier %d came back as %d", self.rounds, got)
        self.judge_switch()
        self.slowest = max(self.slowest, time.monotonic() - began)

    async def _within(self, waiting, what):
        try:
            return await asyncio.wait_for(waiting, PATIENCE)
        except asyncio.TimeoutError:
            raise Failure("the calm tenant waited %gs for its %s" % (PATIENCE, what)) from None

    def judge_switch(self):
        """Nothing but the calm tenant's own flows, what belongs on the wild slice's port 3, and what Sluice needs for
        LLDP may reach it."""
        for message in self.switch.seen:
            if message[1] == of.FLOW_MOD:
                cookie = struct.unpack_from(">Q", message, 48 if self.version == of.V10 else 8)[0]
                if is_own_flow(cookie):
                    continue
                offset = 8 if self.version == of.V10 else 48
                match, at = of.read_match(self.version, message, offset)
                actions = of.read_actions(self.version, message[72:]) if self.version == of.V10 else \
                    of.read_instructions(message[at:])
                own, in_port = [1, 2] if match.get("in_port") == 1 else [3], match.get("in_port")
                self._flow_mods -= in_port == 1
            else:
                own, in_port = [3], 3
                size = struct.unpack_from(">H", message, 14 if self.version == of.V10 else 16)[0]
                start = 16 if self.version == of.V10 else 24
                actions = of.read_actions(self.version, message[start:start + size])
            ports = [a[1] for a in actions if a[0] == "output"]
            check(in_port in (1, 3) and all(p in own or p in (of.CONTROLLER, of.IN_PORT) for p in ports),
                  "something foreign reached the calm switch: %s", of.describe(message, 300))
        self.switch.seen.clear()
        check(self._flow_mods == 0, "the calm switch got %d flow_mods for port 1 too %s", abs(self._flow_mods),
              "few" if self._flow_mods > 0 else "many")

    def complain(self, text):
        self.trouble = self.trouble or text

    def judge(self):
        check(not self.trouble, "%s", self.trouble)
        check(not self.switch.wire.closed, "the calm switch was disconnected")
        check(self._tasks and not any(task.done() for task in self._tasks), "the calm tenant stopped talking")

    def stop(self):
        for task in self._tasks:
            task.cancel()
