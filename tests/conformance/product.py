"""How the suite asks sluicectl. Every answer is read with suspicion: a program that dies, writes too little or writes
something that is no JSON makes the messages in question fail, never the suite."""
import json
import os
import subprocess
import tempfile

import errors

SECONDS = 120                                                    # for one batch; a debug build takes a tenth


class Broken(Exception):
    """The program did not do what its help says; nothing can be judged."""


class Sluicectl:
    def __init__(self, path, environment=None):
        self.path = path
        self.environment = dict(os.environ, LC_ALL="C.UTF-8", **(environment or {}))

    def run(self, arguments, text="", seconds=SECONDS):
        try:
            done = subprocess.run([self.path, *arguments], input=text.encode(), capture_output=True, timeout=seconds,
                                  env=self.environment, check=False)
        except subprocess.TimeoutExpired:
            raise Broken("sluicectl %s took more than %d s" % (" ".join(arguments), seconds)) from None
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def knows_lines(self):
        _, out, err = self.run(["help", "decode"])
        return "--lines" in out + err

    def _batch(self, arguments, lines, strict=True):
        """One output line for each input line. Where the program dies in the middle, the line that killed it is
        answered with None and the rest is asked again."""
        answers, start, deaths = [], 0, 0
        while start < len(lines):
            code, out, err = self.run(arguments, "".join(line + "\n" for line in lines[start:]))
            got = out.splitlines()
            if len(got) == len(lines) - start:
                return answers + got
            if code in (0, 1) or len(got) > len(lines) - start:
                if strict:
                    raise Broken("sluicectl %s answers %d lines with %d (exit code %d)\n%s" %
                                 (" ".join(arguments), len(lines) - start, len(got), code, err[-500:]))
            deaths += 1
            if deaths > 50:
                raise Broken("sluicectl %s dies again and again (exit code %d): %s" %
                             (" ".join(arguments), code, err[-500:]))
            answers += got + [json.dumps({"died": code, "stderr": err[-400:]})]
            start = len(answers)
        return answers

    def decode(self, messages, validate=False):
        """JSON of each message, or the refusal of it."""
        arguments = ["decode", "--lines", "--json"] + (["--validate"] if validate else []) + ["-"]
        return [Answer(line) for line in self._batch(arguments, [data.hex() for data in messages])]

    def roundtrip(self, messages):
        return [Answer(line) for line in
                self._batch(["decode", "--lines", "--roundtrip", "--json", "-"], [data.hex() for data in messages])]

    def encode_json(self, lines):
        """Bytes of each JSON message, or a sentence."""
        out = []
        for line in self._batch(["encode", "--json", "-"], lines):
            line = line.strip()
            try:
                out.append(bytes.fromhex(line))
            except ValueError:
                out.append(line or "nothing")
        return out

    def encode_text(self, version_text, kind, text):
        """Bytes of one message given as text, or a sentence."""
        code, out, err = self.run(["encode", "--of", version_text, kind, text], seconds=10)
        try:
            if code == 0:
                return bytes.fromhex(out.strip())
        except ValueError:
            pass
        return (err or out).strip() or "exit code %d" % code

    def text(self, messages):
        """The text of each message, as a list of its lines."""
        # A message prints any number of lines, so an echo request with a number of its own stands between them.
        lines = []
        for index, data in enumerate(messages):
            lines += [data.hex(), MARK.format(index)]
        code, out, err = self.run(["decode", "--lines", "-"], "".join(line + "\n" for line in lines))
        return cut_at_marks(out, len(messages)), code, err


MARK = "04020008fe{:06x}"                                        # OFPT_ECHO_REQUEST (OF1.3) (xid=0xfe......)


def cut_at_marks(text, count):
    """The blocks between the marks; None where a mark is missing."""
    blocks, block = [], []
    for line in text.splitlines():
        if line.startswith("OFPT_ECHO_REQUEST (OF1.3) (xid=0xfe%06x)" % len(blocks)):
            blocks.append(block)
            block = []
        else:
            block.append(line)
    return blocks + [None] * (count - len(blocks))


class Answer:
    """What sluicectl says of one message."""

    def __init__(self, line):
        self.line = line
        try:
            self.json = json.loads(line)
            if not isinstance(self.json, dict):
                raise ValueError
        except ValueError:
            self.json = {"died": "no JSON: " + line[:200]}

    @property
    def died(self):
        return "died" in self.json

    @property
    def refused(self):
        return "error" in self.json and "level" in self.json

    @property
    def faults(self):
        return self.json.get("faults") or []

    @property
    def verdict(self):
        """valid, invalid (taken, but faulty), malformed, incomplete, framing, or died."""
        if self.died:
            return "died"
        if self.refused:
            return self.json["level"]
        if "error" in self.json and "type" not in self.json:
            return "refused"                                     # without a level, which is a fault by itself
        return "invalid" if self.faults else "valid"

    def errors(self):
        """(type, code, name) of every OpenFlow error that this refusal or these faults would be answered with."""
        found = [self.json.get("openflow_error")] if "error" in self.json and "type" not in self.json else \
                [fault.get("error") for fault in self.faults]
        return [(error.get("type"), error.get("code"), error.get("name") or "") for error in found if error]

    def classes(self, version):
        return {errors.type_name(version, number) for number, _, _ in self.errors()}

    def reason(self):
        if self.died:
            return "died: %s %s" % (self.json["died"], self.json.get("stderr", ""))
        if "error" in self.json and "type" not in self.json:
            return "%s %s: %s %s" % (self.json.get("level"), self.json.get("reason"), self.json["error"],
                                     self._names())
        if self.faults:
            return "; ".join("%s at %s: %s" % (fault.get("reason"), fault.get("where"), fault.get("text"))
                             for fault in self.faults[:3]) + " " + self._names()
        return "taken"

    def _names(self):
        return "[%s]" % ", ".join("%s %s,%s" % (name, number, code) for number, code, name in self.errors()[:4])

    def short_reason(self):
        """What failures are grouped by."""
        if self.died:
            return "died"
        if self.faults:
            return str(self.faults[0].get("reason"))
        return str(self.json.get("reason") or "taken")


def scratch():
    return tempfile.TemporaryDirectory(prefix="conformance-")
