"""Builds and reads the OpenFlow 1.0 and 1.3 messages that the end-to-end cases need.

Written from the two specifications and from nothing of the product, so that it can judge what the product puts on the
wire. It knows no more than the cases ask for. A match is a plain dict (`{"in_port": 1, "vlan": 10}`), an action a
tuple (`("output", 2)`); ports are the 32-bit numbers of 1.3 in both versions (`FLOOD`, `CONTROLLER`, ...).
"""
import struct
from collections import namedtuple

V10, V13 = 1, 4
NAME = {V10: "1.0", V13: "1.3"}
OVS_NAME = {V10: "OpenFlow10", V13: "OpenFlow13"}

IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL, ANY = range(0xfffffff8, 0x100000000)
NO_BUFFER = 0xffffffff

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY, VENDOR, FEATURES_REQUEST, FEATURES_REPLY = range(7)
GET_CONFIG_REQUEST, GET_CONFIG_REPLY, SET_CONFIG, PACKET_IN, FLOW_REMOVED, PORT_STATUS, PACKET_OUT, FLOW_MOD = range(7, 15)
GROUP_MOD, TABLE_MOD = 15, 17                                    # 1.3 only
ROLE_REQUEST, ROLE_REPLY, METER_MOD = 24, 25, 29                 # 1.3 only
# The types below have another number in each version: index by version.
PORT_MOD = {V10: 15, V13: 16}
STATS_REQUEST = {V10: 16, V13: 18}
STATS_REPLY = {V10: 17, V13: 19}
BARRIER_REQUEST = {V10: 18, V13: 20}
BARRIER_REPLY = {V10: 19, V13: 21}
QUEUE_CONFIG_REQUEST = {V10: 20, V13: 22}

TYPE_NAMES = {
    V10: ["HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "VENDOR", "FEATURES_REQUEST", "FEATURES_REPLY",
          "GET_CONFIG_REQUEST", "GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS",
          "PACKET_OUT", "FLOW_MOD", "PORT_MOD", "STATS_REQUEST", "STATS_REPLY", "BARRIER_REQUEST", "BARRIER_REPLY",
          "QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY"],
    V13: ["HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "EXPERIMENTER", "FEATURES_REQUEST", "FEATURES_REPLY",
          "GET_CONFIG_REQUEST", "GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS",
          "PACKET_OUT", "FLOW_MOD", "GROUP_MOD", "PORT_MOD", "TABLE_MOD", "MULTIPART_REQUEST", "MULTIPART_REPLY",
          "BARRIER_REQUEST", "BARRIER_REPLY", "QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY", "ROLE_REQUEST",
          "ROLE_REPLY", "GET_ASYNC_REQUEST", "GET_ASYNC_REPLY", "SET_ASYNC", "METER_MOD"],
}

ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT = range(5)
SEND_FLOW_REM = 1
REASON_IDLE, REASON_HARD, REASON_DELETE = range(3)               # of a flow_removed
REASON_NO_MATCH, REASON_ACTION = range(2)                        # of a packet_in

STATS_DESC, STATS_FLOW, STATS_AGGREGATE, STATS_TABLE, STATS_PORT, STATS_QUEUE = range(6)
STATS_TABLE_FEATURES, STATS_PORT_DESC = 12, 13                   # 1.3 only

Header = namedtuple("Header", "version type length xid")
Error = namedtuple("Error", "type code data")
Features = namedtuple("Features", "dpid n_buffers n_tables capabilities ports")
Port = namedtuple("Port", "number mac name config state")
PacketIn = namedtuple("PacketIn", "buffer_id total_len in_port reason table cookie data")
FlowRemoved = namedtuple("FlowRemoved", "match cookie priority reason table idle hard seconds packets bytes")
FlowStats = namedtuple("FlowStats", "table match cookie priority idle hard flags seconds packets bytes actions")
Aggregate = namedtuple("Aggregate", "packets bytes flows")
TableStats = namedtuple("TableStats", "table active lookups matched")
PortStats = namedtuple("PortStats", "number rx_packets tx_packets rx_bytes tx_bytes")


class Malformed(Exception):
    """A message that cannot be read as what its header says it is."""


# ------------------------------------------------------------------------------------------------------ framing

def header(message):
    return Header(*struct.unpack_from(">BBHI", message))


def xid_of(message):
    return struct.unpack_from(">I", message, 4)[0]


def with_xid(message, xid):
    return message[:4] + struct.pack(">I", xid) + message[8:]


def split(stream):
    """Cuts a byte string into whole messages; the second value is the incomplete rest."""
    out = []
    while len(stream) >= 8:
        length = struct.unpack_from(">H", stream, 2)[0]
        if length < 8:
            raise Malformed("a header announces %d bytes" % length)
        if len(stream) < length:
            break
        out.append(bytes(stream[:length]))
        stream = stream[length:]
    return out, stream


def type_name(message):
    head = header(message)
    names = TYPE_NAMES.get(head.version, [])
    name = names[head.type] if head.type < len(names) else "type %d" % head.type
    if name.startswith(("STATS", "MULTIPART")) and len(message) >= 10:
        name += "/%d" % struct.unpack_from(">H", message, 8)[0]
    if name == "ERROR" and len(message) >= 12:
        name += "/%d,%d" % struct.unpack_from(">HH", message, 8)
    return name


def describe(message, most=48):
    head = header(message)
    text = message[8:8 + most].hex() + ("..." if len(message) > 8 + most else "")
    return "%s v%d xid=%#x length=%d %s" % (type_name(message), head.version, head.xid, head.length, text)


def message(version, kind, body=b"", xid=1):
    return struct.pack(">BBHI", version, kind, 8 + len(body), xid) + body


def _pad8(data):
    return data + bytes(-len(data) % 8)


def _port(version, number):
    """The number of a port as the version writes it: 1.0 has sixteen bits."""
    return number & 0xffff if version == V10 else number


def _wide_port(number):
    return number | 0xffff0000 if number >= 0xfff8 else number


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def mac_text(data):
    return ":".join("%02x" % byte for byte in data)


# ------------------------------------------------------------------------------------------------------ matches

_WILD = {"in_port": 1 << 0, "vlan": 1 << 1, "eth_src": 1 << 2, "eth_dst": 1 << 3, "eth_type": 1 << 4,
         "ip_proto": 1 << 5, "vlan_pcp": 1 << 20}
_WILD_ALL = (1 << 22) - 1
_UNTAGGED_10 = 0xffff

# name: (field number, size)
_OXM = {"in_port": (0, 4), "eth_dst": (3, 6), "eth_src": (4, 6), "eth_type": (5, 2), "vlan": (6, 2),
        "vlan_pcp": (7, 1), "ip_proto": (10, 1), "ipv4_src": (11, 4), "ipv4_dst": (12, 4)}
_OXM_NAMES = {number: name for name, (number, _) in _OXM.items()}


def match_bytes(version, match):
    """`vlan` is a number, or None for "carries no tag"."""
    return _match_10(match) if version == V10 else _match_13(match)


def _match_10(match):
    wild = _WILD_ALL
    for name in match:
        if name in ("ipv4_src", "ipv4_dst"):
            wild &= ~(0x3f << (8 if name == "ipv4_src" else 14))
        else:
            wild &= ~_WILD[name]
    vlan = match.get("vlan", 0)
    return struct.pack(
        ">IH6s6sHBxHBB2xIIHH", wild, _port(V10, match.get("in_port", 0)),
        mac_bytes(match.get("eth_src", "00" * 6)), mac_bytes(match.get("eth_dst", "00" * 6)),
        _UNTAGGED_10 if vlan is None else vlan, match.get("vlan_pcp", 0), match.get("eth_type", 0), 0,
        match.get("ip_proto", 0), match.get("ipv4_src", 0), match.get("ipv4_dst", 0), 0, 0)


def _match_13(match):
    fields = b""
    for name, (number, size) in _OXM.items():
        if name not in match:
            continue
        value = match[name]
        if name == "vlan":
            value = 0 if value is None else 0x1000 | value
        data = mac_bytes(value) if size == 6 else value.to_bytes(size, "big")
        fields += struct.pack(">HBB", 0x8000, number << 1, size) + data
    return _pad8(struct.pack(">HH", 1, 4 + len(fields)) + fields)


def read_match(version, data, offset):
    """Returns (match, offset behind it)."""
    if version == V10:
        return _read_match_10(data, offset), offset + 40
    kind, length = struct.unpack_from(">HH", data, offset)
    if kind != 1 or length < 4 or offset + length > len(data):
        raise Malformed("match of type %d and length %d" % (kind, length))
    out, at, end = {}, offset + 4, offset + length
    while at < end:
        oxm_class, number, size = struct.unpack_from(">HBB", data, at)
        value = data[at + 4:at + 4 + size]
        at += 4 + size
        if at > end:
            raise Malformed("a match field runs over the end of its match")
        name = _OXM_NAMES.get(number >> 1) if oxm_class == 0x8000 else None
        if name is None or number & 1:
            out["oxm_%04x_%02x" % (oxm_class, number)] = value.hex()
        elif len(value) == 6:
            out[name] = mac_text(value)
        else:
            out[name] = int.from_bytes(value, "big")
            if name == "vlan":
                out[name] = out[name] & 0xfff if out[name] & 0x1000 else None
    return out, offset + (length + 7) // 8 * 8


def _read_match_10(data, offset):
    (wild, in_port, src, dst, vlan, pcp, eth_type, _tos, proto, nw_src, nw_dst, tp_src,
     tp_dst) = struct.unpack_from(">IH6s6sHBxHBB2xIIHH", data, offset)
    values = {"in_port": _wide_port(in_port), "vlan": None if vlan == _UNTAGGED_10 else vlan, "vlan_pcp": pcp,
              "eth_src": mac_text(src), "eth_dst": mac_text(dst), "eth_type": eth_type, "ip_proto": proto}
    out = {name: value for name, value in values.items() if not wild & _WILD[name]}
    for name, shift, value in (("ipv4_src", 8, nw_src), ("ipv4_dst", 14, nw_dst)):
        ignored = wild >> shift & 0x3f
        if ignored < 32:
            out[name] = value if ignored == 0 else "%#x/%d" % (value, 32 - ignored)
    if not wild & 1 << 6:
        out["tp_src"] = tp_src
    if not wild & 1 << 7:
        out["tp_dst"] = tp_dst
    return out


# ------------------------------------------------------------------------------------------------------ actions

def action_bytes(version, actions):
    out = b""
    for name, *values in actions:
        out += values[0] if name == "raw" else _ACTIONS[name](version, *values)
    return out


def _output(version, port, max_len=0xffff):
    if version == V10:
        return struct.pack(">HHHH", 0, 8, _port(V10, port), max_len)
    return struct.pack(">HHIH6x", 0, 16, port, max_len)


def _set_vlan(version, vlan):
    if version == V10:
        return struct.pack(">HHHxx", 1, 8, vlan)
    return struct.pack(">HHIH6x", 25, 16, 0x80000c02, 0x1000 | vlan)


def _strip_vlan(version):
    return struct.pack(">HH4x", 3 if version == V10 else 18, 8)


def _enqueue(_version, port, queue):                             # 1.0 only
    return struct.pack(">HHH6xI", 11, 16, port, queue)


def _set_in_port(_version, port):                                # 1.3 only: a pipeline field, never settable
    return struct.pack(">HHII4x", 25, 16, 0x80000004, port)


def _group(_version, group):                                     # 1.3 only
    return struct.pack(">HHI", 22, 8, group)


def _set_queue(_version, queue):                                 # 1.3 only
    return struct.pack(">HHI", 21, 8, queue)


_ACTIONS = {"output": _output, "set_vlan": _set_vlan, "strip_vlan": _strip_vlan, "enqueue": _enqueue,
            "set_in_port": _set_in_port, "group": _group, "set_queue": _set_queue}


def read_actions(version, data):
    out = []
    while data:
        if len(data) < 8:
            raise Malformed("%d bytes left behind the last action" % len(data))
        kind, length = struct.unpack_from(">HH", data)
        if length < 8 or length > len(data) or length % 8:
            raise Malformed("action of type %d and length %d" % (kind, length))
        if kind == 0:
            number = struct.unpack_from(">H" if version == V10 else ">I", data, 4)[0]
            out.append(("output", _wide_port(number) if version == V10 else number))
        elif kind == 1 and version == V10:
            out.append(("set_vlan", struct.unpack_from(">H", data, 4)[0]))
        else:
            out.append(("raw", bytes(data[:length])))
        data = data[length:]
    return out


def read_instructions(data):
    """The actions of the apply-actions instruction; any other instruction comes out as ("instruction", type)."""
    out = []
    while data:
        kind, length = struct.unpack_from(">HH", data)
        if length < 8 or length > len(data):
            raise Malformed("instruction of type %d and length %d" % (kind, length))
        out += read_actions(V13, data[8:length]) if kind == 4 else [("instruction", kind)]
        data = data[length:]
    return out


# ------------------------------------------------------------------------------------------------------ requests

def hello(version, xid=1):
    """1.3 with the bitmap that offers just this version."""
    return message(version, HELLO, struct.pack(">HHI", 1, 8, 1 << version) if version == V13 else b"", xid)


def flow_mod(version, match, actions, command=ADD, priority=100, cookie=0, idle=0, hard=0, flags=0, out_port=ANY,
             table=0, instructions=None, cookie_mask=0, xid=1, buffer_id=NO_BUFFER):
    """`instructions` (1.3): bytes that stand in place of the one apply-actions instruction."""
    if version == V10:
        body = _match_10(match) + struct.pack(">QHHHHIHH", cookie, command, idle, hard, priority, buffer_id,
                                              _port(V10, out_port), flags) + action_bytes(V10, actions)
        return message(V10, FLOW_MOD, body, xid)
    if instructions is None:
        listed = action_bytes(V13, actions)
        instructions = struct.pack(">HHI", 4, 8 + len(listed), 0) + listed if listed else b""
    body = struct.pack(">QQBBHHHIIIHH", cookie, cookie_mask, table, command, idle, hard, priority, buffer_id,
                       out_port, ANY, flags, 0)
    return message(V13, FLOW_MOD, body + _match_13(match) + instructions, xid)


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
        number = 0xffff if in_port is None else _port(V10, in_port)
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
        body = _match_10(match or {}) + struct.pack(">BxH", table, _port(V10, out_port))
    else:
        body = struct.pack(">B3xII4xQQ", table, out_port, ANY, 0, 0) + _match_13(match or {})
    return stats(version, kind, body, xid)


def port_stats(version, port=ANY, xid=1):
    body = struct.pack(">H6x", _port(V10, port)) if version == V10 else struct.pack(">I4x", port)
    return stats(version, STATS_PORT, body, xid)


def set_config(version, miss_send_len, flags=0, xid=1):
    return message(version, SET_CONFIG, struct.pack(">HH", flags, miss_send_len), xid)


# ------------------------------------------------------------------------------------------------------ replies

def read_error(data):
    kind, code = struct.unpack_from(">HH", data, 8)
    return Error(kind, code, data[12:])


def _read_port(version, data, offset):
    if version == V10:
        number, mac, name, config, state = struct.unpack_from(">H6s16sII", data, offset)
        number = _wide_port(number)
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
        return PacketIn(buffer_id, total, _wide_port(in_port), reason, None, None, data[18:])
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
        out.append(PortStats(_wide_port(number) if version == V10 else number,
                             *struct.unpack_from(">QQQQ", body, at + 8)))
    return out


def read_port_desc(body):
    return _read_ports(V13, body, 0)


def read_config(data):
    """Returns (flags, miss_send_len)."""
    return struct.unpack_from(">HH", data, 8)


# ------------------------------------------------------------------------------------------ what a switch sends

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
        body = struct.pack(">IHBBQ", NO_BUFFER, len(data), reason, 0, cookie) + _match_13({"in_port": in_port}) + bytes(2)
    return message(version, PACKET_IN, body + data, xid)


def flow_removed(version, match, cookie, reason=REASON_DELETE, priority=100, xid=0):
    if version == V10:
        body = _match_10(match) + struct.pack(">QHBxIIHxxQQ", cookie, priority, reason, 1, 2, 3, 4, 5)
    else:
        body = struct.pack(">QHBBIIHHQQ", cookie, priority, reason, 0, 1, 2, 3, 4, 5, 6) + _match_13(match)
    return message(version, FLOW_REMOVED, body, xid)


def port_status(version, reason, number, xid=0):
    return message(version, PORT_STATUS, struct.pack(">B7x", reason) + port_bytes(version, number, "p%d" % number), xid)


def stats_reply(version, kind, body=b"", more=False, xid=1):
    return message(version, STATS_REPLY[version],
                   struct.pack(">HH", kind, int(more)) + (bytes(4) if version == V13 else b"") + body, xid)


def flow_stats_entry(version, match, cookie, actions):
    if version == V10:
        rest = _match_10(match) + struct.pack(">IIHHH6xQQQ", 1, 2, 100, 0, 0, cookie, 5, 500) + action_bytes(V10, actions)
    else:
        listed = action_bytes(V13, actions)
        rest = (struct.pack(">IIHHHH4xQQQ", 1, 2, 100, 0, 0, 0, cookie, 5, 500) + _match_13(match) +
                struct.pack(">HHI", 4, 8 + len(listed), 0) + listed)
    return struct.pack(">HBx", 4 + len(rest), 0) + rest


def error(version, kind, code, data, xid=1):
    return message(version, ERROR, struct.pack(">HH", kind, code) + data, xid)
