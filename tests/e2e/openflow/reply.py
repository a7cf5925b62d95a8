"""Reads what a controller gets."""
import struct
from collections import namedtuple

from openflow.action import read_actions, read_instructions
from openflow.basics import Malformed, V10, V13, mac_text, wide_port
from openflow.match import read_match

Error = namedtuple("Error", "type code data")
Features = namedtuple("Features", "dpid n_buffers n_tables capabilities ports")
Port = namedtuple("Port", "number mac name config state")
PacketIn = namedtuple("PacketIn", "buffer_id total_len in_port reason table cookie data")
FlowRemoved = namedtuple("FlowRemoved", "match cookie priority reason table idle hard seconds packets bytes")
FlowStats = namedtuple("FlowStats", "table match cookie priority idle hard flags seconds packets bytes actions")
Aggregate = namedtuple("Aggregate", "packets bytes flows")
TableStats = namedtuple("TableStats", "table active lookups matched")
PortStats = namedtuple("PortStats", "number rx_packets tx_packets rx_bytes tx_bytes")


def read_error(data):
    kind, code = struct.unpack_from(">HH", data, 8)
    return Error(kind, code, data[12:])


def _read_port(version, data, offset):
    if version == V10:
        number, mac, name, config, state = struct.unpack_from(">H6s16sII", data, offset)
        number = wide_port(number)
    else:
        number, mac, name, config, state = struct.unpack_from(">I4x6s2x16sII", data, offset)
    return Port(number, mac_text(mac), name.split(b"\0")[0].decode("ascii", "replace"), config, state)


def _read_ports(version, data, offset):
    size = 48 if version == V10 else 64
    if (len(data) - offset) % size:
        raise Malformed("%d bytes hold no whole number of ports" % (len(data) - offset))
    return [_read_port(version, data, at) for at in range(offset, len(data), size)]


def read_features(data):
    version = data[0]
    dpid, buffers, tables, capabilities = struct.unpack_from(">QIB3xI", data, 8)
    return Features(dpid, buffers, tables, capabilities, _read_ports(V10, data, 32) if version == V10 else None)


def read_port_status(data):
    return data[8], _read_port(data[0], data, 16)


def read_packet_in(data):
    if data[0] == V10:
        buffer_id, total, in_port, reason = struct.unpack_from(">IHHB", data, 8)
        return PacketIn(buffer_id, total, wide_port(in_port), reason, None, None, data[18:])
    buffer_id, total, reason, table, cookie = struct.unpack_from(">IHBBQ", data, 8)
    match, at = read_match(V13, data, 24)
    return PacketIn(buffer_id, total, match.get("in_port"), reason, table, cookie, data[at + 2:])


def read_flow_removed(data):
    if data[0] == V10:
        match, at = read_match(V10, data, 8)
        cookie, priority, reason, seconds, _ns, idle, packets, octets = struct.unpack_from(">QHBxIIHxxQQ", data, at)
        return FlowRemoved(match, cookie, priority, reason, None, idle, None, seconds, packets, octets)
    (cookie, priority, reason, table, seconds, _ns, idle, hard, packets,
     octets) = struct.unpack_from(">QHBBIIHHQQ", data, 8)
    match, at = read_match(V13, data, 48)
    if at != len(data):
        raise Malformed("%d bytes behind the match of a flow_removed" % (len(data) - at))
    return FlowRemoved(match, cookie, priority, reason, table, idle, hard, seconds, packets, octets)


def stats_kind(data):
    return struct.unpack_from(">H", data, 8)[0]


def stats_more(data):
    return bool(struct.unpack_from(">H", data, 10)[0] & 1)


def stats_body(data):
    return data[12 if data[0] == V10 else 16:]


def read_flow_stats(version, body):
    out = []
    while body:
        length = struct.unpack_from(">H", body)[0]
        if length > len(body) or length < (88 if version == V10 else 56):
            raise Malformed("flow statistics entry of length %d" % length)
        entry, body = body[:length], body[length:]
        if version == V10:
            match, at = read_match(V10, entry, 4)
            (seconds, _ns, priority, idle, hard, cookie, packets,
             octets) = struct.unpack_from(">IIHHH6xQQQ", entry, at)
            actions, flags = read_actions(V10, entry[88:]), None
        else:
            (seconds, _ns, priority, idle, hard, flags, cookie, packets,
             octets) = struct.unpack_from(">IIHHHH4xQQQ", entry, 4)
            match, at = read_match(V13, entry, 48)
            actions = read_instructions(entry[at:])
        out.append(FlowStats(entry[2], match, cookie, priority, idle, hard, flags, seconds, packets, octets, actions))
    return out


def read_aggregate(body):
    return Aggregate(*struct.unpack_from(">QQI", body))


def read_table_stats(version, body):
    size = 64 if version == V10 else 24
    out = []
    for at in range(0, len(body), size):
        if version == V10:
            table, active, lookups, matched = struct.unpack_from(">B43xIQQ", body, at)
        else:
            table, active, lookups, matched = struct.unpack_from(">B3xIQQ", body, at)
        out.append(TableStats(table, active, lookups, matched))
    return out


def read_port_stats(version, body):
    size = 104 if version == V10 else 112
    if len(body) % size:
        raise Malformed("%d bytes hold no whole number of port statistics" % len(body))
    out = []
    for at in range(0, len(body), size):
        number = struct.unpack_from(">H" if version == V10 else ">I", body, at)[0]
        out.append(PortStats(wide_port(number) if version == V10 else number,
                             *struct.unpack_from(">QQQQ", body, at + 8)))
    return out


def read_queue_config(version, data):
    """(port that was asked for, numbers of its queues)"""
    port, queues = struct.unpack_from(">H" if version == V10 else ">I", data, 8)[0], []
    at = 16
    while at < len(data):
        length = struct.unpack_from(">H", data, at + (4 if version == V10 else 8))[0]
        if length < (8 if version == V10 else 16) or at + length > len(data):
            raise Malformed("a queue of length %d" % length)
        queues.append(struct.unpack_from(">I", data, at)[0])
        at += length
    return port, queues


def read_queue_stats(version, body):
    """[(port, queue)]"""
    size = 32 if version == V10 else 40
    if len(body) % size:
        raise Malformed("%d bytes hold no whole number of queue statistics" % len(body))
    return [struct.unpack_from(">H2xI" if version == V10 else ">II", body, at) for at in range(0, len(body), size)]


def read_port_desc(body):
    return _read_ports(V13, body, 0)


def read_config(data):
    """Returns (flags, miss_send_len)."""
    return struct.unpack_from(">HH", data, 8)
