"""Memory that several processes share.

A segment has no name.  It is known by descriptors, which travel to other processes through a socket
(`socket.send_fds`), and it is gone as soon as no descriptor and no mapping of it is left, however
the processes end.  So there is nothing that could be left behind, and the size of `/dev/shm` (64 MB
in most containers) is no limit.
"""

import mmap
import os
import sys
import tempfile

import numpy as np

from mxbook.backend import cpu

ALIGNMENT = 64  # bytes; where an array in a segment begins


def new(nbytes: int) -> int:
    """The descriptor of a fresh segment of zeros.  Raises OSError where the system has none.

    >>> descriptor = new(100)
    >>> mapped(descriptor, 100)[0] = 7
    >>> print(mapped(descriptor, 100)[0])
    7
    >>> os.close(descriptor)
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("mxbook", os.MFD_CLOEXEC)
    else:
        descriptor, path = tempfile.mkstemp(prefix="mxbook-")
        os.unlink(path)
    try:
        os.ftruncate(descriptor, nbytes)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def mapped(descriptor: int, nbytes: int, private: bool = False) -> cpu.Block:
    """The bytes of a segment; with `private`, what is written to them is seen here only.

    Raises OSError where the process may not have more memory.
    """
    flags = mmap.MAP_PRIVATE if private else mmap.MAP_SHARED
    # A mapping needs its descriptor no more; Python keeps a copy of it unless it is told not to.
    more = {"trackfd": False} if sys.version_info >= (3, 13) else {}
    memory = mmap.mmap(descriptor, nbytes, flags=flags, **more)
    return np.frombuffer(memory, np.uint8).view(cpu.Block)


def aligned(nbytes: int) -> int:
    """The number of bytes rounded up to the alignment.

    >>> aligned(1), aligned(64), aligned(65)
    (64, 64, 128)
    """
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
