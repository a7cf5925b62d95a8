"""Ports that come and go on a running switch, under a slice that has "all ports" and one that has two."""
import openflow as of
from cases import case
from lab import outputs
from processes import check, wait_until
from session import Address

EVERYBODY = Address("ff:ff:ff:ff:ff:ff", 0x0a0000ff)
DELETED = 1                                                      # reason of a port_status; 0 is added, 2 modified


def statuses(slice_, since):
    """(deleted or not, port) of what a controller heard."""
    heard = (of.read_port_status(m.data) for m in slice_.controller.messages(since, of.PORT_STATUS))
    return [(reason == DELETED, port.number) for reason, port in heard]


def port_numbers(session, slice_, bridge):
    if session.version == of.V10:
        features = slice_.controller.ask(bridge, of.message(of.V10, of.FEATURES_REQUEST))[0]
        return sorted(p.number for p in of.read_features(features).ports)
    body = slice_.controller.stats(bridge, of.stats(of.V13, of.STATS_PORT_DESC))
    return sorted(p.number for p in of.read_port_desc(body))


class Ports:
    """Adds and takes away ports, and sees that exactly the right controllers are told."""

    def __init__(self, session, bridge, everywhere, listed):
        self.session, self.bridge, self.everywhere, self.listed = session, bridge, everywhere, listed
        self.of_listed = list(listed.on[bridge])                 # in the slice file, whether or not they are there

    def add(self, port):
        self._change(lambda: self.bridge.add_port(port), port, deleted=False)

    def delete(self, port):
        self._change(lambda: self.bridge.delete_port(port), port, deleted=True)

    def _change(self, act, port, deleted):
        concerned = [self.everywhere] + ([self.listed] if port in self.of_listed else [])
        marks = {slice_: slice_.controller.mark() for slice_ in (self.everywhere, self.listed)}
        act()
        self.everywhere.on[self.bridge] = sorted(self.bridge.ports)
        self.listed.on[self.bridge] = [p for p in self.of_listed if p in self.bridge.ports]
        for slice_ in concerned:
            wait_until(lambda s=slice_: "%s's controller to hear that port %d %s; it heard %s"
                       % (s.name, port, "went" if deleted else "came", statuses(s, marks[s])),
                       lambda s=slice_: (deleted, port) in statuses(s, marks[s]))
        for slice_ in (self.everywhere, self.listed):
            slice_.controller.barrier(self.bridge)
            told = {number for _, number in statuses(slice_, marks[slice_])}
            check(told == ({port} if slice_ in concerned else set()),
                  "%s's controller heard of ports %s when port %d %s", slice_.name, sorted(told), port,
                  "went" if deleted else "came")
            listed = port_numbers(self.session, slice_, self.bridge)
            check(listed == slice_.on[self.bridge], "%s's ports are now said to be %s instead of %s", slice_.name,
                  listed, slice_.on[self.bridge])
        self.check_flows()

    def check_flows(self):
        """Entries that take packets from any port do so at every port that is there, and floods reach all others."""
        self.bridge.forget_cached_drops()
        self.session.check_tables()
        for slice_ in (self.everywhere, self.listed):
            ports = slice_.on[self.bridge]
            floods = {int(flow.match["in_port"]): sorted(port for port, _ in outputs(flow))
                      for flow in self.bridge.flows()
                      if flow.priority == 77 and not slice_.problem_with(self.bridge, flow)}
            wanted = {port: [other for other in ports if other != port] for port in ports}
            check(floods == wanted, "%s's flood goes from port to ports %s instead of %s", slice_.name, floods, wanted)


def broadcast(session, hosts):
    """Everybody's broadcast reaches everybody else of the slice; check_isolated sees that it goes no further."""
    for source in hosts:
        frame = session.frame(source, EVERYBODY)
        source.bridge.inject(source.port, frame)
        for target in hosts:
            if target is not source:
                session.wait_arrival(target, frame)


@case(seconds=60)
def ports_come_and_go(session):
    bridge = session.bridge([1, 2, 3])
    red = session.slice("red", {bridge: [1, 2, 3]}, vlan=10, everywhere=True)
    blue = session.slice("blue", {bridge: [1, 2]}, vlan=20)
    reds = [session.host(red, bridge, port, port) for port in (1, 2, 3)]
    blues = [session.host(blue, bridge, port, port) for port in (1, 2)]
    session.start()
    check(port_numbers(session, red, bridge) == [1, 2, 3], "all ports are said to be %s: LOCAL is none of them",
          port_numbers(session, red, bridge))
    for slice_ in (red, blue):
        slice_.controller.accepted(bridge, of.flow_mod(session.version, {"eth_dst": EVERYBODY.mac},
                                                       [("output", of.FLOOD)], priority=77))
    ports = Ports(session, bridge, red, blue)
    ports.check_flows()
    for hosts in (reds, blues):
        session.learn(hosts[0], hosts[1])
        broadcast(session, hosts)

    ports.add(4)                                                 # red's only
    reds.append(session.host(red, bridge, 4, 4))
    broadcast(session, reds)
    broadcast(session, blues)
    session.learn(reds[0], reds[3])
    session.check_carried_by_flows(reds[0], reds[3])
    stranger = session.frame(blues[0], blues[1])                 # blue's VLAN at a port that is not blue's
    since = blue.controller.mark()
    bridge.inject(4, stranger)
    session.check_isolated()

    ports.delete(2)                                              # of both
    left = [f.text for f in bridge.flows() if 2 in [port for port, _ in outputs(f)] or f.match.get("in_port") == "2"]
    check(not left, "entries for port 2 outlive it:\n%s", "\n".join(left))
    broadcast(session, [reds[0], reds[2], reds[3]])
    session.check_carried_by_flows(reds[0], reds[3])
    for slice_, host in ((red, reds[0]), (blue, blues[0])):      # the tenants' own flows are as they wrote them
        outs = [f.actions for f in slice_.controller.flow_stats(bridge, out_port=2)]
        check([("output", 2)] in outs, "%s's flow to port 2 is gone: %s", slice_.name, outs)
        bridge.inject(host.port, session.frame(host, reds[1]))   # goes nowhere, and that is all

    ports.add(2)
    for hosts in (reds, blues):
        broadcast(session, hosts)
        session.check_carried_by_flows(hosts[0], hosts[1])       # by the flows that were learned before
    session.learn(reds[1], reds[3])
    heard = [m for m in blue.controller.messages(since, of.PACKET_IN) if of.read_packet_in(m.data).data == stranger]
    check(not heard and not [p for p in bridge.ports if stranger in bridge.sent(p)],
          "a packet of blue's VLAN at a port that is not blue's got through")
    session.check_isolated()
    session.finish()
