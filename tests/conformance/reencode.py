"""Our own encoding of a message: its bytes are decoded to JSON and that JSON is encoded, so that nothing of the original
bytes can help."""

import explained


def reencode(context, messages):
    """(message, our bytes) of each that comes through; the others are reported as failed."""
    report, out, lines, kept = context.report, [], [], []
    for message, answer in zip(messages, context.sluicectl.decode([message.data for message in messages])):
        settled = explained.sound(message.data, message.type.split("/")[0], message.source, answer)
        if settled:
            report.by_class(message.version_text, message.source, settled)
        elif answer.verdict != "valid":
            report.failed(message.version_text, message.source, "not decoded: %s" % message.type, message.name,
                          answer.reason(), message.data)
        else:
            lines.append(answer.line)
            kept.append(message)
    for message, line, data in zip(kept, lines, context.sluicectl.encode_json(lines)):
        if isinstance(data, str):
            report.failed(message.version_text, message.source, "its JSON is not encoded: %s" % message.type,
                          message.name, "%s; from %s" % (data[:300], line[:600]), message.data)
        elif int.from_bytes(data[2:4], "big") != len(data):
            report.failed(message.version_text, message.source, "encoded with a wrong length: %s" % message.type,
                          message.name, data.hex()[:400], message.data)
        else:
            out.append((message, data))
    return out
