"""Ethernet frames of the test hosts, and the two kinds of capture files: reading what a switch port really sent, and
writing what two OpenFlow parties said as frames that any analyser of TCP understands."""
import re
import struct
import threading
import time

from openflow import mac_bytes

ETH_IPV4 = 0x0800
ETH_VLAN = 0x8100
FRAME_TEXT = re.compile(rb"<(\w+) (\d+)>")                      # whose frame it is, and which one


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(protocol, src, dst, payload, ident=0):
    head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), ident, 0x4000, 64, protocol, 0, src, dst)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def echo(src_mac, dst_mac, src_ip, dst_ip, text, vlan=None, reply=False):
    """An ICMP echo request or reply whose data is `text`, with a VLAN tag if asked for."""
    icmp = struct.pack(">BBHHH", 0 if reply else 8, 0, 0, 1, 1) + text.encode().ljust(40, b".")
    icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
    tag = b"" if vlan is None else struct.pack(">HH", ETH_VLAN, vlan)
    return (mac_bytes(dst_mac) + mac_bytes(src_mac) + tag + struct.pack(">H", ETH_IPV4) +
            ipv4(1, src_ip, dst_ip, icmp))


def vlan_of(frame):
    """The VLAN of a frame, None when it carries no tag."""
    kind, tci = struct.unpack_from(">HH", frame, 12)
    return tci & 0xfff if kind == ETH_VLAN else None


class CaptureReader:
    """Follows a growing pcap file and keeps the frames in it."""

    def __init__(self, path):
        self.path = path
        self.frames = []
        self._at = 24                                            # behind the file header

    def read(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return self.frames
        at = 0
        while at + 16 <= len(data):
            size = struct.unpack_from("<I", data, at + 8)[0]
            if at + 16 + size > len(data):
                break
            self.frames.append(data[at + 16:at + 16 + size])
            at += 16 + size
        self._at += at
        return self.frames


class CaptureWriter:
    """Writes OpenFlow messages as Ethernet/IPv4/TCP frames: real checksums, sequence and acknowledgement numbers, one
    message per segment (a large one in several). Each connection has its own client address and port."""

    PORT = 6653                                                  # of the server, whatever it really was
    SEGMENT = 32000

    def __init__(self, path):
        self.path = path
        self._file = open(path, "wb")
        self._file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        self._lock = threading.Lock()
        self.frame_count = 0
        self.judged = {}                                         # number of a message's last frame -> message

    def connection(self, client_port):
        return _CapturedConnection(self, client_port, self.PORT)

    def _write(self, frame):
        now = time.time()
        self._file.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
        self.frame_count += 1

    def close(self):
        with self._lock:
            if not self._file.closed:
                self._file.close()


class _CapturedConnection:
    CLIENT, SERVER = 0, 1
    _ADDRESS = (0x7f000002, 0x7f000001)
    _MAC = (bytes.fromhex("020000000002"), bytes.fromhex("020000000001"))

    def __init__(self, capture, client_port, server_port):
        self._capture = capture
        self._ports = (client_port, server_port)
        self._next = [1000, 5000]
        with capture._lock:
            self._segment(self.CLIENT, 0x02, b"")
            self._segment(self.SERVER, 0x12, b"")
            self._segment(self.CLIENT, 0x10, b"")

    def _segment(self, sender, flags, data):
        other = 1 - sender
        ack = 0 if flags == 0x02 else self._next[other]
        tcp = struct.pack(">HHIIBBHHH", self._ports[sender], self._ports[other], self._next[sender], ack, 5 << 4, flags,
                          65535, 0, 0) + data
        pseudo = struct.pack(">IIHH", self._ADDRESS[sender], self._ADDRESS[other], 6, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
        self._capture._write(self._MAC[other] + self._MAC[sender] + struct.pack(">H", ETH_IPV4) +
                             ipv4(6, self._ADDRESS[sender], self._ADDRESS[other], tcp))
        self._next[sender] += len(data) + (1 if flags & 0x03 else 0)

    def message(self, sender, data, judged):
        """`judged`: Sluice wrote this message, so a reader of the capture may find no fault in it."""
        with self._capture._lock:
            if self._capture._file.closed:
                return
            for at in range(0, len(data), CaptureWriter.SEGMENT):
                self._segment(sender, 0x18, data[at:at + CaptureWriter.SEGMENT])
            if judged:
                self._capture.judged[self._capture.frame_count] = data

    def end(self):
        with self._capture._lock:
            if not self._capture._file.closed:
                self._segment(self.CLIENT, 0x11, b"")
                self._segment(self.SERVER, 0x11, b"")
