"""Disagreements that the specification settles in favour of sluicectl, by class. Each is recognised by the bytes of the
message, never by its name, so a class excuses nothing but what it says."""
import struct

LAST_FIELD = {3: 35, 4: 39, 5: 41, 6: 44}                        # of OXM class 0x8000, by version
WITHOUT_MASK = {0, 1, 5, 7, 8, 9, 10, *range(13, 22), 29, 30, 31, 32, 33, 34, 35, 36, 43}
UNKNOWN_EXPERIMENTER = ("BAD_EXPERIMENTER", "BAD_VENDOR", "BAD_EXP_TYPE", "BAD_SUBTYPE", "UNSUP_EXP_INST")


def oxms(data):
    """(class, field, has mask, length) of everything that looks like an OXM of the standard or of Nicira's classes."""
    for offset in range(8, len(data) - 3, 1):
        kind, field, length = struct.unpack_from(">HBB", data, offset)
        if kind in (0x8000, 0x0000, 0x0001) and length and offset + 4 + length <= len(data):
            yield kind, field >> 1, field & 1, length


PORT_CONFIG = 0x65                                               # PORT_DOWN NO_RECV NO_FWD NO_PACKET_IN, since 1.1


def of_fault(data, kind, source, fault):
    """The class that excuses one fault of a message that others call sound, or None."""
    version, reason = data[0], str(fault.get("reason"))
    name = ((fault.get("error") or {}).get("name") or "").split("/")[-1]
    if name in UNKNOWN_EXPERIMENTER:
        return "an experimenter that --validate does not know"
    if source == "loxi-encoded":
        return "random values of an encoder, of which no reader here judges all"
    if reason == "bad_match_mask" and any(mask and field in WITHOUT_MASK for _, field, mask, _ in oxms(data)):
        return "a mask on a field that the specification gives none (Open vSwitch's extension)"
    if reason == "bad_match_field" and any(group != 0x8000 or field > LAST_FIELD.get(version, 99)
                                           for group, field, _, _ in oxms(data)):
        return "a match field of a later version or of Nicira"
    if reason == "bad_match_prereq" and version < 6 and any(field == 44 for _, field, _, _ in oxms(data)):
        return "a match field of a later version or of Nicira"
    if kind == "PORT_MOD" and 2 <= version <= 4 and (data[27] | data[31]) & ~PORT_CONFIG:
        return "bits that the version does not define"
    if version == 4 and kind in ("SET_ASYNC", "GET_ASYNC_REPLY") and "unknown bits" in str(fault.get("text")):
        return "bits that the version does not define"
    if kind == "GROUP_MOD" and data[8] & 0x80:
        return "Open vSwitch's own group command (ADD_OR_MOD)"
    if reason == "bad_out_port" and version > 1 and bytes(3) + b"\x10" + bytes(4) in data:
        return "output to port 0; ports are numbered from 1"
    if version == 1 and kind in ("SET_CONFIG", "GET_CONFIG_REPLY", "PACKET_IN", "QUEUE_GET_CONFIG_REPLY"):
        return "a value of a later version in 1.0 (Open vSwitch's extension)"
    if reason == "bad_match_length" and data[8:10] == b"\xff\xff" and b"ONF\x00" in data and b"\x00\x04\xff\xff" in data:
        return "a length of 65535 before a match that says its own, at which Open vSwitch does not look"
    if reason == "bad_match_value" and b"\x80\x00\x0c\x02" in data and not data[data.index(b"\x80\x00\x0c\x02") + 4] & 0x10:
        return "a VLAN without OFPVID_PRESENT"
    return None


def written(message, ours):
    """The class that excuses that our encoding is read otherwise than the original, or None."""
    data, kind = message.data, message.type.split("/")[0]
    if kind == "HELLO" and len(data) % 8 and len(ours) % 8 == 0 and ours[8:].startswith(data[8:]):
        return "a hello whose last element lacks its padding, which we write"
    if data[0] == 1 and kind == "FLOW_MOD" and len(data) == len(ours) and data[33] == 132:
        return "SCTP ports in a match of 1.0, which only Open vSwitch has"
    if data[0] == 1 and kind == "FLOW_MOD" and len(data) == len(ours) and data[8:12] == bytes(4) != ours[8:12]:
        return "a match of 1.0 without wildcards: JSON has the fields that mean something, not that all were given"
    if data[0] == 1 and kind in ("FLOW_REMOVED", "STATS_REPLY", "STATS_REQUEST") and len(data) == len(ours):
        return "fields of a 1.0 match that mean nothing without others (1.0 5.2.3)"
    if data[0] == 6 and b"\x00\x19" in data and len(ours) <= len(data):
        return "a set_field with a mask of all bits, which says the same as none"
    return None


def sound(data, kind, source, answer):
    """The class that excuses faults, or a refusal, of a message that others call sound, or None."""
    if answer.verdict == "invalid":
        classes = [of_fault(data, kind, source, fault) for fault in answer.faults]
        return None if None in classes else classes[0]
    if answer.verdict != "malformed":
        return None
    if data[0] == 1 and kind == "FLOW_MOD" and len(data) >= 72 and data[56]:
        return "Open vSwitch's table id in the command of 1.0"
    if data[0] == 6 and b"\x80\x02\x06\x08" in data:
        return "a flow_count of 8 bytes; 1.5 has 4"
    if data[0] == 6 and kind == "BUNDLE_CONTROL" and data[16:20] == b"\x00\x01\x00\x28":
        return "a time property of 40 bytes; 1.5 has 24"
    return None
