#!/usr/bin/env python3
"""Lets sluicectl read captures that Wireshark's programs wrote: text2pcap, editcap, mergecap and tshark.

    captures.py <sluicectl>    exit code 1 and a sentence for whatever is not as promised; 77 without those programs
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
NEEDED = ("text2pcap", "editcap", "mergecap", "tshark")
HERE = "10.0.0.1:40000 > 10.0.0.2:6653"
BACK = "10.0.0.2:6653 > 10.0.0.1:40000"
V4 = ("-4", "10.0.0.1,10.0.0.2", "-T", "40000,6653")
V6 = ("-6", "2001:db8::1,2001:db8::2", "-T", "40000,6653")


def message(kind, xid, body=b"", version=4):
    return bytes([version, kind]) + (8 + len(body)).to_bytes(2, "big") + xid.to_bytes(4, "big") + body


def echo(xid, size=0):
    return message(2, xid, bytes(i % 251 for i in range(size)))


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, timeout=60).stdout


class Captures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def capture(self, name, packets, *options):
        """A capture with these payloads: (direction, seconds and their fraction after 07:08, bytes)."""
        with open(self.path("text"), "w", encoding="ascii") as text:
            for direction, second, payload in packets:
                print(direction, "2024-05-06 07:08:" + second, file=text)
                for at in range(0, len(payload), 16):
                    print("%06x" % at, payload[at:at + 16].hex(" "), file=text)
        run("text2pcap", "-q", "-D", "-t", "%Y-%m-%d %H:%M:%S.%f", *options, self.path("text"), self.path(name))
        return self.path(name)

    def picked(self, name, capture, *numbers):
        """A capture with these packets of the other one, in this order."""
        parts = []
        for i, number in enumerate(numbers):
            parts.append(self.path("part%d" % i))
            run("editcap", "-r", capture, parts[-1], str(number))
        run("mergecap", "-a", "-w", self.path(name), *parts)
        return self.path(name)

    def decode(self, *arguments, stdin=None):
        """Exit code, what is on standard error, and for each message its type, xid, time and stream."""
        done = subprocess.run([PROGRAM, "decode", "--json", *arguments], stdin=stdin or subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "TZ": "Asia/Tokyo"})
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, done.stderr, [
            (m.get("type", m.get("error")), m.get("xid"), m["time"].removeprefix("2024-05-06T07:08:"), m["stream"])
            for m in found]

    DIALOGUE = [("I", "01.5", message(0, 1)), ("O", "02.25", message(0, 2) + message(5, 3)),
                ("I", "03.000001", echo(4, 300)), ("O", "03.000002", message(20, 5) + message(18, 6, bytes(8)))]

    @staticmethod
    def said(here=HERE, back=BACK):
        """What DIALOGUE is to become."""
        return [("hello", 1, "01.500000Z", here), ("hello", 2, "02.250000Z", back),
                ("features_request", 3, "02.250000Z", back), ("echo_request", 4, "03.000001Z", here),
                ("barrier_request", 5, "03.000002Z", back), ("desc_request", 6, "03.000002Z", back)]

    def test_formats_and_addresses(self):
        here6, back6 = ("[2001:db8::1]:40000 > [2001:db8::2]:6653", "[2001:db8::2]:6653 > [2001:db8::1]:40000")
        for kind in ("pcap", "pcapng", "nsecpcap"):
            for options, here, back in ((V4, HERE, BACK), (V6, here6, back6), (("-P", "openflow"), "? > ?", "? > ?")):
                with self.subTest(kind=kind, options=options):
                    capture = self.capture("x", self.DIALOGUE, "-F", kind, *options)
                    self.assertEqual(self.decode(capture), (0, "", self.said(here, back)))
                    with open(capture, "rb") as piped:
                        self.assertEqual(self.decode("-", stdin=piped), (0, "", self.said(here, back)))

    def test_raw_ip(self):
        for link, options in (("rawip", V4), ("rawip4", V4), ("rawip6", V6)):
            with self.subTest(link=link):
                capture = self.capture("x", self.DIALOGUE, "-F", "pcap", *options)
                run("editcap", "-F", "pcap", "-L", "-C", "0:14", "-T", link, capture, self.path("y"))
                self.assertEqual([m[:3] for m in self.decode(self.path("y"))[2]], [m[:3] for m in self.said()])

    def test_packets_late_and_twice(self):
        # The sixth packet of eleven is the last one to come.
        whole = echo(1, 1000) + echo(2) + echo(3, 50)
        parts = [("I", "01.%02d" % (at // 100), whole[at:at + 100]) for at in range(0, len(whole), 100)]
        capture = self.capture("x", parts, *V4)
        shuffled = self.picked("y", capture, 3, 1, 2, 2, 5, 4, 10, 11, 9, 7, 8, 6, 6, 1)
        self.assertEqual(self.decode(shuffled)[2], [("echo_request", 1, "01.050000Z", HERE),
                                                   ("echo_request", 2, "01.050000Z", HERE),
                                                   ("echo_request", 3, "01.050000Z", HERE)])

    def test_packets_lost(self):
        capture = self.capture("x", [("I", "01.0", echo(1)), ("I", "02.0", echo(2)), ("I", "03.0", echo(3)),
                                     ("I", "04.0", echo(4))], *V4)
        code, err, messages = self.decode(self.picked("y", capture, 1, 4))
        self.assertEqual((code, messages), (0, [("echo_request", 1, "01.000000Z", HERE),
                                                ("echo_request", 4, "04.000000Z", HERE)]))
        self.assertIn("bytes not captured: 16, holes: 1", err)

    def test_packets_cut(self):
        capture = self.capture("x", [("I", "01.0", echo(1, 20)), ("I", "02.0", echo(2))], *V4)
        run("editcap", "-s", "70", capture, self.path("y"))
        code, err, messages = self.decode(self.path("y"))
        self.assertEqual(code, 1)
        self.assertEqual([m[1] for m in messages], [None, 2])
        self.assertIn("packets not captured to their end: 1 of 2", err)

    def test_merged(self):
        one = self.capture("one", [("I", "01.0", echo(1)), ("I", "03.0", echo(3))], *V4)
        two = self.capture("two", [("I", "02.0", echo(2)), ("I", "04.0", echo(4))], *V6)
        run("mergecap", "-w", self.path("both"), one, two)
        self.assertEqual([m[1] for m in self.decode(self.path("both"))[2]], [1, 2, 3, 4])
        # Two files, or a folder with them, come after each other.
        self.assertEqual([m[1] for m in self.decode(one, two)[2]], [1, 3, 2, 4])

    def test_tshark_and_we_find_the_same(self):
        whole = b"".join(echo(i, 37 * i % 300) for i in range(200))
        capture = self.capture("x", [("I", "01.0", whole[at:at + 900]) for at in range(0, len(whole), 900)], *V4)
        judged = run("tshark", "-n", "-r", capture, "-T", "fields", "-e", "openflow_v4.xid", "-E", "aggregator=,")
        xids = [int(xid, 0) for line in judged.decode().split() for xid in line.split(",")]
        self.assertEqual(len(xids), 200)
        self.assertEqual([m[1] for m in self.decode(capture)[2]], xids)

    def test_nothing_in_it(self):
        capture = self.capture("x", [("I", "01.0", b"GET / HTTP/1.1")], "-4", "10.0.0.1,10.0.0.2", "-T", "40000,80")
        said = "sluicectl: %s: no OpenFlow in it; packets: 1\ntry: sluicectl help decode\n" % capture
        self.assertEqual(self.decode(capture), (2, said, []))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop()
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        print("skipped: there is no", ", ".join(missing))
        sys.exit(77)
    unittest.main()
