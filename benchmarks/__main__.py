"""What Flask-Actions costs, against views written by hand and other libraries.

``python -m benchmarks`` measures everything, keeps it in ``results.json`` and refreshes the tables
of the README. With names of rows it measures these, and keeps them only with ``--save``.
"""

from __future__ import annotations

import argparse
import sys

from . import node, report
from .load import requests_per_second
from .measure import Done, cpu_times, cpu_times_when_fresh, instructions, memory
from .rows import ROWS, Row
from .works import agree

#: What measures the rows of each kind in time, size or rate.
METERS = {
    "call": cpu_times,
    "peer": cpu_times,
    "fresh": cpu_times_when_fresh,
    "memory": memory,
    "load": requests_per_second,
}


def main() -> None:
    options = _read_options()
    rows = {name: ROWS[name] for name in options.rows or ROWS}
    if not node.is_built():
        rows = _without_javascript(rows)
    for row in rows.values():
        if row.kind in ("call", "peer"):
            agree(row.work, row.ours, row.theirs)
    results: report.Results = {name: {} for name in rows}
    if not options.instructions:
        for kind, meter in METERS.items():
            of_kind = {name: row for name, row in rows.items() if row.kind == kind}
            _enter(results, "time", of_kind, meter(_done(of_kind), options.rounds))
    if not options.cpu:
        in_python = {name: row for name, row in rows.items() if row.kind in ("call", "fresh")}
        _enter(results, "instructions", in_python, instructions(_done(in_python)))
    print(report.table(results))
    if options.save or not options.rows:
        report.save(results)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="rows: " + ", ".join(ROWS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", nargs="*", metavar="row", help="default: all")
    parser.add_argument("--rounds", type=int, default=25, help="of each CPU time (default: 25)")
    parser.add_argument("--cpu", action="store_true", help="no instructions, which take longer")
    parser.add_argument("--instructions", action="store_true", help="nothing but instructions")
    parser.add_argument("--save", action="store_true", help="keep what was measured of these rows")
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return options


def _without_javascript(rows: dict[str, Row]) -> dict[str, Row]:
    left_out = [name for name, row in rows.items() if row.theirs in node.DOERS]
    if left_out:
        print(f"Left out, for want of Node.js and npm: {', '.join(left_out)}.", file=sys.stderr)
    return {name: row for name, row in rows.items() if name not in left_out}


def _done(rows: dict[str, Row]) -> list[Done]:
    """What is done in these rows, each once."""
    return list(
        dict.fromkeys((row.work, who) for row in rows.values() for who in (row.ours, row.theirs))
    )


def _enter(
    results: report.Results, unit: str, rows: dict[str, Row], figures: dict[Done, float]
) -> None:
    for name, row in rows.items() if figures else ():
        results[name][unit] = (figures[row.work, row.ours], figures[row.work, row.theirs])


if __name__ == "__main__":
    main()
