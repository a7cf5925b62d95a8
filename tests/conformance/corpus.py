"""Readers of the message corpus: its two manifests and the negative cases."""
import csv
import gzip
import json
import os
from dataclasses import dataclass, field

import errors

VERSIONS = {"of10": 1, "of11": 2, "of12": 3, "of13": 4, "of14": 5, "of15": 6}
VERSION_TEXT = {1: "1.0", 2: "1.1", 3: "1.2", 4: "1.3", 5: "1.4", 6: "1.5"}


@dataclass
class Message:
    """One message and what is known of it. expect: valid, invalid, malformed, truncated, well_formed or open."""
    name: str
    source: str
    data: bytes
    expect: str
    use: str
    type: str = ""
    classes: set = field(default_factory=set)                    # error types that a refusal may carry; empty: any
    row: dict = field(default_factory=dict)                      # its line of the manifest

    @property
    def version(self):
        return self.data[0] if self.data else 0

    @property
    def version_text(self):
        return VERSION_TEXT.get(self.version, "other")


def there(corpus):
    return all(os.path.exists(os.path.join(corpus, name)) for name in
               ("gathered/manifest.csv", "flowgrammable/manifest.csv", "negative.jsonl.gz"))


def _rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _bytes(path):
    with open(path, "rb") as file:
        return file.read()


def gathered(corpus):
    folder = os.path.join(corpus, "gathered")
    for row in _rows(os.path.join(folder, "manifest.csv")):
        data = _bytes(os.path.join(folder, row["file"]))
        said, classes = row["expect"], set()
        if said.startswith("invalid:"):
            expect = "invalid"
            classes = errors.classes_of(data[0] if data else 0, [said.split(":")[1]])
        elif said == "valid" or (said == "" and row["use"] == "gate" and row["ovs_verdict"] in ("ok", "note")):
            expect = "valid"                                     # by its source, or by all readers that were asked
        else:
            expect = "open"
        yield Message(row["file"], row["source"], data, expect, row["use"], row["type"], classes, row)


def flowgrammable(corpus):
    folder = os.path.join(corpus, "flowgrammable")
    for row in _rows(os.path.join(folder, "manifest.csv")):
        data = _bytes(os.path.join(folder, row["file"]))
        names = [name for name in row["of_errors"].split(";") if name]
        kind = row["msg_name"] + ("/" + row["sub"] if row["sub"] else "")
        yield Message("flowgrammable/" + row["file"].removeprefix("data/"), "flowgrammable", data, row["expected"],
                      row["use"], kind, errors.classes_of(data[0] if data else 0, names), row)


def everything(corpus):
    yield from gathered(corpus)
    yield from flowgrammable(corpus)


def sound(corpus):
    """The messages that every reader takes: what the parts ovs, tshark and osken start from."""
    return [message for message in everything(corpus) if message.use == "gate" and message.expect == "valid"]


def negative(corpus):
    with gzip.open(os.path.join(corpus, "negative.jsonl.gz"), "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
