#!/usr/bin/env python3
"""Reads the grammar from docs/slicetest-grammar.md and lets it judge case files: those of the tree, those that other tests
of sluicectl print, files that are broken on purpose, and thousands of variations of the good ones. Whatever `sluicectl
test` takes, the grammar must take.

    grammar.py <sluicectl> [seed [number of variations]]
                      exit code 1 and a sentence for whatever is not as promised
"""

import glob
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
SEED, VARIATIONS = 5, 3000
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "slicetest-grammar.md")

# --- EBNF ------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'\s*(?:"(?P<text>[^"]+)"|\?(?P<pattern> .*?) \?(?=\s*[,;|)\]}]|\s*$)|(?P<name>[a-z][a-z ]*[a-z]|[a-z])'
                   r'|(?P<sign>[=,;|()\[\]{}]))', re.MULTILINE)


class Grammar:
    """Rules as nested tuples, and the places where a rule can end."""

    def __init__(self, page):
        self.rules, self.tokens = {}, []
        for block in re.findall("```ebnf\n(.*?)```", page, re.DOTALL):
            at = 0
            while block[at:].strip():
                found = TOKEN.match(block, at)
                if not found:
                    raise SyntaxError("no EBNF: %r" % block[at:at + 60])
                self.tokens.append((found.lastgroup, found[found.lastgroup]))
                at = found.end()
        self.at = 0
        while self.at < len(self.tokens):
            name = self.take("name")
            if name in self.rules:
                raise SyntaxError("two rules %r" % name)
            self.take("sign", "=")
            self.rules[name] = self.choice()
            self.take("sign", ";")

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, kind, value=None):
        found = self.peek()
        if found[0] != kind or value not in (None, found[1]):
            raise SyntaxError("%r instead of %s %s" % (found, kind, value or ""))
        self.at += 1
        return found[1]

    def choice(self):
        parts = [self.sequence()]
        while self.peek() == ("sign", "|"):
            self.at += 1
            parts.append(self.sequence())
        return ("choice", tuple(parts)) if len(parts) > 1 else parts[0]

    def sequence(self):
        parts = [self.factor()]
        while self.peek() == ("sign", ","):
            self.at += 1
            parts.append(self.factor())
        return ("sequence", tuple(parts)) if len(parts) > 1 else parts[0]

    def factor(self):
        kind, value = self.peek()
        self.at += 1
        if kind == "text":
            return ("literal", value)
        if kind == "pattern":
            return ("pattern", re.compile(value[1:]))
        if kind == "name":
            return ("rule", value)
        closing = {"(": ")", "[": "]", "{": "}"}[value]
        inner = self.choice()
        self.take("sign", closing)
        return {"(": inner, "[": ("option", inner), "{": ("many", inner)}[value]

    def names(self, node):
        if node[0] == "rule":
            yield node[1]
        elif isinstance(node[1], tuple):
            for part in node[1] if node[0] in ("choice", "sequence") else (node[1],):
                yield from self.names(part)

    def takes(self, text, rule="file"):
        return len(text) in Match(self.rules, text).ends(("rule", rule), 0)


class Match:
    """One text. All ends of every rule at every place, each found once."""

    def __init__(self, rules, text):
        self.rules, self.text, self.known = rules, text, {}

    def ends(self, node, at):
        key = (id(node) if node[0] != "rule" else node[1], at)
        if key not in self.known:
            self.known[key] = getattr(self, node[0])(node[1], at)
        return self.known[key]

    def rule(self, name, at):
        return self.ends(self.rules[name], at)

    def literal(self, value, at):
        return {at + len(value)} if self.text.startswith(value, at) else set()

    def pattern(self, value, at):
        found = value.match(self.text, at)
        return {found.end()} if found else set()

    def choice(self, parts, at):
        return set().union(*(self.ends(part, at) for part in parts))

    def sequence(self, parts, at):
        ends = {at}
        for part in parts:
            ends = set().union(*(self.ends(part, end) for end in ends)) if ends else ends
        return ends

    def option(self, inner, at):
        return {at} | self.ends(inner, at)

    def many(self, inner, at):
        ends, fresh = {at}, {at}
        while fresh:
            fresh = set().union(*(self.ends(inner, end) for end in fresh)) - ends
            ends |= fresh
        return ends


# --- files -----------------------------------------------------------------------------------------------------------

HEAD = "config x.json\nswitch s1 ports 1 2=h2 LOCAL\n"


def case(*steps):
    return HEAD + 'test "t" {\n' + "".join("  %s\n" % step for step in steps) + "}\n"


# What the documentation promises, one step each.
GOOD = [
    "s1 > hello", "video@s1 > barrier_request xid=0x5", "video/2@s1 < barrier_reply xid=*  # why", "s1 < nothing",
    "nothing else", "wait 200ms", "wait 5", "connect s1", "disconnect video@s1", "hex s1 > 04 00 0008", 'skip "why # not"',
    "openflow 1.0", "config other.json", 'config { "a": "}", /* } */ "b": { } } ', "s1 < ~flow_mod", "s1 < ~ flow_mod priority=5",
    "s1 < ~flow_mod delete_strict cookie=$c xid=*", "s1 < flow_mod priority=5,ip,nw_dst=10.0.0.0/8,actions=output:1",
    "video@s1 > flow_mod priority=5 ip nw_dst=10.0.0.0/8 actions=output:1,set_field:4197->vlan_vid,push_vlan:0x8100 xid=3",
    "video@s1 > flow_mod modify table=0,tcp6,tcp_flags=+syn-ack,ipv6_src=fe80::1/64,out_port=LOCAL,actions=CONTROLLER:128",
    "video@s1 > flow_mod actions=goto_table:1", "video@s1 > flow_mod actions=write_actions(output:1,group:2),clear_actions",
    "video@s1 > flow_mod reg0=5,actions=resubmit(,1),ct(commit,zone=1),learn(table=1,priority=5)",
    "video@s1 > flow_mod dl_vlan=5,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01/01:00:00:00:00:00,actions=mod_vlan_vid:5,strip_vlan",
    "video@s1 > group_mod group_id=1,type=select,bucket=weight:5,output:1,bucket=weight=6,actions=output:2 xid=5",
    "video@s1 > meter_mod meter=1,kbps,burst,bands=type=drop,rate=5,type=dscp_remark,rate=6,prec_level=1",
    "video@s1 > packet_out in_port=controller,packet=<tcp,dl_vlan=5,tp_dst=80>,actions=output:2,FLOOD",
    "video@s1 > packet_out in_port=1,buffer_id=7,actions=drop", "video@s1 < error FLOW_MOD_FAILED EPERM xid=0x71",
    "video@s1 < ~error xid=5", "video@s1 < error xid=5 BAD_REQUEST EPERM data=00",
    "s1 > packet_in in_port=2 reason=no_match cookie=$c data=<arp>",
    's1 > port_status reason=delete port={port_no=3, name="eth 3"}', "s1 > port_desc_reply ports=[{port_no=1}, {port_no=2}]",
    's1 > flow_removed match="in_port=1,dl_vlan=5" cookie=5', "video@s1 > flow_mod {priority=5, match={eth_type=2048}}",
    "s1 < ~flow_mod {}", "video@s1 > hello {xid=5}",
]

BROKEN = [
    "config\n", "config  \n", "version 1.3.1\n", "version\n", "switch s1\n", "switch s1 ports\n", "switch s1 ports a\n",
    "test t {\n}\n", 'test "t {\n}\n', 'test "t"\n}\n', 'test "t" {\n', "}\n", "nonsense\n", "config { \"a\": [\n", 'test "t" { }\n',
] + [case(step) for step in (
    "s1 says hello", "s1 >", "s1 > ", "> hello", "@s1 > hello", "s1@ > hello", "a b > hello", "s1 > flow_mood", "s1 > hello x",
    "s1 >hello", "wait", "wait soon", "wait 5d", "nothing", "nothing  more", "connect", "disconnect a b", "hex s1 > 0g", "hex s1 > 0",
    "hex s1 >", "after t", 'after "t', "openflow 1.4", "openflow", "s1 > error A", "s1 < error FLOW_MOD_FAILED", "config",
    "s1 > packet_in data=<arp", "s1 > packet_in in_port", "s1 > packet_in in_port=", 's1 > packet_in a="b', "s1 > packet_in a=[1",
    "s1 > packet_in a={b}", "s1 > packet_in a={b=1", "s1 > flow_mod priority=high,actions=drop", "s1 > flow_mod priority,actions=drop",
    "s1 > flow_mod nw_scr=10.0.0.1,actions=drop", "s1 > flow_mod ip,nw_src=ten,actions=drop", "s1 > flow_mod in_port=first,actions=drop",
    "s1 > flow_mod actions=outptu:1", "s1 > flow_mod actions=output:one", "s1 > flow_mod actions=write_actions(output:1",
    "s1 > flow_mod actions=set_field:5", "s1 > flow_mod xid=five,actions=drop", "s1 > group_mod group_id=one",
    "s1 > group_mod group_id=1,kind=all", "s1 > meter_mod meter=1,bands=type=rise,rate=5", "s1 > packet_out in_port=1",
    "s1 > packet_out packet=xyz,actions=drop", "s1 > flow_mod {priority=5", "s1 < ~nothing",
)]

WORDS = ["~", "xid=5", "xid=*", "cookie=$c", "priority=5", "ip", "tcp", "dl_vlan=7", "in_port=1", "in_port=LOCAL", "actions=drop",
         "actions=output:1", "output:1", "FLOOD", "drop", "nothing", "hello", "flow_mod", "delete", "error", "EPERM", "<arp>", "{", "}",
         "[", "]", "(", ")", '"', "#", " # x", ",", "=", ":", "/", "\t", "5", "0x5", "a", "reg0=1", "nw_dst=10.0.0.1", "tp_dst=80",
         "eth_type=0x800", "$c", "*", "1.0", "5s", "04", "s1", "video@s1", "name=\"a b\"", "a={b=1}", "any", "table=0", "resubmit(,1)"]


def varied(dice, text):
    """The text with one word of one line changed."""
    lines = text.split("\n")
    i = dice.randrange(len(lines))
    words = re.split("([ ,=]+)", lines[i])
    j = dice.randrange(len(words))
    deed = dice.choice(("delete", "replace", "insert", "letter"))
    if deed == "delete":
        words[j] = ""
    elif deed == "replace":
        words[j] = dice.choice(WORDS)
    elif deed == "insert":
        words.insert(j, dice.choice((" ", ",", "")) + dice.choice(WORDS) + dice.choice((" ", ",", "")))
    elif words[j]:
        at = dice.randrange(len(words[j]))
        words[j] = words[j][:at] + dice.choice("aZ0-_.:/ x,=#") + words[j][at + 1:]
    lines[i] = "".join(words)
    return "\n".join(lines), lines[i]


class GrammarOfCases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(PAGE, encoding="utf-8") as file:
            cls.grammar = Grammar(file.read())
        cls.files = {}
        for path in sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*.slicetest"))
                           + glob.glob(os.path.join(ROOT, "examples", "**", "*.slicetest"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                cls.files[os.path.relpath(path, ROOT)] = file.read()

    def taken(self, texts):
        """Whether the program takes each of these files."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, "%d.slicetest" % i) for i in range(len(texts))]
            for path, text in zip(paths, texts):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run([PROGRAM, "test", "--list", folder], capture_output=True, text=True, timeout=120, check=False)
            self.assertIn(done.returncode, (0, 2), done.stderr)
            wrong = {line.split(":")[0] for line in done.stderr.splitlines()}
        return [path not in wrong for path in paths]

    def test_every_rule_is_there_and_used(self):
        named = {name for node in self.grammar.rules.values() for name in self.grammar.names(node)}
        self.assertEqual(named | {"file"}, set(self.grammar.rules))

    def test_the_kinds_are_those_of_the_program(self):
        done = subprocess.run([PROGRAM, "schema", "test"], capture_output=True, text=True, timeout=30, check=True)
        types = re.search(r'"enum": \[([^\]]*"hello"[^\]]*)\]', done.stdout)[1]
        kinds = {part[1] for rule in ("kind", "other kind") for part in self.grammar.rules[rule][1] if part[0] == "literal"}
        self.assertEqual(kinds, set(re.findall('"([a-z_]+)"', types)))

    def test_the_cases_of_the_tree(self):
        self.assertGreater(len(self.files), 4)
        for name, text in self.files.items():
            self.assertTrue(self.grammar.takes(text), name)

    def test_what_the_documentation_promises(self):
        texts = [case(step) for step in GOOD]
        for step, text, taken in zip(GOOD, texts, self.taken(texts)):
            self.assertTrue(taken, "the program refuses %r" % step)
            self.assertTrue(self.grammar.takes(text), "the grammar refuses %r" % step)

    def test_broken_files(self):
        for text, taken in zip(BROKEN, self.taken(BROKEN)):
            self.assertFalse(taken, "the program takes %r" % text)
            self.assertFalse(self.grammar.takes(text), "the grammar takes %r" % text)

    def test_what_the_program_takes_the_grammar_takes(self):
        dice = random.Random(SEED)
        steps = [line.strip() for text in self.files.values() for line in text.split("\n")
                 if line.startswith("  ") and re.search(" [<>] |wait|nothing", line) and ": " not in line]
        steps = sorted(set(steps)) + GOOD
        heads = "".join("switch s%d ports 1 2=h2 LOCAL\n" % i for i in (1, 2))
        texts = [varied(dice, case(dice.choice(steps)).replace(HEAD, "config x.json\n" + heads)) for _ in range(VARIATIONS)]
        count, wrong = 0, []
        for (text, line), taken in zip(texts, self.taken([text for text, _ in texts])):
            count += taken
            if taken and not self.grammar.takes(text):
                wrong.append(line + "   in   " + text.split("{", 1)[-1].strip()[:100])
        self.assertGreater(count, VARIATIONS // 20)
        if wrong:
            self.fail("%d of %d:\n%s" % (len(wrong), count, "\n".join(wrong[:40])))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    numbers = [int(word) for word in sys.argv[2:]]
    del sys.argv[2:]
    PROGRAM = os.path.abspath(sys.argv.pop())
    SEED, VARIATIONS = (numbers + [SEED, VARIATIONS][len(numbers):])[:2]
    unittest.main()
