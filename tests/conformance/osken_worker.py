"""Reads one message in hexadecimal from each line of standard input, lets os-ken parse it and write it again, and
answers each with one line of JSON. Needs the system's Python with os-ken."""
import json
import logging
import struct
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from os_ken.ofproto import (ofproto_protocol, ofproto_v1_0_parser, ofproto_v1_2_parser, ofproto_v1_3_parser,  # noqa: E402
                            ofproto_v1_4_parser, ofproto_v1_5_parser)

PARSERS = {1: ofproto_v1_0_parser, 3: ofproto_v1_2_parser, 4: ofproto_v1_3_parser, 5: ofproto_v1_4_parser,
           6: ofproto_v1_5_parser}


def ask(data):
    version, kind, length, xid = struct.unpack_from(">BBHI", data)
    parser = PARSERS.get(version)
    if parser is None:
        return {"parse": "no parser for this version"}
    if kind not in parser._MSG_PARSERS:
        return {"parse": "no parser for this type"}
    try:
        # Not ofproto_parser.msg(), which makes None of every exception.
        message = parser.msg_parser(ofproto_protocol.ProtocolDesc(version=version), version, kind, length, xid, data)
    except Exception as error:                                   # whatever it raises is the answer
        return {"parse": "%s: %s" % (type(error).__name__, str(error)[:80])}
    try:
        message.buf = None
        message.serialize()
        out = bytes(message.buf)
    except Exception as error:
        return {"parse": "ok", "write": "%s: %s" % (type(error).__name__, str(error)[:80])}
    if len(out) == 8 < len(data):
        return {"parse": "ok", "write": "no serializer"}
    return {"parse": "ok", "hex": (out[:4] + data[4:8] + out[8:]).hex()}


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(ask(bytes.fromhex(line.strip()))), flush=True)


if __name__ == "__main__":
    main()
