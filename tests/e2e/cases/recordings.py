"""What was recorded, captured, or judged by a second slice file, while real switches and controllers work."""
import json
import os
import re
import signal
import subprocess
import time

import openflow as of
from cases import case
from lab import program
from processes import check, run, wait_until


def two_tenants(session, vlans=(None, None)):
    bridge = session.bridge(range(1, 5))
    session.slice("red", {bridge: [1, 2]}, vlan=vlans[0])
    session.slice("blue", {bridge: [3, 4]}, vlan=vlans[1])
    for slice_, first in zip(session.slices, (1, 3)):
        for number in range(2):
            session.host(slice_, bridge, first + number, 1 + number)
    return bridge


class Command:
    """A sluicectl that goes on until it is interrupted."""

    def __init__(self, session, *arguments):
        daemon = session.sluiced
        self._child = subprocess.Popen([daemon.control_program, "-t", daemon.control, *arguments],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True)

    def end(self):
        """As Ctrl-C does: what it had is kept, and it ends well. What it said."""
        self._child.send_signal(signal.SIGINT)
        said, _ = self._child.communicate(timeout=10)
        check(self._child.returncode == 0, "sluicectl ended with %d after Ctrl-C: %s", self._child.returncode, said)
        return said


def control(session, *arguments):
    done = subprocess.run([session.sluiced.control_program, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


@case(seconds=60)
def recorded_from_the_middle(session):
    """The recording begins when flows stand; what follows is the same for a core that is brought to where this one was,
    also anew, shortened, without names, and as cases."""
    two_tenants(session)
    session.start()
    red, blue = session.hosts[:2], session.hosts[2:]
    session.learn(*red)
    path = os.path.join(session.folder, "middle.slicerec")
    recorder = Command(session, "record", path)
    wait_until("the recording to begin", lambda: os.path.exists(path) and os.path.getsize(path) > 500)
    session.learn(*blue)
    session.ping(*red)
    time.sleep(0.3)                                              # what is gathered is written
    check(" bytes\n" in recorder.end(), "record does not say how much it has written")
    check(os.stat(path).st_mode & 0o077 == 0, "others may read the recording")
    code, text = control(session, "replay", path)
    check(code == 0 and ", none differ" in text, "the recording replays to something else (%d):\n%s", code, text)
    for name, options in (("anew", ()), ("short", ("--until", "20")), ("blue", ("--slice", "blue")),
                          ("anonymous", ("--anonymise",))):
        made = os.path.join(session.folder, name + ".slicerec")
        code, text = control(session, "replay", path, *options, "-o", made)
        check(code == 0, "replay %s ended with %d: %s", " ".join(options), code, text)
        code, text = control(session, "replay", made)
        check(code == 0 and ", none differ" in text, "%s replays to something else (%d):\n%s", name, code, text)
    cases = os.path.join(session.folder, "made.slicetest")
    code, text = control(session, "test", "--from", path, "-o", cases)
    check(code == 0, "test --from ended with %d: %s", code, text)
    code, text = control(session, "test", cases)
    check(code == 0 and text == "1 passed, 0 failed, 0 skipped\n", "the cases made of it: %d, %s", code, text)
    session.finish()


@case(seconds=60)
def captured_for_others(session):
    """Wireshark reads what was captured with no settings, and Open vSwitch the older form."""
    bridge = two_tenants(session)
    session.start()
    captured = os.path.join(session.folder, "captured.pcapng")
    recorded = os.path.join(session.folder, "captured.slicerec")
    commands = [Command(session, "capture", "-o", captured), Command(session, "record", recorded)]
    wait_until("both to begin", lambda: all(os.path.exists(p) and os.path.getsize(p) for p in (captured, recorded)))
    time.sleep(0.3)
    session.learn(*session.hosts[:2])
    time.sleep(0.3)
    for command in commands:
        command.end()
    fields = run([program("tshark"), "-r", captured, "-T", "fields", "-e", "frame.interface_name", "-e", "_ws.col.Info",
                  "-e", "frame.comment"], seconds=60)
    lines = [line.split("\t") for line in fields.splitlines()]
    check(len(lines) > 5, "tshark saw %d messages", len(lines))
    check(not any("alformed" in line[1] for line in lines), "tshark calls something malformed:\n%s", fields[:2000])
    interfaces = {line[0] for line in lines}
    check({"s1 (switch side)", "red@s1 (slice side)"} <= interfaces, "the connections are called %s", interfaces)
    mods = [line for line in lines if "FLOW_MOD" in line[1]]
    check(any(re.search(r"from red@s1 flow_mod, xid 0x\w+ -> 0x", line[2]) for line in mods) and
          any("-> s1 flow_mod xid 0x" in line[2] for line in mods), "no flow_mod says what became of it: %s", mods)
    tcp = os.path.join(session.folder, "captured.pcap")
    code, text = control(session, "capture", "--from", recorded, "--compat", "tcp", "-o", tcp)
    check(code == 0, "capture --compat tcp ended with %d: %s", code, text)
    read = run([program("ovs-ofctl"), "ofp-parse-pcap", tcp], seconds=60)
    check("OFPT_FLOW_MOD" in read and bridge.ports and "***" not in read, "ovs-ofctl reads otherwise:\n%s",
          read[:2000])
    check(read.count("OFPT_FLOW_MOD") == len(mods), "ovs-ofctl saw %d flow_mods, tshark %d",
          read.count("OFPT_FLOW_MOD"), len(mods))
    session.finish()


@case(seconds=60)
def judged_by_a_second_slice_file(session):
    """With the file that is in force there is no difference; where one rule is another, exactly its slice is named, and
    nobody notices that it is tried."""
    bridge = two_tenants(session)
    session.start()
    red, blue = session.hosts[:2], session.hosts[2:]
    session.learn(*red)
    session.learn(*blue)
    daemon = session.sluiced
    switches, slices = session.policy()
    same = os.path.join(session.folder, "same.json")
    other = os.path.join(session.folder, "other.json")
    for path in (same, other):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "switches": switches, "slices": slices}, file)
        slices["blue"]["flowspace"][0]["on"]["s1"] = [3]         # port 4 is blue's no more
    code, text = daemon.say("shadow", same)
    check(code == 0, "shadow ended with %d: %s", code, text)
    for _ in range(2):
        for slice_ in session.slices:
            slice_.controller.barrier(bridge)
        time.sleep(3)                                            # differences are certain by then
    shadow = daemon.ask("shadow")["shadow"]
    check(shadow["differences"] == 0 and shadow["refused_at_start"] == 0 and shadow["same"] > 0,
          "the same slice file differs: %s", shadow)
    code, text = daemon.say("shadow", other)
    check(code == 0, "shadow ended with %d: %s", code, text)
    stranger = session.host(session.slices[1], bridge, 4, 3)
    session.wait_arrival(blue[0], session.send(stranger, blue[0]))
    time.sleep(3)
    for slice_ in session.slices:
        slice_.controller.barrier(bridge)
    shadow = daemon.ask("shadow")["shadow"]
    check(shadow["differences"] > 0 and set(shadow["by_slice"]) == {"blue"}, "blue should differ, and only blue: %s",
          shadow)
    code, text = daemon.say("shadow", os.path.join(session.folder, "nothing.json"))
    check(code == 1 and "cannot be read" in text, "a file that is not there: %d, %s", code, text)
    code, text = daemon.say("shadow", "off")
    check(code == 0 and daemon.ask("shadow")["shadow"] is None, "shadow off: %d, %s", code, text)
    check(of.NAME[session.version] in json.dumps(daemon.ask("status")), "the daemon does not answer any more")
    session.finish()
