"""Open vSwitch reads what we write.

Bytes: our own encoding of every sound message is printed by ovs-ofctl as it prints the original.
Text:  what we print of flows, groups, meters and packet_outs is read by ovs-ofctl; the message that it makes of our
       text is the message that it makes of its own text.
"""
import re

import corpus
import explained
import judges
from reencode import reencode


def missing():
    return judges.missing_program("ovs-ofctl")


# --- bytes -----------------------------------------------------------------------------------------------------------

def run_bytes(context):
    report = context.report
    pairs = reencode(context, corpus.sound(context.corpus))
    originals = judges.ovs_print([message.data for message, _ in pairs])
    ours = judges.ovs_print([data for _, data in pairs])
    for (message, data), original, own in zip(pairs, originals, ours):
        version, source = message.version_text, message.source
        if judges.ovs_cannot_read(original):
            if data == message.data or judges.ovs_cannot_read(own):
                report.by_class(version, source, "Open vSwitch reads neither: %s" % message.type.split("/0x")[0])
            else:
                report.by_class(version, source, "Open vSwitch reads ours but not the original: %s" % message.type)
        elif own == original:
            report.passed(version, source)
        elif explained.written(message, data):
            report.by_class(version, source, explained.written(message, data))
        else:
            report.failed(version, source, "Open vSwitch prints ours otherwise: %s" % message.type, message.name,
                          "original: %s\n    ours:     %s\n    our bytes: %s" % (original[:500], (own or "nothing")[:500],
                                                                                data.hex()[:400]), message.data)


# --- text ------------------------------------------------------------------------------------------------------------

HEAD = re.compile(r"^(?:OFPT|NXT)_\w+(?: \(OF1\.\d\))? \(xid=0x[0-9a-f]+\):\s*")
COMMAND = re.compile(r"^(ADD_OR_MOD|ADD|MOD_STRICT|MOD|DEL_STRICT|DEL|INSERT_BUCKET|REMOVE_BUCKET)\b ?")
RENAMED = {"idle": "idle_timeout", "hard": "hard_timeout", "table": "table", "cookie": "cookie",
           }
NOT_IN_SYNTAX = ("buf", "out_port", "flags")                     # printed, but in no flow that ovs-ofctl reads
NOT_PRINTED = ("importance", "out_group",)                                     # by Open vSwitch


def body(lines):
    """The text of one message without its head, or None."""
    text = " ".join(line.strip() for line in lines or [] if line.strip())
    return HEAD.sub("", text).strip() if HEAD.match(text) else None


def flow_syntax(text):
    """(what ovs-ofctl reads as a flow to add, what it has no syntax for) of a printed flow_mod."""
    command = COMMAND.match(text)
    text, beside = text[command.end():] if command else text, [command.group(1) if command else ""]
    head, _, actions = text.partition("actions=") if "actions=" in text else (text, "", "")
    words = []
    for word in head.split():
        key, colon, value = word.partition(":")
        if colon and key == "cookie" and "/" in value:
            beside.append(word)                                  # a mask, which nothing that is added has
        elif colon and key in RENAMED:
            words.append("%s=%s" % (RENAMED[key], value))
        elif colon and key in NOT_IN_SYNTAX:
            beside.append(word)
        elif colon and key in NOT_PRINTED:
            continue
        else:
            words.append(word)
    # An empty list of actions is said with a word.
    return "%s actions=%s" % (",".join(words), actions or "drop"), beside


def run_flows(context, messages, texts, theirs):
    report = context.report
    for version in sorted({message.version for message in messages}):
        rows = [(message, own, other) for message, own, other in zip(messages, texts, theirs)
                if message.version == version]
        ours = [flow_syntax(own) for _, own, _ in rows]
        others = [flow_syntax(other) for _, _, other in rows]
        read = judges.ovs_parse_flows(version, [text for text, _ in ours + others])
        for (message, own, other), (own_print, own_complaint), (other_print, other_complaint), mine, its in zip(
                rows, read[:len(rows)], read[len(rows):], ours, others):
            compare(report, message, own, other, own_print, own_complaint, other_print, other_complaint,
                    mine[1] == its[1])


EXTENSION = re.compile(r"\boxm\(|move:\S*0x[0-9a-f]{8}\[")
PRIORITY = re.compile(r"priority=\d+|(?=,|$)")


def without_xid(text):
    return re.sub(r" \(xid=0x[0-9a-f]+\)", "", text or "")


def compare(report, message, own, other, own_print, own_complaint, other_print, other_complaint, same_beside=True):
    version, source = message.version_text, "text of " + message.type.lower()
    extension = EXTENSION.search(own)
    if extension and not (message.version == 6 and "oxm(0x8000" in own):
        report.by_class(version, source, "a field of an extension, which we print as bytes")
    elif own.startswith("cmd:32768"):
        report.by_class(version, source, "Open vSwitch's own group command (ADD_OR_MOD)")
    elif message.version == 1 and re.search(r"\bsctp\b", own):
        report.by_class(version, source, "ports of SCTP in 1.0, which only Open vSwitch has")
    elif own_complaint and own_complaint.startswith("invalid instruction ordering"):
        report.by_class(version, source, "instructions that are not in the order that ovs-ofctl wants")
    elif "unknown(" in own:
        report.by_class(version, source, "an action of an experimenter, which we print as bytes")
    elif "selection_method" in other and "selection_method" not in own:
        report.by_class(version, source, "a group property of an experimenter, which we do not print")
    elif message.version == 1 and message.type == "FLOW_MOD" and message.data[8:12] == bytes(4) and \
            own.replace(PRIORITY.search(own).group(), "priority=65535") == other:
        report.by_class(version, source, "a 1.0 exact match: Open vSwitch prints the priority that it gets")
    elif other_complaint:
        if own == other:
            report.by_class(version, source, "Open vSwitch cannot read its own text: %s" %
                            re.sub(r"[0-9][0-9a-fx.:/]*", "N", other_complaint)[:80])
        elif own_complaint:
            report.by_class(version, source, "Open vSwitch can read neither text (%s)" %
                            re.sub(r"[0-9][0-9a-fx.:/]*", "N", own_complaint)[:60])
        else:
            report.by_class(version, source, "Open vSwitch can read our text, but not its own")
    elif own_complaint:
        report.failed(version, source, "Open vSwitch cannot read our text of a %s" % message.type, message.name,
                      "%s\n    ours:   %s\n    theirs: %s" % (own_complaint, own[:400], other[:400]), message.data)
    elif without_xid(own_print) != without_xid(other_print) or not same_beside:
        report.failed(version, source, "our text of a %s means something else" % message.type, message.name,
                      "ours:   %s -> %s\n    theirs: %s -> %s" % (own[:400], own_print[:400], other[:400],
                                                                  other_print[:400]), message.data)
    else:
        report.passed(version, source)


def run_groups(context, messages, texts, theirs):
    def read(version, text):
        # Read as a group to add; the command and the bucket that it is about are compared as they are.
        command = COMMAND.match(text)
        bucket = re.search(r"command_bucket_id[:=]\w+", text)
        plain = (text[command.end():] if command else text).replace(bucket.group() if bucket else "\n", "")
        plain = plain.replace(",,", ",").strip(",")
        if "type=" not in plain and (not command or not command.group(1) == "ADD"):
            plain = re.sub(r"(group_id=\w+)", r"\1,type=all", plain, count=1)   # of no meaning but when adding
        printed, complaint = judges.ovs_parse_group(version, plain)
        return " ".join([command.group(1) if command else "", bucket.group() if bucket else "", printed or ""]), complaint
    for message, own, other in zip(messages, texts, theirs):
        its = read(message.version, other)
        mine = its if own == other else read(message.version, own)
        compare(context.report, message, own, other, *mine, *its)


METER_COMMANDS = {"ADD": "add-meter", "MOD": "mod-meter", "DEL": "del-meter"}


def recorded(recorder, version, command, text):
    sent, complaint = recorder.ask(version, command, text)
    if complaint or not sent:
        return "", complaint or "nothing sent"
    return sent[-1][:4].hex() + sent[-1][8:].hex(), None


def run_meters(context, recorder, messages, texts, theirs):
    def read(version, text):
        command = COMMAND.match(text)
        text = text[command.end():] if command else text
        text = re.sub(r"\s+", ",", re.sub(r"bands=\s*", "bands=", text).strip()).removesuffix(",bands=")
        if command and command.group(1) == "DEL":
            text = text.split(",")[0]
        return recorded(recorder, version, METER_COMMANDS.get(command.group(1) if command else "ADD", "add-meter"), text)
    for message, own, other in zip(messages, texts, theirs):
        its = read(message.version, other)
        mine = its if own == other else read(message.version, own)
        compare(context.report, message, own, other, *mine, *its)


PACKET = "020000000002020000000001" + "88b5" + "00" * 46


def run_packet_outs(context, recorder, messages, texts, theirs):
    def read(version, text):
        head, _, actions = text.partition(" actions=")
        actions = re.sub(r" (data_len|buffer)=.*", "", actions)
        return recorded(recorder, version, "packet-out", "%s packet=%s actions=%s" % (head, PACKET, actions))
    for message, own, other in zip(messages, texts, theirs):
        its = read(message.version, other)
        mine = its if own == other else read(message.version, own)
        compare(context.report, message, own, other, *mine, *its)


# --- our encoder of text ---------------------------------------------------------------------------------------------

ENCODED_FLOWS = 15                                               # of each version; every one is a process


def run_encode(context, messages, theirs):
    """`sluicectl encode` makes of Open vSwitch's own text of a flow what ovs-ofctl makes of it."""
    report = context.report
    for version in sorted({message.version for message in messages}):
        texts = {}
        for message, other in zip(messages, theirs):
            # Deletions of all tables are read as additions here, and nothing is added to all tables.
            if message.version == version and not EXTENSION.search(other) and not re.search(r"table[:=]255", other):
                texts.setdefault(flow_syntax(other)[0], message)
        some = list(texts.items())[::max(1, len(texts) // ENCODED_FLOWS)]
        wanted = judges.ovs_parse_flows(version, [text for text, _ in some])
        made = [context.sluicectl.encode_text(corpus.VERSION_TEXT[version], "flow_mod", text) for text, _ in some]
        read = judges.ovs_print([b"" if isinstance(data, str) else data for data in made])
        for (text, message), (printed, complaint), data, own in zip(some, wanted, made, read):
            where = (message.version_text, "encode flow_mod")
            if version == 1:                                     # ovs-ofctl's extension: "any table"
                printed = printed.replace(" table:255", "")
            if complaint or printed.startswith("NXT"):
                report.by_class(*where, "Open vSwitch has no such flow in this version")
            elif isinstance(data, str):
                report.by_class(*where, "text that we do not encode: %s" %
                                re.sub(r"[0-9][0-9a-fx.:/]*", "N", data.splitlines()[0])[:80])
            elif without_xid(own) == without_xid(printed):
                report.passed(*where)
            elif "write_metadata" in text and "/" in text:
                report.by_class(*where, "bits of write_metadata outside its mask, which mean nothing")
            else:
                report.failed(*where, "encode flow_mod means something else", message.name, "%s\n    ours: %s\n    theirs: %s" %
                              (text, own, printed), data)


def run_text(context):
    report = context.report
    kinds = ("FLOW_MOD", "GROUP_MOD", "METER_MOD", "PACKET_OUT")
    messages = [message for message in corpus.sound(context.corpus) if message.type in kinds]
    blocks, code, complaint = context.sluicectl.text([message.data for message in messages])
    if code not in (0, 1):
        report.remark("sluicectl decode --lines ended with %d: %s" % (code, complaint[-300:]))
    rows = {kind: [] for kind in kinds}
    for message, block, print_of_ovs in zip(messages, blocks, judges.ovs_print([m.data for m in messages])):
        own, other = body(block), None if judges.ovs_cannot_read(print_of_ovs) else body(print_of_ovs.splitlines())
        if other is None:
            report.by_class(message.version_text, "text of " + message.type.lower(), "Open vSwitch prints no such message")
        elif own is None and message.version == 1 and message.type == "FLOW_MOD" and message.data[56]:
            report.by_class(message.version_text, "text of flow_mod", "Open vSwitch's table id in the command of 1.0")
        elif own is None:
            report.failed(message.version_text, "text of " + message.type.lower(), "no text: %s" % message.type,
                          message.name, "printed: %s" % "\n".join(block or ["nothing"])[:300], message.data)
        else:
            if message.type == "PACKET_OUT":                     # the packet itself follows on its own lines
                own, other = body(block[:1]), body(print_of_ovs.splitlines()[:1])
            rows[message.type].append((message, own, other))
    columns = {kind: [list(column) for column in zip(*rows[kind])] or [[], [], []] for kind in kinds}
    run_flows(context, *columns["FLOW_MOD"])
    run_encode(context, columns["FLOW_MOD"][0], columns["FLOW_MOD"][2])
    run_groups(context, *columns["GROUP_MOD"])
    with judges.Recorder() as recorder:
        run_meters(context, recorder, *columns["METER_MOD"])
        run_packet_outs(context, recorder, *columns["PACKET_OUT"])


def run(context):
    run_bytes(context)
    run_text(context)
