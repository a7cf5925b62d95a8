#!/usr/bin/python3
"""Throws random byte strings and mutated real messages at both sides of a running sluiced, while one tenant works on.

    hammer.py --bin BUILD [--full | --count N] [--seed S] [--of 1.0|1.3]

Needs no Open vSwitch: the switches and controllers are small ones of our own. One switch and its controller are "calm":
they exchange packet_ins, flow_mods and barriers all the time, and must not notice anything. Everything else attacks:

    switch port, random     byte strings on fresh connections: at once, behind a hello, behind a whole handshake
    switch port, mutated    a known switch that sends broken versions of real messages
    controller, random      byte strings to sluiced when it dials a tenant's controller, at the same three moments
    controller, mutated     a tenant's controller that sends broken versions of real messages, to a switch of its own
                            and to the calm one

Passes when sluiced lives, the calm tenant got everything in time over its one connection, nothing foreign reached the
calm switch, and SIGTERM still ends sluiced with status 0. Meant for builds with sanitizers too (--full: 10,000 of
each).
"""
import argparse
import asyncio
import os
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import openflow as of                                            # noqa: E402
from ammunition import mutated, random_string, real_messages     # noqa: E402
from processes import Failure, check, free_port                  # noqa: E402
from product import Sluiced                                      # noqa: E402
from small_parties import CALM, PATIENCE, Calm, Switch, Wire     # noqa: E402

VICTIM, IMPOSTOR = 0xbad1, 0xbad2                                # datapath ids
WILD_SLICES = 40
STAGES = ("switch port, random", "switch port, mutated", "controller, random", "controller, mutated")


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
        slices = {"calm": one("calm", [1, 2], "tcp:127.0.0.1:%d" % self.calm.listen_port),
                  "wild": one("calm", [3], address)}
        for n in range(WILD_SLICES):
            slices["wild%d" % n] = one("victim", [n + 1], address)
        slices["prey"] = one("impostor", [1, 2, 3, 4], "tcp:127.0.0.1:%d" % free_port())
        switches = {name: {"dpid": "%016x" % dpid} for name, dpid in
                    (("calm", CALM), ("victim", VICTIM), ("impostor", IMPOSTOR))}
        self.sluiced = Sluiced(self.build, self.folder, switches, slices, name="hammered", level="warning")
        try:
            self.sluiced.wait_listening()
            try:
                await self.calm.start(self.sluiced.port)
            except asyncio.TimeoutError:
                self.sluiced.process.require_running()
                raise Failure("the calm controller was not given its switch within %gs" % PATIENCE) from None
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
        except asyncio.CancelledError:                           # the round is over
            pass
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
    parser.add_argument("--of", choices=sorted(of.NAME.values()), action="append",
                        help="OpenFlow version (default: both)")
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
