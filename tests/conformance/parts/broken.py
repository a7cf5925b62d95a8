"""Every message that all witnesses call broken is refused at the right level and with an error of the right class."""
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
    owes = message.classes and answer.verdict in ("invalid", "malformed") and message.type.split("/")[0] not in FROM_SWITCH
    if owes and not answer.classes(message.version) & message.classes:
        return ("error of another class: %s" % message.type,
                "%s, allowed: %s" % (answer.reason(), ", ".join(sorted(message.classes))))
    return None


def run(context):
    report = context.report
    messages = [message for message in corpus.everything(context.corpus)
                if message.use == "gate" and message.expect in LEVELS]
    for message, answer in zip(messages, context.sluicectl.decode([m.data for m in messages], validate=True)):
        wrong = judge(message, answer)
        if wrong is None:
            report.passed(message.version_text, "%s %s" % (message.source, message.expect))
        else:
            said = message.row.get("reason") or message.row.get("expect")
            report.failed(message.version_text, "%s %s" % (message.source, message.expect), wrong[0], message.name,
                          "%s; known: %s %s" % (wrong[1], message.row.get("where", ""), said), message.data)
