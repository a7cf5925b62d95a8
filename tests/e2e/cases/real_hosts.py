"""Hosts with an IP stack of their own, in network namespaces, wired to the ports of one switch. Needs root."""
import os
import sys

import openflow as of
from cases import case
from lab import program
from processes import Failure, Process, Skip, check, run, tail, wait_until

# Sends back what it gets, with its own name in front, and writes down every datagram. Sockets do without UDP checksums:
# the kernel would leave them to a network card that is not there.
RESPONDER = """
import socket, sys
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.setsockopt(socket.SOL_SOCKET, 11, 1)
wire.bind(("", 7000))
print("ready", flush=True)
while True:
    data, sender = wire.recvfrom(2048)
    print(data.decode(), flush=True)
    wire.sendto(sys.argv[1].encode() + b": " + data, sender)
"""
# Sends numbered datagrams, each again until enough have answered it, and prints the answers.
ASKER = """
import socket, sys
address, text = sys.argv[1:3]
count, answers, tries = map(int, sys.argv[3:])
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.setsockopt(socket.SOL_SOCKET, 11, 1)
wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
wire.settimeout(0.5)
for number in range(count):
    said, got = "%s %d" % (text, number), set()
    for _ in range(tries):
        wire.sendto(said.encode(), (address, 7000))
        try:
            while len(got) < answers:
                answer = wire.recvfrom(2048)[0].decode()
                if answer.endswith(said):                        # not a late answer to an earlier one
                    got.add(answer)
            break
        except socket.timeout:
            pass
    print(*sorted(got), sep="\\n")
"""


class RealHost:
    def __init__(self, session, slice_, bridge, port, number):
        self.slice, self.name = slice_, "%s%d" % (slice_.name, number)
        self.address = "10.0.0.%d" % number                      # the same in every slice, as the MAC address
        self.namespace = "sluice-e2e-%d-%s" % (os.getpid(), self.name)
        self._interface = interface = "sl%d.%d" % (os.getpid() % 100000, port)
        self._responder = None
        run([program("ip"), "netns", "add", self.namespace])
        try:
            run([program("ip"), "link", "add", interface, "type", "veth", "peer", "name", "eth0", "address",
                 "02:00:00:00:aa:%02x" % number, "netns", self.namespace])
            # Before the interface is up: the host shall say nothing by itself.
            run(self._inside("sh", "-c", "! test -d /proc/sys/net/ipv6 || "
                                         "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"))
            run([program("ip"), "link", "set", interface, "up"])
            for words in (("address", "add", self.address + "/24", "broadcast", "+", "dev", "eth0"),
                          ("link", "set", "eth0", "up")):
                run([program("ip"), "-n", self.namespace, *words])
            bridge.add_real_port(port, interface)
            self.log = os.path.join(session.folder, self.name + ".log")
            self._responder = Process(self.name, self._inside(sys.executable, "-c", RESPONDER, self.name), self.log)
        except Failure:
            self.remove()
            raise

    def _inside(self, *command):
        return [program("ip"), "netns", "exec", self.namespace, *command]

    def heard(self):
        return tail(self.log, 10000)

    def ask(self, address, text, count=1, answers=1, tries=16):
        """Sends to an address; the answers, one a line."""
        return run(self._inside(sys.executable, "-c", ASKER, address, text, count, answers, tries), 40).split("\n")[:-1]

    def remove(self):
        if self._responder:
            self._responder.stop()
        try:
            run([program("ip"), "link", "delete", self._interface])      # of itself it would go some time later
        finally:
            run([program("ip"), "netns", "delete", self.namespace])


def require_namespaces():
    if os.geteuid() != 0 or not program("ip"):
        raise Skip("network namespaces need root and the program ip")
    name = "sluice-e2e-%d-probe" % os.getpid()
    try:
        run([program("ip"), "netns", "add", name])
        try:
            run([program("ip"), "-n", name, "link", "add", "e2ea", "type", "veth", "peer", "name", "e2eb"])
        finally:
            run([program("ip"), "netns", "delete", name])
    except Failure as problem:
        raise Skip("no network namespaces here: %s" % problem) from None


@case(seconds=60)
def real_hosts(session):
    """The same addresses in both slices; ARP, unicast and broadcast as real hosts send them."""
    require_namespaces()
    bridge = session.bridge([])
    red = session.slice("red", {bridge: [1, 2, 3]})
    blue = session.slice("blue", {bridge: [4, 5, 6]})
    hosts = {red: [], blue: []}
    try:
        for slice_ in (red, blue):
            for number, port in enumerate(slice_.on[bridge], 1):
                hosts[slice_].append(RealHost(session, slice_, bridge, port, number))
        session.start()
        exchange(session, bridge, hosts)
    finally:
        for host in hosts[red] + hosts[blue]:
            host.remove()
    session.check_tables()
    session.finish()


def exchange(session, bridge, hosts):
    for slice_, (one, two, three) in hosts.items():
        for host in (one, two, three):
            wait_until("%s to be ready" % host.name, lambda h=host: "ready" in h.heard())
        for target in (two, three):
            text = "<%s> to %s" % (slice_.name, target.name)
            got = one.ask(target.address, text, count=5)
            check(got == ["%s: %s %d" % (target.name, text, n) for n in range(5)], "%s heard %s", one.name, got)
    # By now flows carry it: the controllers hear nothing of a hundred datagrams more.
    for slice_, (one, two, three) in hosts.items():
        since = slice_.controller.mark()
        check(len(one.ask(two.address, "<%s> by flows" % slice_.name, count=100)) == 100, "%s lost datagrams", one.name)
        asked = [m for m in slice_.controller.messages(since, of.PACKET_IN)
                 if b"by flows" in of.read_packet_in(m.data).data]
        check(not asked, "%s's controller got %d of the datagrams that its flows carry", slice_.name, len(asked))
        got = two.ask("10.0.0.255", "<%s> to everybody" % slice_.name, answers=2)
        check(got == ["%s: <%s> to everybody 0" % (host.name, slice_.name) for host in (one, three)],
              "the broadcast of %s was answered by %s", two.name, got)
        nobody = one.ask("10.0.0.77", "<%s> to nobody" % slice_.name, tries=1)
        check(nobody == [""], "an address that no host of %s has answered: %s", slice_.name, nobody)
    for slice_, own in hosts.items():
        for host in own:
            strange = [line for line in host.heard().splitlines()
                       if line != "ready" and "<%s>" % slice_.name not in line]
            check(not strange, "%s heard what is not its slice's: %s", host.name, strange[:3])
    for slice_ in hosts:
        slice_.controller.check_understood()
