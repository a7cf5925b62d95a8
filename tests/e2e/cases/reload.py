"""The slice file changes while tenants work: only those whom it concerns may notice."""
import re
import signal
import threading
import time

import openflow as of
from cases import case
from cases.outages import answers_under_own_xid, identity, of_slice
from cases.ports import EVERYBODY, port_numbers, statuses
from processes import check, wait_until
from tenants import OsKen, TestController

MOVED = 3                                                        # a port of red, then blue's


class Stream:
    """A host sends to another all the time, whatever else goes on."""

    def __init__(self, session, source, target):
        self._session, self._source, self._target = session, source, target
        self._frames = []
        self._ends = threading.Event()
        self._since = source.slice.controller.mark()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self):
        while not self._ends.is_set():
            self._frames.append(self._session.send(self._source, self._target))
            self._ends.wait(0.002)

    def wait_more(self, count=20):
        wanted = len(self._frames) + count
        wait_until("%d frames more to be sent" % count, lambda: len(self._frames) >= wanted)

    def check_none_lost(self):
        self._ends.set()
        self._thread.join(5)
        self._session.wait_arrival(self._target, self._frames[-1])
        arrived = set(self._target.bridge.sent(self._target.port))
        lost = [frame for frame in self._frames if frame not in arrived]
        check(not lost, "%d of %d frames of %s were lost while the slice file changed", len(lost), len(self._frames),
              self._source.slice.name)
        controller = self._source.slice.controller
        controller.barrier(self._source.bridge)
        heard = [m for m in controller.messages(self._since, of.PACKET_IN)
                 if of.read_packet_in(m.data).data in self._frames]
        check(not heard, "%s's controller got %d packet_ins of traffic that its flows carry", self._source.slice.name,
              len(heard))


def duration(flow):
    return float(re.search(r"duration=([\d.]+)s", flow.text).group(1))


def cookie_of(flow_mod):
    return int.from_bytes(flow_mod[48:56] if flow_mod[0] == of.V10 else flow_mod[8:16], "big")


class Flows:
    """Flows that must stay as they are, with their counters and their age."""

    def __init__(self, session, bridge, flows):
        check(flows, "there are no flows to look after:\n%s", bridge.dump())
        self._link, self._bridge, self._before, self._at = session.switch_pipe, bridge, flows, time.monotonic()
        self._sent_before = len(self._flow_mods())

    def _flow_mods(self):
        return self._link.sent_by("server", of.FLOW_MOD)

    def check_untouched(self):
        passed = time.monotonic() - self._at
        self._bridge.push_counters()
        after = {identity(flow): flow for flow in self._bridge.flows()}
        for flow in self._before:
            now = after.get(identity(flow))
            check(now is not None, "a flow that does not concern the change is gone or another one: %s\n%s", flow.text,
                  self._bridge.dump())
            check(now.packets >= flow.packets and duration(now) > duration(flow) + passed - 0.2,
                  "a flow that does not concern the change was installed anew, %.1fs after\n%s\nit is\n%s", passed,
                  flow.text, now.text)
        cookies = {flow.cookie for flow in self._before}
        sent = [m for m in self._flow_mods()[self._sent_before:] if cookie_of(m) in cookies]
        check(not sent, "flows that do not concern the change were sent again: %s", [of.describe(m) for m in sent[:4]])


class Connections:
    """TCP connections that must stay the same ones: of the switches, and to the controllers of some slices."""

    def __init__(self, session, *slices):
        self._session, self._slices = session, slices
        self._before = self._now()

    def _now(self):
        status = self._session.sluiced.ask("status")
        return {**{switch["name"]: switch["peer"] for switch in status["switches"]},
                **{slice_.name: slice_.pipe.connections for slice_ in self._slices},
                "switch": self._session.switch_pipe.connections}

    def check_same(self):
        now = self._now()
        check(now == self._before, "connections of switches and controllers were %s and are %s", self._before, now)
        for slice_ in self._slices:
            for bridge in slice_.on if isinstance(slice_.controller, OsKen) else ():
                check(slice_.controller.up(bridge) and slice_.controller.connects(bridge) == 1,
                      "%s's controller saw its connection to switch %s go", slice_.name, bridge.dpid_text)


def change(name, **counts):
    """As `sluicectl reload` tells it."""
    kinds = ("flows_removed", "flows_changed", "ports_added", "ports_removed", "controllers_added",
             "controllers_removed")
    return {"switch": "s1", "slice": name, **dict.fromkeys(kinds, 0), **counts}


def check_foreseen(session, *changes):
    """A dry run tells this, and changes nothing."""
    tables = {bridge: {identity(flow) for flow in bridge.flows()} for bridge in session.bridges}
    before = session.sluiced.ask("status")["fingerprint"]
    told = session.sluiced.ask("reload", "--dry-run")
    check(told["dry_run"] and told["changes"] == [change(name, **counts) for name, counts in changes],
          "sluicectl reload --dry-run foresees %s", told)
    for bridge, table in tables.items():
        check({identity(flow) for flow in bridge.flows()} == table, "a dry run changed flows:\n%s", bridge.dump())
    check(session.sluiced.ask("status")["fingerprint"] == before, "a dry run took the file")


def take_by_signal(session):
    """SIGHUP; returns when the daemon says that it took the file."""
    before = session.sluiced.ask("status")["reload"]
    session.sluiced.process.send(signal.SIGHUP)
    reload = wait_until("sluicectl status to tell of the reload",
                        lambda: (lambda now: now if now != before else None)(session.sluiced.ask("status")["reload"]))
    check(reload["taken"], "the slice file was not taken: %s", reload)


def take_by_command(session, *changes):
    """`sluicectl reload --wait`, which tells the same as a dry run does."""
    told = session.sluiced.ask("reload", "--wait")
    check(not told["dry_run"] and told["changes"] == [change(name, **counts) for name, counts in changes],
          "sluicectl reload --wait tells %s", told)


@case(seconds=45)
def port_goes_to_another_slice(session):
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, MOVED]})
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    reds = [session.host(red, bridge, port, port) for port in (1, 2, MOVED)]
    blues = [session.host(blue, bridge, port, port) for port in (4, 5, 6)]
    session.start()
    for hosts in (reds[:2], reds[::2], blues[:2]):
        session.learn(*hosts)
        session.check_carried_by_flows(*hosts)
    # One that red wants to be told of.
    red.controller.accepted(bridge, of.flow_mod(session.version, {"in_port": MOVED, "eth_dst": EVERYBODY.mac},
                                                [("output", 1)], priority=55, flags=of.SEND_FLOW_REM))
    session.close_books()
    connections = Connections(session, red, blue)
    untouched = Flows(session, bridge, of_slice(bridge, blue) +
                      [f for pair in (reds[:2], reds[1::-1]) for f in session.unicast_flows(*pair)])
    marks = {slice_: slice_.controller.mark() for slice_ in (red, blue)}
    stream = Stream(session, *blues[:2])
    stream.wait_more()

    # From the port: one learned flow, and the one above. To it: one learned flow, which goes nowhere now. The
    # table-miss entries of 1.3 are at every port of their slice.
    misses = 0 if session.version == of.V10 else 1
    changes = (("red", {"flows_removed": 2, "flows_changed": 1 + misses, "ports_removed": 1}),
               ("blue", {"flows_changed": misses, "ports_added": 1}))
    red.on[bridge], blue.on[bridge] = [1, 2], [MOVED, 4, 5, 6]
    session.sluiced.write(*session.policy())
    check_foreseen(session, *changes)
    take_by_signal(session)
    stream.wait_more()
    stream.check_none_lost()

    wait_until("red's controller to hear of its flow", lambda: red.controller.messages(marks[red], of.FLOW_REMOVED))
    for slice_, deleted in ((red, True), (blue, False)):
        slice_.controller.barrier(bridge)
        told = statuses(slice_, marks[slice_])
        check(told == [(deleted, MOVED)], "%s's controller was told of the ports %s", slice_.name, told)
        listed = port_numbers(session, slice_, bridge)
        check(listed == slice_.on[bridge], "%s's ports are now said to be %s", slice_.name, listed)
    removed = [of.read_flow_removed(m.data).priority for m in red.controller.messages(marks[red], of.FLOW_REMOVED)]
    check(removed == [55], "red's controller was told that flows of the priorities %s are gone", removed)
    # No flow of red takes packets from the port any more, or sends any to it.
    session.check_tables()
    untouched.check_untouched()
    connections.check_same()

    # The port is blue's in deed, and red's no more.
    bridge.forget_cached_drops()
    newcomer = session.host(blue, bridge, MOVED, 7)
    session.learn(blues[0], newcomer)
    session.check_carried_by_flows(blues[0], newcomer)
    session.ping(*reds[:2])
    for target in (reds[2], EVERYBODY):
        frame = session.frame(reds[0], target)
        bridge.inject(1, frame)
        if target is EVERYBODY:
            session.wait_arrival(reds[1], frame)
        check(frame not in bridge.sent(MOVED), "a frame of red left through the port that it has no more")
    _, _, errors = red.controller.order(bridge, of.flow_mod(session.version, {"in_port": MOVED}, [], priority=3))
    check(len(errors) == 1, "red may still write flows at the port that it has no more")
    for slice_ in (red, blue):
        answers_under_own_xid(session, slice_, bridge)
    session.close_books()

    # And back, by the other way to say it.
    session.hosts.remove(newcomer)
    untouched = Flows(session, bridge, [f for pair in (blues[:2], blues[1::-1], reds[:2], reds[1::-1])
                                        for f in session.unicast_flows(*pair)])
    stream = Stream(session, *blues[:2])
    stream.wait_more()
    changes = (("red", {"flows_changed": 1 + misses, "ports_added": 1}),
               ("blue", {"flows_removed": 1, "flows_changed": 1 + misses, "ports_removed": 1}))
    red.on[bridge], blue.on[bridge] = [1, 2, MOVED], [4, 5, 6]
    session.sluiced.write(*session.policy())
    check_foreseen(session, *changes)
    take_by_command(session, *changes)
    stream.wait_more()
    stream.check_none_lost()
    untouched.check_untouched()
    connections.check_same()
    bridge.forget_cached_drops()
    session.learn(reds[0], reds[2])
    session.check_carried_by_flows(reds[0], reds[2])
    session.check_isolated()
    session.finish()


@case()
def wrong_file_while_running(session):
    bridge = session.bridge(range(1, 5))
    red, blue = session.slice("red", {bridge: [1, 2]}), session.slice("blue", {bridge: [3, 4]})
    hosts = [session.host(slice_, bridge, port, port) for slice_, port in ((red, 1), (red, 2), (blue, 3), (blue, 4))]
    session.start()
    for pair in (hosts[:2], hosts[2:]):
        session.learn(*pair)
    connections, untouched = Connections(session, red, blue), Flows(session, bridge, bridge.flows())
    before, sent_before = session.sluiced.ask("status"), len(session.switch_pipe.sent_by("server", of.FLOW_MOD))
    stream = Stream(session, *hosts[:2])
    switches, slices = session.policy()
    everything = {**slices["red"], "flowspace": [{"on": "*", "match": "any"}]}
    for wrong, code in ((lambda: session.sluiced.write(switches, slices, colour="red"), "E0102"),
                        (lambda: session.sluiced.write(switches, {**slices, "red": everything}), "E0310"),
                        (lambda: write_text(session.sluiced.slice_file, "{"), "E0101")):
        wrong()
        session.sluiced.process.send(signal.SIGHUP)
        wait_until("sluicectl status to tell of a wrong file with " + code,
                   lambda: code in (session.sluiced.ask("status")["reload"] or {"findings": ""})["findings"])
        for option in ("--dry-run", "--wait"):
            status, text = session.sluiced.say("reload", option)
            check(status == 1 and code in text and session.sluiced.slice_file in text,
                  "sluicectl reload %s of a wrong file ended with %d and said: %s", option, status, text)
        after = session.sluiced.ask("status")
        check(not after["reload"]["taken"] and after["fingerprint"] == before["fingerprint"],
              "after a wrong file sluicectl status --json says %s", after)
        text = session.sluiced.say("status")[1]
        check("was not taken" in text and "1 error" in text, "after a wrong file sluicectl status says\n%s", text)
    stream.check_none_lost()
    sent = session.switch_pipe.sent_by("server", of.FLOW_MOD)[sent_before:]
    check(not sent, "a wrong file changed flows: %s", [of.describe(m) for m in sent[:4]])
    session.sluiced.write(*session.policy())
    take_by_command(session)
    check("was not taken" not in session.sluiced.say("status")[1], "sluicectl status still warns of the wrong file")
    untouched.check_untouched()
    connections.check_same()
    session.check_isolated()
    session.finish()


def write_text(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@case(seconds=45)
def slice_goes_and_another_comes(session):
    """Red goes, green comes in its place; blue, with another make of controller, does not notice."""
    bridge = session.bridge(range(1, 5))
    red = session.slice("red", {bridge: [1, 2]})
    blue = session.slice("blue", {bridge: [3, 4]},
                         controller=TestController("blue", session.version, session.folder))
    reds = [session.host(red, bridge, port, port) for port in (1, 2)]
    blues = [session.host(blue, bridge, port, port) for port in (3, 4)]
    session.start()
    if session.version == of.V13:
        wait_until("the table-miss entry of ovs-testcontroller on the switch",
                   lambda: [f for f in bridge.flows() if f.priority == 0 and not blue.problem_with(bridge, f)])
    for pair in (reds, blues):
        session.learn(*pair)
    session.close_books()
    connections, untouched = Connections(session, blue), Flows(session, bridge, of_slice(bridge, blue, 0))
    of_red = [identity(flow) for flow in of_slice(bridge, red, 0)]
    flows_of_red = 2 if session.version == of.V10 else 3         # and the table-miss entry

    session.slices.remove(red)
    for host in reds:
        session.hosts.remove(host)
    green = session.slice("green", {bridge: [1, 2]})
    session.start_controller(green)
    try:
        changes = (("red", {"flows_removed": flows_of_red, "ports_removed": 2, "controllers_removed": 1}),
                   ("green", {"ports_added": 2, "controllers_added": 1}))
        session.sluiced.write(*session.policy())
        check_foreseen(session, *changes)
        check(green.pipe.connections == 0, "a dry run dialled the controller of a new slice")
        take_by_command(session, *changes)
        red.controller.wait_down(bridge)
        green.controller.wait_up(bridge)
        green.controller.barrier(bridge)
        left = [flow.text for flow in bridge.flows() if identity(flow) in of_red]
        check(not left, "flows of a slice that is gone are still there:\n%s", "\n".join(left))
        names = [slice_["name"] for slice_ in session.sluiced.ask("status")["slices"]]
        check(names == ["blue", "green"], "sluicectl status tells of the slices %s", names)
        bridge.forget_cached_drops()
        greens = [session.host(green, bridge, port, port) for port in (1, 2)]
        session.learn(*greens)
        session.check_carried_by_flows(*greens)
        session.ping(*blues)
        untouched.check_untouched()
        connections.check_same()
        check(red.pipe.connections == 1 and green.pipe.connections == 1,
              "red's controller was dialled %d times and green's %d times", red.pipe.connections,
              green.pipe.connections)
        session.check_isolated()
        session.finish()
    finally:
        red.controller.stop()
