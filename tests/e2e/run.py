#!/usr/bin/python3
"""Runs Sluice between real parties: Open vSwitch in user space, os-ken and ovs-testcontroller, tshark as a judge.

    run.py --bin BUILD [--filter REGEX] [--list] [--keep] [-v]

Everything lies in one private temporary folder and on free loopback ports; no root, no kernel module, no system
service.
Exit status: 0 all passed, 1 something failed, 77 packages are missing (and it says which).
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

# Python's own folder of compiled files is not wanted in the source tree.
sys.dont_write_bytecode = True

import cases                                                     # noqa: E402
from lab import SCHEMA, OpenVSwitch, program                     # noqa: E402
from processes import Failure, Skip, tail                        # noqa: E402
from session import Session                                      # noqa: E402
from tenants import SYSTEM_PYTHON, OsKenParent                   # noqa: E402
from cases import (collisions, discovery, hostile, outages, own_terms, ports, real_hosts, recordings, reload,    # noqa: E402,F401
                   running, sharing, why, wire)                  # (to register them)

MISSING = 77
WHOLE_RUN_SECONDS = 900                                          # a run alone on two cores takes a tenth of it


class CaseTimeout(BaseException):
    """Not an Exception: no case may swallow it."""


class Context:
    """What all cases of a run share."""

    def __init__(self, build, folder, hammer_count, seed):
        self.build, self.folder, self.hammer_count, self.seed = build, folder, hammer_count, seed
        self.ovs = self.osken = None
        self.remarks = []

    def remark(self, text):
        self.remarks.append(text)


def missing_packages():
    needs = {"openvswitch-switch": [program("ovs-vswitchd"), program("ovsdb-server"), program("ovs-ofctl"),
                                    os.path.exists(SCHEMA)],
             "openvswitch-testcontroller": [program("ovs-testcontroller")],
             "tshark": [program("tshark")],
             "python3-os-ken": [program("osken-manager"), os_ken_loads()]}
    return [package for package, parts in needs.items() if not all(parts)]


def os_ken_loads():
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", "import os_ken.ofproto"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=30, check=False).returncode == 0
    except OSError:
        return False


def out_of_time(_signal, _frame):
    raise CaseTimeout()


def run_case(case, context):
    """Runs one case; returns ("ok", "skip" or "FAIL", why, seconds)."""
    began = time.monotonic()
    session = Session(context, case.name, case.version)
    failure = skipped = None
    signal.setitimer(signal.ITIMER_REAL, case.seconds)
    try:
        case.run(session)
    except Skip as reason:
        skipped = str(reason)
    except Failure as problem:
        failure = str(problem)
    except CaseTimeout:
        failure = "the case took longer than its %ds\n%s" % (case.seconds, traceback.format_exc(limit=-4))
    except Exception:                                            # a fault of the case itself must show, not end the run
        failure = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if failure:
        failure = "%s\n\n%s" % (failure, session.evidence())
    session.close()
    return "FAIL" if failure else "skip" if skipped else "ok", failure or skipped, time.monotonic() - began


def run_all(chosen, context, verbose):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    began = time.monotonic()
    for case in chosen:
        if time.monotonic() - began + case.seconds > WHOLE_RUN_SECONDS:
            counts["failed"] += 1
            print("FAIL  %-44s not run: the whole run would take longer than %ds" % (case.name, WHOLE_RUN_SECONDS),
                  flush=True)
            continue
        word, why, seconds = run_case(case, context)
        counts[{"ok": "passed", "skip": "skipped", "FAIL": "failed"}[word]] += 1
        print("%-5s %-44s %6.2fs%s" % (word, case.name, seconds, "  " + why if word == "skip" else ""), flush=True)
        for remark in context.remarks:
            if verbose or word == "FAIL":
                print("      " + remark)
        context.remarks.clear()
        if word == "FAIL":
            print("      " + why.replace("\n", "\n      ") + "\n", flush=True)
    if verbose:
        print("%.1f s in all" % (time.monotonic() - began))
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] or not counts["passed"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", help="build folder with proxy/sluiced and ctl/sluicectl")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases whose name matches")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="only every N-th case, from the K-th one on")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder with all logs")
    parser.add_argument("--hammer", type=int, default=1000, metavar="N",
                        help="size of the hammer's round (default 1000 of each kind)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the hammer's dice")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    part = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", options.part)
    if not part or int(part[1]) > int(part[2]):
        parser.error("--part is K/N, as in 1/2")
    chosen = [case for case in cases.ALL if re.search(options.filter, case.name)][int(part[1]) - 1::int(part[2])]
    if options.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not options.bin:
        parser.error("--bin is needed: the build folder with proxy/sluiced and ctl/sluicectl in it")
    build = os.path.abspath(options.bin)
    absent = [p for p in ("proxy/sluiced", "ctl/sluicectl") if not os.access(os.path.join(build, p), os.X_OK)]
    if absent:
        parser.error("%s lacks %s: build it first" % (build, " and ".join(absent)))
    missing = missing_packages()
    if missing:
        print("0 passed, 0 failed, %d skipped: missing Debian packages %s (./run deps installs them)" % (
            len(chosen), " ".join(missing)))
        return MISSING
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))        # so that the folder and the children go
    folder = tempfile.mkdtemp(prefix="sluice-e2e-")
    context = Context(build, folder, options.hammer, options.seed)
    context.ovs = OpenVSwitch(folder)
    try:
        if options.verbose:
            print("folder %s, seed %d" % (folder, options.seed))
        context.osken = OsKenParent(folder)                      # gets ready while the switch starts
        context.ovs.start()
        return run_all(chosen, context, options.verbose)
    except Failure as problem:
        print("the lab did not start: %s\n%s" % (problem, tail(context.ovs.log, 20)))
        return 1
    finally:
        if context.osken:
            context.osken.stop()
        context.ovs.stop()
        if options.keep:
            print("logs and captures are in " + folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
