"""Two TypeScript declarations of the same client -> what changed, and whether its callers break.

A call breaks where the new input does not take all that the old one took, or the new data is not
what the old data was: types are compared by what they are made of, whatever their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .declarations import key_of, parts_of


class Change(NamedTuple):
    """One difference between two declarations.

    :ivar breaks: whether a program that called the old actions may fail with the new ones.
    """

    what: str
    breaks: bool


def changes(old: str, new: str) -> list[Change]:
    """What is different in *new*, both texts of :func:`declare`."""
    before, after = read(old), read(new)
    found = [*_of_frame(old, new), *_of_actions(before, after)]
    sent = {*_reached(before, "input"), *_reached(after, "input")}
    arriving = {*_reached(before, "data"), *_reached(after, "data")}
    for place in sorted(name for name in before if not name.startswith("actions")):
        if place not in after:
            found.append(Change(f"the type {place} is gone", True))  # programs may import it
            continue
        way = _Way(place in sent, place in arriving)
        found += _of_members(place, before, after, way)
    if not found and old != new:
        found.append(Change("only comments or the frame differ", False))
    return found


# Reading


class Member(NamedTuple):
    optional: bool
    type: str


Members = dict[str, Member]
#: The members of each block, by the block's path; an alias has one, without a name.
Blocks = dict[str, Members]

_MEMBER = re.compile(r'((?:[\w$]+|"(?:[^"\\]|\\.)*"|\[name: string\]))(\?)?: (.*);')
_BLOCK = re.compile(r'(?:export (?:interface|const) )?((?:[\w$]+|"(?:[^"\\]|\\.)*")):? ?(.*)\{')
_MODULE = re.compile(r'declare module "\*(.*)" \{')
_CODES = re.compile(r"export type ErrorCode = (.*);")


def read(text: str) -> Blocks:
    """The members of each block of a declaration."""
    blocks: Blocks = {}
    path: list[str] = []
    body = text[text.find("export const actions") :]
    for line in map(str.strip, body.splitlines()):
        if line.startswith(("/**", "*")):
            continue
        if line.startswith("export type "):
            name, _, told = line.removeprefix("export type ").rstrip(";").partition(" = ")
            blocks[name] = {"": Member(False, told)}
        elif line.startswith("}> & {"):
            continue  # the members of a group of the same name
        elif line.startswith("}"):
            path = path[:-1]
        elif member := _MEMBER.fullmatch(line):
            blocks[".".join(path)][member[1]] = Member(member[2] == "?", member[3])
        elif block := _BLOCK.fullmatch(line):
            path.append(block[1])
            blocks[".".join(path)] = {}
    return blocks


def _reached(blocks: Blocks, way: str) -> set[str]:
    """The interfaces that the inputs, or the data, of any action are made of."""
    told = [members[way].type for members in blocks.values() if _is_action(members)]
    found: set[str] = set()
    while told:
        for name in re.findall(r"[A-Za-z_$][\w$]*", told.pop()):
            if name in blocks and name not in found:
                found.add(name)
                told += [one.type for one in blocks[name].values()]
    return found


def _is_action(members: Members) -> bool:
    return members.keys() == {"input", "data", "field"}


# Comparing


class _Way(NamedTuple):
    """Whether something is sent, or arrives, or both."""

    sent: bool
    arrives: bool


def _of_frame(old: str, new: str) -> Iterator[Change]:
    was, told = (match[1] if (match := _MODULE.search(text)) else "" for text in (old, new))
    if was != told:
        yield Change(f"the client was at {was} and is at {told}", True)
    before, after = (
        {*parts_of(match[1])} if (match := _CODES.search(text)) else set() for text in (old, new)
    )
    for code in sorted(before - after):
        yield Change(f"the code {code} is gone", True)
    for code in sorted(after - before):
        yield Change(f"the code {code} is new", False)


def _of_actions(before: Blocks, after: Blocks) -> Iterator[Change]:
    old, new = (
        {name for name, members in blocks.items() if _is_action(members)}
        for blocks in (before, after)
    )
    for name in sorted(old - new):
        yield Change(f"{name} is gone", True)
    for name in sorted(new - old):
        yield Change(f"{name} is new", False)
    for name in sorted(old & new):
        for member in ("input", "data", "field"):
            # A field's name that is gone breaks who reads its messages, as a narrower input does.
            way = _Way(member != "data", member == "data")
            yield from _of_members(name, before, after, way, member)


def _of_members(
    place: str, before: Blocks, after: Blocks, way: _Way, only: str | None = None
) -> Iterator[Change]:
    """What is different in one block.

    :param only: the member that is looked at; all, if none is named.
    """
    old, new = (
        {name: one for name, one in blocks[place].items() if only is None or name == only}
        for blocks in (before, after)
    )
    for name in sorted(old.keys() - new.keys()):
        yield Change(f"{_spot(place, name)} is gone", True)
    for name in sorted(new.keys() - old.keys()):
        needed = not new[name].optional and name != _ANY
        kind = "required, and new" if needed else "optional, and new"
        yield Change(f"{_spot(place, name)} is {kind}", way.sent and needed)
    for name in sorted(old.keys() & new.keys()):
        was, told = old[name], new[name]
        if was.optional != told.optional:
            now = "optional" if told.optional else "required"
            breaks = way.arrives if told.optional else way.sent
            yield Change(f"{_spot(place, name)} is {now} now", breaks)
        if was.type != told.type:
            breaks = (way.sent and not Fit(before, after, sent=True).fits(was, told)) or (
                way.arrives and not Fit(after, before, sent=False).fits(told, was)
            )
            yield Change(f"{_spot(place, name)} was {was.type} and is {told.type}", breaks)


def _spot(place: str, name: str) -> str:
    return f"{place}.{name}" if name else place


#: The member that stands for all others.
_ANY = "[name: string]"
_RECORD = re.compile(r"Record<string, (.*)>")
_KEYED = re.compile(r"\{ \[Key in (.*)\]\?: (.*) \}")
_INLINE = re.compile(r"\{ (\[name: string\]|\S+?)(\?)?: (.*) \}")
_GENERIC = re.compile(r"(\w+)<(.*)>")
_HOLE = re.compile(r"\\\$\\\{(number|string)\\\}")


class Fit:
    """Whether a value of a type of one declaration may stand where another asks for one.

    :param sent: whether a program writes the value down: it must have no members that are unknown.
    """

    def __init__(self, blocks: Blocks, others: Blocks, *, sent: bool) -> None:
        self._blocks = blocks
        self._others = others
        self._sent = sent
        self._assumed: set[tuple[str, str]] = set()

    def fits(self, one: Member, two: Member) -> bool:
        return self._fits(
            *(f"{told.type}{' | undefined' if told.optional else ''}" for told in (one, two))
        )

    def _fits(self, one: str, two: str) -> bool:
        if two == "unknown" or one == "never":
            return True
        if (one, two) in self._assumed:
            return True
        self._assumed.add((one, two))  # until it is refuted, for types within themselves
        fit = self._compare(one, two)
        if not fit:
            self._assumed.discard((one, two))
        return fit

    def _compare(self, one: str, two: str) -> bool:
        ones, twos = _alternatives(one, self._blocks), _alternatives(two, self._others)
        if len(ones) > 1 or ones != [one]:
            return all(self._fits(each, two) for each in ones)
        if len(twos) > 1 or twos != [two]:
            return any(self._fits(one, each) for each in twos)
        if one[0] in '"`' or one in ("true", "false") or _is_number(one):
            return _is_of(one, two)
        if (items := _items(one)) is not None:
            return self._compare_items(one, items, two)
        mine, theirs = _members(one, self._blocks), _members(two, self._others)
        if mine is not None and theirs is not None:
            if _ANY in theirs and parts_of(one, "&")[0] not in self._blocks:
                mine.setdefault(_ANY, Member(False, "never"))  # it has no others than these
            return self._compare_members(mine, theirs)
        generic, other = _GENERIC.fullmatch(one), _GENERIC.fullmatch(two)
        if generic and other and generic[1] == other[1]:
            return all(map(self._fits, parts_of(generic[2], ","), parts_of(other[2], ",")))
        return one == two and one not in self._blocks

    def _compare_members(self, mine: Members, theirs: Members) -> bool:
        if self._sent and _ANY not in theirs and mine.keys() - theirs.keys():
            return False
        if all(one.optional for one in theirs.values()) and mine.keys().isdisjoint(theirs):
            return not theirs or mine.keys() <= {_ANY}  # TypeScript asks for one in common
        for name, asked in theirs.items():
            if name not in mine:
                if not asked.optional:
                    return False
            elif not self.fits(mine[name], asked):
                return False
        others = [mine[name] for name in mine.keys() - theirs.keys()] if _ANY in theirs else []
        return all(self._fits(one.type, theirs[_ANY].type) for one in others)

    def _compare_items(self, one: str, items: list[str], two: str) -> bool:
        asked = _items(two)
        if asked is None or (one.startswith("readonly ") and not two.startswith("readonly ")):
            return False
        if asked[-1:] and asked[-1].startswith("..."):
            asked = [*asked[:-1], *asked[-1:] * max(1, len(items) - len(asked) + 1)]
        elif len(items) > len(asked) or (items[-1:] and items[-1].startswith("...")):
            return False
        return len([*filter(_is_firm, items)]) >= len([*filter(_is_firm, asked)]) and all(
            self._fits(_item(mine, told), _item(told))
            for mine, told in zip(items, asked, strict=False)
        )


def _alternatives(told: str, blocks: Mapping[str, Members]) -> list[str]:
    """The members of a union, also of one that has a name or stands in an intersection."""
    found = parts_of(told)
    if len(found) > 1:
        return found
    if told == "boolean":
        return ["true", "false"]
    if "" in blocks.get(told, ()):
        return parts_of(blocks[told][""].type)
    first, *rest = parts_of(told, "&")
    if first.startswith("(") and first.endswith(")"):
        return [" & ".join([each, *rest]) for each in parts_of(first[1:-1])]
    if rest and "" in blocks.get(first, ()):
        return [" & ".join([each, *rest]) for each in parts_of(blocks[first][""].type)]
    return [told]


def _members(told: str, blocks: Mapping[str, Members]) -> Members | None:
    """The members of an object's type; None for what is none."""
    whole: Members = {}
    for part in parts_of(told, "&"):
        if part in blocks and "" not in blocks[part]:
            whole |= blocks[part]
        elif record := _RECORD.fullmatch(part):
            whole[_ANY] = Member(False, record[1])
        elif keyed := _KEYED.fullmatch(part):
            names = map(json.loads, parts_of(keyed[1]))
            whole |= {key_of(name): Member(True, keyed[2]) for name in names}
        elif inline := _INLINE.fullmatch(part):
            whole[inline[1]] = Member(inline[2] == "?", inline[3])
        else:
            return None
    return whole


def _items(told: str) -> list[str] | None:
    """The items of a tuple's or an array's type: ``int``, ``int?``, ``...int``."""
    told = told.removeprefix("readonly ")
    if told.startswith("[") and told.endswith("]") and len(parts_of(told)) == 1:
        inner = parts_of(told[1:-1], ",") if told != "[]" else []
        return [one.removesuffix("[]") if one.startswith("...") else one for one in inner]
    return [f"...{told[:-2]}"] if told.endswith("[]") else None


def _is_firm(item: str) -> bool:
    return not item.endswith("?") and not item.startswith("...")


def _item(item: str, asked: str = "?") -> str:
    """The type of an item; undefined too, where *asked* must be there."""
    told = item.removeprefix("...").removesuffix("?")
    return f"{told} | undefined" if item.endswith("?") and not asked.endswith("?") else told


def _is_number(told: str) -> bool:
    return bool(re.fullmatch(r"-?\d+", told))


def _is_of(literal: str, two: str) -> bool:
    """Whether a literal, or the pattern of one, is of a type."""
    if literal == two:
        return True
    if literal[0] not in '"`':
        return two == ("number" if _is_number(literal) else "boolean")
    if two[:1] != "`":
        return two == "string"
    text = json.loads(literal) if literal[0] == '"' else _example(_unescaped(literal))
    pattern = _HOLE.sub(
        lambda hole: r"-?\d+" if hole[1] == "number" else ".*", re.escape(_unescaped(two))
    )
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _unescaped(template: str) -> str:
    return re.sub(r"\\(.)", r"\1", template[1:-1])


def _example(pattern: str) -> str:
    return pattern.replace("${number}", "0").replace("${string}", "x")
