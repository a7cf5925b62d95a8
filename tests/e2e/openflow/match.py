"""Matches: the fixed struct of 1.0 and the OXM fields of 1.3, as plain dicts."""
import struct

from openflow.basics import V10, Malformed, mac_bytes, mac_text, pad8, wide_port, wire_port

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
    return match_10(match) if version == V10 else match_13(match)


def match_10(match):
    wild = _WILD_ALL
    for name in match:
        if name in ("ipv4_src", "ipv4_dst"):
            wild &= ~(0x3f << (8 if name == "ipv4_src" else 14))
        else:
            wild &= ~_WILD[name]
    vlan = match.get("vlan", 0)
    return struct.pack(
        ">IH6s6sHBxHBB2xIIHH", wild, wire_port(V10, match.get("in_port", 0)),
        mac_bytes(match.get("eth_src", "00" * 6)), mac_bytes(match.get("eth_dst", "00" * 6)),
        _UNTAGGED_10 if vlan is None else vlan, match.get("vlan_pcp", 0), match.get("eth_type", 0), 0,
        match.get("ip_proto", 0), match.get("ipv4_src", 0), match.get("ipv4_dst", 0), 0, 0)


def match_13(match):
    fields = b""
    for name, (number, size) in _OXM.items():
        if name not in match:
            continue
        value = match[name]
        if name == "vlan":
            value = 0 if value is None else 0x1000 | value
        data = mac_bytes(value) if size == 6 else value.to_bytes(size, "big")
        fields += struct.pack(">HBB", 0x8000, number << 1, size) + data
    return pad8(struct.pack(">HH", 1, 4 + len(fields)) + fields)


def read_match(version, data, offset):
    """Returns (match, offset behind it)."""
    if version == V10:
        return read_match_10(data, offset), offset + 40
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


def read_match_10(data, offset):
    (wild, in_port, src, dst, vlan, pcp, eth_type, _tos, proto, nw_src, nw_dst, tp_src,
     tp_dst) = struct.unpack_from(">IH6s6sHBxHBB2xIIHH", data, offset)
    values = {"in_port": wide_port(in_port), "vlan": None if vlan == _UNTAGGED_10 else vlan, "vlan_pcp": pcp,
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
