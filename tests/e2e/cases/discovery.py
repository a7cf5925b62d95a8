"""Link discovery by os-ken's own topology application, one for each tenant, over wires that they share."""
import openflow as of
from cases import case
from frames import ETH_VLAN
from openflow import mac_bytes
from processes import check, wait_until
from tenants import OsKen

MARK = bytes.fromhex("fe1402736c01")
NEAREST_BRIDGE = "01:80:c2:00:00:0e"


def tenant(session, name, on, vlan=None, learn=False):
    controller = OsKen(session.context.osken, name, session.version, session.folder, learn, topology=True)
    return session.slice(name, on, vlan, controller)


def both_ways(*links):
    ends = [((one.dpid, one_port), (other.dpid, other_port)) for one, one_port, other, other_port in links]
    return set(ends) | {(there, here) for here, there in ends}


def wait_links(slice_, wanted, seconds=20):
    wait_until(lambda: "%s to know of the links %s; it knows of %s" % (slice_.name, sorted(wanted),
                                                                      sorted(slice_.controller.topology()[1])),
               lambda: slice_.controller.topology()[1] == wanted, seconds)


def check_ports(slice_):
    ports = slice_.controller.topology()[0]
    wanted = {bridge.dpid: sorted(numbers) for bridge, numbers in slice_.on.items()}
    check(ports == wanted, "%s's ports are %s instead of %s", slice_.name, ports, wanted)


def discoveries(slice_, since=0):
    """The frames of LLDP that its controller got, with the switch and the port."""
    found = []
    for message in slice_.controller.messages(since, of.PACKET_IN):
        got = of.read_packet_in(message.data)
        if got.data[12:14] == b"\x88\xcc":
            check(got.total_len == len(got.data), "total_len is %d of %d bytes", got.total_len, len(got.data))
            found.append((message.dpid, got.in_port, got.data))
    return found


def check_clean(slice_, strangers=()):
    """Nothing of Sluice, and no frame of anybody else, is in what it got."""
    dpids = {b"dpid:%016x" % bridge.dpid for bridge in slice_.on}
    for _, _, frame in discoveries(slice_):
        check(MARK not in frame, "%s's controller got a mark of Sluice: %s", slice_.name, frame.hex())
        check(frame in strangers or any(dpid in frame for dpid in dpids), "%s's controller got a foreign frame: %s",
              slice_.name, frame.hex())


def probes_at(bridge, port):
    return [frame for frame in bridge.sent(port) if frame[12:14] == b"\x88\xcc"]


def wait_probe(bridge, port):
    wait_until("a probe to leave port %d of %s" % (port, bridge.name), lambda: probes_at(bridge, port))
    return probes_at(bridge, port)[-1]


def undelivered(session, number, why):
    return session.sluiced.ask("switch", "s%d" % number)["undelivered_packet_ins"][why]


def check_own_flows(bridge, ports):
    flows = {(int(flow.match["in_port"]), flow.match["dl_type"]) for flow in bridge.own_flows()}
    wanted = {(port, kind) for port in ports for kind in ("0x88cc", "0x8942")}
    check(flows == wanted, "Sluice's own flows in %s are %s", bridge.name, sorted(flows))
    check(all(flow.priority == 0xffff for flow in bridge.own_flows()), "they are not on top")


@case(seconds=90)
def links_by_port(session):
    """A triangle of which red has two sides and blue the third; each has hosts."""
    one, two, three = (session.bridge([1, 2]) for _ in range(3))
    session.context.ovs.join(one, 10, two, 10)
    session.context.ovs.join(two, 11, three, 11)
    session.context.ovs.join(one, 12, three, 12)
    red = tenant(session, "red", {one: [1, 10], two: [1, 10, 11], three: [1, 11]}, learn=True)
    blue = tenant(session, "blue", {one: [2, 12], two: [2], three: [2, 12]}, learn=True)
    red_hosts = [session.host(red, bridge, 1, n) for n, bridge in enumerate((one, two, three), 1)]
    blue_hosts = [session.host(blue, bridge, 2, n) for n, bridge in enumerate((one, three), 4)]
    session.start()
    red_links = both_ways((one, 10, two, 10), (two, 11, three, 11))
    blue_links = both_ways((one, 12, three, 12))
    wait_links(red, red_links)
    wait_links(blue, blue_links)
    for slice_ in (red, blue):
        check_ports(slice_)
    check_own_flows(one, [1, 2, 10, 12])

    # Hosts are found where they are, though they talk over the wires.
    session.ping(red_hosts[0], red_hosts[2])
    session.ping(*blue_hosts)
    for slice_, hosts in ((red, (red_hosts[0], red_hosts[2])), (blue, blue_hosts)):
        wanted = {(host.mac, host.bridge.dpid, host.port) for host in hosts}
        wait_until(lambda s=slice_: "%s's hosts; it knows of %s" % (s.name, s.controller.topology()[2]),
                   lambda s=slice_, w=wanted: s.controller.topology()[2] == w)

    # A host of red's gets red's probes. What it does with them at blue's ports comes to nobody.
    probe = wait_probe(one, 1)
    before = undelivered(session, 3, "probe")
    three.inject(2, probe)
    forged = bytearray(probe)
    forged[forged.index(MARK) + len(MARK)] ^= 1
    three.inject(1, bytes(forged))
    wait_until("two probes to go nowhere", lambda: undelivered(session, 3, "probe") == before + 2)

    # A link that is cut is seen to be; a switch that comes back is found again.
    before = [flow.text.split("duration=")[0] for flow in one.own_flows()]
    session.switch_pipe.cut()
    for slice_ in (red, blue):
        wait_links(slice_, set(), 15)
    session.switch_pipe.mend()
    session.wait_up()
    wait_links(red, red_links)
    wait_links(blue, blue_links)
    check([flow.text.split("duration=")[0] for flow in one.own_flows()] == before, "own flows changed")
    for slice_ in (red, blue):
        check_clean(slice_)
        slice_.controller.check_understood()
    session.check_tables()
    session.finish()


@case(seconds=60)
def links_by_vlan(session):
    """Two tenants on the same ports of a chain; neither has untagged frames, and probes are untagged."""
    one, two, three = (session.bridge([1]) for _ in range(3))
    session.context.ovs.join(one, 10, two, 10)
    session.context.ovs.join(two, 11, three, 11)
    on = {one: [1, 10], two: [1, 10, 11], three: [1, 11]}
    red = tenant(session, "red", on, vlan=10)
    blue = tenant(session, "blue", {two: [1, 11], three: [1, 11]}, vlan=20)
    session.start()
    wait_links(red, both_ways((one, 10, two, 10), (two, 11, three, 11)))
    wait_links(blue, both_ways((two, 11, three, 11)))
    for slice_ in (red, blue):
        check_ports(slice_)
        check_clean(slice_)

    # LLDP of a host is a packet like others: its header says whose it is.
    lldp = mac_bytes(NEAREST_BRIDGE) + mac_bytes("02:00:00:00:aa:01") + b"\x88\xcc" + bytes.fromhex(
        "02070402000000aa01" "0403055431" "06020078" "0000")
    tag = ETH_VLAN.to_bytes(2, "big") + (20).to_bytes(2, "big")
    tagged = lldp[:12] + tag + lldp[12:]
    since = {slice_: slice_.controller.mark() for slice_ in (red, blue)}
    three.inject(1, lldp)
    three.inject(1, tagged)

    def heard():
        return [m for m in blue.controller.messages(since[blue], of.PACKET_IN)
                if of.read_packet_in(m.data).data == tagged]
    wait_until("blue's controller to get its host's LLDP", heard)
    for slice_, nobody in ((red, (lldp, tagged)), (blue, (lldp,))):
        slice_.controller.barrier(three)
        got = [of.read_packet_in(m.data).data for m in slice_.controller.messages(since[slice_], of.PACKET_IN)]
        check(not set(nobody) & set(got), "%s's controller got a frame that is not its own", slice_.name)
    session.finish()
