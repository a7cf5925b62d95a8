"""A learning switch on os-ken, for OpenFlow 1.0 and 1.3, which the test cases can lead by the hand.

Started by `tenant.py` as `osken-manager osken_learn.py`, with the environment
    E2E_VERSION   wire version to offer: 1 or 4
    E2E_SOCKET    Unix socket that this app listens on
    E2E_LEARN     "1": behave as a learning switch; "0": only keep the connection and send what a case asks for

The socket speaks one JSON object a line, a request and its answer:
    {"do": "state"}                                the switches that were seen: dpid, up, how often they connected
    {"do": "send", "dpid": 1, "hex": "0414..."}    sends these bytes, untouched
    {"do": "messages", "since": 0}                 every message received from number `since` on
    {"do": "topology"}                             what os-ken's own link discovery has found, where that runs, too

Every received message is kept with its bytes and with what os-ken's own parser made of it, so that a case can ask
whether an independent reader understood all that Sluice sent.
"""
import json
import os
import socket
import time

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, DEAD_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub
from os_ken.lib.packet import ether_types, ethernet, packet
from os_ken.ofproto import ofproto_parser, ofproto_v1_0, ofproto_v1_3

VERSION = int(os.environ["E2E_VERSION"])
LEARN = os.environ["E2E_LEARN"] == "1"
LEARNED_PRIORITY, LEARNED_IDLE = 10, 60

# os-ken 2.5 asks for this name when an error comes, also on OpenFlow 1.0, which has no such thing: without it the first
# error of a 1.0 switch ends the connection in an exception.
if not hasattr(ofproto_v1_0, "OFPET_EXPERIMENTER"):
    ofproto_v1_0.OFPET_EXPERIMENTER = 0xffff

received = []                                                    # of dict, in the order of arrival
parse = ofproto_parser.msg


def watched_parse(datapath, version, kind, length, xid, data):
    """Stands in front of os-ken's parser: keeps the bytes, and how the parser took them."""
    entry = {"number": len(received), "time": time.time(), "dpid": getattr(datapath, "id", None), "xid": xid,
             "version": version, "type": kind, "hex": bytes(data).hex(), "parsed": None}
    received.append(entry)
    message = parse(datapath, version, kind, length, xid, data)
    entry["parsed"] = type(message).__name__ if message is not None else None
    return message


ofproto_parser.msg = watched_parse


class LearningSwitch(app_manager.OSKenApp):
    OFP_VERSIONS = [{1: ofproto_v1_0, 4: ofproto_v1_3}[VERSION].OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.port_of = {}                                        # dpid -> {MAC: port}
        self.datapaths = {}                                      # dpid -> Datapath
        self.connects = {}                                       # dpid -> how often it came up
        server = hub.listen(os.environ["E2E_SOCKET"], family=socket.AF_UNIX)
        hub.spawn(self.serve, server)

    # ------------------------------------------------------------------------------------ the learning switch

    @set_ev_cls(ofp_event.EventOFPStateChange, [MAIN_DISPATCHER, DEAD_DISPATCHER])
    def state_changed(self, event):
        datapath = event.datapath
        if datapath.id is None:
            return
        up = event.state == MAIN_DISPATCHER
        self.logger.info("switch %016x %s", datapath.id, "up" if up else "down")
        if up:
            self.port_of[datapath.id] = {}
            if LEARN and VERSION > 1:
                self.add_flow(datapath, 0, {}, datapath.ofproto.OFPP_CONTROLLER, idle=0)
            # Last, so that whatever a case sends to a switch that is up comes behind the table-miss entry.
            self.datapaths[datapath.id] = datapath
            self.connects[datapath.id] = self.connects.get(datapath.id, 0) + 1
        elif self.datapaths.get(datapath.id) is datapath:
            del self.datapaths[datapath.id]

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event):
        if not LEARN:
            return
        message, datapath = event.msg, event.msg.datapath
        in_port = message.in_port if VERSION == 1 else message.match["in_port"]
        frame = packet.Packet(message.data).get_protocol(ethernet.ethernet)
        if frame.ethertype == ether_types.ETH_TYPE_LLDP:
            return
        learned = self.port_of.setdefault(datapath.id, {})
        learned[frame.src] = in_port
        out_port = learned.get(frame.dst, datapath.ofproto.OFPP_FLOOD)
        if out_port != datapath.ofproto.OFPP_FLOOD:
            self.add_flow(datapath, LEARNED_PRIORITY, {"in_port": in_port, "eth_src": frame.src, "eth_dst": frame.dst},
                          out_port, LEARNED_IDLE)
        known = message.buffer_id != datapath.ofproto.OFP_NO_BUFFER if VERSION > 1 else message.buffer_id != 0xffffffff
        datapath.send_msg(datapath.ofproto_parser.OFPPacketOut(
            datapath=datapath, buffer_id=message.buffer_id, in_port=in_port,
            actions=[datapath.ofproto_parser.OFPActionOutput(out_port)], data=None if known else message.data))

    def add_flow(self, datapath, priority, match, out_port, idle):
        parser, proto = datapath.ofproto_parser, datapath.ofproto
        if VERSION == 1:
            names = {"in_port": "in_port", "eth_src": "dl_src", "eth_dst": "dl_dst"}
            datapath.send_msg(parser.OFPFlowMod(
                datapath=datapath, match=parser.OFPMatch(**{names[name]: value for name, value in match.items()}),
                cookie=0, command=proto.OFPFC_ADD, idle_timeout=idle, priority=priority,
                actions=[parser.OFPActionOutput(out_port)]))
        else:
            apply = parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS,
                                                 [parser.OFPActionOutput(out_port, proto.OFPCML_NO_BUFFER)])
            datapath.send_msg(parser.OFPFlowMod(
                datapath=datapath, match=parser.OFPMatch(**match), command=proto.OFPFC_ADD, idle_timeout=idle,
                priority=priority, instructions=[apply]))

    @set_ev_cls(ofp_event.EventOFPErrorMsg, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def error(self, event):
        message = event.msg
        self.logger.info("error type=%d code=%d xid=%#x data=%s", message.type, message.code, message.xid,
                         bytes(message.data).hex())

    # ------------------------------------------------------------------------------------ the case's socket

    def serve(self, server):
        while True:
            client, _ = server.accept()
            hub.spawn(self.serve_one, client)

    def serve_one(self, client):
        with client, client.makefile("rw") as lines:
            for line in lines:
                try:
                    answer = self.answer(json.loads(line))
                except Exception as problem:                     # the case shall see it, whatever it is
                    self.logger.exception("request failed: %s", line)
                    answer = {"error": repr(problem)}
                lines.write(json.dumps(answer) + "\n")
                lines.flush()

    def answer(self, request):
        if request["do"] == "state":
            return {"switches": {str(dpid): {"up": dpid in self.datapaths, "connects": count}
                                 for dpid, count in self.connects.items()}, "received": len(received)}
        if request["do"] == "send":
            sent = self.datapaths[request["dpid"]].send(bytes.fromhex(request["hex"]))
            return {"sent": bool(sent)}
        if request["do"] == "messages":
            return {"messages": received[request["since"]:]}
        if request["do"] == "topology":
            found = app_manager.lookup_service_brick("switches")
            return {"ports": {str(dpid): sorted(ports) for dpid, ports in found.port_state.items()},
                    "links": sorted([[link.src.dpid, link.src.port_no], [link.dst.dpid, link.dst.port_no]]
                                    for link in list(found.links)),
                    "hosts": sorted([host.mac, host.port.dpid, host.port.port_no] for host in found.hosts.values())}
        raise ValueError("unknown request %r" % request["do"])
