"""Messages on which the witnesses differ, or on which a switch's state decides. review.md says for every class what the
specification wants; this part fails where our verdict contradicts the decision of a message's class."""
import re

import corpus

TAKEN = ("valid", "invalid")
REFUSED = ("invalid", "malformed")


def flowgrammable(message, _):
    note = message.row["notes"]
    if "D11" in note:
        return "bytes after the message", ("malformed",)
    if "D13" in note:
        return "a body of another version", TAKEN + ("malformed", "incomplete")
    if "D9" in note:
        return "property without its padding", ("malformed",)
    if "D4" in note:
        return "goto_table to the table itself", ("invalid",)
    if "D1" in note:
        return "packet_in with a total_len of its own", ("valid",)
    if "D2" in note:
        return "set_config with two flags", ("valid",)
    if "D3" in note or "D7" in note:
        return "the mask of a field as its value", TAKEN
    return "action argument wider than its field", TAKEN


def gathered(message, row):
    walk, said, kind = row["walk"], row["ovs_verdict"].removeprefix("error:"), message.type.split("/")[0]
    at_switch = kind not in ("FEATURES_REPLY", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS", "STATS_REPLY", "ERROR",
                             "MULTIPART_REPLY", "QUEUE_GET_CONFIG_REPLY", "TABLE_STATUS", "REQUESTFORWARD")
    experimenter = "EXPERIMENTER" in message.type or "VENDOR" in message.type or "VENDOR" in said or "EXP" in said
    if message.version == 1 and kind == "FLOW_MOD" and message.data[56]:
        return "Open vSwitch's table id in the command of 1.0", TAKEN + REFUSED
    if b"\x80\x00\x01\x08" in message.data:
        return "in_port with a mask", REFUSED
    if message.use == "context":
        return "refused because of a switch's state", TAKEN
    if kind == "HELLO" or (len(message.data) > 1 and message.data[1] == 0):
        return "hello with an odd body or version", ("valid",)
    if walk == "length":
        return "cut in transit", ("incomplete",) if int.from_bytes(message.data[2:4], "big") > len(message.data) \
            else ("malformed", "framing", "incomplete")
    if walk == "multipart type":
        return "multipart type of a later version", REFUSED
    if message.version == 2 and (walk.startswith("match type") or walk.startswith("flow-stats length")):
        return "OXM match in 1.1", TAKEN + REFUSED
    if walk == "inner":
        return "message inside that is none", REFUSED
    if "padding runs over" in walk:
        return "property without its padding", ("malformed",)
    if message.version == 6 and bytes.fromhex("00070020000000018002") in message.data:
        return "stat_trigger without the header of its thresholds", ("malformed",)
    if walk != "ok":
        return "structure runs over", ("malformed",)
    # From here on the structure is sound.
    if experimenter:
        return "experimenter that a reader does not know", TAKEN
    if said in ("note", "ok"):
        return "a reader's remark on an embedded message", ("valid",) if kind == "ERROR" else TAKEN
    if said in ("OFPBRC_BAD_STAT", "OFPBRC_BAD_TYPE", "OFPBIC_UNKNOWN_INST", "OFPACFC_UNSUPPORTED"):
        return "1.4 and 1.5 that Open vSwitch lacks", TAKEN if message.source == "loxi-encoded" else ("valid",)
    if kind == "MULTIPART_REPLY" and said == "OFPBRC_BAD_LEN" and message.data[8:10] == b"\0\x10":
        return "flow update without an event", REFUSED
    if said == "OFPBRC_BAD_LEN":
        return "sound by structure, too short for Open vSwitch", TAKEN
    if said == "OFPBAC_BAD_OUT_PORT" and kind == "PACKET_OUT":
        return "output to ANY", ("invalid",)
    if said == "OFPBAC_BAD_OUT_PORT" and message.version > 1:
        return "port number that Open vSwitch lacks", ("valid",)
    if at_switch and said in ("OFPBMC_BAD_PREREQ", "OFPBIC_BAD_TABLE_ID", "OFPBMC_BAD_WILDCARDS"):
        return "value that the specification forbids", ("invalid",)
    if re.search("BAD_LEN", said):
        return "length that only a reader of the inside can judge", TAKEN + ("malformed",)
    return "sound structure, values in doubt", TAKEN


def decide(message):
    """(class, verdicts that do not contradict its decision)"""
    return (flowgrammable if message.source == "flowgrammable" else gathered)(message, message.row)


def run(context):
    report = context.report
    messages = [message for message in corpus.everything(context.corpus) if message.use != "gate"]
    answers = context.sluicectl.decode([message.data for message in messages], validate=True)
    groups = {}
    for message, answer in zip(messages, answers):
        name, allowed = decide(message)
        groups[name, answer.verdict] = groups.get((name, answer.verdict), 0) + 1
        if answer.verdict in allowed:
            report.passed(message.version_text, "%s %s" % (message.source, message.use))
        else:
            known = message.row.get("reason") or "%s, walker: %s" % (message.row.get("ovs_line", "")[:120],
                                                                     message.row.get("walk"))
            report.failed(message.version_text, "%s %s" % (message.source, message.use),
                          "%s: %s (%s)" % (name, answer.verdict, answer.short_reason()), "%s %s" % (message.type, message.name),
                          "%s; others: %s" % (answer.reason(), known), message.data)
    report.remark("our verdicts by class of review.md:\n" + "\n".join(
        "%6d  %-10s %s" % (count, verdict, name) for (name, verdict), count in sorted(groups.items())))
