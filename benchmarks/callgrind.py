"""Counts instructions: ``valgrind --tool=callgrind ... -m benchmarks.callgrind WORK WHO``.

It leaves two dumps, which differ by :func:`calls_of` calls. Of the benchmarks it imports
``fresh`` alone, until it knows what to do, since importing is one of the works.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from . import fresh


def main(work: str, who: str) -> None:
    if work in fresh.WORKS:
        act = fresh.WORKS[work][who]()
        _tell_valgrind("instrumentation", "on")
        _count(lambda: None)
        _count(act)
        return
    from .works import WORKS

    do = WORKS[work].by[who]()
    repeat(do, 10)  # warm
    _tell_valgrind("instrumentation", "on")
    repeat(do, 3)
    for times in (1, 2):
        _count(partial(repeat, do, times * calls_of(work)))


def calls_of(work: str) -> int:
    """The calls by which the second dump has more."""
    if work in fresh.WORKS:
        return 1
    from .works import WORKS

    return max(2, WORKS[work].calls // 2)


def repeat(do: Callable[[], Any], times: int) -> None:
    """Call it so often, in its own way if it has one."""
    if hasattr(do, "repeat"):
        do.repeat(times)
        return
    for _ in range(times):
        do()


def _count(act: Callable[[], Any]) -> None:
    gc.collect()
    _tell_valgrind("zero")
    act()
    _tell_valgrind("dump")


def _tell_valgrind(*words: str) -> None:
    command = ["vgdb", f"--pid={os.getpid()}", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as told:
        # Not wait(): valgrind listens between two of our instructions, not in a long system call.
        while told.poll() is None:
            time.sleep(0.005)
        if told.returncode and told.stderr:
            raise RuntimeError(f"vgdb {' '.join(words)}: {told.stderr.read()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
