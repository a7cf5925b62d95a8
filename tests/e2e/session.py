"""What one case works with: switches, a Sluice in front of them, one controller per slice, recorders in between, hosts
that send frames. Ends everything that it started, and gathers the evidence when a case fails."""
import itertools
import os
from collections import namedtuple

import openflow as of
from frames import FRAME_TEXT, CaptureWriter, echo, vlan_of
from lab import ANY_VLAN, outputs
from pipe import Pipe
from processes import Failure, check, wait_until
from product import COOKIE_MARKER, Sluiced
from tenants import OsKen

Address = namedtuple("Address", "mac ip")                        # of somebody who is no host here, or of everybody


class Host:
    """A host of one slice behind one port of one switch."""

    def __init__(self, slice_, bridge, port, number):
        self.slice, self.bridge, self.port, self.number = slice_, bridge, port, number
        # The same addresses in every slice, on purpose: nothing but the flowspace tells the tenants apart.
        self.mac = "02:00:00:00:aa:%02x" % number
        self.ip = 0x0a000000 + number

    def __str__(self):
        return "%s's host %d (port %d of %s)" % (self.slice.name, self.number, self.port, self.bridge.name)


class Slice:
    """A tenant's part of the network: ports of switches, whole or one VLAN on them, and its controller."""

    def __init__(self, name, on, controller, vlan=None, everywhere=False, queues=None):
        self.name, self.on, self.controller, self.vlan, self.everywhere = name, on, controller, vlan, everywhere
        self.queues = queues                                     # of all its ports
        self.pipe = None                                         # to its controller, if that is recorded

    @property
    def dialled(self):
        """The port where sluiced finds its controller."""
        return (self.pipe or self.controller).port

    def problem_with(self, bridge, flow):
        """Why this entry of a switch does not lie wholly inside this slice; None when it does."""
        ports = self.on.get(bridge, [])
        in_port = flow.match.get("in_port")
        if in_port is None or not in_port.isdigit() or int(in_port) not in ports:
            return "in_port is %s" % in_port
        if self.vlan is not None and flow.match.get("dl_vlan") != str(self.vlan):
            return "dl_vlan is %s" % flow.match.get("dl_vlan")
        foreign = [(port, vlan) for port, vlan in outputs(flow, ANY_VLAN if self.vlan is None else self.vlan)
                   if not self._may_send(bridge, port, vlan)]
        return "it outputs to %s" % foreign if foreign else None

    def _may_send(self, bridge, port, vlan):
        """May a packet with this VLAN go there? A packet_in of 1.3 finds its owner by the cookie, whatever became of
        the header; in 1.0 there is only the header to tell."""
        if port == "CONTROLLER" and bridge.version == of.V13:
            return True
        return (port == "CONTROLLER" or port in self.on[bridge]) and self.vlan in (None, vlan)


class Session:
    def __init__(self, context, label, version):
        self.context, self.version = context, version
        self.folder = os.path.join(context.folder, label.replace("/", "-"))
        os.makedirs(self.folder, exist_ok=True)
        self.bridges, self.slices, self.pipes = [], [], []
        self.sluiced = self.switch_pipe = self.capture = None
        self.hosts = []
        self._frames_judged, self._messages_judged = {}, {}
        self._sequence = itertools.count(1)
        self._finished = False

    # ------------------------------------------------------------------------------------------------ building

    def bridge(self, ports):
        bridge = self.context.ovs.bridge(self.version, ports)
        self.bridges.append(bridge)
        return bridge

    def slice(self, name, on, vlan=None, controller=None, learn=True, everywhere=False, queues=None):
        """`on`: {bridge: ports}. Without a controller of its own the slice gets os-ken. `everywhere`: the slice file
        says "*", and `on` says what that means now. `queues`: as the slice file says it."""
        controller = controller or OsKen(self.context.osken, name, self.version, self.folder, learn)
        self.slices.append(Slice(name, {bridge: list(ports) for bridge, ports in on.items()}, controller, vlan,
                                 everywhere, queues))
        return self.slices[-1]

    def host(self, slice_, bridge, port, number):
        self.hosts.append(Host(slice_, bridge, port, number))
        return self.hosts[-1]

    def start(self, record_controllers=True, capture=False):
        """Starts controllers and daemon side by side, connects the switches, waits until every controller sees every
        switch of its slice. `capture`: also write what is said to a file for tshark."""
        for slice_ in self.slices:
            slice_.controller.start()
        if capture:
            self.capture = CaptureWriter(os.path.join(self.folder, "session.pcap"))
        if record_controllers:
            for slice_ in self.slices:
                self._record(slice_)
        self.sluiced = Sluiced(self.context.build, self.folder, *self.policy())
        self.sluiced.wait_listening()
        for slice_ in self.slices:
            slice_.controller.wait_listening()
        self.switch_pipe = Pipe("switch", self.sluiced.port, "server", self.capture)
        self.pipes.append(self.switch_pipe)
        for bridge in self.bridges:
            bridge.connect(self.switch_pipe.port)
        self.wait_up()

    def _record(self, slice_):
        slice_.pipe = Pipe(slice_.name, slice_.controller.port, "client", self.capture)
        self.pipes.append(slice_.pipe)

    def policy(self):
        """What the slice file says of switches, and what of slices, as they are now."""
        return ({"s%d" % n: {"dpid": bridge.dpid_text} for n, bridge in enumerate(self.bridges, 1)},
                {s.name: {"controllers": ["tcp:127.0.0.1:%d" % s.dialled], "flowspace": self._flowspace(s)}
                 for s in self.slices})

    def start_controller(self, slice_):
        """The controller of a slice that came after `start`; sluiced learns of it by a new slice file."""
        slice_.controller.start()
        slice_.controller.wait_listening()
        self._record(slice_)

    def _flowspace(self, slice_):
        names = {bridge: "s%d" % n for n, bridge in enumerate(self.bridges, 1)}
        return [{"on": {names[bridge]: "*" if slice_.everywhere else ports for bridge, ports in slice_.on.items()},
                 "match": "any" if slice_.vlan is None else {"vlan": slice_.vlan},
                 **({"queues": slice_.queues} if slice_.queues else {})}]

    def wait_up(self):
        for slice_ in self.slices:
            for bridge in slice_.on:
                slice_.controller.wait_up(bridge)
                if isinstance(slice_.controller, OsKen):
                    slice_.controller.barrier(bridge)
        for bridge in self.bridges:
            bridge.forget_cached_drops()

    # ------------------------------------------------------------------------------------------------ traffic

    def frame(self, source, target, reply=False):
        text = "<%s %d>" % (source.slice.name, next(self._sequence))
        return echo(source.mac, target.mac, source.ip, target.ip, text, source.slice.vlan, reply)

    def send(self, source, target, reply=False):
        """One frame from host to host; the bytes that were sent."""
        frame = self.frame(source, target, reply)
        source.bridge.inject(source.port, frame)
        return frame

    def wait_arrival(self, target, frame, seconds=5):
        def missing():
            text = FRAME_TEXT.search(frame).group().decode()
            seen = ["%s port %d" % (b.name, p) for b in self.bridges for p in b.ports if frame in b.sent(p)]
            return "frame %s to reach %s; it was seen on %s" % (text, target, ", ".join(seen) or "no port")
        wait_until(missing, lambda: frame in target.bridge.sent(target.port), seconds)

    def ping(self, one, other):
        """A request one way and a reply the other; returns both frames."""
        request = self.send(one, other)
        self.wait_arrival(other, request)
        answer = self.send(other, one, reply=True)
        self.wait_arrival(one, answer)
        return request, answer

    def learn(self, one, other):
        """Pings until both directions are in the tables of both hosts' switches."""
        self.ping(one, other)
        self.ping(one, other)
        for source, target in ((one, other), (other, one)):
            for bridge in {one.bridge, other.bridge}:
                wait_until("a flow from %s to %s on %s" % (source, target, bridge.name),
                           lambda b=bridge, s=source, t=target: self.unicast_flows(s, t, b))

    def unicast_flows(self, source, target, bridge=None):
        """The learned entries of this slice for this direction on one switch."""
        bridge = bridge or source.bridge
        return [flow for flow in bridge.flows()
                if flow.match.get("dl_src") == source.mac and flow.match.get("dl_dst") == target.mac
                and not source.slice.problem_with(bridge, flow)]

    def carried(self, source, target):
        return sum(flow.packets for flow in self.unicast_flows(source, target))

    def check_carried_by_flows(self, one, other, count=3):
        """The learned entries carry the traffic: counters grow and the controller hears nothing of it."""
        controller = one.slice.controller
        recorded = isinstance(controller, OsKen)
        before = {pair: self.carried(*pair) for pair in ((one, other), (other, one))}
        since = controller.mark() if recorded else 0
        frames = [frame for _ in range(count) for frame in self.ping(one, other)]
        for bridge in {one.bridge, other.bridge}:
            bridge.push_counters()
        for pair, packets in before.items():
            wait_until("%d packets more in the flow from %s to %s" % (count, *pair),
                       lambda p=pair, n=packets: self.carried(*p) >= n + count)
        if recorded:
            controller.barrier(one.bridge)
            heard = [m for m in controller.messages(since, of.PACKET_IN) if of.read_packet_in(m.data).data in frames]
            check(not heard, "%s's controller got %d packet_ins of traffic that its flows carry", one.slice.name,
                  len(heard))

    # ------------------------------------------------------------------------------------------------ judging

    def check_isolated(self):
        """Nothing of a slice is where another slice is: not in the switches' tables, not on the wires, not in the
        controllers' hands."""
        self.check_tables()
        self.check_wires()
        for slice_ in self.slices:
            if isinstance(slice_.controller, OsKen):
                self._check_packet_ins(slice_)
            slice_.controller.check_understood()

    def close_books(self):
        """What went over the wires and to the controllers so far is judged now, and not again: what comes next may
        belong to others."""
        self.check_isolated()
        for bridge in self.bridges:
            self._frames_judged.update({(bridge, port): len(bridge.sent(port)) for port in bridge.ports})
        self._messages_judged = {slice_: slice_.controller.mark() for slice_ in self.slices
                                 if isinstance(slice_.controller, OsKen)}

    def check_tables(self):
        prefixes = {}
        for bridge in self.bridges:
            for flow in bridge.flows():
                problems = {s.name: s.problem_with(bridge, flow) for s in self.slices}
                owners = [name for name, problem in problems.items() if problem is None]
                check(len(owners) == 1, "an entry of %s lies inside %s: %s\n  %s", bridge.name,
                      "the slices " + ", ".join(owners) if owners else "no slice", flow.text, problems)
                check(flow.table == 0, "an entry of %s is in table %d: %s", bridge.name, flow.table, flow.text)
                check(flow.cookie & COOKIE_MARKER, "the cookie of an entry lacks the marker bit: %s", flow.text)
                prefixes.setdefault(owners[0], set()).add(flow.cookie >> 48)
        for name, found in prefixes.items():
            check(len(found) == 1, "%s's entries have several slice numbers in their cookies: %s", name, found)
            for other, theirs in prefixes.items():
                check(name == other or not found & theirs, "%s and %s have the same slice number in their cookies",
                      name,
                      other)

    def check_wires(self):
        for bridge in self.bridges:
            for port in bridge.ports:
                seen = set()
                for frame in bridge.sent(port)[self._frames_judged.get((bridge, port), 0):]:
                    text = FRAME_TEXT.search(frame)
                    check(text is not None, "port %d of %s sent a frame that no host sent: %s", port, bridge.name,
                          frame.hex())
                    owner = next(s for s in self.slices if s.name == text.group(1).decode())
                    check(port in owner.on.get(bridge, []), "frame %s left through port %d of %s, which is not %s's",
                          text.group().decode(), port, bridge.name, owner.name)
                    check(vlan_of(frame) == owner.vlan, "frame %s left with VLAN %s", text.group().decode(),
                          vlan_of(frame))
                    check(frame not in seen, "frame %s left port %d of %s twice", text.group().decode(), port,
                          bridge.name)
                    seen.add(frame)

    def _check_packet_ins(self, slice_):
        for message in slice_.controller.messages(self._messages_judged.get(slice_, 0), of.PACKET_IN):
            got = of.read_packet_in(message.data)
            text = FRAME_TEXT.search(got.data)
            if text is None:
                raise Failure("%s's controller got a packet that no host sent: %s" % (slice_.name, message.data.hex()))
            check(text.group(1).decode() == slice_.name, "%s's controller got %s's frame %s", slice_.name,
                  text.group(1).decode(), text.group().decode())
            check(any(got.in_port in ports for ports in slice_.on.values()),
                  "%s's controller got a packet_in of port %s",
                  slice_.name, got.in_port)

    def check_switch_complained_not(self, allowed=()):
        """The switch found nothing wrong with what Sluice sent it."""
        errors = [e for e in self.switch_pipe.sent_by("client", of.ERROR) if of.read_error(e)[:2] not in allowed]
        check(not errors, "the switch answered Sluice with errors: %s", [of.describe(e) for e in errors[:4]])

    # ------------------------------------------------------------------------------------------------ ending

    def finish(self):
        """The end of a case that went well: streams were sound, the switch content, the daemon ends cleanly."""
        for pipe in self.pipes:
            check(not pipe.faults, "no OpenFlow stream: %s", "; ".join(pipe.faults[:3]))
        self.check_switch_complained_not()
        self._finished = True
        self.sluiced.stop()

    def close(self):
        """Ends everything, however the case ended."""
        for bridge in self.bridges:
            try:
                bridge.delete()
            except Failure as problem:
                self.context.remark("cannot delete bridge %s: %s" % (bridge.name, problem))
        if self.sluiced and self.sluiced.process.running():
            self.sluiced.process.stop()
        for slice_ in self.slices:
            slice_.controller.stop()
        for pipe in self.pipes:
            pipe.close()
        if self.capture:
            self.capture.close()

    def evidence(self):
        """What a person needs to understand a failure, as text."""
        parts = []
        if self.sluiced:
            parts.append(self.sluiced.evidence())
        for bridge in self.bridges:
            try:
                parts.append("flows of %s:\n%s" % (bridge.name, bridge.dump().rstrip()))
            except Failure as problem:
                parts.append("flows of %s: %s" % (bridge.name, problem))
        for slice_ in self.slices:
            parts.append(slice_.controller.evidence())
        for pipe in self.pipes:
            lines = ["  %d %s: %s" % (m.connection, m.sender, of.describe(m.data)) for m in pipe.messages[-25:]]
            parts.append("last messages on the %s link (connection, sender):\n%s" % (pipe.name, "\n".join(lines)))
        return "\n\n".join(parts)
