#!/usr/bin/env python3
"""Compares the JSON Schema that `sluicectl schema test` prints with what `sluicectl test` makes of case files: the cases of
the tests and of the examples in JSON, files that are broken on purpose, and thousands of variations of the good ones.

    case_schema.py <sluicectl> [seed [number of variations]]
                      exit code 1 and a sentence for whatever is not as promised; 77 without python3-jsonschema

Whatever the reader takes must be valid. What is broken in its keys or in the form of its values must be invalid; what only
the reader can know (which switches there are, what stands inside of a match) may pass.
"""

import copy
import glob
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROGRAM = None
SEED, VARIATIONS = 3, 1000
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

STEP = {"from": "s1", "msg": "hello"}


def file_with(step=None, **more):
    """A small good file, with a step of its own and other keys."""
    return {"config": "x.json", "switches": [{"name": "s1", "ports": [{"number": 1}]}],
            "tests": [{"name": "t", "steps": [STEP if step is None else step]}], **more}


def without(value, *place):
    value = copy.deepcopy(value)
    holder = value
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    return value


# Wrong in a way that a schema can know.
BROKEN = [
    [], 5, None, "x", {},
    without(file_with(), "config"), without(file_with(), "tests"),
    file_with(confg="x.json"), file_with(config=5), file_with(config=""), file_with(config=" x"), file_with(config="a\nb"),
    file_with(version=1.3), file_with(version="1.1"), file_with(version=""),
    file_with(switches={}), file_with(switches=[5]), file_with(switches=[{"name": "s1"}]),
    file_with(switches=[{"name": "s 1", "ports": []}]),
    file_with(switches=[{"name": "s1", "ports": [1]}]), file_with(switches=[{"name": "s1", "ports": [{"number": "h1"}]}]),
    file_with(switches=[{"name": "s1", "ports": [{"number": -1}]}]),
    file_with(switches=[{"name": "s1", "ports": [{"number": 1, "name": "a b"}]}]),
    file_with(tests={}), file_with(tests=[5]), file_with(tests=[{"steps": []}]), file_with(tests=[{"name": "t"}]),
    file_with(tests=[{"name": "", "steps": []}]), file_with(tests=[{"name": 'a"b', "steps": []}]),
    file_with(tests=[{"name": "t", "steps": [], "step": []}]), file_with(tests=[{"name": "t", "steps": [], "skip": True}]),
    file_with(tests=[{"name": "t", "steps": [], "openflow": "1.2"}]),
    file_with({}), file_with(5), file_with({"form": "s1", "msg": "hello"}), file_with({"from": "s1"}),
    file_with({"from": "s1", "msg": "hello", "hex": "04"}), file_with({"from": "s1", "nothing": True}),
    file_with({"from": "s1", "to": "s1", "msg": "hello"}), file_with({"from": "s1", "msg": "hello", "at_least": True}),
    file_with({"from": "@s1", "msg": "hello"}), file_with({"from": "a b", "msg": "hello"}), file_with({"from": 1, "hex": "04"}),
    file_with({"to": "s1", "at_least": True, "hex": "04"}), file_with({"to": "s1", "at_least": False, "msg": "hello"}),
    file_with({"to": "s1", "nothing": False}), file_with({"to": "s1", "hex": "0g"}), file_with({"to": "s1", "hex": ""}),
    file_with({"to": "s1", "msg": 5}), file_with({"to": "s1", "msg": {}}), file_with({"to": "s1", "msg": {"type": "flow_mood"}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "prority": 5}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "xid": -1}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "xid": 2 ** 32}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "version": "1.4"}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "match": 5}}),
    file_with({"to": "s1", "msg": {"type": "flow_mod", "instructions": {}}}),
    file_with({"to": "s1", "msg": {"type": "table_status"}}),
    file_with({"nothing_else": False}), file_with({"nothing_else": True, "wait": "1s"}), file_with({"wait": "soon"}),
    file_with({"wait": 5}), file_with({"wait": ""}), file_with({"connect": ""}), file_with({"disconnect": 5}),
    file_with({"config": 5}), file_with({"config": "{}"}),
]

# Wrong in a way that only the reader knows.
ONLY_THE_READER = [
    file_with({"from": "s2", "msg": "hello"}), file_with({"wait": "100h"}), file_with({"from": "s1", "hex": "0"}),
    file_with({"from": "s1", "msg": "flow_mood"}), file_with({"from": "s1", "msg": {"type": "flow_mod", "priority": "high"}}),
    file_with({"from": "s1", "msg": {"type": "flow_mod", "match": {"ipv4_source": 1}}}),
    file_with({"from": "s1", "msg": {"type": "hello", "version": "1.0"}}),
    file_with(tests=[{"name": "t", "steps": []}, {"name": "t", "steps": []}]),
    file_with(tests=[{"name": "t", "after": "u", "steps": []}]),
]

OF_OTHER_TYPES = [None, True, False, 0, 1, -1, 1.5, 2 ** 32, "", "x", "*", "$c", "1.0", "1.3", [], {}, [""], [1], {"x": 1}]
WORDS = ["s1", "video@s1", "video/2@s1", "a@", "@b", "hello", "~hello", "barrier_reply xid=*", "5s", "200ms", "1h", "0400",
         "04 00", "LOCAL", "1.0", "1.3", "1.4", "nothing", "flow_mod", "packet_in", "a#b", "a b", "a\tb", 'a"b', "a\nb", "{", "ip"]
KEYS = ["from", "to", "msg", "hex", "at_least", "nothing", "nothing_else", "wait", "connect", "disconnect", "config", "name",
        "after", "skip", "openflow", "steps", "number", "ports", "type", "version", "xid", "priority", "in_port", "x", "x-y", ""]


def places(value, here=()):
    """Every place in a value, the containers before what is in them."""
    yield here
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, here + (key,))


def varied(dice, value):
    """(a file in which one thing was changed, what)."""
    value = copy.deepcopy(value)
    place = dice.choice(list(places(value))[1:])
    holder = value
    for key in place[:-1]:
        holder = holder[key]
    key = place[-1]
    deed = dice.choice(("delete", "rename", "add", "replace", "word"))
    if deed == "delete":
        del holder[key]
    elif deed == "rename" and isinstance(holder, dict):
        holder[dice.choice(KEYS)] = holder.pop(key)
    elif deed == "add" and isinstance(holder, dict):
        holder.setdefault(dice.choice(KEYS), copy.deepcopy(dice.choice(OF_OTHER_TYPES + WORDS)))
    elif deed == "word":
        holder[key] = dice.choice(WORDS)
    else:
        holder[key] = copy.deepcopy(dice.choice(OF_OTHER_TYPES))
    return value, "%s %s" % (deed, "/".join(map(str, place)))


class CaseSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([PROGRAM, "schema", "test"], capture_output=True, text=True, timeout=30, check=True)
        cls.schema = json.loads(done.stdout)
        cls.validator = jsonschema.Draft7Validator(cls.schema)
        cls.good = {}
        for path in sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*.slicetest"))
                           + glob.glob(os.path.join(ROOT, "examples", "**", "*.slicetest"), recursive=True)):
            done = subprocess.run([PROGRAM, "test", "--convert", path], capture_output=True, text=True, timeout=30, check=True)
            cls.good[os.path.relpath(path, ROOT)] = json.loads(done.stdout)

    def errors(self, values):
        """What the reader has against each of these files; an empty list for those that it takes."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, "%d.slicetest.json" % i) for i in range(len(values))]
            for path, value in zip(paths, values):
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(value, file)
            done = subprocess.run([PROGRAM, "test", "--list", folder], capture_output=True, text=True, timeout=120, check=False)
            self.assertIn(done.returncode, (0, 2), done.stderr)
            found = {path: [] for path in paths}
            for line in done.stderr.splitlines():
                path = line.split(":")[0]
                if path in found:
                    found[path].append(line[len(path) + 1:])
        return [found[path] for path in paths]

    def why_invalid(self, value):
        error = jsonschema.exceptions.best_match(self.validator.iter_errors(value))
        return None if error is None else "%s at /%s" % (error.message[:200], "/".join(map(str, error.absolute_path)))

    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.assertEqual(self.schema["$schema"], "http://json-schema.org/draft-07/schema#")

    def test_every_reference_leads_somewhere(self):
        text = json.dumps(self.schema)
        for name in self.schema["definitions"]:
            self.assertIn('"#/definitions/%s"' % name, text)

    def test_the_cases_of_the_tree_are_valid(self):
        self.assertGreater(len(self.good), 4)
        for name, value in self.good.items():
            self.assertIsNone(self.why_invalid(value), name)

    def test_what_decode_prints_is_a_message(self):
        for text in ("flow_mod priority=5,ip,actions=output:1", "group_mod group_id=1,type=all,bucket=output:1",
                     "meter_mod meter=1,kbps,bands=type=drop,rate=5", "packet_out in_port=1,packet=00,actions=output:2"):
            for version in ("1.0", "1.3"):
                kind, rest = text.split(" ", 1)
                encoded = subprocess.run([PROGRAM, "encode", "--of", version, kind, rest], capture_output=True, text=True,
                                         timeout=30, check=False)
                if encoded.returncode != 0:
                    continue                                         # 1.0 has no groups and meters
                printed = subprocess.run([PROGRAM, "decode", "--json", encoded.stdout.strip()], capture_output=True, text=True,
                                         timeout=30, check=True)
                value = file_with({"from": "s1", "msg": json.loads(printed.stdout)}, version=version)
                self.assertIsNone(self.why_invalid(value), text)
                self.assertEqual(self.errors([value]), [[]], text)

    def test_broken_files(self):
        for value, errors in zip(BROKEN, self.errors(BROKEN)):
            self.assertTrue(errors, "the reader takes %r" % (value,))
            self.assertFalse(self.validator.is_valid(value), "the schema takes %r" % (value,))

    def test_what_only_the_reader_knows(self):
        for value, errors in zip(ONLY_THE_READER, self.errors(ONLY_THE_READER)):
            self.assertTrue(errors, "the reader takes %r" % (value,))
            self.assertIsNone(self.why_invalid(value))

    def test_what_the_reader_takes_is_valid(self):
        # Files of one case each, since it is the number that counts.
        good = [dict(file, tests=[case]) for file in self.good.values() for case in file["tests"] if "after" not in case]
        good.append(file_with())
        dice = random.Random(SEED)
        variations = [varied(dice, dice.choice(good)) for _ in range(VARIATIONS)]
        taken, wrong = 0, []
        for (value, deed), errors in zip(variations, self.errors([value for value, _ in variations])):
            taken += not errors
            why = self.why_invalid(value)
            if why and not errors:
                wrong.append("%s: %s" % (deed, why))
        self.assertGreater(taken, VARIATIONS // 20)
        self.assertFalse(wrong, "\n".join(wrong[:20]))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    if jsonschema is None:
        print("skipped: there is no python3-jsonschema")
        sys.exit(77)
    numbers = [int(word) for word in sys.argv[2:]]
    del sys.argv[2:]
    PROGRAM = os.path.abspath(sys.argv.pop())
    SEED, VARIATIONS = (numbers + [SEED, VARIATIONS][len(numbers):])[:2]
    unittest.main()
