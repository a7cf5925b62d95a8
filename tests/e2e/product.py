"""sluiced and sluicectl, as built."""
import json
import os
import signal
import subprocess
import tempfile

from processes import Process, check, free_port, listening, run, tail, wait_until

SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "UndefinedBehaviorSanitizer", "runtime error:")


COOKIE_MARKER = 1 << 63                                          # in the cookies of all entries that Sluice makes


def is_own_flow(cookie):
    """Is it of an entry by which Sluice gets LLDP, which is no slice's?"""
    epoch = 0xff << 40
    return cookie & ~epoch == COOKIE_MARKER | 1


class Sluiced:
    """One running daemon with its slice file, its control socket and its log."""

    def __init__(self, build, folder, switches, slices, name="sluiced", level="debug"):
        self.program = os.path.join(build, "proxy", "sluiced")
        self.control_program = os.path.join(build, "ctl", "sluicectl")
        self.port = free_port()
        self.control = os.path.join(folder, name + ".ctl")
        self.log = os.path.join(folder, name + ".log")
        self.slice_file = os.path.join(folder, name + ".json")
        self.write(switches, slices)
        self._level = level
        self._recordings = tempfile.mkdtemp(prefix=name + ".recordings-", dir=folder)    # one for each start
        self._starts = 0
        self.process = None
        self.start()

    def write(self, switches, slices, **more):
        """Writes the slice file; a daemon that runs is not told of it."""
        with open(self.slice_file, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "proxy": {"listen": ["ptcp:%d:127.0.0.1" % self.port]}, "switches": switches,
                       "slices": slices, **more}, file, indent=2)

    def start(self):
        """Starts it, or starts it again: on the same port, with the same slice file."""
        self._starts += 1
        self.process = Process("sluiced", [self.program, "-c", self.slice_file, "--ctl", self.control, "--log",
                                           self._level, "--record", self._recordings], self.log)

    def wait_listening(self):
        def probe():
            self.process.require_running()
            return listening(self.port) and os.path.exists(self.control)
        wait_until("sluiced to listen on port %d" % self.port, probe, 15)

    def ask(self, *arguments):
        """sluicectl ... --json, as an object."""
        text = run([self.control_program, "-t", self.control, *arguments, "--json"])
        try:
            return json.loads(text)
        except ValueError:
            check(False, "sluicectl %s --json printed no JSON: %s", " ".join(arguments), text[:300])

    def say(self, *arguments):
        """sluicectl ... for people: (exit status, what it printed)."""
        done = subprocess.run([self.control_program, "-t", self.control, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=15, check=False)
        return done.returncode, done.stdout

    def stop(self, number=signal.SIGTERM, seconds=8):
        """Ends it as an operator would and insists that it ends well."""
        self.process.require_running()
        self.process.send(number)
        status = self.process.wait(seconds)
        if status is None:
            self.process.kill()
            check(False, "sluiced did not end within %ds of %s", seconds, signal.Signals(number).name)
        check(status == 0, "sluiced ended with status %d after %s", status, signal.Signals(number).name)
        check(not os.path.exists(self.control), "sluiced left its control socket behind")
        self.check_sanitizers()
        self.check_replays()

    def check_replays(self):
        """Whatever has happened: the core says the same again when the recording is played to it, to the byte."""
        recordings = sorted(os.listdir(self._recordings))
        check(len(recordings) == self._starts, "%d starts made %d recordings", self._starts, len(recordings))
        for recording in recordings:
            path = os.path.join(self._recordings, recording)
            done = subprocess.run([self.control_program, "replay", path], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
            check(done.returncode == 0 and ", none differ" in done.stdout, "the recording of the run replays to "
                  "something else (status %d):\n%s", done.returncode, done.stdout[:2000])

    def check_sanitizers(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                check(not any(word in line for word in SANITIZERS), "a sanitizer spoke in sluiced's log: %s",
                      line.strip())

    def evidence(self, lines=40):
        return "slice file:\n%s\nlog of sluiced:\n%s" % (tail(self.slice_file, 60), tail(self.log, lines))
