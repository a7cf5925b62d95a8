"""Controllers and switches that go and come back."""
import openflow as of
from cases import case
from processes import check, wait_until


def identity(flow):
    return flow.cookie, flow.priority, tuple(sorted(flow.match.items())), flow.actions


def identities(flows):
    return {identity(flow) for flow in flows}


def two_learned_slices(session):
    bridge = session.bridge(range(1, 7))
    red = session.slice("red", {bridge: [1, 2, 3]})
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    return bridge, red, blue


def of_slice(bridge, slice_, least_priority=1):
    """The entries of a slice above its table-miss entry."""
    return [f for f in bridge.flows() if f.priority >= least_priority and not slice_.problem_with(bridge, f)]


def answers_under_own_xid(session, slice_, bridge):
    """Requests come back under the xid that they went out with."""
    slice_.controller.barrier(bridge)
    answers = slice_.controller.ask(bridge, of.message(session.version, of.ECHO_REQUEST, b"still there?"))
    check(answers[0][1] == of.ECHO_REPLY and answers[0][8:] == b"still there?", "an echo came back as %s",
          of.describe(answers[0]))


@case()
def controller_killed_and_restarted(session):
    bridge, red, blue = two_learned_slices(session)
    session.start(record_controllers=False)
    reds, blues = session.hosts[:3], session.hosts[3:]
    session.learn(reds[0], reds[1])
    session.learn(blues[0], blues[1])
    before = {slice_: identities(of_slice(bridge, slice_)) for slice_ in (red, blue)}
    heard = blue.controller.mark()

    red.controller.kill()
    for _ in range(3):                                           # what was learned goes on working
        session.ping(reds[0], reds[1])
        session.ping(blues[0], blues[1])
    for slice_ in (red, blue):
        check(identities(of_slice(bridge, slice_)) == before[slice_], "%s's flows changed when red's controller died",
              slice_.name)
    answers_under_own_xid(session, blue, bridge)
    session.learn(blues[0], blues[2])                            # the neighbour even learns anew meanwhile

    red.controller.start()
    red.controller.wait_listening()
    red.controller.wait_up(bridge, 12)
    red.controller.barrier(bridge)
    check(identities(of_slice(bridge, red)) >= before[red], "red's flows were wiped when its controller came back")
    session.learn(reds[0], reds[2])                              # a host that was not known before
    answers_under_own_xid(session, red, bridge)

    check(blue.controller.connects(bridge) == 1 and blue.controller.up(bridge),
          "blue's controller saw its connection to the switch go")
    unexpected = [m for m in blue.controller.messages(heard) if m.type in (of.ERROR, of.PORT_STATUS, of.HELLO)]
    check(not unexpected, "blue's controller got %s when red's died", [of.describe(m.data) for m in unexpected])
    session.check_isolated()
    session.finish()


@case()
def switch_disconnected_and_reconnected(session):
    bridge, red, blue = two_learned_slices(session)
    session.start()
    session.learn(*session.hosts[0:2])
    session.learn(*session.hosts[3:5])
    for one, other in (session.hosts[0:2], session.hosts[3:5]):
        session.check_carried_by_flows(one, other)
    before = {slice_: of_slice(bridge, slice_) for slice_ in (red, blue)}
    sent_before = len(session.switch_pipe.messages)

    # The network between the two fails. (Taking the switch's controller away would not do: Open vSwitch drops all flows
    # when its last controller is taken away.)
    session.switch_pipe.cut()
    for slice_ in (red, blue):
        slice_.controller.wait_down(bridge)
        check(identities(of_slice(bridge, slice_)) == identities(before[slice_]),
              "%s's flows changed while the switch was away",
              slice_.name)
    session.ping(*session.hosts[0:2])                            # the switch forwards on its own
    session.ping(*session.hosts[3:5])

    session.switch_pipe.mend()
    session.wait_up()
    for slice_ in (red, blue):
        check(slice_.controller.connects(bridge) == 2, "%s's controller saw the switch come up %d times instead of 2",
              slice_.name, slice_.controller.connects(bridge))
        after = {identity(flow): flow for flow in of_slice(bridge, slice_)}
        for flow in before[slice_]:
            now = after.get(identity(flow))
            check(now is not None, "an entry of %s was lost over the reconnect: %s", slice_.name, flow.text)
            check(now.packets >= flow.packets, "an entry of %s was installed anew, its counters are gone: %s",
                  slice_.name,
                  now.text)
    check_nothing_deleted(session, sent_before)
    # The tenants' own view outlives the disconnect too.
    for slice_ in (red, blue):
        listed = [s for s in slice_.controller.flow_stats(bridge) if s.priority > 0]
        check(len(listed) == len(before[slice_]), "%s's statistics list %d flows instead of %d after the reconnect",
              slice_.name,
              len(listed), len(before[slice_]))
    session.learn(session.hosts[0], session.hosts[2])
    session.learn(session.hosts[3], session.hosts[5])
    session.check_isolated()
    session.finish()


def is_delete(flow_mod):
    """Is the command of this flow_mod a delete, strict or not?"""
    command = int.from_bytes(flow_mod[56:58], "big") if flow_mod[0] == of.V10 else flow_mod[25]
    return command in (of.DELETE, of.DELETE_STRICT)


def check_nothing_deleted(session, since):
    """Of the messages on the switch's link from number `since` on, none takes a flow away."""
    wiped = [m.data for m in session.switch_pipe.messages[since:]
             if m.sender == "server" and m.data[1] == of.FLOW_MOD and is_delete(m.data)]
    check(not wiped, "Sluice deleted flows when the switch came back: %s", [of.describe(m) for m in wiped])


@case()
def switch_that_nobody_configured(session):
    """A switch with an unknown datapath id stays connected, gets no tenant, and disturbs nobody."""
    bridge, red, _ = two_learned_slices(session)
    session.start()
    stranger = session.context.ovs.bridge(session.version, [1, 2])

    def seen():
        return [s for s in session.sluiced.ask("status")["switches"] if s["dpid"] == stranger.dpid_text]
    try:
        stranger.connect(session.sluiced.port)
        wait_until(lambda: "sluicectl status to show the unknown switch %s; it shows %s" % (stranger.dpid_text, seen()),
                   lambda: [s["state"] for s in seen()] == ["no slices"], 8)
        first = seen()[0]["peer"]
        session.learn(session.hosts[0], session.hosts[1])
        check([s["peer"] for s in seen()] == [first], "the unknown switch was hung up on: %s, then %s", first, seen())
        check(not stranger.flows(), "the unknown switch got flows")
        check(red.controller.connects(stranger) == 0, "red's controller was given a switch that it does not own")
    finally:
        stranger.delete()
    session.check_isolated()
    session.finish()


@case(seconds=45)
def sluiced_stopped_and_started(session):
    restart(session, session_end=lambda daemon: daemon.stop())


@case(seconds=45)
def sluiced_killed_and_started(session):
    restart(session, session_end=lambda daemon: daemon.process.kill())


def restart(session, session_end):
    """A new run of sluiced finds the entries of the former one and gives them back to their slices: they carry traffic all
    the time, are listed for their owners, make way for what these ask for in their place, and go when they delete them."""
    bridge, red, blue = two_learned_slices(session)
    session.start()
    reds, blues = session.hosts[:3], session.hosts[3:]
    for one, other in (reds[:2], blues[:2]):
        session.learn(one, other)
        session.check_carried_by_flows(one, other)
    before = {slice_: of_slice(bridge, slice_) for slice_ in (red, blue)}
    sent_before = len(session.switch_pipe.messages)

    session_end(session.sluiced)
    for slice_ in (red, blue):
        slice_.controller.wait_down(bridge)
    session.ping(*reds[:2])                                      # the switch forwards on its own
    session.ping(*blues[:2])
    session.sluiced.start()
    session.sluiced.wait_listening()
    session.wait_up()
    check_nothing_deleted(session, sent_before)
    for slice_ in (red, blue):
        check(slice_.controller.connects(bridge) == 2, "%s's controller saw the switch come up %d times instead of 2",
              slice_.name, slice_.controller.connects(bridge))
        learned = [flow for flow in of_slice(bridge, slice_) if flow.priority > 0]
        check(places(learned) == places(before[slice_]),
              "%s's flows did not outlive a restart of sluiced:\n%s", slice_.name, bridge.dump())
    own_again(session, bridge)
    for one, other in (reds[:2], blues[:2]):                     # the old entries carry traffic still
        session.check_carried_by_flows(one, other)

    # New flows stand beside the old ones; an old one makes way for a new one in its place.
    for hosts in (reds, blues):
        session.learn(hosts[0], hosts[2])
        session.check_carried_by_flows(hosts[0], hosts[2])
    replaced = before[red][0]
    add_again(session, red, bridge, replaced)
    here = [flow for flow in of_slice(bridge, red) if flow.match == replaced.match]
    check(len(here) == 1, "a new flow in the place of an old one:\n%s", "\n".join(f.text for f in here))
    own_again(session, bridge)
    # What the tenant deletes is all that it has.
    red.controller.accepted(bridge, of.flow_mod(session.version, {}, [], command=of.DELETE, table=0xff))
    check(not of_slice(bridge, red), "after red deleted all of its flows it has:\n%s", bridge.dump())
    check(places(before[blue]) <= places(of_slice(bridge, blue)), "red's delete took flows of blue:\n%s", bridge.dump())
    session.check_isolated()
    session.finish()


def places(flows):
    """Where entries stand and what they do, whatever their cookies."""
    return {(flow.priority, tuple(sorted(flow.match.items())), flow.actions) for flow in flows}


def add_again(session, slice_, bridge, flow):
    """Installs a learned flow anew, as its controller would."""
    slice_.controller.accepted(bridge, of.flow_mod(
        session.version, {"in_port": int(flow.match["in_port"]), "eth_src": flow.match["dl_src"],
                          "eth_dst": flow.match["dl_dst"]},
        [("output", int(flow.actions.removeprefix("output:")))], priority=flow.priority))


def own_again(session, bridge):
    """sluicectl and the tenants' own statistics show every entry on the switch as a flow of this run."""
    warnings = [w for s in session.sluiced.ask("status")["switches"] for w in s.get("warnings", [])]
    check(not [w for w in warnings if "belong to nobody" in w], "sluicectl status says %s", warnings)
    listed = session.sluiced.ask("flows")
    cookies = {int(str(piece["cookie"]), 0) for flow in listed["flows"] for piece in flow["physical"]}
    check(cookies == {flow.cookie for flow in bridge.flows()},
          "sluicectl flows lists entries with the cookies %s; the switch has:\n%s", sorted(map(hex, cookies)), bridge.dump())
    for slice_ in session.slices:
        told = {f.priority for f in slice_.controller.flow_stats(bridge) if f.priority > 0}       # but the table-miss flow
        own = {f.priority for f in of_slice(bridge, slice_)}
        check(told == own, "%s's statistics list flows of the priorities %s; its entries on the switch have %s",
              slice_.name, sorted(told), sorted(own))
