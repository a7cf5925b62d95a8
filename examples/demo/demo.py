#!/usr/bin/env python3
"""Shows in a few seconds what Sluice does: two tenants share two switches and do not see each other.

    demo.py --bin BUILD [--keep]

Everything runs on loopback with free ports, without root, and ends with this program. What is shown is also checked: the
exit code is 0 only if all of it was as it should be.
"""

import argparse
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(os.path.dirname(HERE), "two_tenants")
PATIENCE = 10  # seconds for anything that should happen at once

PICTURE = """
    blue1 --1+----+3      3+----+1-- blue2      blue: ports 1, VLAN 10 on the wire between the switches
             | s1 +--------+ s2 |
     red1 --2+----+        +----+2-- red2       red:  ports 2, VLAN 20 on the wire between the switches

    s1 speaks OpenFlow 1.0, s2 speaks 1.3. Both are connected to Sluice, and to nobody else.
    Sluice connects each of them to blue's controller and to red's: two ordinary learning bridges,
    each of which believes that it has two switches with two ports for itself alone.
"""


class Unexpected(Exception):
    """Something was not as it should be; the text says what."""


# --- printing ------------------------------------------------------------------------------------------------------

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return "\033[%sm%s\033[0m" % (code, text) if COLOURS else text


def title(text):
    print("\n" + paint(text, "1"), flush=True)


def tell(text):
    print("  " + text, flush=True)


class Findings:
    """What was checked so far."""

    def __init__(self):
        self.good = 0
        self.bad = []

    def check(self, good, what):
        print("  %s %s" % (paint("ok  ", "32") if good else paint("FAIL", "31;1"), what), flush=True)
        if good:
            self.good += 1
        else:
            self.bad.append(what)


# --- programs ------------------------------------------------------------------------------------------------------

def find_program(build, name, folder):
    for place in (folder, "bin", ""):
        path = os.path.join(build, place, name)
        if os.access(path, os.X_OK):
            return path
    raise Unexpected("%s is not in %s; build it first (./run build release)" % (name, build))


def free_ports(count):
    """Ports that are free now; found together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Program:
    """A program that we started, and the lines that it prints."""

    def __init__(self, name, command, folder, talk=False):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        self._lines = queue.Queue()
        # Its own process group: a Ctrl-C of the terminal is ours alone to handle.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT if not talk else
                                        open(self.log + ".err", "w", encoding="utf-8"),
                                        text=True, errors="replace", bufsize=1, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def next_line(self, until):
        """The next line, or None when there is none before the time `until`."""
        try:
            line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None
        if line is None:
            raise Unexpected("%s has ended (exit code %s):\n%s" % (self.name, self.process.wait(), self.last_words()))
        return line

    def wait_for(self, pattern, count=1, seconds=PATIENCE):
        """Reads lines until `count` different ones match the pattern, and returns those."""
        until = time.monotonic() + seconds
        found = []
        while len(found) < count:
            line = self.next_line(until)
            if line is None:
                raise Unexpected("%s did not say \"%s\" within %ds:\n%s" % (self.name, pattern, seconds,
                                                                            self.last_words()))
            if re.search(pattern, line) and line not in found:
                found.append(line)
        return found

    def ask(self, command, seconds=PATIENCE):
        """A command of sluice-switch: the lines of its answer."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        until = time.monotonic() + seconds
        answer = []
        while True:
            line = self.next_line(until)
            if line is None:
                raise Unexpected("sluice-switch did not answer \"%s\" within %ds" % (command, seconds))
            if line == "ok":
                return answer
            if line.startswith("error: "):
                raise Unexpected("sluice-switch answered \"%s\" with: %s" % (command, "; ".join(answer + [line])))
            answer.append(line)

    def last_words(self):
        lines = []
        for path in (self.log, self.log + ".err"):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as log:
                    lines += log.read().splitlines()[-10:]
        return "\n".join("    " + line for line in lines)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


# --- the demo ------------------------------------------------------------------------------------------------------

class Demo:
    def __init__(self, build, folder):
        self.folder = folder
        self.sluiced_program = find_program(build, "sluiced", "proxy")
        self.sluicectl_program = find_program(build, "sluicectl", "ctl")
        self.switch_program = find_program(build, "sluice-switch", "examples")
        self.controller_program = find_program(build, "sluice-controller", "examples")
        self.socket = os.path.join(folder, "ctl")
        self.proxy_port, self.blue_port, self.red_port = free_ports(3)
        self.findings = Findings()
        self.running = []
        self.red = self.switches = None

    def start(self, name, command, talk=False):
        program = Program(name, command, self.folder, talk)
        self.running.append(program)
        return program

    def start_controller(self, name, port, *more):
        controller = self.start(name, [self.controller_program, "ptcp:%d" % port, "--name", name, *more])
        controller.wait_for("listening")
        return controller

    def stop(self):
        for program in reversed(self.running):
            program.stop()

    def obituaries(self):
        """A sentence for each program that ended though nobody asked it to."""
        return ["%s has ended by itself (exit code %s):\n%s" % (program.name, program.process.returncode,
                                                               program.last_words())
                for program in self.running if program.process.poll() is not None]

    def copy(self, name):
        """A copy of a file of the example with this run's ports in the place of the usual ones."""
        with open(os.path.join(EXAMPLE, name), encoding="utf-8") as file:
            text = file.read()
        for usual, ours in ((6653, self.proxy_port), (7001, self.blue_port), (7002, self.red_port)):
            text = re.sub(r"\b%d\b" % usual, str(ours), text)
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def sluicectl(self, *arguments):
        done = subprocess.run([self.sluicectl_program, "-t", self.socket, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout

    def show_sluicectl(self, *arguments):
        status, text = self.sluicectl(*arguments)
        tell("$ sluicectl " + " ".join(arguments))
        for line in text.splitlines():
            tell("  " + line)
        print()
        self.findings.check(status == 0 and text.strip() != "", "sluicectl %s answers" % " ".join(arguments))

    # The steps, in order.

    def set_up(self):
        title("Two tenants, one network")
        print(PICTURE.strip("\n"))
        blue = self.start_controller("blue", self.blue_port)
        self.red = self.start_controller("red", self.red_port)
        sluiced = self.start("sluiced", [self.sluiced_program, "-c", self.copy("slices.json"), "--ctl", self.socket])
        until = time.monotonic() + PATIENCE
        while not os.path.exists(self.socket):
            if sluiced.process.poll() is not None or time.monotonic() > until:
                sluiced.process.terminate()
                sluiced.wait_for("$^", seconds=1)  # says what it printed
            time.sleep(0.02)
        self.switches = self.start("switches", [self.switch_program, "--topology", self.copy("network.txt")], talk=True)
        self.switches.ask("until up", PATIENCE + 3)
        title("1. Each controller sees its own ports, and no others")
        for controller, own in ((blue, ("blue", 1)), (self.red, ("red", 2))):
            for line in sorted(controller.wait_for("its ports", 2)):
                tell(line)
                ports = re.findall(r"(\d+|LOCAL) \(", line.split("its ports:")[1])
                self.findings.check(ports == [str(own[1]), "3"],
                                    "%s sees ports %d and 3, %d stays hidden" % (own[0], own[1], 3 - own[1]))

    def ping(self, a, b, count, expected, meaning):
        answer = self.switches.ask("ping %s %s %d" % (a, b, count), PATIENCE + count)
        tell(answer[0])
        answered = int(re.search(r": (\d+) of", answer[0]).group(1))
        self.findings.check(answered == expected, meaning)

    def heard(self, host):
        """Host name -> number of packets of it that arrived here."""
        return {name: int(count) for name, count in (line.split() for line in self.switches.ask("heard " + host))}

    def hosts_of_one_tenant(self):
        title("2. Hosts of one tenant reach each other, across both switches")
        self.ping("blue1", "blue2", 3, 3, "blue's hosts reach each other")
        self.ping("red1", "red2", 3, 3, "red's hosts reach each other")

    def nothing_crosses(self):
        title("3. Nothing crosses from one tenant to the other")
        self.ping("blue1", "red1", 1, 0, "a ping from blue to red on one switch gets no answer")
        self.ping("red2", "blue1", 1, 0, "a ping from red to blue across the wire gets no answer")
        self.switches.ask("spoof blue1 red1 20")
        tell("blue1 has asked for red1's address in red's VLAN, as an intruder would")
        self.switches.ask("wait 1")
        for host, friend in (("blue1", "blue2"), ("blue2", "blue1"), ("red1", "red2"), ("red2", "red1")):
            heard = self.heard(host)
            told = ", ".join("%d of %s" % (count, name) for name, count in heard.items()) or "none"
            self.findings.check(set(heard) == {friend}, "packets that arrived at %s: %s" % (host, told))

    def trespass(self):
        title("4. A controller that tries to leave its slice is refused")
        tell("red's controller is started again, and this time tries to write to port 1, which is blue's")
        self.red.stop()
        self.running.remove(self.red)
        self.red = self.start_controller("red", self.red_port, "--trespass", "1")
        for line in sorted(self.red.wait_for("trespass:", 6), key=lambda text: text.split(": trespass")[0]):
            switch, attempt = re.search(r"switch 0*(\d+): trespass: (.*)", line).groups()
            self.findings.check("refused with" in attempt, "s%s: %s" % (switch, attempt))
        for switch in ("s1", "s2"):
            flows = self.switches.ask("flows " + switch)
            strays = [flow for flow in flows if "priority=60000" in flow or "02:ff:ff:ff:ff:ff" in flow]
            self.findings.check(not strays, "no trace of it in the flow table of %s" % switch)
        self.ping("blue1", "blue2", 3, 3, "blue has not noticed anything")
        self.ping("red1", "red2", 3, 3, "and red's own hosts still reach each other")

    def inside(self):
        title("5. What Sluice tells its operator")
        self.show_sluicectl("status")
        self.show_sluicectl("flows")

    def keep(self):
        control = "%s -t %s" % (self.sluicectl_program, self.socket)
        title("The network stays up until Ctrl-C")
        tell("Play with it: type commands here, \"help\" lists them. For example:")
        for example in ("ping blue1 blue2", "ping blue1 red1", "heard red1", "cut s1:3", "flows s1", "show"):
            tell("    " + example)
        tell("In another terminal:")
        for verb in ("status", "flows", "flows blue"):
            tell("    %s %s" % (control, verb))
        print(flush=True)
        for line in sys.stdin:
            if line.strip() in ("quit", "exit"):
                return
            if not line.strip():
                continue
            try:
                for answer in self.switches.ask(line.strip(), 3600):
                    tell(answer)
            except Unexpected as problem:
                tell(str(problem))
                if self.switches.process.poll() is not None:
                    return
        while True:  # no more input: until Ctrl-C
            time.sleep(1)

    def run(self):
        for step in (self.set_up, self.hosts_of_one_tenant, self.nothing_crosses, self.trespass, self.inside):
            step()


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description="Two tenants share two switches through Sluice.")
    parser.add_argument("--bin", required=True, metavar="BUILD", help="the build directory, for example build/release")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C, to play with")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="sluice-demo-")
    demo = None
    status = 1
    try:
        demo = Demo(os.path.abspath(options.bin), folder)
        demo.run()
        bad = demo.findings.bad
        took = time.monotonic() - began
        if bad:
            title("%d of %d checks FAILED:" % (len(bad), len(bad) + demo.findings.good))
            for what in bad:
                tell(what)
        else:
            title("All %d checks passed, in %.0f seconds." % (demo.findings.good, took))
            status = 0
        if options.keep:
            demo.keep()
    except KeyboardInterrupt:
        print()
    except (Unexpected, subprocess.SubprocessError, OSError) as problem:
        print("\n%s %s" % (paint("The demo stopped:", "31;1"), problem), file=sys.stderr)
        for sentence in demo.obituaries() if demo is not None else ():
            print(sentence, file=sys.stderr)
        status = 1
    finally:
        if demo is not None:
            demo.stop()
        if status == 0 or not os.listdir(folder):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print("Logs are in %s." % folder, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
