#!/usr/bin/env python3
"""Drives the real sluiced from outside: command line, signals, admin socket, hostile and lazy peers.

    driven.py <path of sluiced> [unittest arguments]
"""

import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
GENEROUS = 20  # seconds; sanitizer builds on a busy machine are slow

GOOD = """// two tenants
{ "version": 1,
  "proxy": { "name": "lab", "listen": ["ptcp:0:127.0.0.1", "ptcp:0:127.0.0.1"] },
  "switches": { "s1": { "dpid": "0000000000000001" } },
  "slices": {
    "red":  { "controllers": ["tcp:127.0.0.1:%(red)d"], "flowspace": [{ "on": { "s1": [1, 2] }, "match": "any" }] },
    "blue": { "controllers": ["tcp:127.0.0.1:1"], "flowspace": [{ "on": { "s1": [3] }, "match": "any" }] } } }
"""


def message(kind, xid=1, body=b"", version=4):
    return struct.pack("!BBHI", version, kind, 8 + len(body), xid) + body


HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3


class Peer:
    """A TCP connection that reads whole OpenFlow messages."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=GENEROUS)
        self.bytes = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next message as (type, xid, body); None at the end of the stream."""
        while len(self.bytes) < 8 or len(self.bytes) < struct.unpack("!H", self.bytes[2:4])[0]:
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not more:
                return None
            self.bytes += more
        size = struct.unpack("!H", self.bytes[2:4])[0]
        kind, xid = self.bytes[1], struct.unpack("!I", self.bytes[4:8])[0]
        body, self.bytes = self.bytes[8:size], self.bytes[size:]
        return kind, xid, body

    def until(self, kind):
        while True:
            got = self.receive()
            if got is None or got[0] == kind:
                return got

    def close(self):
        self.socket.close()


class Driven(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-driven-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.ctl = os.path.join(self.folder, "ctl")
        self.log = os.path.join(self.folder, "log")
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for child in self.started:
            if child.poll() is None:
                child.kill()
            child.wait()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def good(self, red=1):
        return self.write("slices.json", GOOD % {"red": red})

    def run_to_end(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=GENEROUS, check=False)
        return done.returncode, done.stdout, done.stderr

    def start(self, *arguments, config=None, preexec=None):
        """Starts the daemon and waits until it is up; its listening ports are in self.ports."""
        with open(self.log, "w", encoding="utf-8") as log:
            child = subprocess.Popen([PROGRAM, "-c", config or self.good(), "--ctl", self.ctl, "--log", "debug",
                                      *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=preexec)
        self.started.append(child)
        self.wait_for("the daemon to start", lambda: "event=started" in self.read_log() or child.poll() is not None)
        self.assertIsNone(child.poll(), self.read_log())
        self.ports = [int(port) for port in re.findall(r"event=listening .* at=127\.0\.0\.1:(\d+)", self.read_log())]
        return child

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, what, probe):
        end = time.monotonic() + GENEROUS
        while not probe():
            self.assertLess(time.monotonic(), end, "waited too long for %s\n%s" % (what, self.read_log()))
            time.sleep(0.01)

    def ask(self, method, *params):
        """(result, error) of one admin request."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.ctl)  # waits where a socket with a timeout would not
            client.settimeout(GENEROUS)
            client.sendall(json.dumps({"id": 5, "method": method, "params": list(params)}).encode())
            answer = b""
            while not answer.endswith(b"}\n"):
                more = client.recv(65536)
                self.assertTrue(more, "the daemon hung up on an admin request")
                answer += more
        document = json.loads(answer)
        self.assertEqual(document["id"], 5)
        return document["result"], document["error"]

    def end(self, child, number=signal.SIGTERM, most=5.0):
        began = time.monotonic()
        child.send_signal(number)
        status = child.wait(GENEROUS)
        took = time.monotonic() - began
        self.assertEqual(status, 0, self.read_log())
        self.assertLess(took, most)
        self.assertFalse(os.path.exists(self.ctl), "the admin socket was left behind")
        for word in ("Sanitizer", "runtime error"):
            self.assertNotIn(word, self.read_log())

    # ------------------------------------------------------------------------------------------------ command line

    def test_check_judges_the_file(self):
        code, out, _ = self.run_to_end("-c", self.good(), "--check")
        self.assertEqual((code, out), (0, "0 errors, 0 warnings\n"))
        bad = self.write("bad.json", (GOOD % {"red": 1}).replace("controllers", "controlers"))
        code, out, _ = self.run_to_end("--config", bad, "--check")
        self.assertEqual(code, 1)
        self.assertIn("bad.json:6:15: error[", out)
        self.assertIn('did you mean "controllers"?', out)
        self.assertIn("\n2 errors, 0 warnings\n", out)
        code, out, _ = self.run_to_end("-c", os.path.join(self.folder, "none.json"), "--check")
        self.assertEqual(code, 2)
        self.assertIn("none.json", out)

    def test_a_bad_file_does_not_start(self):
        bad = self.write("bad.json", "{")
        code, _, err = self.run_to_end("-c", bad, "--ctl", self.ctl)
        self.assertEqual(code, 1)
        self.assertIn("1 error", err)
        self.assertEqual(self.run_to_end("-c", bad + "x", "--ctl", self.ctl)[0], 2)
        self.assertFalse(os.path.exists(self.ctl))

    def test_usage(self):
        self.assertEqual(self.run_to_end()[0], 2)
        self.assertEqual(self.run_to_end("--frobnicate")[0], 2)
        code, out, err = self.run_to_end("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Examples:", out)
        self.assertRegex(self.run_to_end("--version")[1], r"^sluiced \d+\.\d+\.\d+\n$")

    def test_a_busy_port_is_an_error_that_leaves_nothing_behind(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            config = self.write("busy.json", (GOOD % {"red": 1}).replace("ptcp:0:", "ptcp:%d:" % port, 1))
            code, _, err = self.run_to_end("-c", config, "--ctl", self.ctl)
        self.assertEqual(code, 1)
        self.assertIn("cannot listen on ptcp:%d:127.0.0.1: address already in use" % port, err)
        self.assertFalse(os.path.exists(self.ctl))

    # ------------------------------------------------------------------------------------------------ life and end

    def test_starts_answers_and_ends(self):
        pidfile = os.path.join(self.folder, "pid")
        child = self.start("--pidfile", pidfile)
        self.assertEqual(len(set(self.ports)), 2)
        with open(pidfile, encoding="utf-8") as file:
            self.assertEqual(file.read(), "%d\n" % child.pid)
        self.assertEqual(stat.S_IMODE(os.stat(self.ctl).st_mode), 0o600)
        status = json.loads(self.ask("status", "--json")[0])
        self.assertEqual((status["kind"], status["name"]), ("sluiced.status", "lab"))
        self.assertEqual(status["listening"], ["127.0.0.1:%d" % port for port in self.ports])
        self.assertIn("s1", self.ask("status")[0])
        peers = [Peer(port) for port in self.ports]
        for peer in peers:
            self.assertEqual(peer.receive()[0], HELLO)
        self.end(child)
        self.assertFalse(os.path.exists(pidfile))
        for peer in peers:
            self.assertIsNone(peer.until(255))
            peer.close()

    def test_each_start_finds_a_new_recording_in_its_folder(self):
        recordings = os.path.join(self.folder, "recordings")
        os.mkdir(recordings)
        now = time.time()
        taken = [time.strftime("%Y-%m-%dT%H%M%SZ.slicerec", time.gmtime(now + second)) for second in range(GENEROUS)]
        for name in taken:                                       # so that it does not matter how slow this machine is
            with open(os.path.join(recordings, name), "w", encoding="ascii"):
                pass
        self.end(self.start("--record", recordings))
        made = [name for name in os.listdir(recordings) if name not in taken]
        self.assertEqual(len(made), 1)
        self.assertRegex(made[0], r"Z-2\.slicerec$")
        self.assertGreater(os.path.getsize(os.path.join(recordings, made[0])), 0)
        for name in taken:
            self.assertEqual(os.path.getsize(os.path.join(recordings, name)), 0)

    def test_sigint_ends_it_too_although_a_switch_never_closes(self):
        child = self.start()
        peer = Peer(self.ports[0])
        peer.receive()
        self.end(child, signal.SIGINT)
        peer.close()

    def test_a_second_signal_does_not_wait(self):
        child = self.start()
        peer = Peer(self.ports[0])
        peer.receive()
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        self.wait_for("it to stop listening", lambda: "event=stopping" in self.read_log())
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(GENEROUS), 0)
        self.assertIn("second signal", self.read_log())
        self.assertLess(time.monotonic() - began, 5)
        self.assertFalse(os.path.exists(self.ctl))
        peer.close()

    def test_the_verb_exit_ends_it(self):
        child = self.start()
        self.assertEqual(self.ask("exit"), ("", None))
        self.assertEqual(child.wait(GENEROUS), 0)
        self.assertFalse(os.path.exists(self.ctl))

    # ------------------------------------------------------------------------------------------------------ reload

    def test_sighup_takes_the_file(self):
        child = self.start()
        self.write("slices.json", (GOOD % {"red": 1}).replace('"red":', '"green":'))
        child.send_signal(signal.SIGHUP)
        self.wait_for("the file to be taken", lambda: "event=policy_changed" in self.read_log())
        status = self.ask("status")[0]
        self.assertIn("green", status)
        self.assertNotIn("red", status)
        self.assertRegex(status, r"reloaded \d+s ago")
        self.end(child)

    def test_a_wrong_file_changes_nothing_and_status_says_why(self):
        child = self.start()
        before = json.loads(self.ask("status", "--json")[0])
        for text, why in (("{", "1 error"), ((GOOD % {"red": 1}).replace('"controllers"', '"controlers"', 1), "E0102")):
            self.write("slices.json", text)
            result, error = self.ask("reload", "--wait")
            self.assertIsNone(result)
            self.assertIn("the slice file was not taken, and the one before is in force", error)
            self.assertIn(why, error)
            after = json.loads(self.ask("status", "--json")[0])
            self.assertFalse(after["reload"]["taken"])
            self.assertIn(why, after["reload"]["summary"] + after["reload"]["findings"])
            self.assertEqual(after["fingerprint"], before["fingerprint"])
            self.assertEqual([s["name"] for s in after["slices"]], [s["name"] for s in before["slices"]])
            self.assertIn("was not taken", self.ask("status")[0])
        os.remove(os.path.join(self.folder, "slices.json"))
        self.assertIn("cannot be read", self.ask("reload", "--wait")[1])
        self.good()
        self.assertIn("changed nothing", self.ask("reload", "--wait")[0])
        self.assertNotIn("was not taken", self.ask("status")[0])
        self.end(child)

    def test_a_dry_run_does_nothing(self):
        child = self.start()
        self.write("slices.json", (GOOD % {"red": 1}).replace('"red":', '"green":'))
        self.assertIn("the slice file is good", self.ask("reload", "--dry-run")[0])
        answer = json.loads(self.ask("reload", "--dry-run", "--json")[0])
        self.assertTrue(answer["dry_run"])
        self.assertIn("red", self.ask("status")[0])
        self.assertIsNone(json.loads(self.ask("status", "--json")[0])["reload"])
        self.assertNotIn("event=policy_changed", self.read_log())
        self.end(child)

    def test_what_is_listened_on_changes_and_connections_stay(self):
        child = self.start()
        peer = Peer(self.ports[1])
        self.assertEqual(peer.receive()[0], HELLO)
        one = (GOOD % {"red": 1}).replace('"ptcp:0:127.0.0.1", "ptcp:0:127.0.0.1"', '"ptcp:0:127.0.0.1"')
        self.write("slices.json", one)
        self.ask("reload", "--wait")
        listening = json.loads(self.ask("status", "--json")[0])["listening"]
        self.assertEqual(listening, ["127.0.0.1:%d" % self.ports[0]])
        with self.assertRaises(ConnectionError):
            Peer(self.ports[1])
        peer.send(message(HELLO))
        peer.send(message(ECHO_REQUEST, 7))
        self.assertIsNotNone(peer.until(ECHO_REPLY), "a connection that stands stays")
        # Somebody else has the address: the file is not taken, and what was there before still listens.
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.write("slices.json", one.replace("ptcp:0:127", "ptcp:%d:127" % port))
            result, error = self.ask("reload", "--wait")
            self.assertIsNone(result)
            self.assertIn(str(port), error)
        Peer(self.ports[0]).close()
        self.good()
        self.ask("reload", "--wait")
        self.assertEqual(len(json.loads(self.ask("status", "--json")[0])["listening"]), 2)
        peer.close()
        self.end(child)

    def test_many_reloads_at_once_and_an_end_in_the_middle(self):
        child = self.start()
        for _ in range(50):
            child.send_signal(signal.SIGHUP)
            self.ask("reload")
        self.assertIn("changed nothing", self.ask("reload", "--wait")[0])
        for _ in range(20):
            self.ask("reload")
        self.end(child)

    def test_one_socket_one_daemon(self):
        child = self.start()
        code, _, err = self.run_to_end("-c", self.good(), "--ctl", self.ctl)
        self.assertEqual(code, 1)
        self.assertIn("another sluiced is running there", err)
        self.assertIn("s1", self.ask("status")[0])
        child.kill()
        child.wait()
        self.assertTrue(os.path.exists(self.ctl), "nobody could have removed it")
        self.end(self.start())

    # ------------------------------------------------------------------------------------------------ admin socket

    def test_errors_of_admins(self):
        child = self.start()
        for arguments, part in ((["frobnicate"], '"frobnicate" is not a valid command'),
                                (["slice", "green"], 'no slice "green"; there are: '),
                                (["switch", "s9"], 'no switch "s9"; there are: "s1"'),
                                (["flows", "green"], 'no slice "green"'),
                                (["flows", "red", "--switch", "s9"], 'no switch "s9"'),
                                (["flows", "--switch"], "--switch needs a name"),
                                (["flows", "red", "blue"], "usage: flows"),
                                (["rejects", "green"], 'no slice "green"'),
                                (["explain", "last"], "no message was refused"),
                                (["explain", "0x71", "--slice", "red"], "no refused message of red has xid 0x71"),
                                (["explain", "last", "--slice", "green"], 'no slice "green"'),
                                (["explain"], "usage: explain"),
                                (["trace", "s1"], "usage: trace"),
                                (["trace", "s9", "in_port=1"], 'no switch "s9"'),
                                (["trace", "s1", "tcp"], "in_port is missing"),
                                (["status", "--loud"], 'unknown option "--loud"')):
            result, error = self.ask(*arguments)
            self.assertIsNone(result)
            self.assertIn(part, error)
        self.end(child)

    def test_garbage_on_the_admin_socket(self):
        child = self.start()
        dice = random.Random(1)
        for _ in range(200):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.ctl)
                client.settimeout(GENEROUS)
                try:
                    client.sendall(dice.choice([b"", b"{", b"[[", b'{"id":'])
                                   + dice.randbytes(dice.choice([1, 10, 1000, 100000])))
                except ConnectionError:
                    pass
        self.assertIn("s1", self.ask("status")[0])
        self.end(child)

    @unittest.skipUnless(shutil.which("ovs-appctl"), "ovs-appctl is not installed")
    def test_ovs_appctl_can_ask(self):
        child = self.start()

        def appctl(*arguments):
            done = subprocess.run(["ovs-appctl", "-T", str(GENEROUS), "-t", self.ctl, *arguments], capture_output=True,
                                  text=True, timeout=2 * GENEROUS, check=False)
            return done.returncode, done.stdout, done.stderr

        code, out, _ = appctl("status")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("lab  running "), out)
        self.assertIn("\n  flows ", appctl("list-commands")[1])
        self.assertEqual(json.loads(appctl("flows", "red", "--switch", "s1", "--json")[1])["flows"], [])
        code, out, err = appctl("slice", "green")
        self.assertEqual((code, out), (2, ""))
        self.assertIn('no slice "green"; there are: "red", "blue"', err)
        self.end(child)

    # ------------------------------------------------------------------------------------------------ bad peers

    def echo(self, peer, xid):
        peer.send(message(ECHO_REQUEST, xid, b"alive?"))
        self.assertEqual(peer.until(ECHO_REPLY), (ECHO_REPLY, xid, b"alive?"))

    def connect_switch(self):
        peer = Peer(self.ports[0])
        self.assertEqual(peer.receive()[0], HELLO)
        peer.send(message(HELLO))
        self.assertIsNotNone(peer.receive())  # the features request
        return peer

    def test_garbage_on_the_switch_port_disturbs_nobody(self):
        child = self.start()
        honest = self.connect_switch()
        dice = random.Random(2)
        for round_ in range(300):
            bad = Peer(self.ports[round_ % 2])
            try:
                bad.send(dice.choice([b"", message(HELLO), message(HELLO, 1, b"\0\1\0\10\0\0\0\22"), b"\4\0\0\7"])
                         + dice.randbytes(dice.choice([1, 8, 100, 5000])))
                if round_ % 3 == 0:
                    bad.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except ConnectionError:
                pass
            bad.close()
            if round_ % 50 == 0:
                self.echo(honest, round_)
        self.echo(honest, 1000)
        honest.close()
        self.end(child)

    def test_a_peer_that_never_reads_is_closed_and_memory_stays_bounded(self):
        child = self.start()
        honest = self.connect_switch()
        lazy = self.connect_switch()
        request = message(ECHO_REQUEST, 1, bytes(60000))
        sent = 0
        with self.assertRaises(ConnectionError):
            while sent < 400 << 20:
                lazy.send(request)
                sent += len(request)
        self.assertIn("event=queue_overflow", self.read_log())
        with open("/proc/%d/status" % child.pid, encoding="ascii") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1))
        self.assertLess(peak, 400 << 10, "kB at the most")
        self.echo(honest, 7)
        honest.close()
        lazy.close()
        self.end(child)

    def test_used_up_descriptors_are_survived(self):
        child = self.start(preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        honest = self.connect_switch()
        crowd = [socket.create_connection(("127.0.0.1", self.ports[1]), timeout=GENEROUS) for _ in range(100)]
        time.sleep(0.2)
        self.echo(honest, 1)
        for member in crowd:
            member.close()

        def served_again():
            late = Peer(self.ports[1])
            try:
                answer = late.receive()
                return answer is not None and answer[0] == HELLO
            finally:
                late.close()
        self.wait_for("new switches to be served again", served_again)
        honest.close()
        self.end(child)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
