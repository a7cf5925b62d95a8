"""A private Open vSwitch in user space: its own database, daemon and folder, dummy ports, no kernel module, no system
service, no root.

Frames are put into a dummy port by the daemon's own command, and every frame that leaves a dummy port is written to a
capture file by the daemon itself: what the cases look at are the very bytes that a host would get.
"""
import json
import os
import re
import shutil
import socket
from collections import namedtuple

import openflow as of
from frames import CaptureReader
from processes import Failure, Process, check, run, wait_until
from product import is_own_flow

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
# Debian keeps the daemons where a plain user's PATH does not look.
SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"



def program(name):
    """The full path of a program, None when it is not installed."""
    return shutil.which(name, path=SEARCH)


class OpenVSwitch:
    def __init__(self, folder):
        self.folder = folder
        self._bridges = 0
        self._processes = []
        self._environment = {name: folder for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")}
        self.log = os.path.join(folder, "ovs-vswitchd.log")

    def _path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        run([program("ovsdb-tool"), "create", self._path("conf.db"), SCHEMA])
        self._start("ovsdb-server", self._path("conf.db"), "--remote=punix:" + self._path("db.sock"))
        wait_until("ovsdb-server's socket", lambda: os.path.exists(self._path("db.sock")))
        self.vsctl("--no-wait", "init")
        self._start("ovs-vswitchd", "unix:" + self._path("db.sock"), "--disable-system", "--enable-dummy")
        wait_until("ovs-vswitchd to answer", self._answers)

    def _start(self, name, *arguments):
        self._processes.append(Process(
            name, [program(name), *arguments, "--unixctl=" + self._path(name + ".ctl"), "-vconsole:off",
                   "--log-file=" + self._path(name + ".log")], self._path(name + ".out"), self._environment))

    def _answers(self):
        self._processes[-1].require_running()
        try:
            self.appctl("version")
            return True
        except (OSError, ValueError):
            return False

    def stop(self):
        for process in reversed(self._processes):
            process.stop()

    def vsctl(self, *arguments):
        return run([program("ovs-vsctl"), "--timeout=10", "--db=unix:" + self._path("db.sock"), *arguments],
                   environment=self._environment)

    def appctl(self, method, *arguments):
        """ovs-appctl without a process: the daemon speaks JSON-RPC on its control socket."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(10)
            wire.connect(self._path("ovs-vswitchd.ctl"))
            wire.sendall(json.dumps({"id": 0, "method": method, "params": list(map(str, arguments))}).encode())
            data = b""
            while True:
                part = wire.recv(65536)
                if not part:
                    raise Failure("ovs-vswitchd closed its control socket during %s" % method)
                data += part
                try:
                    answer = json.loads(data)
                    break
                except ValueError:
                    continue
        if answer.get("error"):
            raise Failure("ovs-vswitchd refused %s: %s" % (method, str(answer["error"]).strip()))
        return answer["result"]

    def bridge(self, version, ports):
        """A new switch that speaks this one version, with dummy ports of these numbers."""
        self._bridges += 1
        return Bridge(self, self._bridges, version, ports)

    def join(self, one, one_port, other, other_port):
        """A wire between two bridges."""
        for here, number, there, peer in ((one, one_port, other, other_port), (other, other_port, one, one_port)):
            name = here.port_name(number)
            self.vsctl("--no-wait", "add-port", here.name, name, "--", "set", "interface", name, "type=patch",
                       "ofport_request=%d" % number, "options:peer=" + there.port_name(peer))
            here.wires.add(number)
        self.vsctl("wait-until", "interface", one.port_name(one_port), "ofport=%d" % one_port)
        self.vsctl("wait-until", "interface", other.port_name(other_port), "ofport=%d" % other_port)


Flow = namedtuple("Flow", "text cookie table packets priority match actions")


class Bridge:
    def __init__(self, ovs, number, version, ports):
        self.ovs, self.version = ovs, version
        self.name = "b%d" % number
        self.dpid = 0x51ce00000000 + number
        self.ports = list(ports)
        self.wires = set()                                       # numbers of the ports that lead to another bridge
        self.max_backoff = 1000
        self._captures = {p: CaptureReader(os.path.join(ovs.folder, self.port_name(p) + ".pcap")) for p in ports}
        arguments = ["add-br", self.name, "--", "set", "bridge", self.name, "datapath_type=dummy", "fail-mode=secure",
                     "protocols=" + of.OVS_NAME[version], "other-config:datapath-id=" + self.dpid_text,
                     "other-config:disable-in-band=true"]
        for port in ports:
            arguments += ["--", "add-port", self.name, self.port_name(port), "--", "set", "interface",
                          self.port_name(port), "type=dummy", "ofport_request=%d" % port,
                          "options:tx_pcap=" + self._captures[port].path]
        ovs.vsctl(*arguments)

    @property
    def dpid_text(self):
        return "%016x" % self.dpid

    def port_name(self, port):
        return "%sp%d" % (self.name, port)

    def connect(self, tcp_port):
        """Gives the switch its controller; returns at once."""
        self.ovs.vsctl("set-controller", self.name, "tcp:127.0.0.1:%d" % tcp_port, "--", "set", "controller", self.name,
                       "connection-mode=out-of-band", "inactivity_probe=5000", "max_backoff=%d" % self.max_backoff)

    def disconnect(self):
        self.ovs.vsctl("del-controller", self.name)

    def connected(self):
        return self.ovs.vsctl("--bare", "--columns=is_connected", "list", "controller", self.name).strip() == "true"

    def delete(self):
        self.ovs.vsctl("--if-exists", "del-br", self.name)

    def add_port(self, port):
        capture = os.path.join(self.ovs.folder, self.port_name(port) + ".pcap")
        self._captures[port] = CaptureReader(capture)
        self.ports.append(port)
        self.ovs.vsctl("add-port", self.name, self.port_name(port), "--", "set", "interface", self.port_name(port),
                       "type=dummy", "ofport_request=%d" % port, "options:tx_pcap=" + capture)

    def add_real_port(self, port, interface):
        """An interface of this machine as a port. What it sends is not captured."""
        self.ovs.vsctl("add-port", self.name, interface, "--", "set", "interface", interface, "type=system",
                       "ofport_request=%d" % port)
        number = self.ovs.vsctl("get", "interface", interface, "ofport").strip()
        check(number == str(port), "Open vSwitch did not take %s as port %d but as %s", interface, port, number)

    def delete_port(self, port):
        self.ports.remove(port)
        self.ovs.vsctl("del-port", self.name, self.port_name(port))

    # ------------------------------------------------------------------------------------------------ packets

    def inject(self, port, frame):
        """Lets a host behind this port send a frame."""
        check(port not in self.wires, "port %d of %s is a wire, no host can send there", port, self.name)
        self.ovs.appctl("netdev-dummy/receive", self.port_name(port), frame.hex())

    def sent(self, port):
        """Every frame that the switch sent out of this port so far."""
        return self._captures[port].read()

    def forget_cached_drops(self):
        """What the datapath decided while no controller was there must not outlive that (it does, up to 1.2)."""
        self.ovs.appctl("revalidator/purge")

    def push_counters(self):
        """Brings what the datapath has counted into the flow table, which it would do of itself within a second."""
        self.ovs.appctl("revalidator/purge")

    # ------------------------------------------------------------------------------------------------ flow table

    def dump(self):
        return run([program("ovs-ofctl"), "-O", of.OVS_NAME[self.version], "--no-names", "dump-flows",
                    "unix:%s" % os.path.join(self.ovs.folder, self.name + ".mgmt")])

    def flows(self):
        """All entries but those by which Sluice gets LLDP."""
        return [flow for flow in self._all_flows() if not is_own_flow(flow.cookie)]

    def own_flows(self):
        """The entries by which Sluice gets LLDP."""
        return [flow for flow in self._all_flows() if is_own_flow(flow.cookie)]

    def _all_flows(self):
        return [parse_flow(line) for line in self.dump().splitlines()[1:] if line.strip()]

    def groups(self):
        if self.version == of.V10:
            return ""
        text = run([program("ovs-ofctl"), "-O", of.OVS_NAME[self.version], "dump-groups",
                    "unix:%s" % os.path.join(self.ovs.folder, self.name + ".mgmt")])
        return "\n".join(text.splitlines()[1:])


_FLAGS = {"send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts", "no_byte_counts"}
_NOT_MATCHED = {"idle_timeout", "hard_timeout", "idle_age", "hard_age", "importance"}


def parse_flow(line):
    """One line of ovs-ofctl dump-flows --no-names."""
    found = re.match(r"\s*cookie=(0x[0-9a-f]+), duration=[\d.]+s, table=(\d+), n_packets=(\d+), n_bytes=\d+, (.*?)"
                     r" ?actions=(.*)$", line)
    if not found:
        raise Failure("cannot read this line of ovs-ofctl dump-flows: %s" % line)
    cookie, table, packets, middle, actions = found.groups()
    priority, match = 0x8000, {}
    for part in re.split(r"[,\s]+", middle):
        name, _, value = part.partition("=")
        if name == "priority":
            priority = int(value)
        elif name and name not in _FLAGS and name not in _NOT_MATCHED:
            match[name] = value
    return Flow(line.strip(), int(cookie, 16), int(table), int(packets), priority, match, actions)


ANY_VLAN = "any"
_SET_VLAN = re.compile(r"mod_vlan_vid:(\d+)|set_field:(0x[0-9a-f]+|\d+)->vlan_vid")
_HARMLESS = re.compile(
    r"drop|set_queue:\d+|dec_ttl(\(.*\))?|mod_(vlan_pcp|dl_src|dl_dst|nw_src|nw_dst|nw_tos|nw_ttl|tp_src|tp_dst):.*|"
    r"set_field:.*->(eth_src|eth_dst|vlan_pcp|ip_src|ip_dst|ip_dscp|ip_ecn|nw_ttl|(tcp|udp)_(src|dst))")


def outputs(flow, vlan=ANY_VLAN):
    """Where the actions of a dumped flow send a packet that comes with this VLAN, in pairs: the port, as a number or a
    word ("CONTROLLER"), and the VLAN that the packet has by then, None without a tag. An action that is neither an
    output nor known to be harmless comes out as it is, so that no case can overlook it."""
    out = []
    for part in re.findall(r"[^,()]+(?:\([^()]*\))?", flow.actions):
        sets_vlan = _SET_VLAN.fullmatch(part)
        if re.fullmatch(r"output:\d+|enqueue:\d+:\d+", part):
            out.append((int(part.split(":")[1]), vlan))
        elif part == "IN_PORT":
            out.append((int(flow.match["in_port"]), vlan))
        elif part.startswith("CONTROLLER"):
            out.append(("CONTROLLER", vlan))
        elif sets_vlan:
            vlan = int(sets_vlan.group(1) or sets_vlan.group(2), 0) & 0xfff
        elif part in ("strip_vlan", "pop_vlan"):
            vlan = None
        elif not _HARMLESS.fullmatch(part):
            out.append((part, vlan))
    return out
