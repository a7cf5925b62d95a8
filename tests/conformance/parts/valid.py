"""Every message that all witnesses call sound is taken, has no faults, and is written again as the same bytes. Where it
is written otherwise, the class of the difference is counted, and the bytes that differ must be of that class."""
import os

import corpus
import explained
import layout
from product import scratch

# Classes that this suite can tell by itself, by words in the name that sluicectl gives them.
PADDING = ("padding", "pad", "reserved")
TEXT = ("text", "string", "name")


def confined(message, answer):
    """Whether the difference lies in what the classes say; None when this suite cannot tell."""
    try:
        ours = bytes.fromhex(answer.json.get("hex", ""))
    except ValueError:
        return False
    if not ours:
        return None
    words = " ".join(answer.json.get("classes") or [])
    padding, text_rest = layout.meaningless(message.data)
    if len(ours) != len(message.data):
        return None if words else False
    differing = {index for index in range(len(ours)) if ours[index] != message.data[index]}
    known, allowed = False, set()
    if any(word in words for word in PADDING):
        known, allowed = True, allowed | padding
    if any(word in words for word in TEXT):
        known, allowed = True, allowed | text_rest
    other = [name for name in answer.json.get("classes") or [] if not any(word in name for word in PADDING + TEXT)]
    if known and not other:
        return differing <= allowed
    if not other:
        return False
    # A class of its own must not hide padding that was lost in silence.
    return None if known or not differing & padding else False


def run_folders(context, good):
    """`decode --roundtrip` on files and folders: its last line and its exit codes."""
    def expect(what, arguments, code, last):
        got, out, err = context.sluicectl.run(["decode", "--roundtrip", *arguments])
        said = (out.strip().splitlines() or [""])[-1]
        if got == code and (last is None or said == last):
            context.report.passed("-", "decode --roundtrip")
        else:
            context.report.failed("-", "decode --roundtrip", "decode --roundtrip %s" % what, what,
                                  "exit code %d instead of %d, last line %r instead of %r; %s" %
                                  (got, code, said, last, err[-300:]))
    with scratch() as folder:
        for index, data in enumerate(good):
            with open(os.path.join(folder, "good-%03d.bin" % index), "wb") as file:
                file.write(data)
        expect("of a folder", [folder], 0, "%d passed, 0 failed" % len(good))
        expect("of one file", [os.path.join(folder, "good-000.bin")], 0, "1 passed, 0 failed")
        with open(os.path.join(folder, "broken.bin"), "wb") as file:
            file.write(bytes.fromhex("040e000900000001ff"))      # a flow_mod of nine bytes
        expect("of a folder with a broken message", [folder], 1, "%d passed, 1 failed" % len(good))
        expect("of what is not there", [os.path.join(folder, "nothing.bin")], 2, None)


def run(context):
    report = context.report
    messages = [message for message in corpus.everything(context.corpus)
                if message.use == "gate" and message.expect in ("valid", "well_formed")]
    datas = [message.data for message in messages]
    decoded = context.sluicectl.decode(datas, validate=True)
    again = context.sluicectl.roundtrip(datas)
    for message, answer, round_trip in zip(messages, decoded, again):
        version, source = message.version_text, message.source
        structure_only = message.expect == "well_formed"
        excuse = None
        if answer.verdict != "valid" and not (structure_only and answer.verdict == "invalid"):
            excuse = explained.sound(message.data, message.type.split("/")[0], source, answer)
        if excuse and (answer.verdict != "invalid" or round_trip.json.get("roundtrip") == "same"):
            report.by_class(version, source, excuse)
        elif answer.verdict != "valid" and not (structure_only and answer.verdict == "invalid"):
            report.failed(version, source, "%s %s: %s" % (answer.verdict, answer.short_reason(), message.type),
                          message.name, answer.reason(), message.data)
        elif round_trip.json.get("roundtrip") == "same":
            report.passed(version, source)
        elif round_trip.json.get("roundtrip") == "differs":
            classes = ", ".join(round_trip.json.get("classes") or ["no class"])
            fits = confined(message, round_trip)
            if fits is False:
                report.failed(version, source, "round trip differs outside its class (%s): %s" % (classes, message.type),
                              message.name, "written as %s" % round_trip.json.get("hex", "")[:400], message.data)
            else:
                report.by_class(version, source, "round trip: %s%s" % (classes, "" if fits else " (not checked here)"))
        else:
            report.failed(version, source, "no round trip: %s" % message.type, message.name, round_trip.reason(),
                          message.data)
    run_folders(context, [message.data for message, again in zip(messages, again)
                          if again.json.get("roundtrip") == "same"][:50])
