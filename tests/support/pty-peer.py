"""The device's side of a serial line: a pseudo terminal whose other end is this process's standard input and output.

Prints the terminal's path on a line of standard error, then passes bytes both ways until standard input ends (the plug is pulled).
"""

import os
import select
import tty

ours, theirs = os.openpty()
tty.setraw(theirs)
path = os.ttyname(theirs)
# Ours stays open too, so that the line outlives whoever opens and closes it.
os.write(2, (path + "\n").encode())
open_in = True
while open_in:
    ready, _, _ = select.select([0, ours], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        open_in = len(data) > 0
        while data:
            data = data[os.write(ours, data) :]
    if ours in ready:
        os.write(1, os.read(ours, 65536))
