"""Child processes, waiting with a deadline, and free ports: what every other module here stands on."""
import ctypes
import os
import select
import signal
import socket
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What a case found wrong, in words for a person."""


class Skip(Exception):
    """Why a case cannot be run here."""


def check(condition, text, *values):
    if not condition:
        raise Failure(text % values if values else text)


def wait_until(what, probe, seconds=5.0, pause=0.02):
    """Calls `probe` until it returns something true, and returns that. `what` finishes the sentence "waited for ...";
    it may be a function, called when the time is over, to say what was seen instead."""
    end = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %gs for %s" % (seconds, what() if callable(what) else what))
        time.sleep(pause)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child with its output in a file. It ends with us, whatever happens to us."""

    def __init__(self, name, arguments, log, environment=None):
        self.name, self.arguments, self.log = name, [str(a) for a in arguments], log
        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                env={**os.environ, **(environment or {})}, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self._child.pid

    def running(self):
        return self._child.poll() is None

    def require_running(self):
        check(self.running(), "%s ended by itself with status %s; its last words:\n%s", self.name,
              self._child.returncode, tail(self.log, 15))

    def send(self, number):
        if self.running():
            self._child.send_signal(number)

    def wait(self, seconds):
        """The exit status; None when the time is over first."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=4.0):
        """Asks it to end, then makes it end. Returns the exit status (negative: the signal that ended it)."""
        self.send(signal.SIGTERM)
        status = self.wait(seconds)
        if status is None:
            self._child.kill()
            status = self._child.wait()
        return status

    def kill(self):
        if self.running():
            self._child.kill()
        self._child.wait()


class Adopted:
    """A process that another one started for us; to be used like Process."""

    def __init__(self, name, pid, log):
        self.name, self.pid, self.log = name, pid, log
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = None

    def running(self):
        return self._handle is not None and not self._ended(0)

    def _ended(self, seconds):
        """The handle becomes readable at the end of the process."""
        return bool(select.select([self._handle], [], [], seconds)[0])

    def require_running(self):
        check(self.running(), "%s ended by itself; its last words:\n%s", self.name, tail(self.log, 15))

    def stop(self, seconds=4.0):
        if self._handle is None:
            return
        self._signal(signal.SIGTERM)
        if not self._ended(seconds):
            self._signal(signal.SIGKILL)
            self._ended(seconds)
        os.close(self._handle)
        self._handle = None

    def kill(self):
        if self._handle is not None:
            self._signal(signal.SIGKILL)
            self._ended(4.0)
            os.close(self._handle)
            self._handle = None

    def _signal(self, number):
        try:
            signal.pidfd_send_signal(self._handle, number)
        except ProcessLookupError:
            pass


def run(arguments, seconds=15, environment=None):
    """Runs a command to its end and returns its output; a failure is a Failure with what it said."""
    try:
        done = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, env={**os.environ, **(environment or {})}, check=False)
    except subprocess.TimeoutExpired:
        raise Failure("%s did not end in %gs" % (" ".join(map(str, arguments))[:200], seconds)) from None
    if done.returncode:
        raise Failure("%s ended with status %d: %s" % (" ".join(map(str, arguments))[:200], done.returncode,
                                                       (done.stderr or done.stdout).strip()[-600:]))
    return done.stdout


_given = set()


def free_port():
    """A loopback TCP port that nobody listens on now and that was not given out before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def listening(port):
    """Does someone listen on this port? Read from the kernel, so that nobody gets a stray connection."""
    for table, loopback in (("/proc/net/tcp", "0100007F"), ("/proc/net/tcp6", None)):
        try:
            with open(table, encoding="ascii") as lines:
                for line in lines:
                    fields = line.split()
                    if len(fields) > 3 and fields[3] == "0A":
                        address, number = fields[1].split(":")
                        if int(number, 16) == port and (loopback is None or address in (loopback, "00000000")):
                            return True
        except OSError:
            continue
    return False


def tail(path, lines):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:]).rstrip()
    except OSError as problem:
        return "(%s)" % problem
