#!/usr/bin/python3
"""Judges the message library through sluicectl, by the OpenFlow specifications and a corpus of messages.

    run.py PART --sluicectl PROGRAM [--corpus FOLDER] [-v]
    run.py all  --sluicectl PROGRAM

The corpus is --corpus, else the environment's SLUICE_CORPUS, else ../shared/corpus beside the checkout.
Exit status: 0 all passed, 1 something failed, 77 the corpus or a judge is missing (and it says which).
"""
import argparse
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import corpus                                                    # noqa: E402
from product import Broken, Sluicectl                            # noqa: E402
from report import Report                                        # noqa: E402

MISSING = 77
PARTS = ("valid", "broken", "negative", "review", "vectors", "ovs", "tshark", "osken")
WITHOUT_CORPUS = ("vectors",)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Context:
    """What a part is given."""

    def __init__(self, sluicectl, corpus_folder, report):
        self.sluicectl, self.corpus, self.report = sluicectl, corpus_folder, report


def run_part(name, options):
    part = importlib.import_module("parts." + name)
    if name not in WITHOUT_CORPUS and not corpus.there(options.corpus):
        print("conformance %s: skipped, no corpus at %s" % (name, options.corpus))
        return MISSING
    missing = part.missing() if hasattr(part, "missing") else None
    if missing:
        print("conformance %s: skipped, %s is missing" % (name, missing))
        return MISSING
    program = Sluicectl(options.sluicectl)
    report = Report(name, options.verbose)
    try:
        if not program.knows_lines():
            raise Broken("%s does not know 'decode --lines'" % options.sluicectl)
        part.run(Context(program, options.corpus, report))
    except Broken as error:
        report.failed("-", "-", "the program cannot be judged", name, str(error))
    return 0 if report.finish() else 1


def main():
    parser = argparse.ArgumentParser(description="Judges the message library through sluicectl.")
    parser.add_argument("part", choices=PARTS + ("all",))
    parser.add_argument("--sluicectl", required=True)
    parser.add_argument("--corpus", default=os.environ.get("SLUICE_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus"))
    parser.add_argument("-v", "--verbose", action="store_true", help="show every failure")
    options = parser.parse_args()
    results = [run_part(name, options) for name in (PARTS if options.part == "all" else [options.part])]
    return 1 if 1 in results else MISSING if all(result == MISSING for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
