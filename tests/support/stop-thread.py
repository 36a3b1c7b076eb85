"""Stops one thread of another process, as one that hangs, until standard input ends: stop-thread.py TID. ptrace(2); signals stop whole processes only."""

import ctypes
import os
import sys

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
ALL_THREADS = 0x40000000  # __WALL, waitpid(2)

thread = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request):
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))


ptrace(SEIZE)
ptrace(INTERRUPT)
os.waitpid(thread, ALL_THREADS)
print("stopped", flush=True)
sys.stdin.read()
ptrace(DETACH)
