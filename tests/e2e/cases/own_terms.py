"""What a tenant's controller is told, it is told in its own terms: its ports, its matches, its cookies, its xids."""
import openflow as of
from cases import case
from processes import check, wait_until
from session import Address

COOKIE = 0xfedcba9876543210                                      # uses all of its 64 bits
NOWHERE = "02:00:00:00:ee:ee"


def two_quiet_slices(session):
    """Two slices whose controllers do only what the case says."""
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]}, learn=False)
    blue = session.slice("blue", {bridge: [4, 5, 6]}, learn=False)
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start()
    return bridge, red, blue


def ports_of(session, slice_, bridge):
    """The port list as this slice's controller gets it."""
    if session.version == of.V10:
        return of.read_features(slice_.controller.ask(bridge, of.message(of.V10, of.FEATURES_REQUEST))[0]).ports
    return of.read_port_desc(slice_.controller.stats(bridge, of.stats(of.V13, of.STATS_PORT_DESC)))


def same(what, got, wanted):
    check(got == wanted, "%s: got %s, wanted %s", what, got, wanted)


@case()
def features_and_ports(session):
    bridge, red, blue = two_quiet_slices(session)
    for slice_ in (red, blue):
        features = of.read_features(slice_.controller.ask(bridge, of.message(session.version, of.FEATURES_REQUEST))[0])
        same("datapath id", features.dpid, bridge.dpid)
        same("tables", features.n_tables, 1)
        same("buffers", features.n_buffers, 0)
        listed = ports_of(session, slice_, bridge)
        same("%s's ports" % slice_.name, sorted((p.number, p.name) for p in listed),
             [(p, bridge.port_name(p)) for p in slice_.on[bridge]])
        counted = of.read_port_stats(session.version, slice_.controller.stats(bridge, of.port_stats(session.version)))
        same("%s's port statistics" % slice_.name, sorted(p.number for p in counted), slice_.on[bridge])
        foreign = (blue if slice_ is red else red).on[bridge][0]
        answers = slice_.controller.ask(bridge, of.port_stats(session.version, foreign))
        check(answers[0][1] == of.ERROR or not of.stats_body(answers[0]),
              "%s's controller got statistics of port %d: %s",
              slice_.name, foreign, of.describe(answers[0]))
        slice_.controller.stats(bridge, of.stats(session.version, of.STATS_DESC))
    settings_are_per_slice(session, bridge, red, blue)
    port_changes_reach_their_owner(session, bridge, red, blue)
    session.check_isolated()
    session.finish()


def settings_are_per_slice(session, bridge, red, blue):
    ask = of.message(session.version, of.GET_CONFIG_REQUEST)
    before = of.read_config(blue.controller.ask(bridge, ask)[0])
    red.controller.accepted(bridge, of.set_config(session.version, 0xabc))
    same("red's own miss_send_len", of.read_config(red.controller.ask(bridge, ask)[0]), (0, 0xabc))
    same("blue's configuration", of.read_config(blue.controller.ask(bridge, ask)[0]), before)


def port_changes_reach_their_owner(session, bridge, red, blue):
    heard = {slice_: slice_.controller.mark() for slice_ in (red, blue)}

    def statuses(slice_):
        return [of.read_port_status(m.data) for m in slice_.controller.messages(heard[slice_], of.PORT_STATUS)]
    deleted = 1
    bridge.delete_port(3)
    wait_until("red's controller to hear that port 3 went",
               lambda: any(reason == deleted and port.number == 3 for reason, port in statuses(red)))
    wait_until("port 3 to leave red's port list", lambda: [p.number for p in ports_of(session, red, bridge)] == [1, 2])
    bridge.add_port(3)
    wait_until("red's controller to hear that port 3 is back",
               lambda: any(reason != deleted and port.number == 3 for reason, port in statuses(red)[1:]))
    wait_until("port 3 to come back to red's port list",
               lambda: [p.number for p in ports_of(session, red, bridge)] == [1, 2, 3])
    bridge.add_port(7)                                           # nobody's
    for slice_ in (red, blue):
        slice_.controller.barrier(bridge)
        strange = [port.number for _, port in statuses(slice_) if port.number not in slice_.on[bridge]]
        check(not strange, "%s's controller heard of ports that are not its own: %s", slice_.name, strange)
    check(not statuses(blue), "blue's controller heard of red's ports: %s", statuses(blue))


def summary(flow):
    """What must come back exactly as the tenant wrote it."""
    return (flow.table, tuple(sorted(flow.match.items())), flow.cookie, flow.priority, flow.idle, flow.hard,
            tuple(flow.actions)) + (() if flow.flags is None else (flow.flags,))


def written(version, match, cookie, priority, actions, idle=0, hard=0, flags=0):
    return (0, tuple(sorted(match.items())), cookie, priority, idle, hard, tuple(actions)) + \
        (() if version == of.V10 else (flags,))


def add(slice_, bridge, match, actions, **more):
    """Installs a flow that must be taken."""
    slice_.controller.accepted(bridge, of.flow_mod(bridge.version, match, actions, **more))


@case()
def statistics(session):
    bridge, red, blue = two_quiet_slices(session)
    version = session.version
    to_second = {"eth_dst": session.hosts[1].mac}
    broadcast = {"eth_dst": "ff:ff:ff:ff:ff:ff"}
    wanted = {}
    for slice_, second, other in ((red, 2, 3), (blue, 5, 6)):
        # The same in both slices, but for the ports. The first two lie on three ports: three entries of the switch.
        add(slice_, bridge, to_second, [("output", second)], priority=321, cookie=COOKIE, flags=of.SEND_FLOW_REM,
            idle=600, hard=900)
        add(slice_, bridge, broadcast, [("output", of.FLOOD)], priority=5, cookie=0)
        add(slice_, bridge, {"in_port": other, "vlan": None}, [], priority=1, cookie=1)
        wanted[slice_] = sorted([
            written(version, to_second, COOKIE, 321, [("output", second)], 600, 900, of.SEND_FLOW_REM),
            written(version, broadcast, 0, 5, [("output", of.FLOOD)]),
            written(version, {"in_port": other, "vlan": None}, 1, 1, [])], key=repr)
    for slice_ in (red, blue):
        listed = slice_.controller.flow_stats(bridge)
        same("%s's flows" % slice_.name, sorted(map(summary, listed), key=repr), wanted[slice_])

    size = traffic_over_several_entries(session)
    count_in_own_terms(session, bridge, red, {COOKIE: 5, 0: 2, 1: 0}, size)
    count_in_own_terms(session, bridge, blue, {COOKIE: 4, 0: 0, 1: 0}, size)
    filtered_in_own_terms(session, bridge, red, to_second)

    replaced_in_place(session, bridge, red, to_second)
    red.controller.accepted(bridge, of.flow_mod(version, {}, [], command=of.DELETE, table=0xff))
    same("red's flows after all were deleted", red.controller.flow_stats(bridge), [])
    same("blue's flows after red's were deleted", sorted(map(summary, blue.controller.flow_stats(bridge)), key=repr),
         wanted[blue])
    session.check_isolated()
    session.finish()


def replaced_in_place(session, bridge, red, to_second):
    """An ADD over a flow that is there: one flow still, with the new actions and cookie. What becomes of the counters
    is up to RESET_COUNTS from 1.2 on [OF 1.3.5 6.4]; 1.0 clears them at an ADD and leaves them at a MODIFY."""
    third, first = ("output", 3), ("output", 1)

    def order(what, actions, packets, **more):
        add(red, bridge, to_second, actions, priority=321, cookie=7, **more)
        wait_until(lambda: "%s: [(7, %s, %d)]; got %s" % (what, actions, packets, now()),
                   lambda: now() == [(7, tuple(actions), packets)])

    def now():
        return [(f.cookie, tuple(f.actions), f.packets) for f in red.controller.flow_stats(bridge, match=to_second)]
    kept = 0 if session.version == of.V10 else 5
    order("the replaced flow", [third], kept)
    target = session.hosts[2]

    def one_packet():
        session.wait_arrival(target, session.send(session.hosts[0], session.hosts[1]))
        bridge.push_counters()
    one_packet()
    wait_until("a packet more in the replaced flow", lambda: now()[0][2] == kept + 1)
    order("the modified flow", [first], kept + 1, command=of.MODIFY_STRICT)
    if session.version == of.V13:
        order("the flow modified with RESET_COUNTS", [third], 0, command=of.MODIFY_STRICT, flags=of.RESET_COUNTS)
        one_packet()
        wait_until("the first packet of the modified flow", lambda: now()[0][2] == 1)
        order("the flow replaced with RESET_COUNTS", [first], 0, flags=of.RESET_COUNTS)


def traffic_over_several_entries(session):
    """Red sends five frames to its second host, from two ports, and two broadcasts; blue four. Returns a frame's
    size."""
    red_hosts, blue_hosts = session.hosts[:3], session.hosts[3:]
    everyone = Address("ff:ff:ff:ff:ff:ff", 0xffffffff)
    for source, target, count in ((red_hosts[0], red_hosts[1], 3), (red_hosts[2], red_hosts[1], 2),
                                  (blue_hosts[0], blue_hosts[1], 1), (blue_hosts[2], blue_hosts[1], 3)):
        for _ in range(count):
            frame = session.send(source, target)
            session.wait_arrival(target, frame)
    for _ in range(2):
        frame = session.frame(red_hosts[0], everyone)
        red_hosts[0].bridge.inject(red_hosts[0].port, frame)
        for target in red_hosts[1:]:
            session.wait_arrival(target, frame)
    return len(frame)


def count_in_own_terms(session, bridge, slice_, packets, size):
    def counted():
        return {f.cookie: (f.packets, f.bytes) for f in slice_.controller.flow_stats(bridge)}
    expected = {cookie: (count, count * size) for cookie, count in packets.items()}
    bridge.push_counters()
    wait_until(lambda: "%s's flow counters to be %s; they are %s" % (slice_.name, expected, counted()),
               lambda: counted() == expected)
    body = slice_.controller.stats(bridge, of.flow_stats(session.version, kind=of.STATS_AGGREGATE))
    total = sum(packets.values())
    same("%s's aggregate" % slice_.name, tuple(of.read_aggregate(body)), (total, total * size, len(packets)))
    body = slice_.controller.stats(bridge, of.stats(session.version, of.STATS_TABLE))
    tables = of.read_table_stats(session.version, body)
    same("%s's tables and the flows in them" % slice_.name, [(t.table, t.active) for t in tables], [(0, len(packets))])
    ports = of.read_port_stats(session.version, slice_.controller.stats(bridge, of.port_stats(session.version)))
    same("%s's port statistics" % slice_.name, sorted(p.number for p in ports), slice_.on[bridge])
    if total:
        check(sum(p.rx_packets for p in ports) >= total, "%s's ports counted too little: %s", slice_.name, ports)


def filtered_in_own_terms(session, bridge, red, to_second):
    """The filters of a request speak of what the tenant wrote, not of what lies on the switch."""
    def cookies(**filters):
        return sorted(f.cookie for f in red.controller.flow_stats(bridge, **filters))
    same("flows to the second host", cookies(match=to_second), [COOKIE])
    same("flows inside in_port 1", cookies(match={"in_port": 1}), [])
    same("flows inside in_port 3", cookies(match={"in_port": 3}), [1])
    same("flows that output to port 2", cookies(out_port=2), [COOKIE])
    same("flows that output to a foreign port", cookies(out_port=5), [])
    same("flows in table 0", cookies(table=0), sorted([COOKIE, 0, 1]))
    body = red.controller.stats(bridge, of.flow_stats(session.version, match=to_second, kind=of.STATS_AGGREGATE))
    same("aggregate over flows to the second host", of.read_aggregate(body).flows, 1)


@case()
def flow_removed(session):
    bridge, red, blue = two_quiet_slices(session)
    version = session.version

    def add_numbered(slice_, number, **more):
        match = {"eth_dst": "02:00:00:00:bb:%02x" % number}
        add(slice_, bridge, match, [("output", slice_.on[bridge][1])], priority=100 + number, cookie=COOKIE + number,
            **more)
        return match
    since = {slice_: slice_.controller.mark() for slice_ in (red, blue)}
    told = {"flags": of.SEND_FLOW_REM}
    first = add_numbered(red, 1, hard=3, **told)                 # Open vSwitch counts a while after it forwards
    hosts = session.hosts
    target = Address(first["eth_dst"], 0x0a000063)
    for source in (hosts[0], hosts[2], hosts[2]):                # over two of the three entries
        source.bridge.inject(source.port, session.frame(source, target))
    add_numbered(red, 2, idle=1, **told)
    third = add_numbered(red, 3, **told)
    add_numbered(red, 4, hard=1)                                 # did not ask to be told
    add_numbered(blue, 1, hard=1, **told)                        # the same as red's first
    red.controller.accepted(bridge, of.flow_mod(version, third, [], command=of.DELETE))

    def removed(slice_):
        return [of.read_flow_removed(m.data) for m in slice_.controller.messages(since[slice_], of.FLOW_REMOVED)]

    def short(messages):
        return sorted((m.cookie, m.priority, tuple(m.match.items()), m.reason) for m in messages)

    def expected(*pairs):
        return sorted((COOKIE + n, 100 + n, (("eth_dst", "02:00:00:00:bb:%02x" % n),), reason) for n, reason in pairs)
    wanted = {red: expected((1, of.REASON_HARD), (2, of.REASON_IDLE), (3, of.REASON_DELETE)),
              blue: expected((1, of.REASON_HARD))}
    for slice_, messages in wanted.items():
        wait_until(lambda s=slice_, w=messages: "%s's flow_removed: %s; it got %s" % (s.name, w, short(removed(s))),
                   lambda s=slice_, w=messages: len(removed(s)) >= len(w), 8)
    wait_until("all flows to be gone", lambda: not bridge.flows(), 5)
    for slice_, messages in wanted.items():
        slice_.controller.barrier(bridge)
        same("%s's flow_removed messages" % slice_.name, short(removed(slice_)), messages)
    count = {m.cookie: m for m in removed(red)}
    same("packets that the first flow carried", count[COOKIE + 1].packets, 3)
    same("packets that the deleted flow carried", count[COOKIE + 3].packets, 0)
    same("idle timeouts as reported", [count[COOKIE + n].idle for n in (1, 2, 3)], [0, 1, 0])
    if version == of.V13:
        same("hard timeouts as reported", [count[COOKIE + n].hard for n in (1, 2, 3)], [3, 0, 0])
        same("tables as reported", {m.table for m in count.values()}, {0})
    same("what is left in red's statistics", red.controller.flow_stats(bridge), [])
    session.check_isolated()
    session.finish()


@case()
def packet_in(session):
    """Reason, cookie and bytes are those of the tenant's own flow."""
    bridge, red, blue = two_quiet_slices(session)
    version = session.version
    for slice_, cookie in ((red, 0x111), (blue, 0x222)):
        if version == of.V13:
            add(slice_, bridge, {}, [("output", of.CONTROLLER)], priority=0, cookie=cookie)
        add(slice_, bridge, {"eth_dst": NOWHERE}, [("output", of.CONTROLLER)], priority=50, cookie=COOKIE)
    bridge.forget_cached_drops()
    nowhere = Address(NOWHERE, 0x0a0000fe)
    for slice_, host, other, miss_cookie in ((red, session.hosts[2], session.hosts[0], 0x111),
                                             (blue, session.hosts[4], session.hosts[5], 0x222)):
        for target, reason, cookie in ((other, of.REASON_NO_MATCH, miss_cookie), (nowhere, of.REASON_ACTION, COOKIE)):
            since = slice_.controller.mark()
            frame = session.frame(host, target) + b"long enough to be cut where anybody cuts" * 20
            bridge.inject(host.port, frame)
            arrived = wait_until("%s's packet_in" % slice_.name,
                                 lambda s=slice_, n=since: s.controller.messages(n, of.PACKET_IN))
            got = of.read_packet_in(arrived[0].data)
            same("%s's packet" % slice_.name, got.data, frame)
            same("its total length", got.total_len, len(frame))
            same("its port", got.in_port, host.port)
            same("its reason", got.reason, reason)
            same("its buffer", got.buffer_id, of.NO_BUFFER)
            if version == of.V13:
                same("its table", got.table, 0)
                same("its cookie", got.cookie, cookie)
    session.check_isolated()
    session.finish()


@case()
def queues(session):
    """A dummy port has queue 0 and no other; flows may name any, and the datapath takes it for a mark on the packet."""
    version = session.version
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]}, learn=False, queues={"allow": [0, 5], "force": 5})
    blue = session.slice("blue", {bridge: [4, 5, 6]}, learn=False)
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start()

    def to_queue(port, queue):
        return [("enqueue", port, queue)] if version == of.V10 else [("set_queue", queue), ("output", port)]

    def listed(port, queue):
        return "enqueue:%d:%d" % (port, queue) if version == of.V10 else "set_queue:%d,output:%d" % (queue, port)
    add(red, bridge, {"in_port": 1}, to_queue(2, 0))             # chosen
    add(red, bridge, {"in_port": 2}, [("output", 1)])            # forced
    add(blue, bridge, {"in_port": 4}, [("output", 5)])
    for slice_, port, queue in ((red, 2, 1), (blue, 5, 0)):
        _, _, errors = slice_.controller.order(bridge, of.flow_mod(version, {}, to_queue(port, queue)))
        same("%s's error about queue %d" % (slice_.name, queue), [tuple(of.read_error(e))[:2] for e in errors], [(2, 8)])
    same("the switch's flows", sorted(flow.actions for flow in bridge.flows()),
         sorted([listed(2, 0), listed(1, 5), "output:5"]))
    for source, target in ((0, 1), (1, 0), (3, 4)):
        session.wait_arrival(session.hosts[target], session.send(session.hosts[source], session.hosts[target]))

    for slice_, port, wanted in ((red, 3, [0]), (blue, 4, [])):
        answer = slice_.controller.ask(bridge, of.queue_config(version, port))[0]
        same("settings of %s's queues" % slice_.name, of.read_queue_config(version, answer), (port, wanted))
        body = slice_.controller.stats(bridge, of.queue_stats(version))
        same("statistics of %s's queues" % slice_.name, sorted(of.read_queue_stats(version, body)),
             [(p, 0) for p in slice_.on[bridge] if wanted])
    queue_op_failed = 5 if version == of.V10 else 9
    for request, code in ((of.queue_config(version, 4), 0), (of.queue_stats(version, 4), 0),
                          (of.queue_stats(version, 1, 1), 1)):
        error = of.read_error(red.controller.ask(bridge, request)[0])
        same("the error about %s" % of.describe(request), (error.type, error.code), (queue_op_failed, code))
    session.check_isolated()
    session.finish()
