#!/bin/sh
# Slices of the campus network. Run it on a FlowVisor that has none.
set -e
FV="fvctl -n -h localhost"
CONTACT='noc@example.org'

$FV add-slice -p secret video tcp:192.0.2.11:6633 "Video lab <video@example.org>"
$FV add-slice --password=secret sensors tcp:192.0.2.21 $CONTACT
sudo ./scripts/fvctl.py -f /etc/passwd.fv add-slice \
  monitor tcp:192.0.2.31:6653 $CONTACT -p secret   # only looks

# one call for each VLAN, as the tool itself makes them
fvctl -n add-flowspace v100 00:00:00:00:00:00:00:01 100 in_port=1,dl_vlan=100 video=7
fvctl -n add-flowspace v101 00:00:00:00:00:00:00:01 100 in_port=1,dl_vlan=101 video=7
fvctl -n add-flowspace v102 00:00:00:00:00:00:00:01 100 in_port=1,dl_vlan=102 video=7
fvctl -n add-flowspace v200 00:00:00:00:00:00:00:01 100 in_port=1,dl_vlan=200-219 video=7
$FV add-flowspace trunk 00:00:00:00:00:00:00:02 100 \
    'dl_type=0x800,nw_src=10.1.0.0/16,nw_proto=17,tp_dst=0x35' video=rw,monitor=r
$FV add-flowspace out 2 100 nw_src=10.7.0.0/16 sensors=4 && $FV add-flowspace old 2 1 any sensors=4
$FV remove-flowspace old
$FV update-slice -n 192.0.2.22 --controller-port=6634 sensors
$FV list-flowspace
echo done
