#!/usr/bin/env python3
"""Compares the JSON Schema that `sluicectl schema` prints with what `sluicectl check` makes of slice files: those of
the tests, of the examples and of the documentation, and thousands of variations of the good ones.

    schema.py <sluicectl> [seed [number of variations]]
                      exit code 1 and a sentence for whatever is not as promised; 77 without python3-jsonschema

Every finding of `check` either stands for something that the schema knows too, so that it must refuse the file, or for
something that it cannot know; a file with no other findings must pass. `verdict` says which is which, and why.
"""

import copy
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROGRAM = None
SEED, VARIATIONS = 2, 5000
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CASES = os.path.join(ROOT, "tests", "policy", "cases")
AT_ONCE = 1000                                                   # files for one run of sluicectl

# --- who knows what --------------------------------------------------------------------------------------------------

REFUSED, PASSES, OPEN = "the schema must refuse it", "the schema cannot know it", "depends"

# Codes that mean the same whatever the message says.
BY_CODE = {
    "E0102": (REFUSED, "which keys there are is what a schema is for"),
    "E0105": (REFUSED, "so are types"),
    "E0122": (REFUSED, "a secret is an object, never a string"),
    "E0100": (PASSES, "whether a file that is included can be read"),
    "E0106": (PASSES, "what is not supported yet is in the schema already, with a remark"),
    "E0112": (PASSES, "any text may be the name that a switch reports for a port"),
    "E0115": (PASSES, "matches have a grammar of their own"),
    "E0116": (PASSES, "what a field needs besides itself is of that grammar"),
    "E0119": (OPEN, "sizes are bounded by the reader only, and it reads no further"),
    "E0120": (PASSES, "how many matches and ports a text stands for"),
    "E0121": (PASSES, "how files include each other"),
    "E0302": (PASSES, "any text may be the name of a port, and the schema does not look it up"),
    "E0303": (PASSES, "the notation of types has no least length of a list"),
    "E0304": (PASSES, "the same"),
}
BY_CODE.update({"E03%02d" % n: (PASSES, "what parts of a file mean together") for n in (5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17)})

# What is missing, but is no key of the one object.
NOT_ALONE = ('"then" and "after" go together', "a secret has one of", "no address to listen on", "the list is empty")
# Names with less or more to them than the form of a name.
NOT_A_NAME = ("is a port by itself", "a file has a name", "environment variable", "a name in a certificate")
NO_HEADERS = ("in_port", "in_phy_port", "metadata", "tunnel_id", "tun_id", "actset_output", "packet_type")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
# Whole numbers that the schema bounds on both sides; elsewhere it only wants them not to be negative.
BOUNDED = re.compile('"id" of a slice|^(a port|port ".*") must')


def verdict(finding, place, value):
    """(verdict, why) of one finding about the value at this place (a list of keys) of a file."""
    code, message = finding["code"], finding["message"]
    if code in BY_CODE:
        return BY_CODE[code]
    if code.startswith("W"):
        return PASSES, "a warning is no error"
    if isinstance(value, float) and value.is_integer():
        return OPEN, "to a schema 1.0 is a whole number"
    rule = {"E0104": missing_key, "E0107": wrong_version, "E0108": bad_name, "E0109": bad_dpid, "E0110": bad_connection,
            "E0111": bad_openflow, "E0113": out_of_range, "E0114": bad_word, "E0117": no_header, "E0118": no_header,
            "E0301": unknown_name, "E0314": unknown_name, "E0315": unknown_name}.get(code)
    if rule is None:
        raise AssertionError("nobody said whether the schema knows %s: %s" % (code, message))
    return rule(message, place, value)


def missing_key(message, _place, _value):
    if any(text in message for text in NOT_ALONE):
        return PASSES, "keys that depend on each other, and lists that must not be empty"
    return REFUSED, "required keys"


def wrong_version(_message, _place, _value):
    return REFUSED, "the version is a constant"


def bad_name(message, _place, _value):
    if any(text in message for text in NOT_A_NAME):
        return PASSES, "its form is right, or it has none"
    return REFUSED, "names have a form"


def bad_dpid(_message, _place, value):
    if isinstance(value, int) and not isinstance(value, bool):
        return (REFUSED, "negative") if value < 0 else (PASSES, "a number of more than 64 bits")
    if isinstance(value, str) and re.fullmatch("(openflow:)?[0-9]+", value):
        return OPEN, "a number of more than 64 bits, perhaps"
    return REFUSED, "datapath ids have a form"


def bad_connection(_message, place, value):
    if place and place[-1] in ("http", "from") or "from" in place[-2:]:
        return OPEN, "only the letters of addresses are known"
    if not isinstance(value, str) or not re.match("p?(tcp|ssl):", value):
        return REFUSED, "the scheme comes first"
    return OPEN, "what comes behind the scheme, and on which side the scheme belongs"


def bad_openflow(_message, _place, value):
    return (PASSES, "an empty list") if value == [] else (REFUSED, "versions are words")


def out_of_range(message, _place, value):
    if isinstance(value, (list, dict)):
        return OPEN, "the place is that of the whole list"
    if isinstance(value, float) or isinstance(value, int) and value < 0:
        return REFUSED, "numbers are whole and not negative"
    if isinstance(value, int):
        if BOUNDED.search(message):
            return REFUSED, "bounds that the schema has"
        return PASSES, "bounds of the reader only"
    if "must be a whole number" in message:
        return PASSES, "how much a number with a unit is"
    if "is not a time" in message or "is not a duration" in message:
        return OPEN, "the calendar, and what is too long"
    return REFUSED, "units have a form"


def bad_word(message, _place, _value):
    if "names no vendor" in message:
        return OPEN, "the number behind the colon"
    return REFUSED, "words are listed"


def no_header(_message, place, _value):
    if place[-1] in NO_HEADERS:
        return REFUSED, "a key that an object of headers does not have"
    return PASSES, "it stands in a text"


def unknown_name(message, place, value):
    name = re.search('(?:switch|slice|name) "([^"]*)"', message)
    if place[-2:-1] == ["on"] and value != place[-1] and not isinstance(value, str):
        return OPEN, "ports of a switch that there is not are not looked at"
    if name and NAME.fullmatch(name[1]):
        return PASSES, "whether there is something of the name"
    return OPEN, "nothing can have such a name, and the schema may say so first"


# --- files -----------------------------------------------------------------------------------------------------------


def without_comments(text):
    token = r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/'
    return re.sub(token, lambda found: found[0] if found[0].startswith('"') else " ", text, flags=re.DOTALL)


class Unreadable(Exception):
    pass


def only_once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise Unreadable("one key twice")
    return dict(pairs)


def parsed(text):
    """The value of a file; None where JSON itself is wrong, which is not the schema's business."""
    try:
        return json.loads(without_comments(text.lstrip("\ufeff")), object_pairs_hook=only_once)
    except (ValueError, Unreadable, RecursionError):
        return None


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def written_files():
    """{path or page: (text, value)} of all that people wrote."""
    paths = glob.glob(os.path.join(CASES, "*.json")) + glob.glob(os.path.join(ROOT, "examples", "**", "*.json"),
                                                                recursive=True)
    texts = {os.path.relpath(path, ROOT): read(path) for path in sorted(paths)}
    page = os.path.join("docs", "slice-file.md")
    for i, block in enumerate(re.findall("```jsonc\n(.*?)```", read(os.path.join(ROOT, page)), re.DOTALL)):
        texts["%s block %d" % (page, i)] = block
    values = {name: (text, parsed(text)) for name, text in texts.items()}
    return {name: (text, value) for name, (text, value) in values.items() if value is not None}


def at(value, pointer):
    """(place, value) that a JSON pointer means; no value where it leads nowhere, as for a key that is missing."""
    place = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in place:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return place, None
    return place, value


# --- variations ------------------------------------------------------------------------------------------------------

OF_OTHER_TYPES = [None, True, False, 0, 1, -1, 7, 1.5, 2 ** 32, 2 ** 64, "", "any", [], {}, [""], ["*"], [1], [[]],
                  {"s1": 1}, {"x-mine": 1}, {"a": {}}]
WORDS = ["*", "LOCAL", "CONTROLLER", "1", "1-4", "0x10", "s1", "-s1", "a b", "x" * 64, "x" * 63, "Ä", "drop", "up",
         "Up", "error", "priority", "1.0", "1.3", "1.6", "2", "tcp:192.0.2.1", "tcp:", "tcp:h:0", "udp:h", "ptcp:",
         "ptcp:6653:", "ssl:h", "pssl:", "192.0.2.1:80", "192.0.2.0/24", "2001:db8::/129", "2k", "2K", "0", "-2",
         "1.5k", "5/s", ".5/s", "5./s", "1.5M/min", "./s", "5/d", "64KiB", "64kib", "5s", "5 s", "200ms",
         "99999999999h", "2027-01-31T18:00:00Z", "2027-02-30T18:00:00+01:00", "2027-01-31", "vendor:0x2320",
         "vendor:", "vendor", "ip", "0x800/0xff00", "in_port=1", "metadata=1", "dl_vlan=5",
         "00:00:00:00:00:00:00:01", "of:00000000000000ff", "of:1", "0xfF", "0x", "openflow:12",
         "18446744073709551616", "000000000000000g", "untagged", "tagged"]
KEYS = ["x-mine", "x-", "X-mine", "name", "on", "match", "in_port", "metadata", "vlan", "port", "at", "tls",
        "limits", "", "1", "LOCAL", "s1", "s 1", "then", "after"]


def places(value, here=()):
    """Every place in a value, the containers before what is in them."""
    yield here
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, here + (key,))


def misspelt(dice, word):
    i = dice.randrange(len(word) + 1)
    return dice.choice((word[:i] + word[i + 1:], word[:i] + dice.choice("aZ0-_.:/ x") + word[i:], word.swapcase(),
                        word + word[-1:]))


class Variation:
    """A good file in which one to three things were changed."""

    def __init__(self, dice, name, value):
        self.value, self.deeds = copy.deepcopy(value), [name]
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            self.change(dice)

    def change(self, dice):
        place = dice.choice(list(places(self.value))[1:] or [()])
        if not place:
            return
        holder = self.value
        for key in place[:-1]:
            holder = holder[key]
        key, was = place[-1], holder[place[-1]]
        deed = dice.choice(("delete", "rename", "add", "replace", "word", "word"))
        if deed == "delete":
            del holder[key]
        elif deed == "rename" and isinstance(holder, dict):
            new = dice.choice((misspelt(dice, key), dice.choice(KEYS), "x-" + key))
            value = holder.pop(key)
            holder[new] = value
            key = (key, new)
        elif deed == "add" and isinstance(holder, dict):
            holder.setdefault(dice.choice(KEYS), copy.deepcopy(was))
        elif deed == "word" and isinstance(was, str):
            holder[key] = misspelt(dice, was) if was and dice.random() < 0.4 else dice.choice(WORDS)
        else:
            deed, holder[key] = "replace", copy.deepcopy(dice.choice(OF_OTHER_TYPES + [dice.choice(WORDS)]))
        self.deeds.append("%s %s" % (deed, "/".join(map(str, place[:-1] + (key,)))))


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([PROGRAM, "schema"], capture_output=True, text=True, timeout=30, check=True)
        cls.schema = json.loads(done.stdout)
        cls.validator = jsonschema.Draft7Validator(cls.schema)
        cls.files = written_files()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # What files of the tests include, where copies of them look for it.
        os.symlink(os.path.abspath(os.path.join(CASES, "parts")), os.path.join(self.folder, "parts"))

    def findings(self, texts):
        """What `check` finds in each of the texts, in files of their own and not in those that they include."""
        paths = [os.path.join(self.folder, "%d.json" % i) for i in range(len(texts))]
        for path, text in zip(paths, texts):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        found = {path: [] for path in paths}
        for first in range(0, len(paths), AT_ONCE):
            done = subprocess.run([PROGRAM, "check", "--json", *paths[first:first + AT_ONCE]], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertIn(done.returncode, (0, 1, 2), done.stderr)
            for finding in json.loads(done.stdout)["findings"]:
                found.get(finding["file"], []).append(finding)
        return [found[path] for path in paths]

    def disagreement(self, value, findings):
        """In words; None if the schema says what the findings make it say."""
        verdicts = []
        for finding in findings:
            pointer = next((note[3:] for note in finding["notes"] if note.startswith("at /")), "")
            verdicts.append((*verdict(finding, *at(value, pointer)),
                             "%s %s at %s" % (finding["code"], finding["message"], pointer)))
        must_refuse = [v for v in verdicts if v[0] == REFUSED]
        if not must_refuse and any(v[0] == OPEN for v in verdicts):
            return None
        passes = self.validator.is_valid(value)
        if passes == (not must_refuse):
            return None
        if passes:
            return "the schema lets it pass, but check does not: %s" % "; ".join(v[2] for v in must_refuse)
        error = jsonschema.exceptions.best_match(self.validator.iter_errors(value))
        return "the schema refuses it (%s at /%s), and check finds %s" % (
            error.message[:200], "/".join(map(str, error.absolute_path)),
            "; ".join(v[2] for v in verdicts) or "nothing")

    def assert_agreement(self, files):
        """`files`: (name, text, value)."""
        wrong = []
        for (name, _, value), findings in zip(files, self.findings([text for _, text, _ in files])):
            why = self.disagreement(value, findings)
            if why:
                wrong.append("%s: %s" % (name, why))
        self.assertFalse(wrong, "%d of %d:\n%s" % (len(wrong), len(files), "\n".join(wrong[:40])))

    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.assertEqual(self.schema["$schema"], "http://json-schema.org/draft-07/schema#")

    def test_every_reference_leads_somewhere(self):
        named = set(re.findall('"#/definitions/([^"]*)"', json.dumps(self.schema)))
        self.assertEqual(named, set(self.schema["definitions"]))

    def test_files_that_people_wrote(self):
        self.assertGreater(len(self.files), 30)
        self.assert_agreement([(name, *file) for name, file in self.files.items()])

    def good_files(self):
        """Those that pass, if only as far as the schema knows."""
        return {name: value for name, (_, value) in self.files.items() if self.validator.is_valid(value)}

    def test_good_files_have_every_key(self):
        """Or variations of them would not reach all of the format."""
        used = {key for value in self.good_files().values() for place in places(value) for key in place}
        objects = (self.schema, *self.schema["definitions"].values())
        known = {key for part in objects for key in part.get("properties", ())}
        headers = set(self.schema["definitions"]["headers"]["properties"])  # all alike
        self.assertFalse(known - used - headers)

    def test_variations_of_good_files(self):
        # Small ones, since it is the number that counts, and none that was made to take its time.
        good = {name: value for name, value in self.good_files().items()
                if len(list(places(value))) < 400 and "too_complex" not in name}
        variations = []
        for name, value in good.items():
            dice = random.Random("%d %s" % (SEED, name))         # what another file says changes nothing for this one
            variations += [Variation(dice, name, value) for _ in range(VARIATIONS // len(good))]
        self.assert_agreement([(", ".join(v.deeds), json.dumps(v.value), v.value) for v in variations])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    if jsonschema is None:
        print("skipped: there is no python3-jsonschema")
        sys.exit(77)
    numbers = [int(word) for word in sys.argv[2:]]
    del sys.argv[2:]
    PROGRAM = sys.argv.pop()
    SEED, VARIATIONS = (numbers + [SEED, VARIATIONS][len(numbers):])[:2]
    unittest.main()
