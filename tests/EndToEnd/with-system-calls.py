"""Runs a program that may make the system calls in a file, one name a line, and gets EPERM from all others, as a systemd unit's SystemCallFilter does:
with-system-calls.py FILE PROGRAM ARGUMENTS…"""
import ctypes
import errno
import os
import sys

ALLOW = 0x7FFF0000
ERRNO = 0x00050000

library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
library.seccomp_init.restype = ctypes.c_void_p
library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
library.seccomp_load.argtypes = [ctypes.c_void_p]

context = library.seccomp_init(ERRNO | errno.EPERM)
with open(sys.argv[1], encoding="ascii") as names:
    for name in names.read().split():
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # a call of another architecture is none here
            library.seccomp_rule_add(context, ALLOW, number, 0)
if library.seccomp_load(context) != 0:
    sys.exit("with-system-calls.py: the filter cannot be loaded")
os.execvp(sys.argv[2], sys.argv[2:])
