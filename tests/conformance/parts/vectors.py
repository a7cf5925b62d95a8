"""Hand-made messages of kinds that the corpus lacks, each with what the specifications say of it.

A file vectors/<version>/<name>.vec holds hexadecimal digits with comments, a line `expect`, and perhaps a line `json`:

    expect valid                 taken, no faults, written again as the same bytes
    expect structure             taken and written again as the same bytes; faults are not judged
    expect malformed CLASS...    its structure is refused, with an error of one of the classes where any is named
    expect invalid CLASS...      taken, with a fault of one of the classes
    expect refused CLASS...      either of the two: the specifications leave room
    json {"port": 3}             somewhere in the decoded message these keys have these values
"""
import glob
import json
import os
from dataclasses import dataclass, field

import corpus

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vectors")
VERDICTS = {"valid": ("valid",), "structure": ("valid", "invalid"), "malformed": ("malformed",),
            "invalid": ("invalid",), "refused": ("malformed", "invalid")}


@dataclass
class Vector:
    path: str
    name: str = ""
    data: bytes = b""
    expect: str = ""
    classes: set = field(default_factory=set)
    json: dict = field(default_factory=dict)


def read(path):
    vector, digits = Vector(os.path.relpath(path, FOLDER)), ""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("# name:"):
                vector.name = line[7:].strip()
            elif line.startswith("expect "):
                vector.expect, *classes = line.split()[1:]
                vector.classes = set(classes)
            elif line.startswith("json "):
                vector.json = json.loads(line[5:])
            else:
                digits += "".join(line.split("#")[0].split())
    vector.data = bytes.fromhex(digits)
    if vector.expect not in VERDICTS or int.from_bytes(vector.data[2:4], "big") != len(vector.data):
        raise ValueError("%s is no vector" % path)
    return vector


def same(value, wanted):
    if isinstance(wanted, int) and isinstance(value, str):
        try:
            return int(value, 0) == wanted
        except ValueError:
            return False
    return value == wanted


def somewhere(tree, key, wanted):
    if isinstance(tree, dict):
        return (key in tree and same(tree[key], wanted)) or any(somewhere(value, key, wanted) for value in tree.values())
    return isinstance(tree, list) and any(somewhere(value, key, wanted) for value in tree)


def judge(vector, answer, round_trip):
    """None when right, else (group, why)."""
    if answer.verdict not in VERDICTS[vector.expect]:
        return "%s taken as %s" % (vector.expect, answer.verdict), answer.reason()
    if vector.expect in ("valid", "structure"):
        if round_trip.json.get("roundtrip") != "same":
            return "written otherwise", json.dumps(round_trip.json)[:600]
    elif vector.classes and not answer.classes(vector.data[0]) & vector.classes:
        return "error of another class", "%s, allowed: %s" % (answer.reason(), ", ".join(sorted(vector.classes)))
    missing = ["%s %s" % item for item in vector.json.items() if not somewhere(answer.json, *item)]
    if missing:
        return "value not found", "no %s in %s" % (", ".join(missing), answer.line[:600])
    return None


def run(context):
    vectors = [read(path) for path in sorted(glob.glob(os.path.join(FOLDER, "*", "*.vec")))]
    datas = [vector.data for vector in vectors]
    answers = context.sluicectl.decode(datas, validate=True)
    for vector, answer, again in zip(vectors, answers, context.sluicectl.roundtrip(datas)):
        version, wrong = corpus.VERSION_TEXT.get(vector.data[0], "other"), judge(vector, answer, again)
        if wrong is None:
            context.report.passed(version, vector.expect)
        else:
            context.report.failed(version, vector.expect, wrong[0], "%s (%s)" % (vector.path, vector.name), wrong[1],
                                  vector.data)
