"""What hammer.py throws: random byte strings and broken versions of real messages."""
import glob
import os
import struct

import openflow as of
from frames import echo


def real_messages(version):
    """Sound messages of both directions, each of which some party might send."""
    match = {"in_port": 1, "eth_dst": "02:00:00:00:00:02", "eth_type": 0x800, "ipv4_dst": 0x0a000001}
    frame = echo("02:00:00:00:00:01", "02:00:00:00:00:02", 1, 2, "x", 10)
    acts = [("set_vlan", 10), ("output", 1), ("output", of.FLOOD)]
    flow = of.flow_mod(version, match, acts, flags=1)
    out = [of.hello(version), of.message(version, of.ECHO_REQUEST, b"abc"), of.message(version, of.ECHO_REPLY, b"abc"),
           of.message(version, of.FEATURES_REQUEST), of.features_reply(version, 0xbad, range(1, 9)),
           of.message(version, of.GET_CONFIG_REQUEST), of.message(version, of.GET_CONFIG_REPLY, bytes(4)),
           of.set_config(version, 128), of.packet_in(version, 1, frame), of.flow_removed(version, match, 1 << 63),
           of.port_status(version, 2, 1), of.packet_out(version, acts, frame), flow,
           of.flow_mod(version, {}, [("output", of.CONTROLLER)], priority=0),
           of.flow_mod(version, {}, [], command=of.DELETE), of.flow_mod(version, {}, acts, command=of.MODIFY_STRICT),
           of.barrier(version), of.message(version, of.BARRIER_REPLY[version]), of.error(version, 1, 1, flow),
           of.port_mod(version, 1, "02:00:00:00:00:01", 0, 0),
           of.message(version, of.VENDOR, struct.pack(">II", 0x2320, 10)),
           of.stats(version, of.STATS_DESC), of.stats_reply(version, of.STATS_DESC, bytes(1056)),
           of.flow_stats(version, match), of.flow_stats(version, kind=of.STATS_AGGREGATE),
           of.stats_reply(version, of.STATS_FLOW, of.flow_stats_entry(version, match, 1 << 63, acts) * 2),
           of.stats_reply(version, of.STATS_AGGREGATE, bytes(24)), of.stats(version, of.STATS_TABLE),
           of.stats_reply(version, of.STATS_TABLE, bytes(64 if version == of.V10 else 24)), of.port_stats(version),
           of.stats_reply(version, of.STATS_PORT, bytes(104 if version == of.V10 else 112))]
    if version == of.V13:
        out += [of.group_mod(1, [("output", 1)]), of.meter_mod(1), of.stats(of.V13, of.STATS_PORT_DESC),
                of.stats_reply(of.V13, of.STATS_PORT_DESC, of.port_bytes(of.V13, 1, "p1")),
                of.stats(of.V13, of.STATS_TABLE_FEATURES), of.message(of.V13, of.ROLE_REQUEST, bytes(16)),
                of.flow_mod(of.V13, match, [], instructions=of.goto_table(1) + of.write_actions(acts))]
    return out + collected_messages(version)


def collected_messages(version):
    """Messages recorded from other makes, where the collection lies beside the source tree."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "corpus", "gathered")
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.bin"), recursive=True)):
        with open(path, "rb") as file:
            data = file.read(2049)
        if 8 <= len(data) <= 2048 and data[0] == version and of.header(data).length == len(data):
            out.append(data)
    return out


def random_string(dice):
    kind = dice.random()
    data = dice.randbytes(dice.choice((1, 7, 8, 9, 16, 40, 72, 200, 1500)))
    if kind < 0.5 and len(data) >= 8:                            # a plausible header before the noise
        data = struct.pack(">BBH", dice.choice((1, 4)), dice.randrange(32), len(data)) + data[4:]
    return data


def mutated(dice, message):
    data = bytearray(message)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data))
        way = dice.randrange(8)
        if way == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif way == 1:
            data[at] = dice.choice((0, 1, 0x7f, 0x80, 0xff))
        elif way == 2 and len(data) >= 12:                       # a word that may be a length or a count
            at = dice.randrange(4, len(data) - 4) & ~1
            data[at:at + 2] = struct.pack(">H", dice.choice((0, 1, 4, 7, 8, 0xfff8, 0xffff, len(data))))
        elif way == 3:
            del data[max(8, at):]
        elif way == 4:
            data[at:at] = dice.randbytes(dice.choice((1, 4, 8, 64)))
        elif way == 5:
            data[at:at] = data[at:at + dice.choice((4, 8, 16))]
        elif way == 6 and len(data) > 12:
            del data[max(8, at):max(8, at) + dice.choice((1, 2, 4, 8))]
        else:
            data[1] = dice.randrange(32)
    if dice.random() < 0.95:                                     # else the stream itself is broken
        data[2:4] = struct.pack(">H", len(data) & 0xffff)
    return bytes(data)
