"""Every message that all witnesses call broken is refused at the right level and with an error of the right class."""
import re

import corpus

# Where a source says only that something is wrong, it may be found as structure or as value.
LEVELS = {"malformed": ("malformed",), "truncated": ("incomplete",), "invalid": ("invalid", "malformed")}
# Messages of a switch are answered with nothing, so the class of the error is nobody's business.
FROM_SWITCH = {"FEATURES_REPLY", "GET_CONFIG_REPLY", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS", "STATS_REPLY",
               "MULTIPART_REPLY", "BARRIER_REPLY", "QUEUE_GET_CONFIG_REPLY", "ROLE_REPLY", "GET_ASYNC_REPLY",
               "ROLE_STATUS", "TABLE_STATUS", "REQUESTFORWARD", "CONTROLLER_STATUS", "ERROR"}


def judge(message, answer):
    """None when right, else (group, why)."""
    levels = LEVELS[message.expect]
    announced = int.from_bytes(message.data[2:4], "big")
    if len(message.data) < 8 or announced > len(message.data):
        levels = ("incomplete",)                                 # whatever else is wrong, the rest is awaited first
    elif announced < 8:
        levels = ("framing",)                                    # no next message can be found
    elif message.source == "flowgrammable" and message.expect == "invalid":
        levels = ("invalid",)                                    # its structure is known to be sound
    if answer.verdict not in levels:
        return ("%s taken as %s: %s %s" % (message.expect, answer.verdict, message.type, answer.short_reason()),
                answer.reason())
    # Whoever looks at the length of the whole message first may say so; a bucket is a list of actions to some.
    allowed = message.classes | ({"BAD_REQUEST"} if answer.verdict == "malformed" else set())
    if message.type == "GROUP_MOD":
        allowed |= {"BAD_ACTION"}
    if message.type == "BUNDLE_ADD_MESSAGE":
        allowed |= {"BAD_PROPERTY"}                              # the bytes behind its message are properties
    owes = message.classes and answer.verdict in ("invalid", "malformed") and message.type.split("/")[0] not in FROM_SWITCH
    if owes and not answer.classes(message.version) & allowed:
        return ("error of another class: %s" % message.type,
                "%s, allowed: %s" % (answer.reason(), ", ".join(sorted(allowed))))
    return None


def explained(message, answer):
    """Disagreements that the specification settles in favour of sluicectl, by class and by the bytes; or None."""
    kind, data = message.type.split("/")[0], message.data
    if answer.verdict == "valid" and message.expect == "invalid" and kind in FROM_SWITCH:
        return "a switch's match without its prerequisites or of unknown class: nobody to answer"
    if answer.verdict == "valid" and message.version in (3, 4) and b"\x80\x00\x37\x20" + bytes(32) in data:
        return "a mask without bits is as if the field were not there (1.2 A.2.3.4)"
    if answer.verdict == "valid" and b"\x80\x00\x2a\x02" in data and message.source == "ovs":
        return "an ARP operation over 255, which only Open vSwitch refuses"
    if answer.verdict == "valid" and data[1] == 13 and re.search(rb"\xff\xff\x00[\x10-\x30]\x00\x00\x23\x20", data):
        return "rules of Open vSwitch's own actions for their arguments, which no layout tells"
    if answer.verdict == "valid" and data[1] == 14 and b"\xff\xff\x00\x08" in data:
        return "whether the receiver knows an experimenter's instruction is not in the message"
    return None


def run(context):
    report = context.report
    messages = [message for message in corpus.everything(context.corpus)
                if message.use == "gate" and message.expect in LEVELS]
    for message, answer in zip(messages, context.sluicectl.decode([m.data for m in messages], validate=True)):
        wrong = judge(message, answer)
        if wrong is None:
            report.passed(message.version_text, "%s %s" % (message.source, message.expect))
        elif explained(message, answer):
            report.by_class(message.version_text, "%s %s" % (message.source, message.expect), explained(message, answer))
        else:
            said = message.row.get("reason") or message.row.get("expect")
            report.failed(message.version_text, "%s %s" % (message.source, message.expect), wrong[0], message.name,
                          "%s; known: %s %s" % (wrong[1], message.row.get("where", ""), said), message.data)
