"""What a controller sends."""
import struct

from openflow.action import action_bytes
from openflow.basics import (
    ADD, ALL, ANY, BARRIER_REQUEST, CONTROLLER, FLOW_MOD, GROUP_MOD, HELLO, METER_MOD, NO_BUFFER, PACKET_OUT, PORT_MOD,
    QUEUE_CONFIG_REQUEST, SET_CONFIG, STATS_FLOW, STATS_PORT, STATS_QUEUE, STATS_REQUEST, V10, V13,
    mac_bytes, message, wire_port)
from openflow.match import match_10, match_13


def hello(version, xid=1):
    """1.3 with the bitmap that offers just this version."""
    return message(version, HELLO, struct.pack(">HHI", 1, 8, 1 << version) if version == V13 else b"", xid)


def flow_mod(version, match, actions, command=ADD, priority=100, cookie=0, idle=0, hard=0, flags=0, out_port=ANY,
             table=0, instructions=None, cookie_mask=0, xid=1, buffer_id=NO_BUFFER):
    """`instructions` (1.3): bytes that stand in place of the one apply-actions instruction."""
    if version == V10:
        body = match_10(match) + struct.pack(">QHHHHIHH", cookie, command, idle, hard, priority, buffer_id,
                                              wire_port(V10, out_port), flags) + action_bytes(V10, actions)
        return message(V10, FLOW_MOD, body, xid)
    if instructions is None:
        listed = action_bytes(V13, actions)
        instructions = struct.pack(">HHI", 4, 8 + len(listed), 0) + listed if listed else b""
    body = struct.pack(">QQBBHHHIIIHH", cookie, cookie_mask, table, command, idle, hard, priority, buffer_id,
                       out_port, ANY, flags, 0)
    return message(V13, FLOW_MOD, body + match_13(match) + instructions, xid)


def goto_table(table):
    return struct.pack(">HHBxxx", 1, 8, table)


def write_actions(actions):
    listed = action_bytes(V13, actions)
    return struct.pack(">HHI", 3, 8 + len(listed), 0) + listed


def meter_instruction(meter):
    return struct.pack(">HHI", 6, 8, meter)


def packet_out(version, actions, data, in_port=None, xid=1, buffer_id=NO_BUFFER):
    """`in_port` None means "from nowhere": OFPP_NONE in 1.0, OFPP_CONTROLLER in 1.3."""
    listed = action_bytes(version, actions)
    if version == V10:
        number = 0xffff if in_port is None else wire_port(V10, in_port)
        return message(V10, PACKET_OUT, struct.pack(">IHH", buffer_id, number, len(listed)) + listed + data, xid)
    number = CONTROLLER if in_port is None else in_port
    return message(V13, PACKET_OUT, struct.pack(">IIH6x", buffer_id, number, len(listed)) + listed + data, xid)


def barrier(version, xid=1):
    return message(version, BARRIER_REQUEST[version], b"", xid)


def port_mod(version, port, mac, config, mask, xid=1):
    if version == V10:
        body = struct.pack(">H6sIII4x", port, mac_bytes(mac), config, mask, 0)
    else:
        body = struct.pack(">I4x6s2xIII4x", port, mac_bytes(mac), config, mask, 0)
    return message(version, PORT_MOD[version], body, xid)


def group_mod(group, actions, xid=1):
    listed = action_bytes(V13, actions)
    bucket = struct.pack(">HHII4x", 16 + len(listed), 0, ANY, ANY) + listed
    return message(V13, GROUP_MOD, struct.pack(">HBxI", 0, 0, group) + bucket, xid)


def meter_mod(meter, xid=1):
    band = struct.pack(">HHII4x", 1, 16, 1000, 100)
    return message(V13, METER_MOD, struct.pack(">HHI", 0, 1, meter) + band, xid)


def stats(version, kind, body=b"", xid=1):
    return message(version, STATS_REQUEST[version],
                   struct.pack(">HH", kind, 0) + (bytes(4) if version == V13 else b"") + body, xid)


def flow_stats(version, match=None, kind=STATS_FLOW, out_port=ANY, table=0xff, xid=1):
    if version == V10:
        body = match_10(match or {}) + struct.pack(">BxH", table, wire_port(V10, out_port))
    else:
        body = struct.pack(">B3xII4xQQ", table, out_port, ANY, 0, 0) + match_13(match or {})
    return stats(version, kind, body, xid)


def port_stats(version, port=ANY, xid=1):
    body = struct.pack(">H6x", wire_port(V10, port)) if version == V10 else struct.pack(">I4x", port)
    return stats(version, STATS_PORT, body, xid)


def queue_config(version, port, xid=1):
    body = struct.pack(">H2x", wire_port(V10, port)) if version == V10 else struct.pack(">I4x", port)
    return message(version, QUEUE_CONFIG_REQUEST[version], body, xid)


def queue_stats(version, port=None, queue=0xffffffff, xid=1):
    """Of all ports, unless told otherwise."""
    if version == V10:
        return stats(version, STATS_QUEUE, struct.pack(">H2xI", wire_port(V10, port or ALL), queue), xid)
    return stats(version, STATS_QUEUE, struct.pack(">II", port or ANY, queue), xid)


def set_config(version, miss_send_len, flags=0, xid=1):
    return message(version, SET_CONFIG, struct.pack(">HH", flags, miss_send_len), xid)
