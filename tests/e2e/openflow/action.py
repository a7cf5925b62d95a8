"""Actions and instructions, as tuples."""
import struct

from openflow.basics import V10, V13, Malformed, wide_port, wire_port

def action_bytes(version, actions):
    out = b""
    for name, *values in actions:
        out += values[0] if name == "raw" else _ACTIONS[name](version, *values)
    return out


def _output(version, port, max_len=0xffff):
    if version == V10:
        return struct.pack(">HHHH", 0, 8, wire_port(V10, port), max_len)
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
            out.append(("output", wide_port(number) if version == V10 else number))
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
