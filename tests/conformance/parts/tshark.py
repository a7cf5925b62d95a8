"""A capture of everything that we encode, for tshark. It knows no 1.1 and no 1.2. What it calls malformed although it is
sound is counted by class: it says the same of the original bytes, which other readers take."""
import corpus
import judges
from reencode import reencode


def missing():
    return judges.missing_program("tshark")


def run(context):
    report = context.report
    messages = [message for message in corpus.sound(context.corpus) if message.version in judges.TSHARK_VERSIONS]
    pairs = reencode(context, messages)
    # The original of what we write otherwise is asked too.
    datas = [data for _, data in pairs]
    other = [index for index, (message, data) in enumerate(pairs) if message.data != data]
    said = judges.tshark(datas + [pairs[index][0].data for index in other])
    originals = dict(zip(other, said[len(datas):]))
    for index, (message, data) in enumerate(pairs):
        known = message.row.get("tshark", "")
        if not said[index]:
            report.passed(message.version_text, message.source)
        elif originals.get(index, said[index] if message.data == data else "") == said[index]:
            kind = message.type.split("/0x")[0].split("/")[0]
            report.by_class(message.version_text, message.source, "%s as the original is: %s %s" %
                            (said[index], message.version_text, kind))
        else:
            report.failed(message.version_text, message.source, "%s, the original is not: %s" % (said[index], message.type),
                          message.name, "tshark on the original: %s; we write %s" % (known, data.hex()[:400]),
                          message.data)
