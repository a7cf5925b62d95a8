#!/usr/bin/env python3
"""Runs every example in the pages that users read.

usage: doc_examples.py SOURCE SLUICECTL SLUICED [PAGE...]

README.md, docs/**/*.md and examples/**/README.md are taken; all that a page shows lives together in one folder of its own.

  ```slicetest     cases. With `<!-- file: web.slicetest -->` in front the block is written to that file. A block without
                   is a part of what a file says: a head is put before cases that have none, and a case around steps, both
                   as in the last file before. The cases pass, or all of `<!-- file: web.slicetest; fails -->` do not.
  ```json, jsonc   with a file in front: written; a slice file has no errors, cases (*.slicetest.json) pass. `; wrong`
                   behind the name of any of these files is for one that has errors.
  ```console       `$ command`, and below it what it prints, line by line. "…" in a line stands for anything, "…" alone for
                   any number of lines. `<!-- not run: reason -->` in front of what needs a daemon or a network.
  ```sh, yaml, …   are not run; but all that they, and `sluicectl …` in the text, ask of sluicectl is asked of its help.

Hidden files are comments, too: `<!-- file: slices.json`, the text, and `-->`. `<!-- copy: examples/two_tenants -->` copies
a file or folder of the source tree, and `<!-- run: mv a b -->` runs a command that prints nothing. Exit code 0 means that
all is as the pages say.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

# What a page may run beside sluicectl and `sluiced --check`.
ALLOWED = set("cat cd cp diff echo export false grep head ls mkdir mv printf pwd rm sed sort tail test touch true wc".split())
PLAIN = {"", "text", "sh", "yaml", "toml", "ini", "cpp", "cmake", "vim", "xml", "ebnf", "abnf", "mermaid", "pcap", "python"}


@dataclass
class Block:
    info: str
    line: int  # of its first line
    lines: list
    notes: list = field(default_factory=list)  # comments in front

    def note(self, key):
        for note in self.notes:
            if note.startswith(key + ":"):
                return note[len(key) + 1 :].strip()
        return None

    def text(self):
        return "\n".join(self.lines) + "\n"


def blocks_of(text):
    """Fenced blocks, hidden files, copies and commands, in their order."""
    lines = text.split("\n")
    notes, i = [], 0
    while i < len(lines):
        line = lines[i]
        fence = re.match(r"( *)(`{3,}|~{3,})\s*(\S*)", line)
        if fence:
            indent, mark, info = fence.groups()
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == mark), len(lines))
            inside = [row[len(indent) :] if row.startswith(indent) else row.lstrip() for row in lines[i + 1 : end]]
            yield Block(info, i + 2, inside, notes)
            notes, i = [], end + 1
            continue
        one = re.fullmatch(r"\s*<!--\s*(.*?)\s*-->\s*", line)
        if one:
            if one.group(1).startswith("copy:"):
                yield Block("copy", i + 1, [one.group(1)[5:].strip()])
            elif one.group(1).startswith("run:"):
                yield Block("console", i + 1, ["$ " + one.group(1)[4:].strip()])
            else:
                notes = notes + [one.group(1)]
        elif re.match(r"<!--\s*file:", line):
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == "-->"), len(lines))
            yield Block("hidden", i + 2, lines[i + 1 : end], [line[4:].strip()])
            i = end
        elif line.strip():
            notes = []
        i += 1


def without_comments(text):
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m.group(1) or "", text, flags=re.DOTALL)


def fits(expected, got):
    """Whether lines are as expected, "…" standing for anything."""
    if not expected:
        return not got
    if expected[0].strip() == "…":
        return any(fits(expected[1:], got[i:]) for i in range(len(got) + 1))
    if not got:
        return False
    one = ".*".join(re.escape(part) for part in expected[0].rstrip().split("…"))
    return bool(re.fullmatch(one, got[0].rstrip())) and fits(expected[1:], got[1:])


class Page:
    def __init__(self, name, text, source, programs, folder):
        self.name, self.text, self.source, self.folder = name, text, source, folder
        self.sluicectl, self.sluiced = programs
        self.errors, self.not_run = [], []
        self.count = {"cases": 0, "files": 0, "commands": 0, "invocations": 0}
        self.head = ""
        self.help = {}
        tools = folder.parent / "bin"
        tools.mkdir(exist_ok=True)
        for tool, target in (("sluicectl", self.sluicectl), ("sluiced", self.sluiced)):
            if not (tools / tool).is_symlink():
                (tools / tool).symlink_to(target)
        self.environment = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "dumb",
                            "XDG_RUNTIME_DIR": str(folder)}

    def wrong(self, line, message, detail=""):
        self.errors.append(f"{self.name}:{line}: {message}" + "".join(f"\n    {row}" for row in detail.rstrip().split("\n") if row))

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace")

    def all(self):
        self.folder.mkdir()
        for block in blocks_of(self.text):
            if block.info == "copy":
                self.copy(block)
            elif block.info == "hidden" or block.info in ("slicetest", "json", "jsonc") or block.note("file"):
                self.file(block)
            elif block.info == "console":
                self.console(block)
            elif block.info in PLAIN:
                self.plain(block)
            else:
                self.wrong(block.line - 1, f'"{block.info}" is no kind of block that pages have')
        self.spans()
        return self

    # --- files ---

    def copy(self, block):
        origin = self.source / block.lines[0]
        target = self.folder / block.lines[0]
        if not origin.exists():
            return self.wrong(block.line, f"there is no {block.lines[0]} to copy")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(origin, target) if origin.is_dir() else shutil.copy(origin, target)

    def file(self, block):
        name, _, flag = (block.note("file") or "").partition(";")
        name, flag = name.strip(), flag.strip()
        if flag not in ("", "fails", "wrong"):
            self.wrong(block.line, f'"{flag}" means nothing behind a file')
        text = block.text()
        kind = block.info if block.info != "hidden" else name.rpartition(".")[2]
        if kind == "slicetest" and not name:
            return self.part(block)
        if name:
            self.count["files"] += 1
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()):
                return self.wrong(block.line, f"{name} is outside of the folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if kind in ("json", "jsonc"):
            self.json(block, name, flag, text)
        elif kind == "slicetest":
            self.head = re.split(r"^test ", text, maxsplit=1, flags=re.MULTILINE)[0]
            self.cases(block.line, name, flag)

    def json(self, block, name, flag, text):
        try:
            value = json.loads(without_comments(text))
        except ValueError as error:
            return None if flag == "wrong" else self.wrong(block.line, f"this is no JSON: {error}")
        if name.endswith(".slicetest.json"):
            return self.cases(block.line, name, flag)
        if name and isinstance(value, dict) and "slices" in value:
            code, output = self.run("sluicectl", "check", name)
            if code != (1 if flag == "wrong" else 0):
                self.wrong(block.line, f"sluicectl check {name} ends with {code}", output)
        return None

    def cases(self, line, name, flag):
        code, output = self.run("sluicectl", "test", name)
        self.count["cases"] += sum(int(n) for n in re.findall(r"(\d+) (?:passed|failed)", output)[-2:])
        if code != {"": 0, "fails": 1, "wrong": 2}.get(flag) or (flag == "fails" and "\n0 passed" not in "\n" + output):
            self.wrong(line, f"sluicectl test {name} ends with {code}", output)

    def part(self, block):
        text = block.text()
        if not re.search(r"^test ", text, re.MULTILINE):
            steps = re.match(r"\s*(config|switch|version) ", text) is None
            text = self.head + 'test "part" {\n' + text + "}\n" if steps else text + 'test "part" {\n}\n'
        if not re.search(r"^config ", text, re.MULTILINE):
            text = self.head + text
        (self.folder / "part.slicetest").write_text(text)
        self.cases(block.line, "part.slicetest", "")
        (self.folder / "part.slicetest").unlink()

    # --- commands ---

    def console(self, block):
        steps = []
        for number, line in enumerate(block.lines, block.line):
            if line.startswith("$ "):
                steps.append((number, [line[2:]], []))
            elif steps and steps[-1][1][-1].endswith("\\") and not steps[-1][2]:
                steps[-1][1].append(line)
            elif steps:
                steps[-1][2].append(line)
            elif line.strip():
                self.wrong(number, "a block of commands begins with one")
        if not steps:
            return self.wrong(block.line, "there is no command in this block")
        reason = block.note("not run")
        if reason is not None:
            if not reason:
                self.wrong(block.line, "why is it not run?")
            self.not_run.append((block.line, reason))
            for number, command, _ in steps:
                self.invocations(number, "\n".join(command))
            return None
        script = ["exec 2>&1", "last=0"]
        for number, command, _ in steps:
            if not self.may_run(number, "\n".join(command)):
                return None
            # The result of the command before is there for $?, as in a shell.
            script += ["printf '\\001\\n'", "(exit $last)", "\n".join(command), "last=$?", 'printf "\\002%s\\n" $last']
        _, output = self.run("bash", "--noprofile", "--norc", "-c", "\n".join(script))
        said = output.split("\001\n")[1:]
        for (number, command, expected), got in zip(steps, said + [""] * len(steps)):
            self.count["commands"] += 1
            got, _, code = got.partition("\002")
            while expected and not expected[-1].strip():
                expected.pop()
            rows = got.rstrip("\n").split("\n") if got.strip() else []
            if not fits(expected, rows):
                self.wrong(number, f"$ {command[0]} prints", got or "(nothing)")
            elif not code.strip().isdigit() or int(code) >= 70:
                self.wrong(number, f"$ {command[0]} ends with {code.strip() or 'nothing'}")
        return None

    def may_run(self, number, command):
        """Whether every program in it is one of those that pages may run."""
        words = list(shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=";&|<>()"))
        begins = True
        for at, word in enumerate(words):
            if begins and not re.fullmatch(r"\w+=.*", word):
                begins = False
                if word == "sluiced" and any(w in ("--check", "--help", "--version") for w in words[at:]):
                    continue
                if word != "sluicectl" and word not in ALLOWED:
                    self.wrong(number, f"pages do not run {word}")
                    return False
            if word and set(word) <= set(";&|()"):
                begins = True
        if re.search(r"`|\$\(|<\(", command):
            self.wrong(number, "pages do not run what stands in other commands")
            return False
        return True

    # --- what is said of sluicectl without running it ---

    def plain(self, block):
        if any(line.startswith("$ ") for line in block.lines):
            self.wrong(block.line, "commands with what they print are a block of `console`")
        for number, line in enumerate(block.lines, block.line):
            self.invocations(number, line)

    def spans(self):
        fenced = False
        for number, line in enumerate(self.text.split("\n"), 1):
            if re.match(r" *(```|~~~)", line):
                fenced = not fenced
            elif not fenced:
                for span in re.findall(r"`([^`]+)`", line):
                    if span.startswith("sluicectl "):
                        self.invocations(number, span)

    def invocations(self, number, line):
        line = re.sub(r"\s#.*", "", line)
        for said in re.findall(r"(?:^|[\s/&|;(\"'])sluicectl\s+([^;&|)`]*)", line):
            words = said.replace("[", " ").replace("]", " ").split()
            options = [w.split("=")[0] for w in words if re.match(r"--?[A-Za-z]", w)]
            while words and words[0].startswith("-"):
                words = words[2:] if words[0] in ("-t", "--target", "-T", "--timeout") else words[1:]
            if not words or not re.fullmatch(r"[a-z][a-z-]*", words[0]):
                continue
            self.count["invocations"] += 1
            code, text = self.help_of(words[0])
            if code != 0:
                self.wrong(number, f"sluicectl has no command {words[0]}")
                continue
            for option in options:
                letters = [f"-{c}" for c in option[1:]] if not option.startswith("--") else [option]
                for letter in letters:
                    if not re.search(rf"(?<![\w-]){re.escape(letter)}(?![\w-])", text):
                        self.wrong(number, f"sluicectl {words[0]} has no option {letter}")

    def help_of(self, command):
        if command not in self.help:
            self.help[command] = self.run("sluicectl", "help", command)
        return self.help[command]


# --- the test of the test ----------------------------------------------------------------------------------------------

GOOD = """
<!-- file: slices.json
{ "version": 1, "switches": { "s1": { "dpid": 1 } }, "slices": { "a": { "controllers": ["tcp:192.0.2.1"],
  "flowspace": [{ "on": { "s1": [1] }, "match": "any" }] } } }
-->
<!-- file: a.slicetest -->
```slicetest
config slices.json
switch s1 ports 1 2
test "one" {
  a@s1 > flow_mod in_port=1,actions=drop
  s1   < ~flow_mod in_port=1
}
```

```slicetest
a@s1 > barrier_request xid=1
a@s1 < barrier_reply xid=1
```

```console
$ sluicectl test a.slicetest
1 passed, … skipped
$ echo $? && cat a.slicetest
0
config slices.json
…
}
```

<!-- not run: it needs a daemon -->
```console
$ sluicectl status
```
"""

# What to change in it, and what the test must say then.
CHANGES = [
    ("1 passed, …", "2 passed, …", "prints"),
    ("…\n}\n", "…\n]\n", "prints"),
    ("0\nconfig", "1\nconfig", "prints"),
    ("$ sluicectl test a.slicetest\n1 passed, … skipped\n", "$ sluicectl test a.slicetest\n", "prints"),
    ("config slices.json\n…\n}\n```", "config slices.json\n```", "prints"),
    ("s1   < ~flow_mod in_port=1", "s1   < ~flow_mod in_port=2", "ends with 1"),
    ("barrier_reply xid=1", "barrier_reply xid=2", "ends with 1"),
    ("barrier_request xid", "barrier_requests xid", "ends with 2"),
    ("a.slicetest -->", "a.slicetest; fails -->", "ends with 0"),
    ('"match": "any"', '"match": "ip,ip"', "ends with 1"),
    ('"version": 1,', '"version": 1', "no JSON"),
    ("$ sluicectl test a", "$ bash a", "do not run bash"),
    ("&& cat", "| tee x", "do not run tee"),
    ("$ sluicectl test a", "$ sluiced a", "do not run sluiced"),
    ("sluicectl status", "sluicectl states", "no command states"),
    ("sluicectl status", "sluicectl status --everything", "no option --everything"),
    ("```slicetest\na@s1", "```slicetests\na@s1", "is no kind of block"),
    ("```console\n$ sluicectl test", "```\n$ sluicectl test", "a block of `console`"),
    ("\n```slicetest\na@s1", "\nSay `sluicectl tests`.\n```slicetest\na@s1", "no command tests"),
]


def self_test(source, programs, folder):
    def errors(text, name):
        return Page("self-test", text, source, programs, folder / name).all().errors

    found = [f"a page without fault: {error}" for error in errors(GOOD, "good")]
    for number, (old, new, expected) in enumerate(CHANGES):
        said = errors(GOOD.replace(old, new), f"change{number}")
        if old not in GOOD or not any(expected in error for error in said):
            found.append(f'self-test: {new!r} for {old!r} should be told with "{expected}", not {said}')
    return found


def main():
    source = Path(sys.argv[1]).resolve()
    programs = tuple(Path(p).resolve() for p in sys.argv[2:4])
    pages = [source / p for p in sys.argv[4:]] or [
        source / "README.md",
        *sorted((source / "docs").rglob("*.md")),
        *sorted((source / "examples").rglob("README.md")),
    ]
    with tempfile.TemporaryDirectory(prefix="sluice_pages_") as folder:
        errors = self_test(source, programs, Path(folder))
        total, not_run = {}, []
        for number, path in enumerate(pages):
            name = str(path.relative_to(source))
            page = Page(name, path.read_text(), source, programs, Path(folder) / f"page{number}").all()
            errors += page.errors
            not_run += [f"{name}:{line}: not run: {reason}" for line, reason in page.not_run]
            for key, value in page.count.items():
                total[key] = total.get(key, 0) + value
    print("\n".join(not_run))
    for error in errors:
        print(error)
    print(f"{len(pages)} pages: {total['files']} files, {total['cases']} cases, {total['commands']} commands, "
          f"{total['invocations']} other mentions of commands; {len(not_run)} blocks not run; {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
