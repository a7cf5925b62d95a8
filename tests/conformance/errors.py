"""The numbers of ofp_error_type and its codes, by version, and how Open vSwitch calls the types. A *class* of errors is
an error type: the specifications often leave open which code of a type, and sometimes which of two types, is meant."""

_SINCE_11 = ["HELLO_FAILED", "BAD_REQUEST", "BAD_ACTION", "BAD_INSTRUCTION", "BAD_MATCH", "FLOW_MOD_FAILED",
             "GROUP_MOD_FAILED", "PORT_MOD_FAILED", "TABLE_MOD_FAILED", "QUEUE_OP_FAILED", "SWITCH_CONFIG_FAILED",
             "ROLE_REQUEST_FAILED", "METER_MOD_FAILED", "TABLE_FEATURES_FAILED", "BAD_PROPERTY", "ASYNC_CONFIG_FAILED",
             "FLOW_MONITOR_FAILED", "BUNDLE_FAILED"]
_COUNT = {2: 11, 3: 12, 4: 14, 5: 18, 6: 18}                     # how many of them a version has

TYPES = {1: ["HELLO_FAILED", "BAD_REQUEST", "BAD_ACTION", "FLOW_MOD_FAILED", "PORT_MOD_FAILED", "QUEUE_OP_FAILED"]}
TYPES.update({version: _SINCE_11[:count] for version, count in _COUNT.items()})

# What Open vSwitch puts in front of a code's name.
OVS_PREFIXES = {"OFPHFC": "HELLO_FAILED", "OFPBRC": "BAD_REQUEST", "OFPBAC": "BAD_ACTION", "OFPBIC": "BAD_INSTRUCTION",
                "OFPBMC": "BAD_MATCH", "OFPFMFC": "FLOW_MOD_FAILED", "OFPGMFC": "GROUP_MOD_FAILED",
                "OFPPMFC": "PORT_MOD_FAILED", "OFPTMFC": "TABLE_MOD_FAILED", "OFPQOFC": "QUEUE_OP_FAILED",
                "OFPSCFC": "SWITCH_CONFIG_FAILED", "OFPRRFC": "ROLE_REQUEST_FAILED", "OFPMMFC": "METER_MOD_FAILED",
                "OFPTFFC": "TABLE_FEATURES_FAILED", "OFPBPC": "BAD_PROPERTY", "OFPACFC": "ASYNC_CONFIG_FAILED",
                "OFPMOFC": "FLOW_MONITOR_FAILED", "OFPBFC": "BUNDLE_FAILED"}

# A type that a version does not have yet is answered with one of these instead.
_OLDER = {"BAD_INSTRUCTION": {"BAD_REQUEST", "BAD_ACTION"}, "BAD_MATCH": {"FLOW_MOD_FAILED", "BAD_REQUEST"},
          "GROUP_MOD_FAILED": {"BAD_REQUEST"}, "BAD_PROPERTY": {"BAD_REQUEST", "TABLE_FEATURES_FAILED"},
          "ASYNC_CONFIG_FAILED": {"BAD_REQUEST"}, "ROLE_REQUEST_FAILED": {"BAD_REQUEST"},
          "TABLE_FEATURES_FAILED": {"BAD_REQUEST"}, "METER_MOD_FAILED": {"BAD_REQUEST"}}


def type_name(version, number):
    """The class of an error that a message of this version would be answered with."""
    if number == 0xffff:
        return "EXPERIMENTER"
    if version == 1 and number == 0xb0c2:
        return "EXPERIMENTER"
    names = TYPES.get(version, TYPES[6])
    return names[number] if number is not None and 0 <= number < len(names) else "type %s" % number


def classes_of(version, names):
    """Names of errors ("BAD_MATCH/BAD_LEN" or "OFPBMC_BAD_LEN") as the classes that this version can answer with."""
    out = set()
    for name in names:
        head = name.split("/")[0].strip()
        if head.startswith("OFP"):
            head = OVS_PREFIXES.get(head.split("_")[0], head)
        out.add(head)
        if head not in TYPES.get(version, TYPES[6]):
            out |= _OLDER.get(head, set())
    return out
