"""Tenants whose flows have the same matches and priorities, with wildcards over one another. What happens to a tenant's
packets is what its own flows say, as if nobody else had any."""
import random

import openflow as of
from cases import case
from frames import FRAME_TEXT
from processes import check, wait_until
from session import Address

NOBODY = Address("02:00:00:00:aa:ee", 0x0a0000ee)
EVERYBODY = Address("ff:ff:ff:ff:ff:ff", 0x0a0000ff)
SENTINEL = Address("02:00:00:00:aa:fe", 0x0a0000fe)


class Table:
    """The flows of one tenant, and what a switch of its own would do with its packets."""

    def __init__(self, session, slice_, bridge):
        self.session, self.slice, self.bridge = session, slice_, bridge
        self.flows = []                                          # (priority, match, actions)

    @property
    def ports(self):
        return self.slice.on[self.bridge]

    def add(self, priority, match, actions):
        self.slice.controller.send(self.bridge, of.flow_mod(self.session.version, match, actions, priority=priority,
                                                            cookie=len(self.flows)))
        self.flows.append((priority, match, actions))

    def delete(self, priority, match):
        """Strictly: this one flow."""
        self.slice.controller.send(self.bridge, of.flow_mod(self.session.version, match, [], priority=priority,
                                                            command=of.DELETE_STRICT))
        self.flows.remove(next(f for f in self.flows if f[:2] == (priority, match)))

    def delete_all(self, match):
        """Everything inside this match."""
        self.slice.controller.send(self.bridge, of.flow_mod(self.session.version, match, [], command=of.DELETE,
                                                            table=0xff))
        self.flows = [f for f in self.flows if any(f[1].get(name) != value for name, value in match.items())]

    def expected(self, packet):
        """(the ports that the packet leaves, whether the controller gets it)."""
        hits = [f for f in self.flows if all(packet[name] == value for name, value in f[1].items())]
        if not hits:
            return set(), self.session.version == of.V10         # a miss: to the controller in 1.0, dropped in 1.3
        out = set()
        for _, port in max(hits, key=lambda f: f[0])[2]:
            out |= set(self.ports) if port == of.FLOOD else {port}
        return out - {packet["in_port"], of.CONTROLLER}, of.CONTROLLER in out


def three_slices(session, learn):
    """Red and blue share ports 1 to 3 by VLAN, green has ports 4 to 6; the hosts have the same addresses in all."""
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]}, vlan=10, learn=learn)
    blue = session.slice("blue", {bridge: [1, 2, 3]}, vlan=20, learn=learn)
    green = session.slice("green", {bridge: [4, 5, 6]}, learn=learn)
    for slice_ in (red, blue, green):
        for number in (1, 2, 3):
            session.host(slice_, bridge, slice_.on[bridge][number - 1], number)
    session.start()
    return bridge, red, blue, green


# ------------------------------------------------------------------------------------------------ any flows at all

@case(seconds=60)
def colliding_flows(session):
    """Thirty flows in each of three slices: the same matches at the same priorities, but other actions."""
    dice = random.Random(session.context.seed)
    session.context.remark("seed %d" % session.context.seed)
    bridge, *slices = three_slices(session, learn=False)
    tables = [Table(session, slice_, bridge) for slice_ in slices]
    for number, (priority, match) in enumerate(random_matches(dice, session.version)):
        for table in dice.sample(tables, 3):
            in_own_words = {name: table.ports[value - 1] if name == "in_port" else value
                            for name, value in match.items()}
            # Nothing tells which of two flows of one priority a packet meets; so those of a tenant agree.
            same = [f[2] for f in table.flows if f[0] == priority]
            table.add(priority, in_own_words, same[0] if same else random_actions(dice, table, number))
    judge(session, bridge, tables)

    red, blue, green = tables
    blue.delete_all({"eth_dst": session.hosts[1].mac})
    judge(session, bridge, tables)
    for priority, match, _ in dice.sample(red.flows, 10):
        red.delete(priority, match)
    judge(session, bridge, tables)
    same_place_twice(session, bridge, green, tables)
    blue.delete_all({})
    green.delete_all({})
    judge(session, bridge, tables)
    session.check_isolated()
    session.finish()


def random_matches(dice, version):
    """(priority, match): wildcards, exact ones and a table-miss entry; `in_port` is 1, 2 or 3, for a tenant's first,
    second or third port. Some priorities come twice."""
    macs = ["02:00:00:00:aa:%02x" % n for n in (1, 2, 3)]
    values = {"in_port": (1, 2, 3), "eth_src": macs, "eth_dst": macs + [NOBODY.mac, EVERYBODY.mac],
              "eth_type": (0x0800,)}
    out, seen = [(0, {})] if version == of.V13 else [], set()
    while len(out) < 30:
        match = {name: dice.choice(choices) for name, choices in values.items() if dice.random() < 0.4}
        if match.get("eth_type") and dice.random() < 0.6:
            match["ipv4_dst"] = 0x0a000000 + dice.choice((1, 2, 3))
        priority = dice.choice((1, 5, 10, 10, 10, 100)) * 10 + dice.randrange(8)
        if (priority, repr(sorted(match.items()))) not in seen:
            seen.add((priority, repr(sorted(match.items()))))
            out.append((priority, match))
    return out


def random_actions(dice, table, number):
    if number == 0 and table.session.version == of.V13:
        return [("output", of.CONTROLLER)]                       # the table-miss entry
    return dice.choice(([], [("output", of.FLOOD)], [("output", of.CONTROLLER)], [("output", table.ports[0])],
                        [("output", table.ports[1])], [("output", table.ports[2])],
                        [("output", table.ports[0]), ("output", table.ports[2])]))


def same_place_twice(session, bridge, table, tables):
    """Two flows of a tenant that are one entry of the switch, since the slice has no other ports: when one is deleted,
    the other is still there."""
    first, second = table.ports[:2]
    wide, narrow = {"eth_dst": EVERYBODY.mac}, {"eth_dst": EVERYBODY.mac, "in_port": first}
    table.add(5000, wide, [("output", second)])
    table.add(5000, narrow, [("output", second)])
    judge(session, bridge, tables)
    table.delete(5000, narrow)
    judge(session, bridge, tables)
    table.add(5000, narrow, [("output", second)])
    table.delete(5000, wide)
    judge(session, bridge, tables)


def judge(session, bridge, tables):
    """Sends a packet of every tenant from everywhere to everybody, and looks where each came out."""
    for table in tables:
        table.slice.controller.barrier(bridge)
    bridge.forget_cached_drops()                                 # the datapath follows the flow table with a delay
    marks = {table: table.slice.controller.mark() for table in tables}
    sent = []                                                    # (table, frame, ports that it leaves, is packet_in)
    for table in tables:
        hosts = [h for h in session.hosts if h.slice is table.slice]
        for source in hosts:
            for target in hosts + [NOBODY, EVERYBODY]:
                frame = session.send(source, target)
                packet = {"in_port": source.port, "eth_src": source.mac, "eth_dst": target.mac, "eth_type": 0x0800,
                          "ipv4_dst": target.ip}
                sent.append((table, frame, *table.expected(packet)))
    drain(session, bridge, tables)
    for table, frame, ports, _ in sent:
        left = {port for port in bridge.ports if frame in bridge.sent(port)}
        check(left == ports, "%s's frame %s left through the ports %s instead of %s", table.slice.name,
              FRAME_TEXT.search(frame).group().decode(), sorted(left), sorted(ports))
    for table in tables:
        def heard(t=table):
            return sorted(of.read_packet_in(m.data).data
                          for m in t.slice.controller.messages(marks[t], of.PACKET_IN))
        wanted = sorted(frame for owner, frame, _, up in sent if owner is table and up)
        wait_until(lambda w=wanted, h=heard, t=table: "%d packet_ins to %s's controller; it got %d"
                   % (len(w), t.slice.name, len(h())), lambda w=wanted, h=heard: h() == w)


def drain(session, bridge, tables):
    """Waits until the switch is through with all that came in before: one more frame over every port arrives."""
    for table in tables:
        first, *others = table.ports
        for port in table.ports:
            table.slice.controller.send(bridge, of.flow_mod(
                session.version, {"in_port": port, "eth_dst": SENTINEL.mac},
                [("output", others[0] if port == first else first)], priority=0xffff))
        table.slice.controller.barrier(bridge)
    bridge.forget_cached_drops()
    for table in tables:
        hosts = [h for h in session.hosts if h.slice is table.slice]
        for source in hosts:
            session.wait_arrival(hosts[1] if source is hosts[0] else hosts[0], session.send(source, SENTINEL))
        table.slice.controller.send(bridge, of.flow_mod(session.version, {"eth_dst": SENTINEL.mac}, [],
                                                        command=of.DELETE))


# ------------------------------------------------------------------------------------------------ learning switches

@case(seconds=45)
def colliding_learners(session):
    """Learning switches that learn the same addresses at the same priority, with wildcard flows above, below and in the
    same place."""
    bridge, red, blue, green = three_slices(session, learn=True)
    version = session.version
    first, second, third = 0, 1, 2
    hosts = {slice_: [h for h in session.hosts if h.slice is slice_] for slice_ in (red, blue, green)}
    tell = [("output", of.CONTROLLER)]
    for slice_ in (red, blue, green):
        one, two, three = hosts[slice_]
        # In the very place of a flow that will be learned: learning replaces it.
        slice_.controller.accepted(bridge, of.flow_mod(
            version, {"in_port": one.port, "eth_src": one.mac, "eth_dst": two.mac}, tell, priority=10))
        # Of the same priority, and wider; it says the same as the table-miss entry.
        slice_.controller.accepted(bridge, of.flow_mod(version, {"eth_dst": NOBODY.mac}, tell, priority=10))
    # Blue's third host may not be reached, red sees all broadcasts, green drops ARP.
    blue.controller.accepted(bridge, of.flow_mod(version, {"eth_dst": hosts[blue][third].mac}, [], priority=11))
    red.controller.accepted(bridge, of.flow_mod(version, {"eth_dst": EVERYBODY.mac}, tell, priority=11))
    green.controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x0806}, [], priority=11))
    bridge.forget_cached_drops()

    for slice_ in (red, blue, green):
        session.learn(hosts[slice_][first], hosts[slice_][second])
    for slice_ in (red, blue, green):
        session.check_carried_by_flows(hosts[slice_][first], hosts[slice_][second])
    lost = session.send(hosts[blue][first], hosts[blue][third])
    for slice_ in (red, green):
        session.learn(hosts[slice_][first], hosts[slice_][third])
    session.check_carried_by_flows(hosts[blue][first], hosts[blue][second])
    check(not [p for p in bridge.ports if lost in bridge.sent(p)], "blue's drop for its third host did not hold")

    # Below what red has learned: nothing new gets through or is learned, what is learned works on; in red only.
    red.controller.accepted(bridge, of.flow_mod(version, {}, [], priority=9))
    bridge.forget_cached_drops()
    since = red.controller.mark()
    lost = session.send(hosts[red][second], hosts[red][third])
    session.check_carried_by_flows(hosts[red][first], hosts[red][second])
    session.check_carried_by_flows(hosts[red][second], hosts[red][first])
    check(not [p for p in bridge.ports if lost in bridge.sent(p)], "red's drop of everything else did not hold")
    check(not red.controller.messages(since, of.PACKET_IN), "red's controller got packets that red's flow drops")
    session.learn(hosts[green][second], hosts[green][third])
    # All of red's flows go, at once and alone.
    red.controller.accepted(bridge, of.flow_mod(version, {}, [], command=of.DELETE, table=0xff))
    check(not [f for f in bridge.flows() if not red.problem_with(bridge, f)], "red's delete left some:\n%s",
          bridge.dump())
    for slice_ in (blue, green):
        session.check_carried_by_flows(hosts[slice_][first], hosts[slice_][second])
    session.check_isolated()
    session.finish()
