#!/usr/bin/env python3
"""Keeps the editors' grammars of test cases (docs/editors) honest.

usage: editor_grammar.py SOURCE

The TextMate grammar is interpreted here, line by line, as editors do it; its patterns keep to what Oniguruma and Python's
re both mean the same by. Every line of every case file of the tree is read a second time by the rules of
slicing/replay/case_file.cpp, and whatever has a meaning there must have the scope that says so. Vim, where it is there,
colours the same files.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What stands for the editor's own grammar of JSON, which `config { … }` includes.
JSON_GRAMMAR = {
    "patterns": [{"include": "#value"}],
    "repository": {
        "value": {
            "patterns": [
                {"match": r"//.*$", "name": "comment.line.json"},
                {"begin": r"/\*", "end": r"\*/", "name": "comment.block.json"},
                {"match": r'"(?:[^"\\]|\\.)*"', "name": "string.quoted.double.json"},
                {"match": r"-?[0-9][0-9.eE+-]*|true|false|null", "name": "constant.json"},
                {"match": "[,:]", "name": "punctuation.separator.json"},
                {"begin": r"\{", "end": r"\}", "name": "meta.structure.json punctuation.json", "patterns": [{"include": "#value"}]},
                {"begin": r"\[", "end": r"\]", "name": "meta.structure.json punctuation.json", "patterns": [{"include": "#value"}]},
            ]
        }
    },
}

# Nothing that the two libraries read differently: flags, possessive and atomic groups, named groups, classes in classes,
# \h and \R of Oniguruma, (?P…) and (?(1)…) of Python.
DIFFERS = re.compile(r"\(\?[a-zP>(~|]|[*+?}]\+|\(\?<(?![=!])|\\[hHRXKGAzZkgpP]|\[\[|&&|\[\^?\]")


class Grammar:
    """Gives each character of a text its scopes, innermost last."""

    def __init__(self, grammar, external):
        self.grammar, self.external = grammar, external
        self.compiled = {}
        self.used = set()

    def regex(self, text):
        if text not in self.compiled:
            self.compiled[text] = re.compile(text)
        return self.compiled[text]

    def flatten(self, patterns, grammar):
        for pattern in patterns:
            include = pattern.get("include")
            if include is None:
                if "match" in pattern or "begin" in pattern:
                    yield pattern, grammar
                else:
                    yield from self.flatten(pattern["patterns"], grammar)
            elif include.startswith("#"):
                yield from self.flatten([grammar["repository"][include[1:]]], grammar)
            else:
                yield from self.flatten(self.external[include]["patterns"], self.external[include])

    def lines(self, text):
        """For each line a list with the scopes of each character."""
        stack = [({"patterns": self.grammar["patterns"]}, self.grammar)]
        return [self.line(line, stack) for line in text.split("\n")]

    def line(self, line, stack):
        scopes = [[] for _ in line]
        at = 0
        while at <= len(line):
            rule, grammar = stack[-1]
            found = self.regex(rule["end"]).search(line, at) if "end" in rule else None
            what = None
            for pattern, home in self.flatten(rule.get("patterns", []), grammar):
                m = self.regex(pattern.get("match", pattern.get("begin"))).search(line, at)
                if m and (found is None or m.start() < found.start()):
                    found, what = m, (pattern, home)
            begin = found.start() if found else len(line)
            self.paint(scopes, at, begin, stack, True)
            if found is None:
                return scopes
            if what is None:  # the end of the rule at the top
                self.paint(scopes, begin, found.end(), stack[:-1], True)
                self.paint(scopes, begin, found.end(), stack[-1:], False)
                self.captures(scopes, found, rule.get("endCaptures", {}))
                stack.pop()
            else:
                pattern, home = what
                self.used.add(pattern.get("match", pattern.get("begin")))
                self.paint(scopes, begin, found.end(), stack, True)
                if "begin" in pattern:
                    stack.append((pattern, home))
                    self.paint(scopes, begin, found.end(), stack[-1:], False)
                    self.captures(scopes, found, pattern.get("beginCaptures", {}))
                else:
                    self.paint(scopes, begin, found.end(), [(pattern, home)], False)
                    self.captures(scopes, found, pattern.get("captures", {}))
                    assert found.end() > begin, f"{pattern['match']} matches nothing at all"
            at = found.end()
        return scopes

    @staticmethod
    def paint(scopes, begin, end, stack, inside):
        for i in range(begin, end):
            for rule, _ in stack:
                for name in (rule.get("name", "") + " " + (rule.get("contentName", "") if inside else "")).split():
                    if name not in scopes[i]:
                        scopes[i].append(name)

    @staticmethod
    def captures(scopes, m, captures):
        for number, capture in captures.items():
            for i in range(m.start(int(number)), m.end(int(number))):
                scopes[i].extend(capture["name"].split())


def patterns_of(node):
    """Every regular expression of a grammar."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("match", "begin", "end"):
                yield value
            elif key != "comment":
                yield from patterns_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from patterns_of(value)


def ends_of(grammar):
    for rule in grammar["repository"].values():
        for one in (rule, *rule.get("patterns", [])):
            if "end" in one:
                yield one["end"]


# --- what the program reads ---------------------------------------------------------------------------------------------


def without_comment(line):
    quoted = False
    for i, c in enumerate(line):
        if c == '"':
            quoted = not quoted
        if c == "#" and not quoted and (i == 0 or line[i - 1] in " \t\r"):
            return line[:i]
    return line


def end_of_braces(text, at):
    """The number of the line in which the braces that open at `at` close."""
    depth = 0
    for m in re.compile(r'"(?:[^"\\]|\\.)*"|//.*|/\*(?:.|\n)*?\*/|[{}]').finditer(text, at):
        depth += {"{": 1, "}": -1}.get(m.group(), 0)
        if depth == 0:
            return text.count("\n", 0, m.end())
    raise ValueError("braces without an end")


def meanings(text):
    """(line, column, length, scope): what slicing/replay/case_file.cpp takes each word for."""
    lines = text.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    skip_to = -1
    for number, whole in enumerate(lines):
        line = without_comment(whole)
        if number <= skip_to:
            continue
        if len(line) < len(whole):
            yield number, len(line), len(whole) - len(line), "comment.line"
        words = [(m.group(), m.start()) for m in re.finditer(r"\S+", line)]
        if not words:
            continue
        word, at = words[0]
        if word == "}":
            yield number, at, 1, "punctuation.section.case.end"
        elif word in ("config", "version", "switch", "test", "after", "skip", "openflow", "wait", "connect", "disconnect", "nothing"):
            yield number, at, len(word), "keyword.control"
            if word == "config" and words[1][0].startswith("{"):
                skip_to = end_of_braces(text, offsets[number] + words[1][1])
            elif word == "config":
                yield number, words[1][1], len(words[1][0]), "string.unquoted.path"
            elif word in ("test", "after", "skip"):
                begin = line.index('"')
                yield number, begin, line.index('"', begin + 1) - begin + 1, "string.quoted.double"
            elif word in ("version", "openflow"):
                yield number, words[1][1], len(words[1][0]), "constant.numeric.version"
            elif word == "wait":
                yield number, words[1][1], 1, "constant.numeric.time"
            elif word.endswith("connect"):
                yield from party(number, *words[1])
            elif word == "switch":
                yield number, words[1][1], len(words[1][0]), "entity.name.type.switch"
                for port, where in words[3:]:
                    length = len(port.split("=")[0])
                    yield number, where, length, "constant.other.name" if port.startswith("LOCAL") else "constant.numeric.port"
            elif word == "nothing":
                assert [w for w, _ in words] == ["nothing", "else"], line
                yield number, words[1][1], 4, "keyword.control"
        else:
            yield from step(number, line, words)


def party(number, word, at):
    slice_part, has_slice, switch = word.rpartition("@")
    yield number, at + len(word) - len(switch), len(switch), "entity.name.type.switch"
    if has_slice:
        name, _, controller = slice_part.partition("/")
        yield number, at, len(name), "entity.name.type.slice"
        if controller:
            yield number, at + len(name) + 1, len(controller), "constant.numeric.controller"


def step(number, line, words):
    as_bytes = words[0][0] == "hex"
    if as_bytes:
        yield number, words[0][1], 3, "keyword.other.hex"
        words = words[1:]
    yield from party(number, *words[0])
    arrow, at = words[1]
    yield number, at, 1, {">": "keyword.operator.says", "<": "keyword.operator.hears"}[arrow]
    rest = line[at + 1 :].rstrip()
    begin = at + 1 + len(rest) - len(rest.lstrip())
    rest = rest.lstrip()
    if rest == "nothing":
        yield number, begin, 7, "keyword.control.nothing"
        return
    if as_bytes:
        for m in re.finditer(r"\S+", rest):
            yield number, begin + m.start(), len(m.group()), "constant.numeric.bytes"
        return
    if rest.startswith("~"):
        yield number, begin, 1, "keyword.operator.at-least"
        begin += len(rest) - len(rest[1:].lstrip())
        rest = rest[1:].lstrip()
    kind = rest.split()[0]
    yield number, begin, len(kind), "support.function.message"
    begin, rest = begin + len(kind), rest[len(kind) :]
    for m in re.finditer(r'"[^"]*"|<[^>]*>|(?<==)\$\w+|(?<==)\*', rest):
        scope = {'"': "string.quoted.double", "<": "meta.packet", "$": "variable.other.name", "*": "constant.language.any"}
        yield number, begin + m.start(), len(m.group()), scope[m.group()[0]]


# --- the checks ---------------------------------------------------------------------------------------------------------

# What the case files of the tree do not say, and no more than that: a line in a case.
MORE = """
version 1.3
config {  // over
  "version": 1, /* two
  lines */ "switches": { "s1": { "dpid": "}" } }
}
switch s1 ports 1=h1 0x2 LOCAL=br0  # and a comment
test "names, and what stands for them" { # a comment
  openflow OpenFlow10
  after "a # in a name"
  skip "not {now}"
  config other.json
  config { "version": 1 }
  wait 200ms
  wait 5
  connect video/2@s1
  disconnect s1 # a comment
  hex video@s1 < 04000008 00000001 # hello
  hex s1 < nothing
  s1 < ~ flow_mod cookie=$c,xid=*,actions=output:2,group:7,resubmit(,1),set_field:fe80::1->ipv6_src
  s1 > flow_mod {priority=5, match={eth_type=2048}, reason=delete, a=[true, null]}
  s1 > group_mod insert_bucket group_id=1,type=select,bucket=actions=output:1
  s1 > packet_out in_port=ANY,packet=0a0b,actions=dec_ttl
  s1 > port_mod hw_addr=02:00:00:00:00:01 config=0x1 mask=1
  s1 < ~packet_in data=<tcp,tcp_flags=+syn-ack,nw_src=10.0.0.1/8,ipv6_dst=::1> # a comment
}
"""

# What means nothing has no scope: "^" below marks it.
WRONG = """
test "wrong" {
  s1 > flow_modd priority=5
       ^^^^^^^^^
  s1 > nothing
       ^^^^^^^
  s1 > ~flow_mod
       ^^^^^^^^^
  s1 >flow_mod
  ^^ ^^^^^^^^^
  s1 >> flow_mod
  ^^ ^^ ^^^^^^^^
  video/0@s1 > flow_mod
  ^^^^^^^^^^   ^^^^^^^^
  wait 5 min
  ^^^^ ^ ^^^
  pause 5s
  ^^^^^ ^^
  after "two" names
  ^^^^^ ^^^^^ ^^^^^
  openflow 1.1
  ^^^^^^^^ ^^^
  nothing more
  ^^^^^^^ ^^^^
  hex video@s1 > 04 xy
                    ^^
  s1 > flow_mod actions=output:1 "open
                                 ^
}
"""


def check(condition, message):
    if not condition:
        print(f"FAIL {message}")
        check.failed += 1


check.failed = 0


def has_colour(scopes):
    return any(not s.startswith("meta.") for s in scopes)


def check_file(grammar, name, text):
    painted = grammar.lines(text)
    lines = text.split("\n")
    for number, (line, scopes) in enumerate(zip(lines, painted)):
        bare = [i for i, c in enumerate(line) if not c.isspace() and not has_colour(scopes[i])]
        check(not bare, f"{name}:{number + 1}:{bare[0] + 1 if bare else 0} has no scope: {line[bare[0]:] if bare else ''}")
    count = 0
    for number, at, length, scope in meanings(text):
        count += 1
        for i in range(at, at + length):
            good = any(s.startswith(scope) for s in painted[number][i])
            if not good:
                check(False, f"{name}:{number + 1}:{i + 1} should be {scope}, and is {painted[number][i]}: {lines[number]}")
                break
    return count


def check_wrong(grammar):
    lines = WRONG.split("\n")
    marks = {i - 1: line for i, line in enumerate(lines) if line.strip() and not line.strip().strip("^ ")}
    good = [line for i, line in enumerate(lines) if i - 1 not in marks]
    expected = [marks.get(i) for i, line in enumerate(lines) if i - 1 not in marks]
    for line, scopes, mark in zip(good, grammar.lines("\n".join(good)), expected):
        for i, c in enumerate(mark or ""):
            if c == "^":
                check(not has_colour(scopes[i]), f"this should have no scope: {line[i:]} has {scopes[i]}")
    check(sum(m is not None for m in expected) == len(marks) > 5, "the marks below wrong lines have been lost")


def check_words(source, grammar, vim):
    kinds = re.findall(r'\{Kind::\w+,\s*"(\w+)"', (source / "ofmsg/kind.cpp").read_text())
    check(len(kinds) > 60, f"only {len(kinds)} messages found in ofmsg/kind.cpp")
    for kind in kinds:
        line = f'test "x" {{\n  s1 > {kind} xid=1\n  s1 < ~{kind}'
        painted = grammar.lines(line)
        check("support.function.message.slicetest" in painted[1][7], f"{kind} is no message of the TextMate grammar")
        check("support.function.message.slicetest" in painted[2][-1], f"~{kind} is no message of the TextMate grammar")
        check(re.search(rf"^  \\ .*\b{kind}\b", vim, re.MULTILINE), f"{kind} is no message of slicetest.vim")
    listed = re.search(r"\(([a-z_|]+)\)\(\?=\\s\|\$\)", grammar.grammar["repository"]["message"]["begin"]).group(1).split("|")
    check(sorted(listed) == sorted(kinds), f"no messages: {set(listed) - set(kinds)}")

    parser = (source / "slicing/replay/case_file.cpp").read_text()
    words = set(re.findall(r'(?:word|line|take_word\(rest\)|rest) [!=]= "([a-z]+(?: [a-z]+)?)"', parser))
    check({"config", "test", "nothing else", "hex", "after", "wait"} <= words, f"words of the parser: {words}")
    text = (source / "docs/editors/vscode/syntaxes/slicetest.tmLanguage.json").read_text()
    for word in words:
        check(word in text, f'the parser knows "{word}", the TextMate grammar does not')
        check(word in vim, f'the parser knows "{word}", slicetest.vim does not')


def check_extension(folder):
    package = json.loads((folder / "package.json").read_text())
    for grammar in package["contributes"]["grammars"]:
        inside = json.loads((folder / grammar["path"]).read_text())
        check(inside["scopeName"] == grammar["scopeName"], "package.json calls the grammar otherwise")
    for language in package["contributes"]["languages"]:
        configuration = json.loads((folder / language["configuration"]).read_text())
        check(configuration["comments"] == {"lineComment": "#"}, "comments begin with #")
    for snippets in package["contributes"]["snippets"]:
        for name, snippet in json.loads((folder / snippets["path"]).read_text()).items():
            yield name, snippet["prefix"], plain("\n".join(snippet["body"]))
    readme = (folder / "README.md").read_text()
    check(f"{package['publisher']}.{package['name']}-{package['version']}" in readme, "README.md installs another version")


def plain(snippet):
    """A snippet as it stands when nothing of it has been changed."""
    values = dict(re.findall(r"\$\{(\d+):([^}]*)\}", snippet))
    return re.sub(r"\$(\d+)", lambda m: values[m.group(1)], re.sub(r"\$\{\d+:([^}]*)\}", r"\1", snippet))


# --- Vim ----------------------------------------------------------------------------------------------------------------

DUMP = """
let out = []
for l in range(1, line('$'))
  call add(out, json_encode(map(range(1, len(getline(l))), {_, c -> synIDattr(synID(g:l, c, 1), 'name')})))
endfor
call writefile(out, $OUT)
qa!
"""

VIM_GROUPS = {
    "comment.line": "Comment|jsonCommentError", "support.function.message": "Message", "keyword.operator.says": "Says|BytesArrow",
    "keyword.operator.hears": "Hears|BytesArrow", "entity.name.type": "Party|Switch", "constant.numeric.bytes": "Bytes",
    "keyword.operator.at-least": "AtLeast", "keyword.control": "Keyword|ConfigWord|Nothing",
}
# They hold others, and have no colour of their own.
VIM_FRAMES = {"", "slicetestSpeaker", "slicetestFields", "slicetestPacket", "slicetestBytesOf", "slicetestConfig"}


def check_vim(syntax, files):
    try:
        version = subprocess.run(["vim", "--version"], capture_output=True, text=True, timeout=30).stdout
    except OSError:
        version = ""
    if "+syntax" not in version:
        return "not tried: no vim with syntax"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "syntax").mkdir()
        (home / "syntax/slicetest.vim").write_text(syntax)
        (home / "dump.vim").write_text(DUMP)
        for name, text in files.items():
            (home / "case.slicetest").write_text(text)
            (home / "out").unlink(missing_ok=True)
            command = ["vim", "-u", "NONE", "-i", "NONE", "-n", "-es", "--cmd", f"set nocp enc=utf-8 rtp^={home}", "--cmd", "syntax on",
                       "--cmd", "autocmd BufNewFile,BufRead *.slicetest setfiletype slicetest",
                       "-c", f"edit {home}/case.slicetest", "-c", "set synmaxcol=0 redrawtime=100000",
                       "-c", f"source {home}/dump.vim"]
            subprocess.run(command, env={**os.environ, "OUT": str(home / "out")}, stdin=subprocess.DEVNULL, timeout=120,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Vim counts bytes.
            lines = [line.encode() for line in text.split("\n")]
            painted = [json.loads(line) for line in (home / "out").read_text().split("\n") if line]
            check(len(painted) >= len(lines) - 1, f"{name}: vim says nothing of {len(lines) - len(painted)} lines")
            for number, (line, groups) in enumerate(zip(lines, painted)):
                for i, group in enumerate(groups):
                    if group in VIM_FRAMES and line[i : i + 1].strip():
                        check(False, f"{name}:{number + 1}:{i + 1} has no colour in vim: {line[i:].decode(errors='replace')}")
                        break
            for number, at, _, scope in meanings(text):
                wanted = next((g for s, g in VIM_GROUPS.items() if scope.startswith(s)), None)
                group = painted[number][len(text.split("\n")[number][:at].encode())]
                check(wanted is None or re.search(wanted, group), f"{name}:{number + 1}: {scope} is {group} in vim")
    return f"{len(files)} files in vim, too"


def main():
    source = Path(sys.argv[1])
    editors = source / "docs/editors"
    raw = json.loads((editors / "vscode/syntaxes/slicetest.tmLanguage.json").read_text())
    for pattern in patterns_of(raw):
        check(not DIFFERS.search(pattern), f"Oniguruma and Python may differ about {pattern}")
        re.compile(pattern)
    grammar = Grammar(raw, {"source.json": JSON_GRAMMAR})
    vim = (editors / "slicetest.vim").read_text()

    files = {str(p.relative_to(source)): p.read_text()
             for folder in ("tests/golden", "examples") for p in sorted((source / folder).rglob("*.slicetest"))}
    check(len(files) > 10, "the case files have gone")
    files["this test's own"] = MORE
    for name, prefix, text in check_extension(editors / "vscode"):
        files[f"snippet {name}"] = text
    words = sum(check_file(grammar, name, text) for name, text in files.items())
    check_wrong(grammar)
    unused = set(patterns_of(raw)) - grammar.used - set(ends_of(raw))
    check(not unused, f"no line needs {unused}")
    check_words(source, grammar, vim)
    said = check_vim(vim, files)
    print(f"{len(files)} files, {words} words with a meaning, {len(list(patterns_of(raw)))} patterns; {said}; {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
