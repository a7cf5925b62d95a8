"""What Sluice says of messages and packets: why one was refused, and where one goes, judged by Open vSwitch's own trace
of the same packet."""
import random
import re

import openflow as of
from cases import case
from cases.collisions import three_slices
from processes import check, run, wait_until
from lab import program

MACS = ["02:00:00:00:aa:%02x" % n for n in (1, 2, 3)]
IPS = ["10.0.0.%d" % n for n in (1, 2, 3)]


def encoded(session, text):
    """A flow_mod of ovs-ofctl's text. What is compared is what two traces make of it, not how it is encoded."""
    sluicectl = session.sluiced.control_program
    return bytes.fromhex(run([sluicectl, "encode", "--of", of.NAME[session.version], "flow_mod", text]).strip())


# ------------------------------------------------------------------------------------------------ explain

@case()
def refusals_are_explained(session):
    bridge, red, blue, _ = three_slices(session, learn=False)
    sent = of.with_xid(encoded(session, "priority=7,dl_vlan=10,actions=output:2"), 0x71)
    blue.controller.send(bridge, sent)
    blue.controller.barrier(bridge)
    wait_until("the refusal", lambda: session.sluiced.ask("rejects")["rejects"])
    for words in (("last",), ("0x71",), ("113", "--slice", "blue")):
        told = session.sluiced.ask("explain", *words)["refusals"]
        check(len(told) == 1, "explain %s tells of %d messages", words, len(told))
        told = told[0]
        check(told["asked"] == "flow_mod priority=7,dl_vlan=10,actions=output:2", "it was asked %s", told["asked"])
        check(told["hex"] == sent.hex() and told["size"] == len(sent), "the bytes are not those that were sent")
        check((told["slice"], told["switch"], told["code"]) == ("blue", "s1", "E0201"), "explained: %s", told)
        check([(n["name"], n["asked"]) for n in told["nearest"]] == [("blue[0]", "dl_vlan=10")], "nearest: %s",
              told["nearest"])
        check("%s:" % session.sluiced.slice_file in told["nearest"][0]["at"], "no place in the slice file: %s", told)
    code, text = session.sluiced.say("explain", "last")
    check(code == 0 and "asked was dl_vlan=10" in text, "explain last: %s", text)
    code, text = session.sluiced.say("explain", "0x72")
    check(code == 1 and "Only what was refused is remembered" in text, "explain of an unknown xid: %d %s", code, text)
    text = run([program("ovs-appctl"), "-t", session.sluiced.control, "explain", "last", "--slice", "blue"])
    check("  why      E0201 " in text, "ovs-appctl explain: %s", text)
    session.finish()


# ------------------------------------------------------------------------------------------------ trace

@case(seconds=90)
def traces_agree_with_open_vswitch(session):
    dice = random.Random(session.context.seed)
    session.context.remark("seed %d" % session.context.seed)
    bridge, red, blue, green = three_slices(session, learn=False)
    for slice_ in (red, blue, green):
        for number in range(25):
            slice_.controller.send(bridge, encoded(session, random_flow(dice, session, slice_, bridge, number)))
        slice_.controller.barrier(bridge)
    refused = session.sluiced.ask("rejects")["rejects"]
    check(not refused, "refused: %s", refused[:2])
    datapath_ports = numbers_in_the_datapath(bridge)
    met = left = rewritten = 0
    for _ in range(120):
        slice_ = dice.choice((red, blue, green))
        packet = random_packet(dice, slice_, bridge)
        ours = session.sluiced.ask("trace", "s1", packet)
        if ours["warnings"]:                                     # two flows of one priority: nobody can tell
            continue
        ttl = ",nw_ttl=64" if "nw_src" in packet else ""         # what is not said of a packet is 0 there
        theirs = bridge.ovs.appctl("ofproto/trace", bridge.name, packet + ttl)
        compare(packet, ours, theirs, datapath_ports)
        check(ours["owner"]["slice"] == slice_.name, "%s is %s's, the trace says: %s", packet, slice_.name, ours["owner"])
        check(ours["flow"] is None or ours["flow"]["slice"] == slice_.name, "%s meets another's flow", packet)
        met += ours["flow"] is not None
        left += bool(ours["leaves"])
        rewritten += any(step["output"] is None for step in ours["steps"])
    check(met > 60 and left > 30 and rewritten > 10, "only %d packets met a flow, %d left, %d were rewritten", met, left,
          rewritten)
    session.finish()


def random_flow(dice, session, slice_, bridge, number):
    ports = slice_.on[bridge]
    match, actions = ["priority=%d" % (10 * number + 10)], []
    protocol = dice.choice(("", "", "ip", "ip", "tcp", "arp"))
    if protocol:
        match.append(protocol)
    if dice.random() < 0.5:
        match.append("in_port=%d" % dice.choice(ports))
    if dice.random() < 0.5:
        match.append("dl_dst=" + dice.choice(MACS))
    if protocol in ("ip", "tcp") and dice.random() < 0.3:
        match.append("nw_dst=" + dice.choice(IPS))
    if slice_.vlan is None and dice.random() < 0.4:
        match.append("dl_vlan=%s" % dice.choice(("5", "6", "0xffff")))
    tagged = any(m in match for m in ("dl_vlan=5", "dl_vlan=6")) or slice_.vlan is not None
    for _ in range(dice.randrange(5)):
        choices = ["output:%d" % dice.choice(ports)] * 3 + ["IN_PORT", "CONTROLLER:65535", "FLOOD"]
        choices += ["mod_dl_dst:" + dice.choice(MACS), "mod_dl_src:" + dice.choice(MACS)]
        if protocol in ("ip", "tcp"):
            choices += ["mod_nw_dst:" + dice.choice(IPS), "mod_nw_src:" + dice.choice(IPS), "mod_nw_tos:32"]
        if protocol == "tcp":
            choices.append("mod_tp_dst:%d" % dice.choice((80, 443)))
        if protocol == "ip" and session.version == of.V13:
            choices.append("dec_ttl")
        if slice_.vlan is None and tagged:
            choices += ["mod_vlan_vid:%d" % dice.choice((5, 6)), "mod_vlan_pcp:3"]
        actions.append(dice.choice(choices))
    return "%s,actions=%s" % (",".join(match), ",".join(actions) or "drop")


def random_packet(dice, slice_, bridge):
    protocol = dice.choice(("ip,nw_proto=47", "tcp", "arp", "dl_type=0x88b5"))
    packet = ["in_port=%d" % dice.choice(slice_.on[bridge]), protocol, "dl_src=" + dice.choice(MACS),
              "dl_dst=" + dice.choice(MACS)]
    vlan = slice_.vlan or dice.choice((None, 5, 6))
    if vlan is not None:
        packet.append("dl_vlan=%d" % vlan)
    if protocol in ("ip,nw_proto=47", "tcp"):
        packet += ["nw_src=" + dice.choice(IPS), "nw_dst=" + dice.choice(IPS)]
    if protocol == "tcp":
        packet += ["tp_src=1000", "tp_dst=%d" % dice.choice((80, 443))]
    return ",".join(packet)


def numbers_in_the_datapath(bridge):
    """{number in the datapath: OpenFlow port}, by the daemon's own list: "b1p2 2/3: (dummy)"."""
    shown = bridge.ovs.appctl("dpif/show")
    return {int(inner): int(outer) for outer, inner in re.findall(r"%sp\d+ (\d+)/(\d+):" % bridge.name, shown)}


def compare(packet, ours, theirs, datapath_ports):
    def differ(what, one, other):
        check(one == other, "%s of %s: we say %s, Open vSwitch %s\n%s\n%s", what, packet, one, other, theirs, ours)
    actions = re.search(r"^Datapath actions: (.*)$", theirs, re.M).group(1)
    bare = re.sub(r"userspace\((?:[^()]|\([^()]*\))*\)", "userspace", actions)
    bare = re.sub(r"[a-z_]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", "change", bare)
    words = bare.split(",")
    differ("ports", [int(p["port"]) for p in ours["leaves"]], [datapath_ports[int(w)] for w in words if w.isdigit()])
    heard = sum(bool(s["output"]) and s["output"]["to"] == "controller" for s in ours["steps"])
    if ours["flow"] is None:
        heard = 0 if ours["if_missed"]["dropped"] else 1
        check("No match" in theirs, "%s meets a flow there and none here\n%s", packet, theirs)
    else:
        cookie = re.search(r"cookie (0x[0-9a-f]+)", theirs)
        differ("cookie", ours["flow"]["physical"]["cookie"], cookie and cookie.group(1))
    differ("packet_ins", heard, words.count("userspace"))
    final = re.search(r"^Final flow: (.*)$", theirs, re.M).group(1)
    if final == "unchanged":
        final = re.search(r"^Flow: (.*)$", theirs, re.M).group(1)
    wanted, got = fields(final), fields(ours["final"]["header"])
    for name in ("dl_src", "dl_dst", "dl_vlan", "dl_vlan_pcp", "nw_src", "nw_dst", "nw_tos", "tp_src", "tp_dst"):
        if name not in ours["final"]["unknown"]:
            differ(name, got.get(name), wanted.get(name))


def fields(flow):
    return dict(part.split("=", 1) for part in flow.split(",") if "=" in part)
