"""The daemon as an operator meets it: under random bytes, in its reports, and at its end."""
import json
import os
import signal
import socket

import hammer
import openflow as of
from cases import case
from processes import Failure, check, wait_until
from product import Sluiced


@case(seconds=60)
def hammered(session):
    """A small round of hammer.py; its full round is for sanitizer builds."""
    result = hammer.strike(session.context.build, session.folder, session.version, session.context.hammer_count,
                           session.context.seed)
    session.context.remark("hammer: %s" % result)


@case()
def reports_of_a_running_daemon(session):
    bridge = session.bridge(range(1, 7))
    session.slice("red", {bridge: [1, 2, 3]})
    session.slice("blue", {bridge: [4, 5, 6]})
    for slice_, first in zip(session.slices, (1, 4)):
        for number in range(2):
            session.host(slice_, bridge, first + number, 1 + number)
    session.start()
    session.learn(*session.hosts[:2])
    status = json.dumps(session.sluiced.ask("status"))
    for word in ("red", "blue", "s1", bridge.dpid_text, of.NAME[session.version]):
        check(word in status, "sluicectl status --json does not say %s: %s", word, status)
    for noun in ("slice", "switch", "flows"):
        check(isinstance(session.sluiced.ask(noun), (dict, list)), "sluicectl %s --json is no object", noun)
        code, text = session.sluiced.say(noun)
        check(code == 0 and text.strip(), "sluicectl %s ended with %d: %s", noun, code, text)
    flows = json.dumps(session.sluiced.ask("flows"))
    check(session.hosts[0].mac in flows, "sluicectl flows does not show the flow that red learned: %s", flows)
    code, text = session.sluiced.say("status")
    check(code == 0 and all(word in text for word in ("s1", "red", "blue")),
          "sluicectl status ended with %d and said:\n%s",
          code, text)
    bridge.disconnect()
    session.slices[0].controller.wait_down(bridge)
    wait_until("sluicectl status to see the switch go", lambda: json.dumps(session.sluiced.ask("status")) != status)
    session.finish()
    code, text = session.sluiced.say("status")
    check(code == 3, "sluicectl status without a daemon ended with %d instead of 3: %s", code, text)


@case()
def clean_shutdown(session):
    for number in (signal.SIGTERM, signal.SIGINT):
        bridge = session.bridge([1, 2])
        one = session.slice("red%d" % number, {bridge: [1]}, learn=False)
        two = session.slice("blue%d" % number, {bridge: [2]}, learn=False)
        session.start()
        slow = socket.create_connection(("127.0.0.1", session.sluiced.port))    # connects and says nothing
        session.sluiced.stop(number)
        for slice_ in (one, two):
            slice_.controller.wait_down(bridge)
        slow.settimeout(5)
        check_closed(slow)
        slow.close()
        again = Sluiced(session.context.build, session.folder, {}, {}, name="again-%d" % number)
        again.wait_listening()                                   # stops as well before anybody connected
        again.stop(number)
        bridge.disconnect()
        session.slices.clear()
        session.bridges.remove(bridge)
        bridge.delete()
        one.controller.stop()
        two.controller.stop()


def check_closed(wire):
    try:
        while wire.recv(4096):
            pass
    except ConnectionError:
        pass
    except OSError as problem:
        raise Failure("a silent connection was not closed when sluiced ended: %s" % problem) from None


@case(versions=(of.V13,))
def wrong_slice_file(session):
    """A slice file that cannot be read ends the start with status 2 or 1, a message on stderr and no socket."""
    daemon = Sluiced(session.context.build, session.folder, {"s1": {"dpid": "0000000000000001"}},
                     {"red": {"controllers": ["tcp:127.0.0.1:1"], "flowspace": [{"on": {"s1": [1]}, "match": "any"}],
                              "controlers": []}})
    status = daemon.process.wait(5)
    if status is None:
        daemon.process.kill()
    check(status in (1, 2), "sluiced with a wrong slice file ended with status %s", status)
    with open(daemon.log, encoding="utf-8") as log:
        text = log.read()
    check("controlers" in text and os.path.basename(daemon.slice_file) in text,
          "sluiced does not say what is wrong with the slice file and where: %s", text)
    check(not os.path.exists(daemon.control), "sluiced left a control socket behind")
