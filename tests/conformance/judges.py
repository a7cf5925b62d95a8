"""The independent readers: Open vSwitch (which also reads text and makes bytes of it), tshark and os-ken."""
import contextlib
import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from product import cut_at_marks

SYSTEM_PYTHON = "/usr/bin/python3"
MARK = bytes.fromhex("04020008fe")
OVS_NAMES = {1: "OpenFlow10", 2: "OpenFlow11", 3: "OpenFlow12", 4: "OpenFlow13", 5: "OpenFlow14", 6: "OpenFlow15"}


def missing_program(name):
    return None if shutil.which(name) else name


def whole(data):
    """Whether a stream reader finds exactly this message."""
    return len(data) >= 8 and int.from_bytes(data[2:4], "big") == len(data)


def _run(arguments, seconds=60, **more):
    try:
        return subprocess.run(arguments, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
                              **more)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, -1, b"", b"took too long")


# --- Open vSwitch ----------------------------------------------------------------------------------------------------

def ovs_print(messages):
    """What `ovs-ofctl ofp-parse` prints of each message; None for what it does not get to. One process for all."""
    out = [None] * len(messages)
    todo = [index for index, data in enumerate(messages) if whole(data)]
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        path = os.path.join(folder, "stream")
        while todo:
            with open(path, "wb") as file:
                for number, index in enumerate(todo):
                    file.write(messages[index] + MARK + number.to_bytes(3, "big"))
            done = _run(["ovs-ofctl", "ofp-parse", path])
            blocks = cut_at_marks(done.stdout.decode("utf-8", "replace"), len(todo))
            good = [block for block in blocks if block is not None]
            for index, block in zip(todo, good):
                out[index] = "\n".join(line.rstrip() for line in block).strip("\n")
            todo = todo[len(good) + 1:]                          # the one that it died of has no answer
    return out


def ovs_cannot_read(text):
    return text is None or "***decode error" in text or text.startswith("***")


def ovs_parse_flows(version, lines):
    """(print of the flow_mod that Open vSwitch makes of a line, or None; complaint) for each."""
    out, todo = [None] * len(lines), list(range(len(lines)))
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        path = os.path.join(folder, "flows")
        # Only the format that is native to a version: an extension would hide what the version cannot say.
        for _ in range(len(lines) + 1):
            if not todo:
                break
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines[index] + "\n" for index in todo)
            done = _run(["ovs-ofctl", "-O", OVS_NAMES[version], "parse-flows", path])
            printed = [line for line in done.stdout.decode("utf-8", "replace").splitlines()
                       if line.startswith(("OFPT_FLOW_MOD", "NXT_FLOW_MOD"))]
            if done.returncode == 0 and len(printed) == len(todo):
                for index, line in zip(todo, printed):
                    out[index] = (line, None)
                break
            said = done.stderr.decode("utf-8", "replace").strip()
            where = re.search(r"flows:(\d+): (.*)", said, re.S)
            bad = min(int(where.group(1)) - 1, len(todo) - 1) if where else 0
            out[todo[bad]] = (None, where.group(2).strip()[:300] if where else said[-300:] or "not read")
            del todo[bad]
    return out


def ovs_parse_group(version, text):
    done = _run(["ovs-ofctl", "-O", OVS_NAMES[version], "parse-group", text], 10)
    printed = done.stdout.decode("utf-8", "replace")
    if done.returncode or "GROUP_MOD" not in printed:
        return None, done.stderr.decode("utf-8", "replace").strip()[-300:] or "not read"
    lines = printed[printed.index("OFPT_GROUP_MOD" if "OFPT_GROUP_MOD" in printed else "NXT_GROUP_MOD"):].splitlines()
    return "\n".join(line.strip() for line in lines[1:]).strip(), None


class Recorder:
    """A switch that says yes to everything and keeps what it is sent: it makes ovs-ofctl turn text into bytes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.2)
        self.port = self.listener.getsockname()[1]
        self.kept, self.running = [], True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.listener.close()

    def ask(self, version, command, *text):
        """(the messages that ovs-ofctl sends for this, complaint)"""
        self.kept = []
        done = _run(["ovs-ofctl", "-O", OVS_NAMES[version], "--no-names", "--timeout=5",
                     command, "tcp:127.0.0.1:%d" % self.port, *text], 10)
        return list(self.kept), done.stderr.decode("utf-8", "replace").strip()[-300:] if done.returncode else None

    def _serve(self):
        while self.running:
            with contextlib.suppress(socket.timeout):
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    self._talk(connection)

    def _talk(self, connection):
        data = b""
        while self.running:
            got = connection.recv(65536)
            if not got:
                return
            data += got
            while len(data) >= 8 and len(data) >= int.from_bytes(data[2:4], "big") >= 8:
                size = int.from_bytes(data[2:4], "big")
                self._answer(connection, data[:size])
                data = data[size:]

    def _answer(self, connection, message):
        version, kind, _, xid = struct.unpack(">BBHI", message[:8])
        barrier = 18 if version == 1 else 20
        if kind == 0:
            connection.sendall(struct.pack(">BBHI", version, 0, 8, xid))
        elif kind == 2:
            connection.sendall(struct.pack(">BBHI", version, 3, len(message), xid) + message[8:])
        elif kind == barrier:
            connection.sendall(struct.pack(">BBHI", version, barrier + 1, 8, xid))
        else:
            self.kept.append(message)


# --- tshark ----------------------------------------------------------------------------------------------------------

TSHARK_VERSIONS = (1, 4, 5, 6)
_PART = 60000                                                    # of a message in one segment
_PORT = 6653


def tshark(messages):
    """What tshark says against each message: an empty text, or "malformed", "not dissected", "not seen"."""
    said = ["not seen"] * len(messages)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        path, owner = os.path.join(folder, "capture"), {}
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
            number = 0
            for index, data in enumerate(messages):
                sequence = 1
                for start in range(0, len(data), _PART):         # each message is a connection of its own
                    part = data[start:start + _PART]
                    tcp = struct.pack(">HHIIBBHHH", 20000 + index % 40000, _PORT, sequence, 1, 5 << 4, 0x18, 65535, 0, 0)
                    address = 0x0a000001 + index // 40000
                    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(part), 1, 0x4000, 64, 6, 0, address, 0x0a010001)
                    packet = ip + tcp + part
                    file.write(struct.pack("<IIII", number // 1000, number % 1000, len(packet), len(packet)) + packet)
                    number, sequence = number + 1, sequence + len(part)
                owner[number] = index                            # the last segment shows the whole message
        done = _run(["tshark", "-n", "-r", path, "-d", "tcp.port==%d,openflow" % _PORT, "-o", "openflow.desegment:TRUE",
                     "-o", "tcp.check_checksum:FALSE", "-o", "ip.check_checksum:FALSE", "-T", "fields", "-E",
                     "separator=;", "-e", "frame.number", "-e", "frame.protocols", "-e", "_ws.malformed"], 200)
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        number, protocols, malformed = (line.split(";", 2) + ["", ""])[:3]
        index = owner.get(int(number or 0))
        if index is not None:
            said[index] = "malformed" if malformed or "malformed" in protocols else \
                "" if "openflow" in protocols else "not dissected"
    return said


# --- os-ken ----------------------------------------------------------------------------------------------------------

class OsKen:
    """A worker process that parses and writes again; started anew when it hangs."""

    SECONDS = 2
    START_SECONDS = 30

    def __init__(self):
        self.worker = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop()

    def _stop(self):
        if self.worker:
            self.worker.kill()
            self.worker.wait()
            self.worker.stdin.close()
            self.worker.stdout.close()
            self.worker = None

    def _start(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "osken_worker.py")
        self.worker = subprocess.Popen([SYSTEM_PYTHON, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
        self._line(self.START_SECONDS)                           # it says when it is ready

    def _line(self, seconds):
        end, got = time.monotonic() + seconds, b""
        while not got.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.worker.stdout], [], [], left)[0]:
                return None
            piece = os.read(self.worker.stdout.fileno(), 1 << 20)
            if not piece:
                return None
            got += piece
        return got

    def ask(self, data):
        """{"parse": ok or why not, "hex": what it writes, or "write": why it cannot}"""
        if self.worker is None:
            self._start()
        self.worker.stdin.write(data.hex().encode() + b"\n")
        self.worker.stdin.flush()
        line = self._line(self.SECONDS)
        if line is None:
            self._stop()
            return {"parse": "hangs"}
        return json.loads(line)


def os_ken_loads():
    return _run([SYSTEM_PYTHON, "-c", "import os_ken.ofproto.ofproto_v1_5_parser"], 30).returncode == 0
