"""Builds and reads the OpenFlow 1.0 and 1.3 messages that the end-to-end cases need.

Written from the two specifications and from nothing of the product, so that it can judge what the product puts on the
wire. It knows no more than the cases ask for. A match is a plain dict (`{"in_port": 1, "vlan": 10}`), an action a
tuple (`("output", 2)`); ports are the 32-bit numbers of 1.3 in both versions (`FLOOD`, `CONTROLLER`, ...).

`basics` has the numbers and the framing; `match` and `action` the parts that messages share; `request` what a
controller sends, `reply` how what it gets is read, `switch` what a switch sends (for the small switches of hammer.py).
"""
from openflow.action import *                                    # noqa: F401,F403 (one name space for the cases)
from openflow.basics import *                                    # noqa: F401,F403
from openflow.match import *                                     # noqa: F401,F403
from openflow.reply import *                                     # noqa: F401,F403
from openflow.request import *                                   # noqa: F401,F403
from openflow.switch import *                                    # noqa: F401,F403
