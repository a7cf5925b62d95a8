"""Two tenants share switches: each learns its own part and carries its traffic, and nothing crosses."""
import openflow as of
from cases import case
from processes import wait_until
from session import Address
from tenants import TestController


def broadcast_stays_inside(session, host):
    """A frame to an address that nobody has goes to every other port of the slice, and to no port besides."""
    everyone = [h for h in session.hosts if h.slice is host.slice and h is not host]
    frame = session.frame(host, Address("02:00:00:00:aa:ff", 0x0a0000ff))
    host.bridge.inject(host.port, frame)
    for other in everyone:
        session.wait_arrival(other, frame)


def both_ways_in_each_slice(session):
    """For every slice: hosts find each other, flows are learned and carry traffic, floods stay inside."""
    for slice_ in session.slices:
        one, other, *_ = [host for host in session.hosts if host.slice is slice_]
        session.learn(one, other)
    for slice_ in session.slices:
        one, other, *_ = [host for host in session.hosts if host.slice is slice_]
        session.check_carried_by_flows(one, other)
        broadcast_stays_inside(session, one)
    session.check_isolated()


@case()
def two_slices_by_port(session):
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]})
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start()
    both_ways_in_each_slice(session)
    session.finish()


@case()
def two_slices_by_vlan(session):
    bridge = session.bridge([1, 2, 3])
    red = session.slice("red", {bridge: [1, 2, 3]}, vlan=10)
    blue = session.slice("blue", {bridge: [1, 2, 3]}, vlan=20)
    for slice_ in (red, blue):
        for number in (1, 2, 3):
            # Crosswise: the same address is behind another port in the other slice.
            session.host(slice_, bridge, number if slice_ is red else 4 - number, number)
    session.start()
    both_ways_in_each_slice(session)
    # What belongs to no slice is nobody's: it goes nowhere and no controller hears of it (check_isolated sees to it).
    stray = session.host(red, bridge, 1, 1)
    session.hosts.remove(stray)
    for vlan in (30, None):
        frame = session.frame(stray, stray)
        frame = frame[:12] + (b"" if vlan is None else bytes([0x81, 0, 0, vlan])) + frame[16:]
        bridge.inject(1, frame)
    both_ways_in_each_slice(session)
    session.finish()


@case()
def two_switches_in_line_by_vlan(session):
    left, right = session.bridge([1, 2]), session.bridge([1, 2])
    session.context.ovs.join(left, 9, right, 9)
    for name, vlan in (("red", 10), ("blue", 20)):
        slice_ = session.slice(name, {left: [1, 2, 9], right: [1, 2, 9]}, vlan=vlan)
        session.host(slice_, left, 1, 1)
        session.host(slice_, right, 1, 2)
        session.host(slice_, left, 2, 3)
        session.host(slice_, right, 2, 4)
    session.start()
    both_ways_in_each_slice(session)
    session.finish()


@case()
def two_switches_in_line_by_port(session):
    left, right = session.bridge([1, 2]), session.bridge([1, 2])
    session.context.ovs.join(left, 8, right, 8)
    session.context.ovs.join(left, 9, right, 9)
    for name, port, wire in (("red", 1, 8), ("blue", 2, 9)):
        slice_ = session.slice(name, {left: [port, wire], right: [port, wire]})
        session.host(slice_, left, port, 1)
        session.host(slice_, right, port, 2)
    session.start()
    both_ways_in_each_slice(session)
    session.finish()


@case()
def another_make_of_controller(session):
    """One tenant runs ovs-testcontroller, its neighbour os-ken."""
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]},
                        controller=TestController("red", session.version, session.folder))
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start()
    if session.version == of.V13:
        # It cannot be asked whether it is ready; its table-miss entry in the switch says so.
        wait_until("the table-miss entry of ovs-testcontroller on the switch",
                   lambda: [f for f in bridge.flows() if f.priority == 0 and not red.problem_with(bridge, f)])
    both_ways_in_each_slice(session)
    session.finish()
