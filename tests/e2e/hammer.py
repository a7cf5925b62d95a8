#!/usr/bin/python3
"""Throws random byte strings and mutated real messages at both sides of a running sluiced, while one tenant works on.

    hammer.py --bin BUILD [--full | --count N] [--seed S] [--of 1.0|1.3]

Needs no Open vSwitch: the switches and controllers are small ones of our own. One switch and its controller are "calm":
they exchange packet_ins, flow_mods and barriers all the time, and must not notice anything. Everything else attacks:

    switch port, random     byte strings on fresh connections: at once, behind a hello, behind a whole handshake
    switch port, mutated    a known switch that sends broken versions of real messages
    controller, random      byte strings to sluiced when it dials a tenant's controller, at the same three moments
    controller, mutated     a tenant's controller that sends broken versions of real messages, to a switch of its own and
                            to the calm one

Passes when sluiced lives, the calm tenant got everything in time over its one connection, nothing foreign reached the
calm switch, and SIGTERM still ends sluiced with status 0. Meant for builds with sanitizers too (--full: 10,000 of each).
"""
import argparse
import asyncio
import glob
import os
import random
import struct
import sys
import tempfile
import time

import openflow as of
from frames import echo
from processes import Failure, check, free_port
from product import Sluiced

CALM, VICTIM, IMPOSTOR = 0xca11, 0xbad1, 0xbad2                  # datapath ids
WILD_SLICES = 40
PATIENCE = 10.0                                                  # seconds that the calm tenant waits for anything
STAGES = ("switch port, random", "switch port, mutated", "controller, random", "controller, mutated")


# ------------------------------------------------------------------------------------------------ ammunition

def real_messages(version):
    """Sound messages of both directions, each of which some party might send."""
    match = {"in_port": 1, "eth_dst": "02:00:00:00:00:02", "eth_type": 0x800, "ipv4_dst": 0x0a000001}
    frame = echo("02:00:00:00:00:01", "02:00:00:00:00:02", 1, 2, "x", 10)
    acts = [("set_vlan", 10), ("output", 1), ("output", of.FLOOD)]
    flow = of.flow_mod(version, match, acts, flags=1)
    out = [of.hello(version), of.message(version, of.ECHO_REQUEST, b"abc"), of.message(version, of.ECHO_REPLY, b"abc"),
           of.message(version, of.FEATURES_REQUEST), of.features_reply(version, VICTIM, range(1, 9)),
           of.message(version, of.GET_CONFIG_REQUEST), of.message(version, of.GET_CONFIG_REPLY, bytes(4)),
           of.set_config(version, 128), of.packet_in(version, 1, frame), of.flow_removed(version, match, 1 << 63),
           of.port_status(version, 2, 1), of.packet_out(version, acts, frame), flow,
           of.flow_mod(version, {}, [("output", of.CONTROLLER)], priority=0),
           of.flow_mod(version, {}, [], command=of.DELETE), of.flow_mod(version, {}, acts, command=of.MODIFY_STRICT),
           of.barrier(version), of.message(version, of.BARRIER_REPLY[version]), of.error(version, 1, 1, flow),
           of.port_mod(version, 1, "02:00:00:00:00:01", 0, 0), of.message(version, of.VENDOR, struct.pack(">II", 0x2320, 10)),
           of.stats(version, of.STATS_DESC), of.stats_reply(version, of.STATS_DESC, bytes(1056)),
           of.flow_stats(version, match), of.flow_stats(version, kind=of.STATS_AGGREGATE),
           of.stats_reply(version, of.STATS_FLOW, of.flow_stats_entry(version, match, 1 << 63, acts) * 2),
           of.stats_reply(version, of.STATS_AGGREGATE, bytes(24)), of.stats(version, of.STATS_TABLE),
           of.stats_reply(version, of.STATS_TABLE, bytes(64 if version == of.V10 else 24)), of.port_stats(version),
           of.stats_reply(version, of.STATS_PORT, bytes(104 if version == of.V10 else 112))]
    if version == of.V13:
        out += [of.group_mod(1, [("output", 1)]), of.meter_mod(1), of.stats(of.V13, of.STATS_PORT_DESC),
                of.stats_reply(of.V13, of.STATS_PORT_DESC, of.port_bytes(of.V13, 1, "p1")),
                of.stats(of.V13, of.STATS_TABLE_FEATURES), of.message(of.V13, of.ROLE_REQUEST, bytes(16)),
                of.flow_mod(of.V13, match, [], instructions=of.goto_table(1) + of.write_actions(acts))]
    return out + collected_messages(version)


def collected_messages(version):
    """Messages recorded from other makes, where the collection lies beside the source tree."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "corpus", "gathered")
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.bin"), recursive=True)):
        with open(path, "rb") as file:
            data = file.read(2049)
        if 8 <= len(data) <= 2048 and data[0] == version and of.header(data).length == len(data):
            out.append(data)
    return out


def random_string(dice):
    kind = dice.random()
    data = dice.randbytes(dice.choice((1, 7, 8, 9, 16, 40, 72, 200, 1500)))
    if kind < 0.5 and len(data) >= 8:                            # a plausible header before the noise
        data = struct.pack(">BBH", dice.choice((1, 4)), dice.randrange(32), len(data)) + data[4:]
    return data


def mutated(dice, message):
    data = bytearray(message)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data))
        way = dice.randrange(8)
        if way == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif way == 1:
            data[at] = dice.choice((0, 1, 0x7f, 0x80, 0xff))
        elif way == 2 and len(data) >= 12:                       # a word that looks like a length or a number of something
            at = dice.randrange(4, len(data) - 4) & ~1
            data[at:at + 2] = struct.pack(">H", dice.choice((0, 1, 4, 7, 8, 0xfff8, 0xffff, len(data))))
        elif way == 3:
            del data[max(8, at):]
        elif way == 4:
            data[at:at] = dice.randbytes(dice.choice((1, 4, 8, 64)))
        elif way == 5:
            data[at:at] = data[at:at + dice.choice((4, 8, 16))]
        elif way == 6 and len(data) > 12:
            del data[max(8, at):max(8, at) + dice.choice((1, 2, 4, 8))]
        else:
            data[1] = dice.randrange(32)
    if dice.random() < 0.95:                                     # else the stream itself is broken
        data[2:4] = struct.pack(">H", len(data) & 0xffff)
    return bytes(data)


# ------------------------------------------------------------------------------------------------ small parties

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
        while True:
            message = await wire.receive()
            if message is None:
                return
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
        """Nothing but the calm tenant's own flows, and what belongs on the wild slice's port 3, may reach this switch."""
        for message in self.switch.seen:
            if message[1] == of.FLOW_MOD:
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


# ------------------------------------------------------------------------------------------------ attacks

class Hammer:
    def __init__(self, build, folder, version, count, seed):
        self.version, self.count, self.dice = version, count, random.Random(seed)
        self.build, self.folder = build, folder
        self.real = real_messages(version)
        self.calm = Calm(version)
        self.done = {stage: 0 for stage in STAGES}
        self._victim = None
        self._wild_job = None                                    # what a wild controller does with a new connection
        self._accepted = 0

    async def run(self):
        await self.calm.listen()
        wild = await asyncio.start_server(self._wild_controller, "127.0.0.1", 0)
        address = "tcp:127.0.0.1:%d" % wild.sockets[0].getsockname()[1]

        def one(switch, ports, controller):
            return {"controllers": [controller], "flowspace": [{"on": {switch: ports}, "match": "any"}]}
        slices = {"calm": one("calm", [1, 2], "tcp:127.0.0.1:%d" % self.calm.listen_port), "wild": one("calm", [3], address)}
        for n in range(WILD_SLICES):
            slices["wild%d" % n] = one("victim", [n + 1], address)
        slices["prey"] = one("impostor", [1, 2, 3, 4], "tcp:127.0.0.1:%d" % free_port())
        switches = {name: {"dpid": "%016x" % dpid} for name, dpid in
                    (("calm", CALM), ("victim", VICTIM), ("impostor", IMPOSTOR))}
        self.sluiced = Sluiced(self.build, self.folder, switches, slices, name="hammered", level="warn")
        try:
            self.sluiced.wait_listening()
            await self.calm.start(self.sluiced.port)
            memory = self.memory()
            for stage, attack in zip(STAGES, (self.switch_random, self.switch_mutated, self.controller_random,
                                              self.controller_mutated)):
                await self._stage(stage, attack)
            self.calm.stop()
            grown = self.memory() - memory
            self.sluiced.stop()
            return "%d of each; %d calm rounds, slowest %.0f ms; memory %+.1f MB" % (
                min(self.done.values()), self.calm.rounds, self.calm.slowest * 1000, grown / 1024)
        finally:
            wild.close()
            self.calm.stop()
            if self.sluiced.process.running():
                self.sluiced.process.stop()

    def memory(self):
        with open("/proc/%d/status" % self.sluiced.process.pid, encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    async def _stage(self, stage, attack):
        self.stage = stage
        try:
            await attack()
            rounds = self.calm.rounds
            while self.calm.rounds < rounds + 3 and not self.calm.trouble:     # it still works when all is over
                await asyncio.sleep(0.01)
            self.sluiced.process.require_running()
            self.calm.judge()
        except (Failure, OSError, asyncio.TimeoutError) as problem:
            self.sluiced.process.require_running()
            raise Failure("%s, after %d: %s" % (stage, self.done[stage], problem or type(problem).__name__)) from None

    def more(self):
        """One more of this stage? Looks at the victims now and then."""
        if self.done[self.stage] >= self.count:
            return False
        self.done[self.stage] += 1
        if self.done[self.stage] % 50 == 0:
            self.sluiced.process.require_running()
            self.calm.judge()
        return True

    # -------------------------------------------------------------------------------- at the switch port

    async def switch_random(self):
        async def attacker(dpid):
            while self.more():
                stranger = Switch(self.version, dpid, [1, 2, 3, 4])
                depth = self.dice.random()
                stranger.wire = Wire(*await asyncio.open_connection("127.0.0.1", self.sluiced.port))
                if depth > 0.4:
                    stranger.wire.send(of.hello(self.version))
                if depth > 0.7:
                    stranger.wire.send(of.features_reply(self.version, dpid, [1, 2, 3, 4]))
                stranger.wire.send(random_string(self.dice))
                await stranger.wire.end()
        await asyncio.gather(*(attacker(dpid) for dpid in (IMPOSTOR, IMPOSTOR, 0x77, 0x78)))

    async def switch_mutated(self):
        while self.done[self.stage] < self.count:
            switch = Switch(self.version, IMPOSTOR, [1, 2, 3, 4])
            await switch.dial(self.sluiced.port)
            replies = asyncio.Queue()
            life = asyncio.create_task(switch.live(
                lambda m, q=replies: q.put_nowait(of.xid_of(m)) if m[1] == of.ECHO_REPLY else None))
            await asyncio.wait_for(switch.asked_features.wait(), PATIENCE)
            await self._fire(switch.wire, replies, life)

    async def _fire(self, wire, replies, life):
        """Sends mutated messages, an echo behind each, until the other side has enough or the stage is over."""
        number = 0
        while not wire.closed and self.more():
            number += 1
            message = mutated(self.dice, self.dice.choice(self.real))
            wire.send(message, of.message(self.version, of.ECHO_REQUEST, b"", 0x7e000000 + number))
            if of.header(message).length != len(message):
                break                                            # the stream is broken from here on
            answer = asyncio.create_task(replies.get())
            await asyncio.wait({answer, life}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            answered = answer.done()
            answer.cancel()
            if not answered:
                check(life.done(), "neither an answer to an echo nor an end came for %gs behind %s", PATIENCE,
                      of.describe(message, 400))
                break
        if not life.done():
            life.cancel()
            await asyncio.wait({life})
        await wire.end()

    # -------------------------------------------------------------------------------- at the controllers

    async def _wild_controller(self, reader, writer):
        """sluiced dialled the controller of a wild slice."""
        self._accepted += 1
        wire = Wire(reader, writer)
        try:
            if self._wild_job and not self._wild_over.is_set():
                await self._wild_job(wire)
            elif not self._wild_job:
                wire.send(of.hello(self.version))                # quiet until its stage comes
                while await wire.receive():
                    pass
        except (Failure, OSError, asyncio.TimeoutError) as problem:
            self._wild_trouble = self._wild_trouble or problem
        finally:
            writer.close()

    async def _with_wild_controllers(self, job):
        """Connects the victim switch over and over, so that sluiced goes on dialling, until the stage is over."""
        self._wild_job, self._wild_over, self._wild_trouble = job, asyncio.Event(), None
        while self.done[self.stage] < self.count:
            victim = Switch(self.version, VICTIM, list(range(1, WILD_SLICES + 1)))
            await victim.dial(self.sluiced.port)
            life = asyncio.create_task(victim.live())
            accepted, idle = -1, time.monotonic()
            while self.done[self.stage] < self.count and time.monotonic() - idle < 0.03:
                if self._progress() != accepted:
                    accepted, idle = self._progress(), time.monotonic()
                check(not life.done(), "sluiced hung up on a switch that did nothing wrong")
                if self._wild_trouble:
                    raise self._wild_trouble
                await asyncio.sleep(0.005)
            life.cancel()
            await asyncio.wait({life})
            await victim.wire.end()
        self._wild_over.set()

    def _progress(self):
        return self._accepted + self.done[self.stage]

    async def controller_random(self):
        async def job(wire):
            if not self.more():
                return
            depth = self.dice.random()
            if depth > 0.4:
                wire.send(of.hello(self.version))
            if depth > 0.7:
                wire.send(of.message(self.version, of.FEATURES_REQUEST))
            wire.send(random_string(self.dice))
            await wire.end()
        await self._with_wild_controllers(job)

    async def controller_mutated(self):
        async def job(wire):
            wire.send(of.hello(self.version), of.message(self.version, of.FEATURES_REQUEST))
            replies = asyncio.Queue()

            async def listen():
                while True:
                    message = await wire.receive()
                    if message is None:
                        return
                    if message[1] == of.ECHO_REPLY:
                        replies.put_nowait(of.xid_of(message))
                    elif message[1] == of.ECHO_REQUEST:
                        wire.send(of.message(self.version, of.ECHO_REPLY, message[8:], of.xid_of(message)))
            await self._fire(wire, replies, asyncio.create_task(listen()))
        await self._with_wild_controllers(job)


def strike(build, folder, version, count, seed):
    """Runs one round; returns what it saw in a line of text, raises Failure when something broke."""
    return asyncio.run(Hammer(build, folder, version, count, seed).run())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", required=True, help="build folder with proxy/sluiced and ctl/sluicectl")
    parser.add_argument("--count", type=int, default=1000, help="strings and messages of each kind (default 1000)")
    parser.add_argument("--full", action="store_true", help="10,000 of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", choices=sorted(of.NAME.values()), action="append", help="OpenFlow version (default: both)")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="sluice-hammer-") as folder:
        for version, name in of.NAME.items():
            if options.of and name not in options.of:
                continue
            began = time.monotonic()
            try:
                result = strike(os.path.abspath(options.bin), folder, version, 10000 if options.full else options.count,
                                options.seed)
                print("ok    hammer/%s  %5.1fs  %s" % (name, time.monotonic() - began, result))
            except Failure as problem:
                failed = True
                print("FAIL  hammer/%s  %5.1fs  %s" % (name, time.monotonic() - began, problem))
                with open(os.path.join(folder, "hammered.log"), encoding="utf-8", errors="replace") as log:
                    print(log.read()[-6000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
