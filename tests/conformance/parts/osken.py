"""os-ken parses what we encode and writes the same bytes. Where it cannot do so with the original bytes either (no
parser or no serializer for the type, its own faults), that is counted by class."""
import corpus
import explained
import judges
from reencode import reencode


def missing():
    return None if judges.os_ken_loads() else "python3-os-ken"


def summary(answer, data):
    """What os-ken makes of some bytes, as a class."""
    if answer["parse"] != "ok":
        kind = answer["parse"]
        return kind if kind == "hangs" or kind.startswith("no ") else "cannot parse it (%s)" % kind.split(":")[0]
    if "hex" not in answer:
        return "cannot write it (%s)" % answer.get("write", "").split(":")[0]
    return "same" if answer["hex"] == data.hex() else "writes other bytes"


def run(context):
    report = context.report
    messages = [message for message in corpus.sound(context.corpus) if message.version != 2]
    with judges.OsKen() as osken:
        for message, data in reencode(context, messages):
            version, source = message.version_text, message.source
            answer = osken.ask(data)
            result = summary(answer, data)
            if result == "same":
                report.passed(version, source)
                continue
            original = result if data == message.data else summary(osken.ask(message.data), message.data)
            if result != original and explained.written(message, data):
                report.by_class(version, source, explained.written(message, data))
            elif result == original:
                report.by_class(version, source, "with the original too: " + result)
            else:
                report.failed(version, source, "%s, the original: %s: %s" % (result, original, message.type), message.name,
                              "os-ken writes %s of our %s" % (answer.get("hex"), data.hex()[:400]), message.data)
