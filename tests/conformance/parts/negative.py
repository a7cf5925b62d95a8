"""Systematic corruptions of sound messages, each with what a strict implementation owes."""
import collections

import corpus
import explained

BAD_VERSION = (1, 0)                                             # BAD_REQUEST/BAD_VERSION in every version
INCOMPATIBLE = (0, 0)                                            # HELLO_FAILED/INCOMPATIBLE


def owes_error(case):
    """Whether the receiver would answer with an error message at all: never to a switch, and never to an error."""
    return case["direction"] == "c2s" or (case["direction"] == "both" and case["type"] != "ERROR")


def judge_version(case, answer):
    if case["name"].startswith("version-other-"):
        return "class", "needs a connection: another known version in the header"
    codes = {(number, code) for number, code, _ in answer.errors()}
    if answer.verdict == "framing" or codes & {BAD_VERSION, INCOMPATIBLE}:
        return "pass", "BAD_VERSION"
    return "fail", "a version that does not exist"


def judge_error(case, answer):
    if answer.verdict not in ("malformed", "invalid"):
        return "fail", "owed an error, but %s" % answer.verdict
    if not owes_error(case):
        return "pass", "refused, nobody to answer"
    codes = {(number, code) for number, code, _ in answer.errors()}
    expected = case["expect"]
    if not codes:
        return "fail", "refused without an OpenFlow error"
    primary = tuple(expected["primary"][:2])
    also = {tuple(error[:2]) for error in expected.get("also", [])}
    if primary in codes:
        return "pass", "exact"
    if also & codes:
        return "pass", "allowed alternative"
    if {number for number, _ in codes} & ({primary[0]} | {number for number, _ in also}):
        return "pass", "same class, another code"
    return "fail", "error of another class"


def judge(case, answer):
    """(pass, class or fail; how or why)"""
    verdict = case["expect"]["verdict"]
    if answer.verdict in ("died", "refused"):
        return "fail", "no verdict"
    if case["name"].startswith("version-") and case["type"] != "HELLO":
        return judge_version(case, answer)
    if verdict == "error":
        if case["name"].startswith("version-"):                  # a hello of version 0
            return judge_version(case, answer)
        return judge_error(case, answer)
    if verdict == "close":
        return ("pass" if answer.verdict == "framing" else "fail"), "close"
    if verdict == "incomplete":
        return ("pass" if answer.verdict == "incomplete" else "fail"), "incomplete"
    if verdict == "tolerate":
        return ("pass" if answer.verdict in ("valid", "invalid") else "fail"), "tolerate"
    if answer.verdict == "invalid":
        return "fail", "valid, but has faults"
    return ("pass" if answer.verdict == "valid" else "fail"), "valid"


def excuse(case, answer):
    """Disagreements with the case that the specification settles in favour of sluicectl, by class; or None."""
    data, verdict = bytes.fromhex(case["hex"]), case["expect"]["verdict"]
    if verdict == "tolerate" and case["name"] == "cut-opaque" and case["type"] == "ERROR" and len(data) < 16:
        return "the id of an experimenter's error is cut, which is no body of its own"
    if case["name"].startswith("trailing-8") and data[0] == 6 and data[8:10] == b"\0\x0b" and len(data) == 40:
        return "meter features of 1.5 have 24 bytes, the sound message has the 16 of 1.3"
    if verdict == "tolerate" and case["name"] == "cut-opaque" and data[0] == 2 and len(data) < 24:
        return "the header of a 1.1 experimenter is cut; its four bytes behind the id are part of it"
    if "unknown experimenter" in case["expect"].get("why", "") and answer.verdict == "valid":
        return "whether the receiver knows an experimenter is not in the message"
    if verdict == "valid" and answer.verdict == "invalid":
        return explained.sound(data, case["type"], case["of"].split("/")[0], answer)
    return None


def run(context):
    report = context.report
    cases = list(corpus.negative(context.corpus))
    answers = context.sluicectl.decode([bytes.fromhex(case["hex"]) for case in cases], validate=True)
    how = collections.Counter()
    for case, answer in zip(cases, answers):
        version, source = corpus.VERSION_TEXT.get(case["version"], "other"), case["expect"]["verdict"]
        result, why = judge(case, answer)
        if result == "fail":
            settled = excuse(case, answer)
            if settled:
                result, why = "class", settled
        if result == "pass":
            report.passed(version, source)
            how[why] += 1
        elif result == "class":
            report.by_class(version, source, why)
        else:
            expected = case["expect"]
            name = case["name"].rstrip("0123456789").rstrip("-")
            group = "%s: %s, %s" % (why, name, answer.short_reason())
            wanted = [error[2] for error in [expected.get("primary")] + expected.get("also", []) if error] \
                if "primary" in expected else []
            report.failed(version, source, group, "%s of %s %s (%s)" % (case["name"], case["type"], case["of"], why),
                          "%s; owed: %s %s, because %s" % (answer.reason(), expected["verdict"], ", ".join(wanted),
                                                          expected["why"]), bytes.fromhex(case["hex"]))
    report.remark("passed by:\n" + "\n".join("%6d  %s" % (count, text) for text, count in how.most_common()))
