"""How work is measured: CPU time in rounds that take turns, and instructions under callgrind."""

from __future__ import annotations

import compileall
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from .callgrind import calls_of, repeat
from .works import WORKS

ROOT = Path(__file__).resolve().parent.parent

#: A work, and who does it.
Done = tuple[str, str]


# Every measure takes what is done by whom, and gives a figure for each.


def cpu_times(done: list[Done], rounds: int) -> dict[Done, float]:
    """The microseconds of CPU of one call: the median of rounds in which all take turns.

    So a slow minute of the machine is slow for all. The garbage collector is on, but for what was
    there before: one application's objects are no burden to another.
    """
    taken: dict[Done, list[float]] = {one: [] for one in done}
    for work in dict.fromkeys(work for work, _ in done):
        doers = {one: WORKS[work].by[one[1]]() for one in done if one[0] == work}
        calls = WORKS[work].calls
        for do in doers.values():
            repeat(do, calls)  # warm
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for one, do in doers.items():
                # What works in another process tells the time of that one.
                now = getattr(do, "process_time_ns", time.process_time_ns)
                gc.collect()
                before = now()
                repeat(do, calls)
                taken[one].append((now() - before) / 1000 / calls)
        gc.unfreeze()
    return {one: median(times) for one, times in taken.items()}


def cpu_times_when_fresh(done: list[Done], rounds: int) -> dict[Done, float]:
    """The microseconds of CPU in a process of its own."""
    taken: dict[Done, list[float]] = {one: [] for one in done}
    for _ in range(max(3, rounds // 3)):
        for one in done:
            taken[one].append(float(_in_new_process("benchmarks.fresh", *one)))
    return {one: median(times) for one, times in taken.items()}


def memory(done: list[Done], rounds: int) -> dict[Done, float]:
    """The MiB of a worker; the work is the kind of memory.

    :returns: nothing but on Linux, which tells them.
    """
    if sys.platform != "linux":
        return {}
    taken: dict[Done, list[float]] = {one: [] for one in done}
    for _ in range(3):
        for who in dict.fromkeys(who for _, who in done):
            sizes = json.loads(_in_new_process("benchmarks.fresh", "memory", who))
            for kind in (kind for kind, one in done if one == who):
                taken[kind, who].append(sizes[kind])
    return {one: median(sizes) for one, sizes in taken.items()}


def instructions(done: list[Done]) -> dict[Done, float]:
    """The instructions under callgrind, counted side by side: a neighbour does not change them.

    :returns: nothing where there is no valgrind.
    """
    if not all(map(shutil.which, ("valgrind", "vgdb"))):
        return {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(done, pool.map(_count, done), strict=True))


def _count(done: Done) -> float:
    """Call a work so often and twice so often, and take the difference.

    So nothing of the start, or of the counting itself, is left.
    """
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet"]
        callgrind.append(f"--callgrind-out-file={folder}/out")
        _in_new_process("benchmarks.callgrind", *done, under=callgrind)
        totals = [_total(Path(folder, f"out.{number}")) for number in (1, 2)]
        return (totals[1] - totals[0]) / calls_of(done[0])


def _compile_package() -> None:
    """Have our byte code lie ready, as that of installed packages does: pip compiles them."""
    compileall.compile_dir(ROOT / "flask_actions", quiet=1)


def _total(dump: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{dump} has no total.")
    return int(found[1])


def _in_new_process(module: str, work: str, who: str, under: list[str] | None = None) -> str:
    _compile_package()
    done = subprocess.run(
        [*(under or []), sys.executable, "-m", module, work, who],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{work} of {who}: {done.stdout}{done.stderr}")
    return done.stdout
