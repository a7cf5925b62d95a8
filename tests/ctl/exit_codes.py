#!/usr/bin/env python3
"""Runs sluicectl against daemons that answer, refuse, stay silent, talk nonsense or are not there.

    exit_codes.py <sluicectl>    exit code 1 and a sentence for whatever is not as promised
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = None


class Daemon:
    """Listens on a Unix socket and gives every connection to one function."""

    def __init__(self, folder, answer):
        self.path = os.path.join(folder, "ctl")
        self.requests = []
        self.answer = answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                text = b""
                while b"\n" not in text:
                    more = connection.recv(65536)
                    if not more:
                        break
                    text += more
                if text:
                    self.requests.append(json.loads(text))
                    self.answer(connection)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


def says(result=None, error=None, pieces=1):
    text = json.dumps({"id": 0, "result": result, "error": error}).encode() + b"\n"

    def answer(connection):
        size = max(1, len(text) // pieces)
        for at in range(0, len(text), size):
            connection.sendall(text[at:at + size])
    return answer


class ExitCodes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def daemon(self, answer):
        daemon = Daemon(self.folder, answer)
        self.addCleanup(daemon.close)
        return daemon

    def sluicectl(self, *arguments, env=None):
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=False, env={**os.environ, **(env or {})})
        return done.returncode, done.stdout, done.stderr

    def test_an_answer_is_printed_as_it_is(self):
        daemon = self.daemon(says("SWITCH  DPID\ns1      1\n"))
        self.assertEqual(self.sluicectl("-t", daemon.path, "status"), (0, "SWITCH  DPID\ns1      1\n", ""))
        self.assertEqual(daemon.requests, [{"id": 0, "method": "status", "params": []}])

    def test_words_and_options_travel(self):
        daemon = self.daemon(says("{}"))
        self.assertEqual(self.sluicectl("flows", "video", "--switch", "s1", "--json", "-t", daemon.path)[0], 0)
        self.assertEqual(daemon.requests[0]["method"], "flows")
        self.assertEqual(daemon.requests[0]["params"], ["video", "--switch", "s1", "--json"])
        self.sluicectl("slice", "show", "video", "-t", daemon.path)
        self.assertEqual(daemon.requests[1]["params"], ["video"])
        self.sluicectl("switch", "ls", "-t", daemon.path)
        self.assertEqual(daemon.requests[2]["params"], [])

    def test_quiet_prints_nothing(self):
        daemon = self.daemon(says("something\n"))
        self.assertEqual(self.sluicectl("-q", "status", "-t", daemon.path), (0, "", ""))

    def test_an_answer_may_come_in_pieces_and_be_long(self):
        text = "line \"of\" a {table}\n" * 50000
        daemon = self.daemon(says(text, pieces=300))
        self.assertEqual(self.sluicectl("status", "-t", daemon.path), (0, text, ""))

    def test_no_is_1(self):
        daemon = self.daemon(says(error='no slice "vidoe"; there is "video"\n'))
        code, out, err = self.sluicectl("slice", "vidoe", "-t", daemon.path)
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, 'sluicectl: no slice "vidoe"; there is "video"\ntry: sluicectl slice\n')

    def test_wrong_usage_is_2_and_asks_nobody(self):
        daemon = self.daemon(says(""))
        self.assertEqual(self.sluicectl("slice", "a", "b", "-t", daemon.path)[0], 2)
        self.assertEqual(self.sluicectl("nonsense", "-t", daemon.path)[0], 2)
        self.assertEqual(daemon.requests, [])

    def test_nobody_there_is_3(self):
        code, _, err = self.sluicectl("status", "-t", os.path.join(self.folder, "none"))
        self.assertEqual(code, 3)
        self.assertIn("try: sluiced", err)
        left_behind = socket.socket(socket.AF_UNIX)
        left_behind.bind(os.path.join(self.folder, "stale"))
        left_behind.close()
        self.assertEqual(self.sluicectl("status", "-t", os.path.join(self.folder, "stale"))[0], 3)
        self.assertEqual(self.sluicectl("status", "-t", "/" + "x" * 200)[0], 3)

    def test_not_permitted_is_4(self):
        daemon = self.daemon(says(""))
        os.chmod(daemon.path, 0)
        # Root may do everything, so root asks as somebody else.
        other = {"user": 65534} if os.geteuid() == 0 else {}
        try:
            done = subprocess.run([PROGRAM, "status", "-t", daemon.path], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=30, check=False, cwd="/", **other)
        except PermissionError:
            self.skipTest("other users cannot run the program from where it was built")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("try: sudo sluicectl", done.stderr)

    def test_no_answer_in_time_is_5(self):
        silent = threading.Event()
        self.addCleanup(silent.set)
        daemon = self.daemon(lambda connection: silent.wait(20))
        code, _, err = self.sluicectl("-T", "0.2", "status", "-t", daemon.path)
        self.assertEqual(code, 5)
        self.assertIn("try: sluicectl -T 60 status", err)
        silent.set()

    def test_nonsense_is_70(self):
        for nonsense in (b"hello\n", b"{}", b"{\"result\":5,\"error\":null}", b""):
            with self.subTest(nonsense=nonsense), tempfile.TemporaryDirectory() as folder:
                daemon = Daemon(folder, lambda connection, text=nonsense: connection.sendall(text))
                self.assertEqual(self.sluicectl("status", "-t", daemon.path)[0], 70)
                daemon.close()

    def test_the_socket_is_found_without_being_named(self):
        os.mkdir(os.path.join(self.folder, "sluiced"))
        daemon = Daemon(os.path.join(self.folder, "sluiced"), says("found\n"))
        self.addCleanup(daemon.close)
        if os.path.exists("/run/sluiced/ctl"):
            self.skipTest("a daemon of the system comes first")
        self.assertEqual(self.sluicectl("status", env={"XDG_RUNTIME_DIR": self.folder})[:2], (0, "found\n"))

    def test_a_file_that_cannot_be_written_is_noticed(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
        self.assertEqual(done.returncode, 70)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop()
    unittest.main()
