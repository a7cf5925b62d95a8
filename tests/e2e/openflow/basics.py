"""The numbers of OpenFlow 1.0 and 1.3, and the framing of messages."""
import struct
from collections import namedtuple

V10, V13 = 1, 4
NAME = {V10: "1.0", V13: "1.3"}
OVS_NAME = {V10: "OpenFlow10", V13: "OpenFlow13"}

IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL, ANY = range(0xfffffff8, 0x100000000)
NO_BUFFER = 0xffffffff

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY, VENDOR, FEATURES_REQUEST, FEATURES_REPLY = range(7)
GET_CONFIG_REQUEST, GET_CONFIG_REPLY, SET_CONFIG, PACKET_IN, FLOW_REMOVED, PORT_STATUS, PACKET_OUT, FLOW_MOD = range(7,
                                                                                                                     15)
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
RESET_COUNTS = 4                                                 # from 1.2 on
REASON_IDLE, REASON_HARD, REASON_DELETE = range(3)               # of a flow_removed
REASON_NO_MATCH, REASON_ACTION = range(2)                        # of a packet_in

STATS_DESC, STATS_FLOW, STATS_AGGREGATE, STATS_TABLE, STATS_PORT, STATS_QUEUE = range(6)
STATS_TABLE_FEATURES, STATS_PORT_DESC = 12, 13                   # 1.3 only

Header = namedtuple("Header", "version type length xid")


class Malformed(Exception):
    """A message that cannot be read as what its header says it is."""


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


def pad8(data):
    return data + bytes(-len(data) % 8)


def wire_port(version, number):
    """The number of a port as the version writes it: 1.0 has sixteen bits."""
    return number & 0xffff if version == V10 else number


def wide_port(number):
    return number | 0xffff0000 if number >= 0xfff8 else number


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def mac_text(data):
    return ":".join("%02x" % byte for byte in data)
