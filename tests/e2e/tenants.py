"""The controllers of the slices: os-ken with our learning switch, and Open vSwitch's ovs-testcontroller."""
import json
import os
import select
import socket
import subprocess
import itertools
from collections import namedtuple

import openflow as of
from lab import program
from processes import Adopted, Failure, Process, check, free_port, listening, tail, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
APP = os.path.join(HERE, "osken_learn.py")
SYSTEM_PYTHON = "/usr/bin/python3"

Received = namedtuple("Received", "number time dpid xid version type data parsed")


class OsKenParent:
    """The process that forks all os-ken controllers of a run."""

    PATIENCE = 60

    def __init__(self, folder):
        self.log = os.path.join(folder, "osken-parent.log")
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [SYSTEM_PYTHON, os.path.join(HERE, "osken_parent.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, cwd="/", env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"})
        self._ready = False

    def _line(self):
        readable, _, _ = select.select([self._process.stdout], [], [], self.PATIENCE)
        line = self._process.stdout.readline().strip() if readable else b""
        check(line, "os-ken cannot be started; its last words:\n%s", tail(self.log, 15))
        return line

    def controller(self, name, arguments, log, environment):
        if not self._ready:
            self._line()
            self._ready = True
        order = {"arguments": [str(a) for a in arguments], "environment": environment, "log": log}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return Adopted(name, int(self._line()), log)

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(4)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class OsKen:
    """os-ken in a process of its own, led over a Unix socket. Two of them deliberately use the same xids."""

    def __init__(self, parent, name, version, folder, learn=True, topology=False):
        self.name, self.version, self.learn = name, version, learn
        self._parent = parent
        self._apps = ["--observe-links", APP, "os_ken.topology.switches"] if topology else [APP]
        self.port = free_port()
        self.log = os.path.join(folder, "osken-%s.log" % name)
        self._socket_path = os.path.join(folder, "osken-%s.sock" % name)
        self._xids = itertools.count(0x5e000001)
        self._process = self._wire = None
        self._messages = []

    def start(self):
        if os.path.exists(self._socket_path):
            os.unlink(self._socket_path)
        self._messages = []
        self._process = self._parent.controller(
            "os-ken for " + self.name,
            ["--nouse-stderr", "--log-file", self.log, "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port",
             self.port, *self._apps], self.log,
            {"E2E_VERSION": str(self.version), "E2E_SOCKET": self._socket_path,
             "E2E_LEARN": "1" if self.learn else "0"})

    def wait_listening(self):
        def probe():
            self._process.require_running()
            return listening(self.port) and os.path.exists(self._socket_path)
        wait_until("os-ken for %s to listen" % self.name, probe, 15)
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.settimeout(10)
        self._wire.connect(self._socket_path)
        self._lines = self._wire.makefile("rw", encoding="utf-8")

    def kill(self):
        """As a crash would end it."""
        self._process.kill()
        self._wire.close()

    def stop(self):
        if self._process:
            self._process.stop()

    def evidence(self):
        return "log of os-ken for %s:\n%s" % (self.name, tail(self.log, 25))

    # ------------------------------------------------------------------------------------------------ state

    def _ask(self, **request):
        try:
            self._lines.write(json.dumps(request) + "\n")
            self._lines.flush()
            answer = json.loads(self._lines.readline() or "{}")
        except (OSError, ValueError) as problem:
            raise Failure("os-ken for %s does not answer (%s):\n%s" % (self.name, problem,
                                                                       tail(self.log, 15))) from None
        check("error" not in answer, "os-ken for %s could not do %s: %s", self.name, request, answer.get("error"))
        return answer

    def _switch(self, bridge):
        return self._ask(do="state")["switches"].get(str(bridge.dpid), {"up": False, "connects": 0})

    def up(self, bridge):
        return self._switch(bridge)["up"]

    def connects(self, bridge):
        """How often this switch came up, since the controller started."""
        return self._switch(bridge)["connects"]

    def wait_up(self, bridge, seconds=10):
        wait_until("%s's controller to see switch %s" % (self.name, bridge.dpid_text), lambda: self.up(bridge), seconds)

    def wait_down(self, bridge, seconds=10):
        wait_until("%s's controller to see switch %s go" % (self.name, bridge.dpid_text), lambda: not self.up(bridge),
                   seconds)

    def topology(self):
        """(ports by dpid, links, hosts) as os-ken's topology application sees them."""
        found = self._ask(do="topology")
        return ({int(dpid): ports for dpid, ports in found["ports"].items()},
                {tuple(map(tuple, link)) for link in found["links"]}, {tuple(host) for host in found["hosts"]})

    # ------------------------------------------------------------------------------------------------ messages

    def messages(self, since=0, kind=None):
        for entry in self._ask(do="messages", since=len(self._messages))["messages"]:
            self._messages.append(Received(entry["number"], entry["time"], entry["dpid"], entry["xid"],
                                           entry["version"],
                                           entry["type"], bytes.fromhex(entry["hex"]), entry["parsed"]))
        return [m for m in self._messages[since:] if kind is None or m.type == kind]

    def mark(self):
        """A place in the stream of received messages, for `messages(since=...)`."""
        return len(self.messages())

    def send(self, bridge, message):
        check(self._ask(do="send", dpid=bridge.dpid, hex=message.hex())["sent"], "%s's connection to %s is gone",
              self.name, bridge.dpid_text)

    def next_xid(self):
        return next(self._xids)

    def ask(self, bridge, request, seconds=5):
        """Sends a request and returns all messages with its xid up to the end of the answer. The xid is ours."""
        xid, since = self.next_xid(), self.mark()
        self.send(bridge, of.with_xid(request, xid))

        def finished():
            answers = [m.data for m in self.messages(since) if m.xid == xid]
            last = answers and answers[-1]
            more = last and last[1] == of.STATS_REPLY[self.version] and of.stats_more(last)
            return answers if answers and not more else None
        return wait_until(lambda: "%s's answer to %s" % (self.name, of.describe(request)), finished, seconds)

    def barrier(self, bridge, seconds=5):
        answers = self.ask(bridge, of.barrier(self.version), seconds)
        check(len(answers) == 1 and answers[0][1] == of.BARRIER_REPLY[self.version],
              "%s's barrier was answered by %s", self.name, [of.describe(a) for a in answers])

    def order(self, bridge, message, seconds=5):
        """Sends a message that asks for no answer, behind it a barrier. Returns (xid, the message as it was sent, the
        errors with its xid that came before the barrier's reply)."""
        xid, since = self.next_xid(), self.mark()
        sent = of.with_xid(message, xid)
        self.send(bridge, sent)
        self.barrier(bridge, seconds)
        return xid, sent, [m.data for m in self.messages(since) if m.xid == xid and m.type == of.ERROR]

    def accepted(self, bridge, message):
        """Sends a message that must be taken without an error."""
        _, sent, errors = self.order(bridge, message)
        check(not errors, "%s: %s was refused: %s", self.name, of.describe(sent), [of.describe(e) for e in errors])

    def stats(self, bridge, request):
        """The body of a statistics answer, all its parts in one."""
        parts = self.ask(bridge, request)
        for part in parts:
            check(part[1] == of.STATS_REPLY[self.version], "%s: %s was answered by %s", self.name, of.describe(request),
                  of.describe(part))
        return b"".join(of.stats_body(part) for part in parts)

    def flow_stats(self, bridge, **filters):
        return of.read_flow_stats(self.version, self.stats(bridge, of.flow_stats(self.version, **filters)))

    def check_understood(self):
        """os-ken's own parser understood all that came."""
        lost = [m for m in self.messages() if m.parsed is None]
        check(not lost, "os-ken could not parse what %s's controller got: %s", self.name,
              [of.describe(m.data) for m in lost[:5]])


class TestController:
    """ovs-testcontroller, a learning switch in C by Open vSwitch's own authors."""

    __test__ = False

    def __init__(self, name, version, folder):
        self.name, self.version = name, version
        self.port = free_port()
        self.log = os.path.join(folder, "testcontroller-%s.log" % name)
        self._folder = folder
        self._process = None

    def start(self):
        control = os.path.join(self._folder, "testcontroller-%s.ctl" % self.name)
        self._process = Process(
            "ovs-testcontroller for " + self.name,
            [program("ovs-testcontroller"), "-O", of.OVS_NAME[self.version], "--unixctl=" + control, "-vconsole:off",
             "--log-file=" + self.log, "-vfile:dbg", "ptcp:%d:127.0.0.1" % self.port], self.log + ".out",
            {"OVS_RUNDIR": self._folder, "OVS_LOGDIR": self._folder})

    def wait_listening(self):
        def probe():
            self._process.require_running()
            return listening(self.port)
        wait_until("ovs-testcontroller to listen", probe, 10)

    def wait_up(self, bridge, seconds=10):
        """It has no way to be asked; its log tells when the switch's features came."""
        def probe():
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return "OFPT_FEATURES_REPLY" in log.read()
        wait_until("%s's controller to see switch %s" % (self.name, bridge.dpid_text), probe, seconds)

    def stop(self):
        if self._process:
            self._process.stop()

    def check_understood(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                check("decode error" not in line and "received invalid" not in line.lower(),
                      "ovs-testcontroller could not read a message: %s", line.strip())

    def evidence(self):
        return "log of ovs-testcontroller for %s:\n%s" % (self.name, tail(self.log, 25))
