"""Imports os-ken once, then forks a controller for every line on stdin: importing it takes far longer than all else
that a case does. Runs on the system's own Python, which has os-ken.

A line is {"arguments": [...], "environment": {...}, "log": "file"}; the answer is the controller's process id. Each
child runs osken-manager's own main(). Forked from one state they draw the same "random" numbers, so that the
controllers of different slices use the same xids: a proxy that mixes them up shall be caught.
"""
import ctypes
import json
import os
import signal
import sys

# As they were before os-ken's library replaces them by its own.
fork, read, write = os.fork, os.read, os.write

from os_ken.cmd import manager                                   # noqa: E402
from os_ken.controller import ofp_handler                        # noqa: E402,F401 (to have it read once)
from os_ken.lib.packet import packet                             # noqa: E402,F401
from os_ken.ofproto import ofproto_v1_0_parser, ofproto_v1_3_parser      # noqa: E402,F401

_PR_SET_PDEATHSIG = 1


def become_controller(order):
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["environment"])
    sys.argv = ["osken-manager"] + order["arguments"]
    status = 1
    try:
        manager.main(args=order["arguments"], prog="osken-manager")
        status = 0
    finally:
        os._exit(status)


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)                # nobody waits for the children here
    rest = b""
    write(1, b"ready\n")
    while True:
        data = read(0, 65536)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            child = fork()
            if child == 0:
                become_controller(json.loads(line))
            write(1, b"%d\n" % child)


if __name__ == "__main__":
    main()
