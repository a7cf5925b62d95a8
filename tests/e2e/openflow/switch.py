"""What a switch sends."""
import struct

from openflow.action import action_bytes
from openflow.basics import (
    ERROR, FEATURES_REPLY, FLOW_REMOVED, NO_BUFFER, PACKET_IN, PORT_STATUS, REASON_DELETE, REASON_NO_MATCH,
    STATS_REPLY, V10, V13, message)
from openflow.match import match_10, match_13


def port_bytes(version, number, name):
    mac = bytes([2, 0, 0, 0, 0, number])
    if version == V10:
        return struct.pack(">H6s16sIIIIII", number, mac, name.encode(), 0, 0, 0, 0, 0, 0)
    return struct.pack(">I4x6s2x16sIIIIIIII", number, mac, name.encode(), 0, 0, 0, 0, 0, 0, 0, 0)


def features_reply(version, dpid, ports, xid=1):
    body = struct.pack(">QIB", dpid, 0, 1 if version == V10 else 254)
    if version == V10:
        return message(V10, FEATURES_REPLY, body + struct.pack(">3xII", 0x07, 0xfff) +
                       b"".join(port_bytes(V10, p, "p%d" % p) for p in ports), xid)
    return message(V13, FEATURES_REPLY, body + struct.pack(">B2xII", 0, 0x07, 0), xid)


def packet_in(version, in_port, data, reason=REASON_NO_MATCH, cookie=0xffffffffffffffff, xid=0):
    if version == V10:
        body = struct.pack(">IHHBx", NO_BUFFER, len(data), in_port, reason)
    else:
        body = struct.pack(">IHBBQ", NO_BUFFER, len(data), reason, 0,
                           cookie) + match_13({"in_port": in_port}) + bytes(2)
    return message(version, PACKET_IN, body + data, xid)


def flow_removed(version, match, cookie, reason=REASON_DELETE, priority=100, xid=0):
    if version == V10:
        body = match_10(match) + struct.pack(">QHBxIIHxxQQ", cookie, priority, reason, 1, 2, 3, 4, 5)
    else:
        body = struct.pack(">QHBBIIHHQQ", cookie, priority, reason, 0, 1, 2, 3, 4, 5, 6) + match_13(match)
    return message(version, FLOW_REMOVED, body, xid)


def port_status(version, reason, number, xid=0):
    return message(version, PORT_STATUS, struct.pack(">B7x", reason) + port_bytes(version, number, "p%d" % number), xid)


def stats_reply(version, kind, body=b"", more=False, xid=1):
    return message(version, STATS_REPLY[version],
                   struct.pack(">HH", kind, int(more)) + (bytes(4) if version == V13 else b"") + body, xid)


def flow_stats_entry(version, match, cookie, actions):
    if version == V10:
        rest = match_10(match) + struct.pack(">IIHHH6xQQQ", 1, 2, 100, 0, 0, cookie, 5, 500) + action_bytes(V10,
                                                                                                            actions)
    else:
        listed = action_bytes(V13, actions)
        rest = (struct.pack(">IIHHHH4xQQQ", 1, 2, 100, 0, 0, 0, cookie, 5, 500) + match_13(match) +
                struct.pack(">HHI", 4, 8 + len(listed), 0) + listed)
    return struct.pack(">HBx", 4 + len(rest), 0) + rest


def error(version, kind, code, data, xid=1):
    return message(version, ERROR, struct.pack(">HH", kind, code) + data, xid)
