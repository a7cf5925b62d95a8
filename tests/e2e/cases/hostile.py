"""A tenant's controller that reaches for what is not its own. Every attempt is answered with an OpenFlow error that
carries the tenant's own xid and its own bytes, the switch shows no trace of it, and the neighbour notices nothing."""
import struct
from collections import namedtuple

import openflow as of
from cases import case
from frames import FRAME_TEXT, echo, vlan_of
from processes import check

# Error types and codes (the types from 3 on differ between the versions).
REQUEST, ACTION, INSTRUCTION = 1, 2, 3
FLOW_MOD_FAILED = {of.V10: 3, of.V13: 5}
FLOW_EPERM = {of.V10: (3, 2), of.V13: (5, 4)}
PORT_MOD_FAILED = {of.V10: 4, of.V13: 7}
REQUEST_BAD_TYPE, REQUEST_BAD_EXPERIMENTER, REQUEST_EPERM, REQUEST_BAD_LEN = (1, 1), (1, 3), (1, 5), (1, 6)
BUFFER_EMPTY, BUFFER_UNKNOWN, REQUEST_BAD_PORT, REQUEST_BAD_PACKET = (1, 7), (1, 8), (1, 11), (1, 12)
BAD_OUT_PORT, ACTION_EPERM, BAD_QUEUE, BAD_OUT_GROUP = (2, 4), (2, 6), (2, 8), (2, 9)

# `errors`: the answers that are right: (type, code), or (type, None) for any code of that type.
Attempt = namedtuple("Attempt", "what message errors")

PACKET = echo("02:00:00:00:aa:01", "02:00:00:00:aa:02", 0x0a000001, 0x0a000002, "<red 0>")


def tagged(vlan):
    return echo("02:00:00:00:aa:01", "02:00:00:00:aa:02", 0x0a000001, 0x0a000002, "<red 0>", vlan)


def into_foreign_ports(version):
    """What red (ports 1 to 3) tries against blue (4 to 6), on either version."""
    flow, out = of.flow_mod, of.packet_out
    in_port_errors = [REQUEST_EPERM] if version == of.V10 else [REQUEST_BAD_PORT]
    unknown_action = ("raw", struct.pack(">HHI", 0xffff, 8, 0x00badbad))
    return [
        Attempt("output to a foreign port", flow(version, {}, [("output", 4)]), [BAD_OUT_PORT]),
        Attempt("output to an own and a foreign port", flow(version, {"in_port": 1}, [("output", 2), ("output", 4)]),
                [BAD_OUT_PORT]),
        Attempt("output to a port that does not exist", flow(version, {}, [("output", 99)]), [BAD_OUT_PORT]),
        Attempt("output NORMAL", flow(version, {}, [("output", of.NORMAL)]), [BAD_OUT_PORT]),
        Attempt("output LOCAL", flow(version, {}, [("output", of.LOCAL)]), [BAD_OUT_PORT]),
        Attempt("match on a foreign in_port", flow(version, {"in_port": 4}, [("output", 2)]), [FLOW_EPERM[version]]),
        Attempt("drop what comes from a foreign port", flow(version, {"in_port": 4}, [], priority=0xffff),
                [FLOW_EPERM[version]]),
        Attempt("steal from a foreign port to the controller",
                flow(version, {"in_port": 5}, [("output", of.CONTROLLER)]),
                [FLOW_EPERM[version]]),
        Attempt("modify on a foreign in_port",
                flow(version, {"in_port": 4}, [("output", 2)], command=of.MODIFY_STRICT), [FLOW_EPERM[version]]),
        Attempt("modify all on a foreign in_port",
                flow(version, {"in_port": 5}, [("output", 2)], command=of.MODIFY), [FLOW_EPERM[version]]),
        Attempt("modify everything to a foreign port", flow(version, {}, [("output", 5)], command=of.MODIFY),
                [BAD_OUT_PORT]),
        Attempt("packet_out to a foreign port", out(version, [("output", 4)], PACKET), [BAD_OUT_PORT]),
        Attempt("packet_out to an own and a foreign port", out(version, [("output", 2), ("output", 5)], PACKET),
                [BAD_OUT_PORT]),
        Attempt("packet_out NORMAL", out(version, [("output", of.NORMAL)], PACKET), [BAD_OUT_PORT]),
        Attempt("packet_out from a foreign port", out(version, [("output", 2)], PACKET, in_port=4), in_port_errors),
        Attempt("packet_out back to a foreign port", out(version, [("output", of.IN_PORT)], PACKET, in_port=4),
                in_port_errors),
        Attempt("flood as if from a foreign port", out(version, [("output", of.FLOOD)], PACKET, in_port=4),
                in_port_errors),
        Attempt("packet_out of a foreign buffer", out(version, [("output", 2)], b"", buffer_id=7),
                [BUFFER_UNKNOWN, BUFFER_EMPTY]),
        Attempt("flow for a foreign buffer", flow(version, {"in_port": 1}, [("output", 2)], buffer_id=7),
                [BUFFER_UNKNOWN, BUFFER_EMPTY]),
        Attempt("foreign port switched off", of.port_mod(version, 4, "02:00:00:00:00:04", 1, 1),
                [(PORT_MOD_FAILED[version], None), REQUEST_EPERM, REQUEST_BAD_TYPE]),
        Attempt("own port switched off", of.port_mod(version, 1, "02:00:00:00:00:01", 1, 1),
                [(PORT_MOD_FAILED[version], None), REQUEST_EPERM, REQUEST_BAD_TYPE]),
        Attempt("an action of an unknown vendor", flow(version, {}, [unknown_action, ("output", 2)]), [(ACTION, None)]),
        Attempt("a message of an unknown vendor", of.message(version, of.VENDOR, struct.pack(">II", 0x00badbad, 1)),
                [REQUEST_BAD_EXPERIMENTER]),
        Attempt("an action that runs over the end",
                flow(version, {}, [("raw", struct.pack(">HHHH", 0, 64, 2, 0))]), [(ACTION, 1), REQUEST_BAD_LEN]),
        Attempt("a flow_mod cut short", of.message(version, of.FLOW_MOD, bytes(12)), [REQUEST_BAD_LEN]),
        Attempt("fragments dropped for all", of.set_config(version, 128, flags=1),
                [REQUEST_EPERM] if version == of.V10 else [(10, None)]),
    ]


ONLY_10 = [
    Attempt("enqueue on a foreign port", of.flow_mod(of.V10, {}, [("enqueue", 4, 0)]), [BAD_OUT_PORT]),
    Attempt("packet_out enqueue on a foreign port", of.packet_out(of.V10, [("enqueue", 4, 0)], PACKET), [BAD_OUT_PORT]),
    Attempt("enqueue on a queue that was not granted", of.flow_mod(of.V10, {}, [("enqueue", 2, 1)]), [BAD_QUEUE]),
    Attempt("an emergency flow", of.flow_mod(of.V10, {}, [("output", 2)], flags=4), [(3, None)]),
]

ONLY_13 = [
    Attempt("goto a table that is not there",
            of.flow_mod(of.V13, {}, [], instructions=of.goto_table(1)), [(INSTRUCTION, 1), (INSTRUCTION, 2)]),
    Attempt("a flow in a table that is not there", of.flow_mod(of.V13, {}, [("output", 2)], table=1), [(5, 2)]),
    Attempt("a flow in all tables", of.flow_mod(of.V13, {}, [("output", 2)], table=0xff), [(5, 2)]),
    Attempt("write-actions to a foreign port",
            of.flow_mod(of.V13, {}, [], instructions=of.write_actions([("output", 4)])),
            [BAD_OUT_PORT, (INSTRUCTION, 1)]),
    Attempt("a group that is not there", of.flow_mod(of.V13, {}, [("group", 1)]), [BAD_OUT_GROUP]),
    Attempt("packet_out to a group that is not there", of.packet_out(of.V13, [("group", 1)], PACKET), [BAD_OUT_GROUP]),
    Attempt("a group over a foreign port", of.group_mod(1, [("output", 4)]), [(6, None), REQUEST_BAD_TYPE]),
    Attempt("a meter", of.meter_mod(1), [(12, None), REQUEST_BAD_TYPE]),
    Attempt("a flow through a foreign meter",
            of.flow_mod(of.V13, {}, [], instructions=of.meter_instruction(1)), [(12, None), (INSTRUCTION, 1)]),
    Attempt("table settings", of.message(of.V13, of.TABLE_MOD, struct.pack(">B3xI", 0, 3)),
            [(8, None), REQUEST_EPERM, REQUEST_BAD_TYPE]),
    Attempt("in_port overwritten", of.flow_mod(of.V13, {}, [("set_in_port", 4), ("output", of.IN_PORT)]),
            [(ACTION, None)]),
    Attempt("a queue that was not granted", of.flow_mod(of.V13, {}, [("set_queue", 1), ("output", 2)]), [BAD_QUEUE]),
]


def attempts_by_port(version):
    return into_foreign_ports(version) + (ONLY_10 if version == of.V10 else ONLY_13)


def into_foreign_vlans(version):
    """What red (VLAN 10) tries against blue (VLAN 20) on the same ports."""
    flow, out = of.flow_mod, of.packet_out
    outside = [ACTION_EPERM]
    return [
        Attempt("match on a foreign VLAN", flow(version, {"vlan": 20}, [("output", 2)]), [FLOW_EPERM[version]]),
        Attempt("match on untagged packets", flow(version, {"vlan": None}, [("output", 2)]), [FLOW_EPERM[version]]),
        Attempt("own VLAN moved to a foreign one", flow(version, {"vlan": 10}, [("set_vlan", 20), ("output", 2)]),
                outside),
        Attempt("everything moved to a foreign VLAN", flow(version, {}, [("set_vlan", 20), ("output", 2)]), outside),
        Attempt("moved to a foreign VLAN for one of two outputs",
                flow(version, {}, [("output", 2), ("set_vlan", 20), ("output", 3)]), outside),
        Attempt("tag taken off", flow(version, {"vlan": 10}, [("strip_vlan",), ("output", 2)]), outside),
        Attempt("modify everything into a foreign VLAN",
                flow(version, {}, [("set_vlan", 20), ("output", 2)], command=of.MODIFY), outside),
        Attempt("packet_out of a foreign VLAN", out(version, [("output", 2)], tagged(20)), outside),
        Attempt("packet_out moved to a foreign VLAN", out(version, [("set_vlan", 20), ("output", 2)], tagged(10)),
                outside),
        Attempt("packet_out without a tag", out(version, [("output", 2)], PACKET), outside),
        Attempt("packet_out with the tag taken off", out(version, [("strip_vlan",), ("output", 2)], tagged(10)),
                outside),
        Attempt("packet_out of something that is no packet", out(version, [("output", 2)], b"\x02\x00\x00"),
                [REQUEST_EPERM] if version == of.V10 else [REQUEST_BAD_PACKET]),
    ] + ([Attempt("moved to a foreign VLAN and to the controller, whom only the header could tell whose it is",
                  flow(version, {}, [("set_vlan", 20), ("output", of.CONTROLLER)]), outside)]
         if version == of.V10 else [])


def attack(session, hostile, bridge, attempts):
    """Makes all attempts, the whole list before any complaint, so that a failure shows all of them."""
    wrong = []
    for attempt in attempts:
        xid, sent, errors = hostile.controller.order(bridge, attempt.message)
        problem = judge_answer(sent, errors, attempt.errors)
        if problem:
            wrong.append("%s: %s" % (attempt.what, problem))
    check(not wrong, "%d of %d attempts were not answered as they should be:\n    %s", len(wrong), len(attempts),
          "\n    ".join(wrong))


def judge_answer(sent, errors, right):
    if not errors:
        return "no error came before the barrier's reply"
    if len(errors) > 1:
        return "%d errors came: %s" % (len(errors), [of.describe(e) for e in errors])
    error = of.read_error(errors[0])
    if not any(error.type == kind and code in (None, error.code) for kind, code in right):
        return "error %d,%d came, expected one of %s" % (error.type, error.code, right)
    least = min(len(sent), 64)
    if error.data[:least] != sent[:least] or not sent.startswith(error.data):
        return "the error's data are not the tenant's own bytes: %s instead of %s" % (error.data.hex(), sent.hex())
    return None


def own(slice_, bridge):
    return [flow for flow in bridge.flows() if not slice_.problem_with(bridge, flow)]


def place(flow):
    """Where an entry stands. Its cookie does not tell: a flow over several ports has as many entries."""
    return flow.priority, tuple(sorted(flow.match.items()))


def frozen(flows):
    return sorted((f.cookie, f.priority, tuple(sorted(f.match.items())), f.actions) for f in flows)


class Neighbour:
    """What blue has before an attack, to be found unharmed behind it."""

    def __init__(self, session, slice_, bridge):
        self.session, self.slice, self.bridge = session, slice_, bridge
        self.hosts = [h for h in session.hosts if h.slice is slice_]
        session.learn(self.hosts[0], self.hosts[1])
        session.check_carried_by_flows(self.hosts[0], self.hosts[1])
        self.flows = own(slice_, bridge)
        self.heard = slice_.controller.mark()

    def check_unharmed(self):
        now = own(self.slice, self.bridge)
        check(frozen(now) == frozen(self.flows), "%s's flows are no longer what they were:\n%s\ninstead of\n%s",
              self.slice.name,
              "\n".join(f.text for f in now), "\n".join(f.text for f in self.flows))
        packets = {place(flow): flow.packets for flow in now}
        for flow in self.flows:
            check(packets[place(flow)] >= flow.packets, "the counters of a flow of %s went back: %s", self.slice.name,
                  flow.text)
        self.session.check_carried_by_flows(self.hosts[0], self.hosts[1])
        unexpected = [m for m in self.slice.controller.messages(self.heard)
                      if m.type not in (of.BARRIER_REPLY[self.session.version], of.ECHO_REQUEST, of.ECHO_REPLY)]
        check(not unexpected, "%s's controller got %s during the attack", self.slice.name,
              [of.describe(m.data) for m in unexpected[:4]])
        check(self.slice.controller.connects(self.bridge) == 1, "%s's connection was cut during the attack",
              self.slice.name)


def hold_own_ground(session, hostile, bridge, neighbour):
    """Orders on "everything" are legal, and touch the tenant's own flows only."""
    version, controller = session.version, hostile.controller
    controller.accepted(bridge, of.flow_mod(version, {}, [("output", 2)], priority=7, cookie=1))
    controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x0806}, [("output", 3)], priority=8, cookie=2))
    installed = own(hostile, bridge)
    check({f.priority for f in installed} == {7, 8}, "red's own flows are not on the switch:\n%s", bridge.dump())

    controller.accepted(bridge, of.flow_mod(version, {}, [("output", 1)], command=of.MODIFY))
    check(all(f.actions == "output:1" for f in own(hostile, bridge)),
          "red's order to modify all of its flows did not reach them all:\n%s", bridge.dump())
    neighbour.check_unharmed()

    foreign = neighbour.flows[0]
    harmless = [of.flow_mod(version, {"eth_src": neighbour.hosts[0].mac}, [], command=of.DELETE),
                of.flow_mod(version, {}, [], command=of.DELETE, out_port=neighbour.hosts[1].port)]
    if version == of.V13:
        harmless.append(of.flow_mod(version, {}, [], command=of.DELETE, table=0xff, cookie=foreign.cookie,
                                    cookie_mask=0xffffffffffffffff))
    for order in harmless:
        controller.order(bridge, order)
        check(len(own(hostile, bridge)) == len(installed), "a delete of foreign things took red's own flows:\n%s",
              bridge.dump())
    neighbour.check_unharmed()

    controller.accepted(bridge, of.flow_mod(version, {}, [], command=of.DELETE, table=0xff))
    check(not own(hostile, bridge), "red's order to delete all of its flows left some:\n%s", bridge.dump())
    neighbour.check_unharmed()


def judge_aftermath(session, hostile, bridge, neighbour, before):
    check(frozen(own(hostile, bridge)) == before, "the attack left a trace on the switch:\n%s", bridge.dump())
    check(not bridge.groups(), "the attack left a group on the switch: %s", bridge.groups())
    neighbour.check_unharmed()
    for port in neighbour.slice.on[bridge]:
        frames = [frame for frame in bridge.sent(port) if b"<red 0>" in frame]
        check(not frames, "a packet_out of red left through port %d: %s", port, [f.hex() for f in frames[:1]])


@case()
def hostile_controller_by_port(session):
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]}, learn=False)
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    for number in (1, 2, 3):
        session.host(blue, bridge, 3 + number, number)
    session.start()
    neighbour = Neighbour(session, blue, bridge)
    before = frozen(own(red, bridge))
    attack(session, red, bridge, attempts_by_port(session.version))
    judge_aftermath(session, red, bridge, neighbour, before)
    hold_own_ground(session, red, bridge, neighbour)
    session.check_isolated()
    session.finish()


class Accepted:
    """Tries what is accepted by design and has no effect outside the slice: a flood is never refused, it reaches the
    ports where the packet may leave."""

    def __init__(self, session, slice_, bridge, neighbour):
        self.session, self.slice, self.bridge, self.neighbour = session, slice_, bridge, neighbour
        self.hosts = [h for h in session.hosts if h.slice is slice_]

    def flow(self, actions, reached):
        """Lets a packet from the first host meet these actions: it must reach these other hosts, and nobody else."""
        controller = self.slice.controller
        controller.accepted(self.bridge, of.flow_mod(self.session.version, {}, actions, priority=50))
        check({f.priority for f in own(self.slice, self.bridge)} == {50}, "the flow %s is not on the switch:\n%s",
              actions, self.bridge.dump())
        self.bridge.forget_cached_drops()
        frame = self.session.send(self.hosts[0], self.hosts[1])
        for host in reached:
            self.session.wait_arrival(host, frame)
        self.neighbour.check_unharmed()                          # by packets that came in behind ours
        ports = [port for port in self.bridge.ports if any(same_text(frame, f) for f in self.bridge.sent(port))]
        check(ports == sorted(host.port for host in reached), "%s let a packet out of ports %s", actions, ports)
        controller.accepted(self.bridge, of.flow_mod(self.session.version, {}, [], command=of.DELETE))
        return frame

    def to_controller(self):
        """1.3: the cookie tells whose the packet_in is, whatever has become of the header."""
        since = self.slice.controller.mark()
        frame = self.flow([("set_vlan", 20), ("output", of.CONTROLLER)], reached=[])
        got = [of.read_packet_in(m.data).data for m in self.slice.controller.messages(since, of.PACKET_IN)]
        check(len(got) == 1 and same_text(got[0], frame) and vlan_of(got[0]) == 20,
              "a packet moved to another VLAN came to its controller as %s", [g.hex() for g in got])


def same_text(one, other):
    return FRAME_TEXT.search(one).group() == FRAME_TEXT.search(other).group()


@case()
def hostile_controller_by_vlan(session):
    bridge = session.bridge([1, 2, 3])
    version = session.version
    red = session.slice("red", {bridge: [1, 2, 3]}, vlan=10, learn=False)
    blue = session.slice("blue", {bridge: [1, 2, 3]}, vlan=20)
    for slice_ in (blue, red):
        for number in (1, 2, 3):
            session.host(slice_, bridge, number, number)
    session.start()
    neighbour = Neighbour(session, blue, bridge)
    before = frozen(own(red, bridge))
    attack(session, red, bridge, into_foreign_vlans(version))
    red.controller.accepted(bridge, of.packet_out(version, [("output", of.FLOOD)], tagged(20)))
    judge_aftermath(session, red, bridge, neighbour, before)

    accepted = Accepted(session, red, bridge, neighbour)
    flood, foreign, home = ("output", of.FLOOD), ("set_vlan", 20), ("set_vlan", 10)
    second, third = accepted.hosts[1:]
    accepted.flow([foreign, flood], reached=[])
    accepted.flow([flood, foreign, flood], reached=[second, third])
    accepted.flow([foreign, home, ("output", 2)], reached=[second])     # back home before it leaves
    if version == of.V13:
        accepted.to_controller()
    hold_own_ground(session, red, bridge, neighbour)
    session.check_isolated()
    session.finish()
