"""The cases, grouped by what they are about. A case is a function that gets a fresh Session; it is run once for each
OpenFlow version, unless it says otherwise."""
from collections import namedtuple

import openflow as of

Case = namedtuple("Case", "name run version seconds")

ALL = []


def case(seconds=30, versions=(of.V10, of.V13)):
    """Registers a case; `seconds` bound it."""
    def register(function):
        for version in versions:
            ALL.append(Case("%s/%s" % (function.__name__, of.NAME[version]), function, version, seconds))
        return function
    return register
