"""Independent readers of a capture: tshark and ovs-ofctl. Each is known to be wrong about some sound messages; those
are named here, one by one, and everything else that a judge complains of counts."""
import struct

import openflow as of
from lab import program
from processes import check, run


BAD_LENGTHS = {(1, 6), (2, 1), (4, 1)}                           # of a request, an action, a match (1.3)


def tshark_blind_spot(message):
    """Why tshark 4.0 calls this message malformed although it is sound; None when it has no such excuse."""
    head = of.header(message)
    if head.version == of.V10:
        if head.type == of.FLOW_MOD and len(message) == 72:
            return "it expects an action in every 1.0 FLOW_MOD"
        if head.type == of.PACKET_OUT and len(message) == 16 + struct.unpack_from(">H", message, 14)[0]:
            return "it expects data in every 1.0 PACKET_OUT"
    elif head.type == of.ERROR:
        error = of.read_error(message)
        if len(error.data) < 8 or struct.unpack_from(">H", error.data, 2)[0] != len(error.data):
            return "it expects a whole message in the data of every 1.3 ERROR"
        if (error.type, error.code) in BAD_LENGTHS:
            return "it reads the data of a 1.3 ERROR as a message, which this one was refused for not being"
    return None


def tshark(capture):
    """Judges a finished capture: every message dissected as OpenFlow, none malformed. Returns how many were read and
    how many had a known excuse."""
    text = run([program("tshark"), "-n", "-r", capture.path, "-d", "tcp.port==%d,openflow" % capture.PORT,
                "-o", "openflow.desegment:TRUE", "-T", "fields", "-E", "separator=;", "-e", "frame.number", "-e",
                "frame.protocols", "-e", "_ws.malformed", "-e", "_ws.expert.message"], 60)
    complaints, excused, read = [], 0, 0
    for line in text.splitlines():
        number, protocols, malformed, expert = line.split(";", 3)
        message = capture.judged.get(int(number))
        if message is None:
            continue
        read += 1
        odd = malformed or "alformed" in expert or "openflow" not in protocols
        if odd and tshark_blind_spot(message):
            excused += 1
        elif odd:
            complaints.append("%s  [%s]" % (of.describe(message, 200),
                                            malformed or expert or "not dissected as OpenFlow"))
    check(read == len(capture.judged), "tshark read %d of %d messages", read, len(capture.judged))
    check(not complaints, "tshark finds %d of %d messages malformed:\n    %s", len(complaints), read,
          "\n    ".join(complaints[:6]))
    return read, excused


def ovs_ofctl(messages):
    """Asks Open vSwitch's decoder about single messages; returns (message, complaint) pairs. An ERROR carries a message
    that was refused, so the decoder may well find fault inside it."""
    out = []
    for message in messages:
        text = run([program("ovs-ofctl"), "ofp-print", message.hex(), "1"])
        if "***" in text and message[1] != of.ERROR:
            out.append((message, text.strip()[:300]))
    return out
