"""Independent readers look at everything that was said on both sides of Sluice."""
import openflow as of
import judges
from cases import case
from cases.hostile import attack, attempts_by_port
from processes import check, wait_until


@case(seconds=40)
def no_malformed_message(session):
    bridge = session.bridge(range(1, 7))
    version = session.version
    red = session.slice("red", {bridge: [1, 2, 3]})
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    for slice_, first in ((red, 1), (blue, 4)):
        for number in range(3):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start(capture=True)
    everything_once(session, bridge, red)
    session.learn(*session.hosts[3:5])
    attack(session, red, bridge, attempts_by_port(version))
    session.check_isolated()
    controllers = {pipe.name: pipe for pipe in session.pipes}
    seen = {of.type_name(recorded.data) for recorded in controllers["red"].messages}
    missing = {"HELLO", "FEATURES_REPLY", "PACKET_IN", "PACKET_OUT", "FLOW_MOD", "FLOW_REMOVED", "BARRIER_REPLY",
               "ECHO_REPLY", "GET_CONFIG_REPLY", "PORT_STATUS"} - seen
    check(not missing, "the recording lacks %s, so it would prove little", sorted(missing))
    session.finish()
    session.capture.close()
    judges.tshark(session.capture)
    ask_ovs(session, controllers)


def everything_once(session, bridge, red):
    """A session with every kind of message that this release knows."""
    version, controller = session.version, red.controller
    session.learn(*session.hosts[0:2])
    controller.ask(bridge, of.message(version, of.ECHO_REQUEST, b"ping"))
    controller.ask(bridge, of.message(version, of.FEATURES_REQUEST))
    controller.accepted(bridge, of.set_config(version, 0xffff))
    controller.ask(bridge, of.message(version, of.GET_CONFIG_REQUEST))
    controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x0806}, [], priority=3))
    controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x86dd},
                                            [("output", of.FLOOD), ("output", of.CONTROLLER)],
                                            priority=3))
    controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x86dd}, [("output", 2)], priority=3,
                                            command=of.MODIFY_STRICT))
    controller.accepted(bridge, of.flow_mod(version, {"eth_type": 0x0800, "ip_proto": 6, "ipv4_dst": 0x0a000001,
                                                      "vlan": 5}, [("set_vlan", 6), ("output", of.ALL)], priority=4))
    controller.accepted(bridge, of.flow_mod(version, {"eth_dst": "02:00:00:00:ee:ee"}, [("output", 2)],
                                            flags=of.SEND_FLOW_REM))
    for kind in (of.STATS_DESC, of.STATS_TABLE):
        controller.stats(bridge, of.stats(version, kind))
    if version == of.V13:
        controller.stats(bridge, of.stats(version, of.STATS_PORT_DESC))
    controller.flow_stats(bridge)
    controller.stats(bridge, of.flow_stats(version, kind=of.STATS_AGGREGATE))
    controller.stats(bridge, of.port_stats(version))
    since = controller.mark()
    controller.accepted(bridge, of.flow_mod(version, {"eth_dst": "02:00:00:00:ee:ee"}, [], command=of.DELETE))
    wait_until("red's flow_removed", lambda: controller.messages(since, of.FLOW_REMOVED))
    bridge.delete_port(3)
    wait_until("red's port_status", lambda: controller.messages(since, of.PORT_STATUS))
    bridge.add_port(3)


def ask_ovs(session, pipes):
    """A second opinion on one message of every kind and length that Sluice itself wrote."""
    written = {}
    for name, pipe in pipes.items():
        for message in pipe.sent_by("server" if name == "switch" else "client"):
            written.setdefault((name == "switch", of.type_name(message), len(message)), message)
    faults = judges.ovs_ofctl(written.values())
    check(not faults, "Open vSwitch's decoder complains of %d messages:\n    %s", len(faults),
          "\n    ".join("%s: %s" % (of.describe(m, 200), text) for m, text in faults[:4]))
