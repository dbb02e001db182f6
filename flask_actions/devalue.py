"""Values <-> text of the npm package devalue 5: JSON that keeps types, sharing and cycles.

The text is a list of entries, each of which names its parts by their positions in that list. What
Python and JavaScript call by different names meets like this:

======================================  =====================================  ====================
Python writes                           JavaScript                             Python reads
======================================  =====================================  ====================
``str``, ``bool``, ``None``             string, boolean, null                  the same
``int`` within ±(2**53 - 1), ``float``  number                                 ``int``, ``float``
``int`` beyond, ``BigInt``              BigInt                                 ``BigInt``
``datetime``; ``date`` at midnight UTC  Date, in milliseconds                  ``datetime``, in UTC
``list``, ``tuple``, any sequence       Array                                  ``list``
``dict`` with text keys, dataclass,     object, with or without a prototype    ``dict``
pydantic model by its aliases
``dict`` with other keys, ``Map``       Map                                    ``Map``, ``MapItems``
``set``, ``frozenset``, ``SetItems``    Set                                    ``set``, ``SetItems``
``bytes``, ``bytearray``                Uint8Array                             ``bytes``
``array``, ``memoryview``               the typed array of these items         ``array``
\\                                       ArrayBuffer, DataView                  ``bytes``
``AnyUrl``, ``MultiDict``               URL, URLSearchParams                   the same
``re.Pattern``, ``RegExp``              RegExp                                 ``RegExp``
``Temporal``                            Temporal.PlainDate and the like        see ``Temporal``
``UNDEFINED``; ``HOLE`` in a list       undefined; a hole in an array          the same
``Decimal``, ``UUID``, ``time``, …      string, as pydantic writes it in JSON  ``str``
an enum                                 its value                              its value
======================================  =====================================  ====================

A naive ``datetime`` is taken for UTC, as in Flask's own JSON. Microseconds are cut off: a Date has
none. A boxed primitive is read as the primitive, a ``Uint8ClampedArray`` as ``bytes``, and a
``Float16Array`` as an array of floats. Half a surrogate pair is written as JSON's escape.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import struct
from array import array
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
    ValuesView,
)
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import partial
from itertools import chain
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from pydantic import AnyUrl, BaseModel, PydanticUserError, RootModel, TypeAdapter
from pydantic_core import PydanticSerializationError, Url, to_json, to_jsonable_python
from werkzeug.datastructures import MultiDict

from .rich import serializer_of

_K = TypeVar("_K")
_V = TypeVar("_V")

#: Of values within values, both ways. Everything that walks them recurses.
MAX_DEPTH = 200
#: Characters of a text.
MAX_LENGTH = 64 * 1024 * 1024
#: Values of a text when those in many places are counted in each; a longer text may have as many
#: as it has characters. A long text or array counts as one for every 16 characters or bytes.
MAX_VALUES = 1_000_000
#: The lengths of all sparse arrays of a text together.
MAX_SPARSE = 100_000

#: JavaScript's ``Number.MAX_SAFE_INTEGER``.
_SAFE = 2**53 - 1
#: Characters or bytes of a text or an array that is short enough to count as one value.
_LONG = 100
_HOLE, _SPARSE = -2, -7


class DevalueError(ValueError):
    """A value that has no text, or a text that is refused.

    :ivar reason: what is wrong.
    :ivar path: the spot, as the npm package writes it: ``.items[3].x``, ``.get("key")``.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"data{path}: {reason}")
        self.reason = reason
        self.path = path


class Special:
    """``UNDEFINED`` or ``HOLE``; false, like undefined itself."""

    __slots__ = ("_name", "ref")

    def __init__(self, name: str, ref: int) -> None:
        self._name = name
        self.ref: int = ref

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name  # A copy is the same object.


#: JavaScript's undefined, which is not null.
UNDEFINED = Special("UNDEFINED", -1)
#: A place of a list where JavaScript's array has none.
HOLE = Special("HOLE", _HOLE)


class BigInt(int):
    """A JavaScript BigInt, however small."""


class Map(dict[_K, _V]):
    """A JavaScript Map, even when all its keys are texts."""


class MapItems(list[tuple[Any, Any]]):
    """A JavaScript Map whose keys no dictionary can hold apart: objects; ``1`` next to ``True``."""


class SetItems(list[Any]):
    """A JavaScript Set whose members no set can hold apart: objects; ``1`` next to ``True``."""


@dataclass(frozen=True, slots=True)
class RegExp:
    """A JavaScript regular expression. One that was sent is never compiled unasked."""

    source: str
    flags: str = ""

    def compile(self) -> re.Pattern[str]:
        """The same in Python.

        :raises ValueError: if Python has no such expression.
        """
        source = re.sub(r"\\k<(\w+)>|\\.|\(\?<(?![=!])", _to_python, self.source, flags=re.DOTALL)
        flags = re.NOFLAG
        for letter in self.flags:
            flags |= _FLAGS.get(letter, re.NOFLAG)
        try:
            return re.compile(source, flags)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"Python cannot compile /{self.source}/: {error}") from None


@dataclass(frozen=True, slots=True)
class Temporal:
    """A value of JavaScript's ``Temporal``: ``Temporal("PlainDate", "2026-05-01")``.

    Written for clients that have Temporal. Read where Python's types cannot hold the value: an
    Instant that fits is a ``datetime`` in UTC, a PlainDateTime a naive one, a PlainDate a ``date``,
    a PlainTime a ``time``, and a Duration without months a ``timedelta``.
    """

    kind: str
    text: str

    def __post_init__(self) -> None:
        if f"Temporal.{self.kind}" not in _TEMPORAL:
            raise ValueError(f"Temporal has no {self.kind}.")

    def __str__(self) -> str:
        return self.text


#: A type -> the name of a custom type, and what stands for one of its values.
Encoders = Mapping[type, tuple[str, Callable[[Any], Any]]]
#: The name of a custom type -> what makes a value of what stands for it.
Decoders = Mapping[str, Callable[[Any], Any]]


def dumps(value: Any, encoders: Encoders | None = None) -> str:
    """*value* as devalue's text, safe within a ``<script>``.

    What is in several places, or in itself, is written once: texts and numbers by value,
    all else by identity.

    :param encoders: for types of your own, and their subclasses: ``{Vector: ("Vector", lambda v:
        [v.x, v.y])}``. They come before what is known here, but plain ``str``, ``int``,
        ``float``, ``bool``, ``None``, ``dict`` and ``list`` stay what they are.
    :raises DevalueError: for what has no text.
    """
    writer = _Writer(encoders or {})
    try:
        root = writer.refs((value,), 0)[0]
        if root == _HOLE:
            raise _Fault("a hole outside a list")
        return writer.text() if root >= 0 else str(root)
    except _Fault as fault:
        raise DevalueError(fault.reason, _joined(fault.steps[::-1])) from fault.__cause__
    except RecursionError:
        raise DevalueError("nested too deep") from None


def loads(
    text: str,
    decoders: Decoders | None = None,
    *,
    undefined: Any = UNDEFINED,
    cycles: bool = True,
    max_depth: int = MAX_DEPTH,
    max_length: int = MAX_LENGTH,
    max_values: int = MAX_VALUES,
) -> Any:
    """The value of devalue's *text*, which may be anybody's: no text takes more than linear time
    and memory, or gives a value whose parts, each time that they are met, are too many to walk.

    :param decoders: for custom types: ``{"Vector": lambda parts: Vector(*parts)}``; called when
        the parts are complete. Where the parts hold what they are in, that is still empty.
    :param undefined: stands for undefined, and for holes.
    :param cycles: whether a value may contain itself.
    :raises DevalueError: for every text that is refused, with the path to the spot.
    """
    if len(text) > max_length:
        raise DevalueError(f"longer than {max_length} characters")
    parsed = _parse(text)
    if type(parsed) is int and parsed in _SPECIALS:
        return undefined if parsed == UNDEFINED.ref else _SPECIALS[parsed]
    if type(parsed) is not list or not parsed:
        raise DevalueError("no devalue text: a list of entries was expected")
    try:
        reader = _Reader(parsed, decoders or {}, undefined, 4 * len(text))
        return reader.read(cycles, max_depth, max(max_values, len(text)))
    except _Fault as fault:
        # The entries have become values by now; only a refusal pays for a second look.
        steps = [*_way(_parse(text), fault.index), *fault.steps]
        raise DevalueError(fault.reason, _joined(steps)) from fault.__cause__


class _Fault(Exception):
    """What is wrong with one value or entry.

    :ivar at: while it rises, the position among the parts of a value whose step is not yet taken.
    :ivar steps: the way to it: when writing from within, when reading from *index*.
    """

    def __init__(
        self, reason: str, index: int = 0, step: str | None = None, steps: Iterable[str] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index
        self.at: int | None = None
        self.steps = list(steps) if step is None else [step]


# Writing


class _Writer:
    """The entries of one text.

    :ivar known: texts and numbers -> their entries; numbers as JavaScript compares them.
    :ivar words: true, false and null -> their entries. Apart, since True is 1 to a dictionary.
    :ivar seen: identities of all other values -> their entries.
    :ivar kept: what was made on the way: an identity is one only as long as its owner lives.
    :ivar ways: types that were met -> how their values are written.
    :ivar numerals: entries that JSON's encoder may write otherwise -> as JavaScript does.
    :ivar holes: whether there is a hole anywhere.
    """

    def __init__(self, encoders: Encoders) -> None:
        if not _PLAIN.isdisjoint(encoders):
            raise ValueError(f"An encoder is for none of {', '.join(map(repr, _PLAIN))}.")
        self.encoders = encoders
        self.entries: list[Any] = []
        self.known: dict[Any, int] = {}
        self.words: dict[bool | None, int] = {}
        self.seen: dict[int, int] = {}
        self.kept: list[Any] = []
        self.ways: dict[type, Callable[[_Writer, Any, int], int]] = {}
        self.numerals: dict[int, str] = {}
        self.holes = False

    def refs(self, values: Iterable[Any], depth: int) -> list[int]:
        """Where each of *values* is written, by now at least.

        The usual types are written here and not in methods of their own, which would take twice
        the time.
        """
        if depth > MAX_DEPTH:
            raise _Fault("nested too deep")
        entries, known, seen = self.entries, self.known, self.seen
        refs: list[int] = []
        add = refs.append
        ref: int | None
        value: Any = None
        try:
            for value in values:
                kind = type(value)
                if kind is str:
                    ref = known.get(value)
                    if ref is None:
                        ref = known[value] = len(entries)
                        entries.append(value)
                elif kind is int:
                    ref = known.get(value)
                    if ref is None:
                        if -_SAFE <= value <= _SAFE:
                            ref = known[value] = len(entries)
                            entries.append(value)
                        else:
                            ref = self.write_big(value)
                elif kind is dict:
                    own = id(value)
                    ref = seen.get(own)
                    if ref is None:
                        try:
                            "".join(value)  # The quickest way to know that all keys are texts.
                        except TypeError:
                            ref = self.write_items(value, value.items(), depth)
                        else:
                            if "__proto__" in value:
                                raise _Fault(_PROTO)
                            ref = seen[own] = len(entries)
                            entries.append(None)  # Its parts may refer to it already.
                            parts = self.refs(value.values(), depth + 1)
                            entries[ref] = dict(zip(value, parts))  # noqa: B905
                elif kind is list:
                    own = id(value)
                    ref = seen.get(own)
                    if ref is None:
                        ref = seen[own] = len(entries)
                        entries.append(None)
                        entries[ref] = self.refs(value, depth + 1)
                elif value is None or kind is bool:
                    ref = self.words.get(value)
                    if ref is None:
                        ref = self.words[value] = len(entries)
                        entries.append(value)
                elif kind is float:
                    ref = known.get(value) if value else None
                    if ref is None:
                        ref = self.write_float(value)
                else:
                    ref = seen.get(id(value))
                    if ref is None:
                        ref = self.write_other(value, kind, depth)
                add(ref)
        except _Fault as fault:
            if fault.at is not None and type(value) is dict:
                fault.steps.append(_step(list(value)[fault.at]))
            elif fault.at is not None and type(value) is list:
                fault.steps.append(_step(fault.at))
            fault.at = len(refs)
            raise
        return refs

    def ref(self, value: Any, depth: int) -> int:
        """Where a value is written that stands for another one."""
        self.kept.append(value)
        return self.refs((value,), depth)[0]

    def put(self, entry: Any) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def own(self, value: Any, entry: Any = None) -> int:
        """A new entry for this very object; its parts may refer to it before it is complete."""
        ref = self.seen[id(value)] = self.put(entry)
        return ref

    # Numbers

    def write_big(self, value: int) -> int:
        try:
            numeral = int.__repr__(value)
        except ValueError:
            raise _Fault("an integer of too many digits") from None
        ref = self.known.get((BigInt, numeral))
        if ref is None:
            ref = self.known[BigInt, numeral] = self.put(["BigInt", numeral])
        return ref

    def write_float(self, value: float) -> int:
        # Between these, JSON's encoder writes a fraction as JavaScript does.
        if 1e-4 <= abs(value) < 1e16 and not value.is_integer():
            return self.known.setdefault(value, self.put(value))
        if value != value:
            return -3
        if math.isinf(value):
            return -4 if value > 0 else -5
        if value == 0 and math.copysign(1, value) < 0:
            return -6
        # A whole number is also an int's, but beyond 2**53 - 1 such an int is a BigInt.
        key = value if abs(value) <= _SAFE else (float, value)
        ref = self.known.get(key)
        if ref is None:
            ref = self.known[key] = self.put(value)
            numeral = _numeral(value)
            if numeral.lstrip("-").isdigit():
                self.entries[ref] = int(numeral)
            else:
                self.numerals[ref] = numeral
        return ref

    # Everything else

    def write_other(self, value: Any, kind: type, depth: int) -> int:
        way = self.ways.get(kind)
        if way is None:
            way = self.ways[kind] = self.way(kind)
        try:
            return way(self, value, depth)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            raise _Fault(f"a {kind.__name__} that cannot be written: {error}") from error

    def way(self, kind: type) -> Callable[[_Writer, Any, int], int]:
        """How values of a type are written."""
        for base in kind.__mro__:
            if base in self.encoders:
                return _custom(*self.encoders[base])
        for base, way in _WAYS:
            if issubclass(kind, base):
                return way
        if not dataclasses.is_dataclass(kind):
            return _Writer.write_rest
        pydantics = hasattr(kind, "__pydantic_serializer__")
        return _Writer.write_model if pydantics else _Writer.write_fields

    def stand_in(self, value: Any, plain: Any, depth: int) -> int:
        """Write one value for another, which it may contain."""
        if type(plain) in (dict, list):
            self.seen[id(value)] = len(self.entries)
        ref = self.seen[id(value)] = self.ref(plain, depth)
        return ref

    def write_special(self, value: Special, depth: int) -> int:
        self.holes = self.holes or value is HOLE
        return value.ref

    def write_items(self, value: Any, pairs: Collection[tuple[Any, Any]], depth: int) -> int:
        """A Map."""
        ref = self.own(value)
        try:
            refs = self.refs(chain.from_iterable(pairs), depth + 1)
        except _Fault as fault:
            if fault.at is not None:
                key = list(pairs)[fault.at // 2][0]
                fault.steps.append(f".get({_primitive(key)})")
                fault.at = None
            raise
        self.entries[ref] = ["Map", *refs]
        return ref

    def write_set(self, value: Collection[Any], depth: int) -> int:
        ref = self.own(value)
        members = list(value)  # A view of a dictionary makes them anew each time.
        self.kept.append(members)
        self.entries[ref] = ["Set", *self.refs(members, depth + 1)]
        return ref

    def write_tuple(self, value: tuple[Any, ...], depth: int) -> int:
        # All empty tuples are one, but nobody meant to share it.
        return self.stand_in(value, list(value), depth) if value else self.put([])

    def write_datetime(self, value: datetime, depth: int) -> int:
        at = value if value.tzinfo in (None, UTC) else value.astimezone(UTC)
        iso = at.isoformat(timespec="milliseconds")
        return self.own(value, ["Date", iso[:23] + "Z"])

    def write_numbers(self, value: array[Any] | memoryview, depth: int) -> int:
        view = memoryview(value)
        names = _VIEWS.get(view.format[-1], {})
        if view.itemsize not in names:
            raise _Fault(f"items of the format {view.format}")
        return self.write_view(value, names[view.itemsize], view.tobytes())

    def write_view(self, value: Any, name: str, data: bytes | bytearray) -> int:
        ref = self.own(value)
        buffer = self.put(["ArrayBuffer", b64encode(data).decode("ascii")])
        self.entries[ref] = [name, buffer]
        return ref

    def write_query(self, value: MultiDict[Any, Any], depth: int) -> int:
        pairs = list(value.items(multi=True))
        for name, one in pairs:
            if not isinstance(one, (str, int)):
                raise _Fault(f"a query with a {type(one).__name__}", step=_step(str(name)))
        # JavaScript's set of unreserved characters is another than Python's.
        text = urlencode(pairs, safe="*", errors="replace").replace("~", "%7E")
        return self.own(value, ["URLSearchParams", text])

    def write_regexp(self, value: RegExp, depth: int) -> int:
        flags = [value.flags] if value.flags else []
        return self.own(value, ["RegExp", value.source, *flags])

    def write_model(self, value: Any, depth: int) -> int:
        """A model, or pydantic's dataclass."""
        return self.stand_in(value, _dumped(value), depth)

    def write_fields(self, value: Any, depth: int) -> int:
        """A plain dataclass."""
        plain = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return self.stand_in(value, plain, depth)

    def write_rest(self, value: Any, depth: int) -> int:
        """What JSON has a form for, in pydantic's opinion or its own."""
        try:
            plain = to_jsonable_python(value, fallback=_by_its_type)
        except (PydanticSerializationError, PydanticUserError):
            if not hasattr(value, "__html__"):
                raise _Fault(f"a {type(value).__name__} has no form in devalue") from None
            plain = str(value.__html__())
        return self.stand_in(value, plain, depth)

    # The text

    def text(self) -> str:
        if self.holes:
            self.place_holes()
        text = "".join(self.pieces()) if self.numerals else _encode(self.entries)
        if "<" in text:  # Only ever within a string.
            text = text.replace("<", "\\u003C")
        if not text.isascii():
            text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
            try:
                text.encode()
            except UnicodeEncodeError:
                text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
        return text

    def place_holes(self) -> None:
        for index, entry in enumerate(self.entries):
            if type(entry) is list and (not entry or type(entry[0]) is not str):
                self.entries[index] = _sparse(entry) if _HOLE in entry else entry
            elif type(entry) in (dict, list):
                for key, ref in _parts(entry):
                    if type(ref) is int and ref == _HOLE:
                        steps = [*_way(self.entries, index), *_steps(self.entries, key)]
                        raise _Fault("a hole outside a list", steps=steps[::-1])

    def pieces(self) -> Iterator[str]:
        begin, mark = 0, "["
        for ref, numeral in self.numerals.items():
            if begin < ref:
                yield mark
                yield _encode(self.entries[begin:ref])[1:-1]
                mark = ","
            yield f"{mark}{numeral}"
            begin, mark = ref + 1, ","
        if begin < len(self.entries):
            yield mark
            yield _encode(self.entries[begin:])[1:-1]
        yield "]"


def _by_its_type(value: Any) -> Any:
    """What pydantic knows by a type alone, before 2.13 an IP address or a fraction."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _dumped(value: Any) -> Any:
    """A model's plain form, as its serialisers show it, dates and the like being themselves."""
    dump = partial(serializer_of(value.__class__).to_python, value, by_alias=True)
    try:
        return dump()
    except (TypeError, PydanticSerializationError):
        # A set of models: dictionaries fit into no set, but into the list that JSON has of it.
        if isinstance(value, RootModel):
            return dump(mode="json")
    extra = getattr(value, "__pydantic_extra__", None) or {}
    computed = value.__pydantic_decorators__.computed_fields
    plain: dict[str, Any] = {}
    for name in (*value.__pydantic_fields__, *extra, *computed):
        try:
            plain.update(dump(include={name}))
        except (TypeError, PydanticSerializationError):
            plain.update(dump(include={name}, mode="json"))
    return plain


def _custom(name: str, encode: Callable[[Any], Any]) -> Callable[[_Writer, Any, int], int]:
    def way(writer: _Writer, value: Any, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise _Fault("nested too deep")
        ref = writer.own(value)
        writer.entries[ref] = [name, writer.ref(encode(value), depth + 1)]
        return ref

    return way


def _numeral(value: float) -> str:
    """A number as JavaScript writes it. Source: ECMA-262, Number::toString."""
    text = repr(float(value))
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text.removesuffix(".0")
    power = int(exponent)
    sign = "-" if value < 0 else ""
    digits = mantissa.lstrip("-").replace(".", "")
    if 0 < power < 21:
        return sign + digits.ljust(power + 1, "0")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    return f"{mantissa}e{power:+d}"


def _sparse(refs: list[int]) -> list[int]:
    """An array with holes, as pairs of position and value where that is shorter."""
    length, population = len(refs), len(refs) - refs.count(_HOLE)
    digits = len(str(length))
    if (length - population) * 3 <= 4 + digits + population * (digits + 1):
        return refs
    pairs = ((at, ref) for at, ref in enumerate(refs) if ref != _HOLE)
    return [_SPARSE, length, *chain.from_iterable(pairs)]


def _regexp(pattern: re.Pattern[Any]) -> list[str]:
    source = pattern.pattern
    if isinstance(source, bytes) or pattern.flags & re.VERBOSE:
        raise _Fault("a regular expression of bytes, or with comments")
    source = re.sub(r"\\.|\(\?P<|\(\?P=(\w+)\)", _to_javascript, source, flags=re.DOTALL)
    flags = "".join(letter for letter, flag in _FLAGS.items() if pattern.flags & flag)
    return ["RegExp", source or "(?:)", *([flags] if flags else [])]


def _to_javascript(found: re.Match[str]) -> str:
    if found[1]:
        return rf"\k<{found[1]}>"
    return {"(?P<": "(?<", r"\A": r"(?<![^])", r"\Z": r"(?![^])"}.get(found[0], found[0])


def _to_python(found: re.Match[str]) -> str:
    if found[1]:
        return f"(?P={found[1]})"
    return "(?P<" if found[0] == "(?<" else found[0]


# Reading


class _Reader:
    """The values of one text's entries.

    :ivar entries: what was sent. Objects and arrays become values in their places, unless there
        are custom types: a decoder must never meet what is not a value yet.
    :ivar values: by position; negative ones are special.
    :ivar inner: positions of what has parts, which are other entries, and is to be filled.
    :ivar custom: positions of custom values -> the position of what stands for them.
    :ivar late: positions of Maps whose keys are custom values: is a dictionary able to hold them?
    :ivar long: positions of long texts and arrays, also sparse ones -> the values they count as.
    :ivar room: bytes that arrays may still copy.
    :ivar places: places that sparse arrays may still have.
    """

    def __init__(self, entries: list[Any], decoders: Decoders, undefined: Any, room: int) -> None:
        self.entries = entries
        self.decoders = decoders
        self.hole = HOLE if undefined is UNDEFINED else undefined
        self.values: dict[Any, Any] = dict(enumerate(entries))
        self.values.update(_SPECIALS)
        self.values[UNDEFINED.ref] = undefined
        self.inner: set[int] = set()
        self.custom: dict[int, Any] = {}
        self.late: set[int] = set()
        self.long: dict[int, int] = {}
        self.room = room
        self.places = MAX_SPARSE

    def read(self, cycles: bool, max_depth: int, max_values: int) -> Any:
        values, inner, long = self.values, self.inner, self.long
        tagged: list[int] = []
        for index, entry in enumerate(self.entries):
            kind = type(entry)
            if kind is str:
                if len(entry) > _LONG:
                    long[index] = len(entry) // 16
            elif kind is dict:
                if "__proto__" in entry:
                    raise _Fault(_PROTO, index)
                inner.add(index)
            elif kind is list:
                if entry and type(entry[0]) is str:
                    tagged.append(index)
                else:
                    inner.add(index)
                    if len(entry) > 1 and entry[0] == _SPARSE and type(entry[1]) is int:
                        long[index] = len(entry) + entry[1]
            elif kind is int and not -_SAFE <= entry <= _SAFE:
                values[index] = _float(entry)
        self.read_tagged(tagged)
        edges = self.edges()
        if not self.custom:
            if not _is_flat_tree(edges, max_depth):
                self.walk(edges, cycles, max_depth, max_values)
            self.fill_all(inner)
            return values[0]
        order = self.walk(edges, cycles, max_depth, max_values)
        self.empty_shells()
        self.fill_all(inner.difference(edges))
        for index in order:
            if index < 0:
                keys = [self.value(~index, ref) for ref in self.entries[~index][1::2]]
                values[~index] = Map() if _apart(keys) else MapItems()
            elif index in self.custom:
                values[index] = self.decode(index)
            else:
                self.fill_all((index,))
        return values[0]

    # Tagged entries

    def read_tagged(self, tagged: list[int]) -> None:
        """The values of tagged entries; those with parts are left empty."""
        views: list[int] = []
        groups: list[int] = []
        index = 0
        try:
            for index in tagged:
                entry = self.entries[index]
                tag = entry[0]
                read = _READERS.get(tag)
                if tag in self.decoders:
                    self.custom[index] = self.payload(index, entry)
                elif read and not (tag == "URL" and type(entry[-1]) is int):
                    self.values[index] = read(entry)
                    if len(entry[1]) > _LONG:
                        self.long[index] = len(entry[1]) // 16
                elif tag in _GROUPS:
                    groups.append(index)
                elif tag in _VIEW_TAGS or tag in ("Object", "URL"):
                    views.append(index)
                else:
                    raise _Fault(f"the unknown type {_short(tag)}", index)
        except ValueError as error:
            raise _Fault(str(error), index) from None
        for index in views:
            self.values[index] = self.view(index, self.entries[index])
        self.inner.update(groups)
        for index in groups:
            self.group(index, self.entries[index])

    def payload(self, index: int, entry: list[Any]) -> Any:
        if len(entry) > 1 and type(entry[1]) is int:
            return entry[1]
        if len(entry) > 1 and type(entry[1]) is str:
            # Written by the package itself, which knows a type of this name.
            self.values[index, "text"] = entry[1]
            return index, "text"
        raise _Fault(f"a {_short(entry[0])} without a value", index)

    def view(self, index: int, entry: list[Any]) -> Any:
        """A typed array over an ArrayBuffer, a boxed primitive, or a URL by reference."""
        tag, ref = entry[0], entry[1] if len(entry) > 1 else None
        there = type(ref) is int and 0 <= ref < len(self.entries)
        target: Any = self.entries[cast(int, ref)] if there else None
        head = target[:1] if type(target) is list else []
        if tag == "Object":
            number = type(ref) is int and ref in self.values and not there and ref != UNDEFINED.ref
            if not number and type(target) not in (str, int, float, bool) and head != ["BigInt"]:
                raise _Fault("an Object around no primitive", index)
            return self.values[ref]
        if tag == "URL":
            if type(target) is not str or len(entry) != 2:
                raise _Fault("a URL that is no text", index)
            try:
                return _url([tag, target])
            except ValueError as error:
                raise _Fault(str(error), index) from None
        data = self.values[ref] if head == ["ArrayBuffer"] else None
        if type(data) is not bytes:
            raise _Fault(f"a {tag} over no ArrayBuffer", index)
        code, size = _VIEW_TAGS[tag]
        begin, length = self.part(index, entry, len(data), size)
        if length < len(data) or code:
            self.room -= length
            if self.room < 0:
                raise _Fault("arrays that show the same bytes too many times", index)
            data = data[begin : begin + length]
        if length > _LONG:
            self.long[index] = length // 16
        if code == "e":
            return array("f", struct.unpack(f"={length // 2}e", data))
        return array(code, data) if code else data

    def part(self, index: int, entry: list[Any], total: int, size: int) -> tuple[int, int]:
        """Where an array begins in its buffer, and its length, both in bytes."""
        numbers = entry[2:]
        if len(numbers) > 2 or any(type(number) is not int for number in numbers):
            raise _Fault(f"a {entry[0]} without a proper place in its ArrayBuffer", index)
        begin = numbers[0] if numbers else 0
        length = numbers[1] * size if len(numbers) > 1 else total - begin
        if begin < 0 or length < 0 or begin + length > total or begin % size or length % size:
            raise _Fault(f"a {entry[0]} that reaches beyond its ArrayBuffer", index)
        return begin, length

    def group(self, index: int, entry: list[Any]) -> None:
        """A Set, a Map or an object without a prototype."""
        tag = entry[0]
        if tag != "Set" and len(entry) % 2 == 0:
            raise _Fault(f"a {tag} with a key and no value", index)
        if tag == "null":
            for key in entry[1::2]:
                if type(key) is not str or key == "__proto__":
                    raise _Fault("a key that is no text" if key != "__proto__" else _PROTO, index)
            self.values[index] = {}
            return
        refs = entry[1:] if tag == "Set" else entry[1::2]
        for ref in refs:
            if type(ref) is not int:
                raise self.astray(index, ref, None)
        if not self.inner.isdisjoint(refs):
            self.values[index] = SetItems() if tag == "Set" else MapItems()
            return
        if not self.custom.keys().isdisjoint(refs):
            del self.values[index]  # Not before it is known what can hold its members.
            if tag == "Map":
                self.late.add(index)
            return
        keys = [self.value(index, ref) for ref in refs]
        if tag == "Map":
            self.values[index] = Map() if _apart(keys) else MapItems()
        else:
            self.values[index] = set(keys) if _apart(keys) else SetItems()

    # The order of things

    def empty_shells(self) -> None:
        for index in self.inner:
            entry = self.entries[index]
            if type(entry) is dict:
                self.values[index] = {}
            elif not entry or type(entry[0]) is not str:
                self.values[index] = []

    def edges(self) -> dict[int, list[int]]:
        """What has parts that count for more than themselves -> these parts."""
        edges: dict[int, list[int]] = {}
        inner = self.inner
        if self.custom or self.long:
            inner = inner.union(self.custom, self.long)
        entries = self.entries
        for index in sorted(self.inner):
            entry = entries[index]
            refs = entry.values() if type(entry) is dict else _refs(entry)
            try:
                if inner.isdisjoint(refs):
                    continue
            except TypeError:  # A list or an object: told, with its path, when this is filled.
                pass
            edges[index] = [ref for ref in refs if type(ref) is int and ref in inner]
            if index in self.late:
                keys = [ref for ref in entries[index][1::2] if ref in inner]
                edges[index] = [*keys, ~index, *edges[index]]
        for index, ref in self.custom.items():
            edges[index] = [ref] if ref in inner else []
        return edges

    def walk(
        self, edges: dict[int, list[int]], cycles: bool, max_depth: int, max_values: int
    ) -> list[int]:
        """What has parts that have parts, each after these as far as there are no cycles.

        A negative one is a Map whose keys are complete; it may be met within its values.
        Counts on the way how deep the values are, and how many when those in many places are
        counted in each: 30 arrays that hold the next one twice are a thousand million values.
        """
        entries, order = self.entries, list[int]()
        heights: dict[int, int] = {}
        sizes: dict[int, int] = {}
        above = {0}
        stack = [(0, iter(edges[0]))] if 0 in edges else []
        while stack:
            index, parts = stack[-1]
            for part in parts:
                if part not in edges or part in heights:
                    if part < 0:
                        order.append(part)
                    continue
                if part in above:
                    if part in self.custom or not cycles:
                        raise _Fault("a value that contains itself", part)
                else:
                    above.add(part)
                    stack.append((part, iter(edges[part])))
                    break
            else:
                stack.pop()
                above.discard(index)
                order.append(index)
                height, size = 0, self.long.get(index) or len(entries[index]) + 1
                for part in edges[index]:
                    if part in heights:  # And not one that this is within.
                        size += sizes[part]
                        height = max(height, heights[part])
                    elif part not in edges and part >= 0:
                        size += self.long.get(part) or len(entries[part]) + 1
                        height = max(height, part in self.inner)
                heights[index], sizes[index] = height + 1, size
                if height >= max_depth:
                    raise _Fault("nested too deep", index)
                if size > max_values:
                    raise _Fault("the same values in too many places", index)
        return order

    # Values with parts

    def fill_all(self, indices: Iterable[int]) -> None:
        entries, values = self.entries, self.values
        key: Any = None
        ref: Any = None
        value: Any
        for index in indices:
            entry = entries[index]
            if type(entry) is dict:
                value = values[index]
                try:
                    for key, ref in entry.items():
                        if type(ref) is not int:
                            raise KeyError
                        value[key] = values[ref]
                except KeyError:
                    raise self.astray(index, ref, _step(key)) from None
            elif entry and type(entry[0]) is str:
                self.fill_group(index, entry, values.get(index))
            elif entry and entry[0] == _SPARSE:
                self.fill_sparse(index, entry, values[index])
            else:
                try:
                    found = [values[ref] for ref in entry if type(ref) is int]
                except KeyError:
                    found = []
                if len(found) != len(entry):
                    found = [self.item(index, at, ref) for at, ref in enumerate(entry)]
                values[index][:] = found

    def fill_group(self, index: int, entry: list[Any], value: Any) -> None:
        if entry[0] == "null":
            for key, ref in zip(entry[1::2], entry[2::2], strict=True):
                value[key] = self.value(index, ref, _step(key))
            return
        found = [self.value(index, ref) for ref in entry[1:]]
        if entry[0] == "Set":
            if value is None:
                self.values[index] = set(found) if _apart(found) else SetItems(found)
            elif type(value) is SetItems:
                value.extend(found)
            return
        pairs = zip(found[::2], found[1::2], strict=True)
        if type(value) is Map:
            value.update(pairs)
        else:
            value.extend(pairs)

    def fill_sparse(self, index: int, entry: list[Any], value: list[Any]) -> None:
        length = entry[1] if len(entry) > 1 else None
        if type(length) is not int or length < 0 or len(entry) % 2:
            raise _Fault("a sparse array without a proper length", index)
        self.places -= length
        if self.places < 0:
            raise _Fault("a sparse array that is too long", index)
        items = [self.hole] * length
        for at, ref in zip(entry[2::2], entry[3::2], strict=True):
            if type(at) is not int or not 0 <= at < length:
                raise _Fault("a sparse array with a position beyond its length", index)
            items[at] = self.value(index, ref, f"[{at}]")
        value[:] = items

    def item(self, index: int, at: int, ref: Any) -> Any:
        hole = type(ref) is int and ref == _HOLE
        return self.hole if hole else self.value(index, ref, f"[{at}]")

    def value(self, index: int, ref: Any, step: str | None = None) -> Any:
        if type(ref) is not int or ref not in self.values:
            raise self.astray(index, ref, step)
        return self.values[ref]

    def astray(self, index: int, ref: Any, step: str | None) -> _Fault:
        if type(ref) is not int:
            return _Fault("a reference that is no whole number", index, step)
        if 0 <= ref < len(self.entries):
            return _Fault("a value that contains itself", index, step)
        return _Fault(f"a reference to {_short(str(ref))}, which is not there", index, step)

    def decode(self, index: int) -> Any:
        name = self.entries[index][0]
        ref = self.custom[index]
        plain = self.values[ref] if type(ref) is tuple else self.value(index, ref)
        try:
            return self.decoders[name](plain)
        except Exception as error:  # Whatever a decoder makes of what anybody may have sent.
            raise _Fault(f"no {_short(name)}: {error}", index) from error


def _is_flat_tree(edges: dict[int, list[int]], max_depth: int) -> bool:
    """Whether each value is in one place, after what it is in: then nothing else needs a count."""
    depths = {0: 1}
    for index, parts in edges.items():
        depth = depths.get(index, max_depth) + 1
        if depth > max_depth:
            return False
        for part in parts:
            if part <= index or part in depths:
                return False
            depths[part] = depth
    return True


def _refs(entry: Any) -> Any:
    """The references in an entry of an object, array, Set or Map."""
    if type(entry) is dict:
        return entry.values()
    if entry and type(entry[0]) is str:
        return entry[2::2] if entry[0] == "null" else entry[1:]
    if entry and entry[0] == _SPARSE:
        return entry[3::2]
    return entry


def _apart(keys: list[Any]) -> bool:
    """Whether a dictionary or a set holds all of them, as fast as any others."""
    try:
        # Integers of more than 61 bits can be chosen to have one hash, and take quadratic time.
        wide = any(type(key) is BigInt and key.bit_length() > 61 for key in keys)
        return not wide and len(set(keys)) == len(keys)
    except TypeError:
        return False


def _text(entry: list[Any]) -> str:
    if len(entry) != 2 or type(entry[1]) is not str:
        raise ValueError(f"a {entry[0]} that is no text")
    return entry[1]


def _date(entry: list[Any]) -> datetime:
    text = _text(entry)
    if not text:
        raise ValueError("an invalid date")
    # Only what toISOString() writes.
    if len(text) == 24 and text[4] + text[7] + text[10] + text[19] + text[23] == "--T.Z":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"a date that Python does not have: {_short(text)}")


def _bigint(entry: list[Any]) -> BigInt:
    text = _text(entry)
    if not re.fullmatch("-?[0-9]{1,4300}", text):
        raise ValueError("a BigInt that is no whole number, or has too many digits")
    return BigInt(text)


def _buffer(entry: list[Any]) -> bytes:
    try:
        return b64decode(_text(entry), validate=True)
    except ValueError:
        raise ValueError("an ArrayBuffer that is not in base64") from None


def _url(entry: list[Any]) -> AnyUrl:
    text = _text(entry)
    try:
        return AnyUrl(text)
    except ValueError:
        raise ValueError(f"a URL that is none: {_short(text)}") from None


def _query(entry: list[Any]) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(_text(entry).removeprefix("?"), keep_blank_values=True))


def _regular(entry: list[Any]) -> RegExp:
    flags = entry[2] if len(entry) == 3 else ""
    source = _text(entry[:2])
    if len(entry) > 3 or type(flags) is not str or not _FLAG_LETTERS.fullmatch(flags):
        raise ValueError("a RegExp with unknown flags")
    return RegExp(source, flags)


def _temporal(entry: list[Any]) -> Any:
    """Python's own value where it holds the same."""
    text, kind = _text(entry), entry[0].removeprefix("Temporal.")
    found = _TEMPORAL[entry[0]].fullmatch(text) if len(text) <= 100 else None
    if found is None:
        raise ValueError(f"a {entry[0]} that is none: {_short(text)}")
    value = Temporal(kind, text)
    if kind == "Duration":
        duration = _duration(found)
        return value if duration is None else duration
    if kind not in _ISO or re.match(r"[+-]|0000-", text) or re.search(r"\.\d{7}|\[", text):
        return value
    try:
        return _ISO[kind](text)
    except ValueError:
        raise ValueError(f"a {entry[0]} that is none: {_short(text)}") from None


def _duration(found: re.Match[str]) -> timedelta | None:
    """None for months, which have no length, for nanoseconds, and for what is too long."""
    sign, years, months, weeks, days, hours, minutes, seconds, fraction = found.groups(default="0")
    if int(years) or int(months) or len(fraction) > 6:
        return None
    try:
        value = timedelta(
            weeks=int(weeks),
            days=int(days),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds),
            microseconds=int(fraction.ljust(6, "0")),
        )
        return -value if sign == "-" else value
    except OverflowError:
        return None


# The way to a spot


def _way(entries: list[Any], index: int) -> list[str]:
    """The steps from the root to an entry, the fewest there are."""
    came: dict[int, tuple[int, Any]] = {0: (0, None)}
    queue = deque([0])
    while queue and index not in came:
        at = queue.popleft()
        for key, ref in _parts(entries[at]):
            if type(ref) is int and 0 <= ref < len(entries) and ref not in came:
                came[ref] = (at, key)
                queue.append(ref)
    if index not in came:
        return [f" (entry {index})"]
    steps: list[str] = []
    while index:
        index, key = came[index]
        steps += _steps(entries, key)
    return steps[::-1]


def _parts(entry: Any) -> Iterable[tuple[Any, Any]]:
    """What an entry refers to: by a text or a position, a Map by a tuple of the key's reference."""
    if type(entry) is dict:
        return entry.items()
    if type(entry) is not list or not entry:
        return ()
    if entry[0] == "null":
        return zip(entry[1::2], entry[2::2], strict=False)
    if entry[0] == "Map":
        pairs = zip(entry[1::2], entry[2::2], strict=False)
        return ((((key,)), ref) for key, value in pairs for ref in (key, value))
    if type(entry[0]) is str:
        return ((None, ref) for ref in (entry[1:] if entry[0] == "Set" else entry[1:2]))
    if entry[0] == _SPARSE:
        return zip(entry[2::2], entry[3::2], strict=False)
    return enumerate(entry)


def _steps(entries: list[Any], key: Any) -> list[str]:
    """The step to one of the parts of an entry, if it has one: a Set's members have none."""
    if key is None:
        return []
    if type(key) is not tuple:
        return [_step(key)]
    ref = key[0]
    if type(ref) is int and 0 <= ref < len(entries) and type(entries[ref]) not in (list, dict):
        return [f".get({_primitive(entries[ref])})"]
    return [".get(...)"]


def _step(key: Any) -> str:
    if type(key) is int:
        return f"[{key}]"
    key = _short(str(key))
    return f".{key}" if _IDENTIFIER.fullmatch(key) else f"[{_encode(key)}]"


def _primitive(value: Any) -> str:
    """A Map's key as the path shows it; all that is an object for it is ``...``."""
    if isinstance(value, str):
        return _encode(_short(value)).replace("<", "\\u003C")
    if isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else _short(_numeral(value))
    return "null" if value is None else "..."


def _short(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:64]}…"


def _joined(steps: list[str]) -> str:
    return "".join(steps if len(steps) <= 32 else [*steps[:16], "…", *steps[-16:]])


# Tables


def _float(number: int) -> float:
    """What JavaScript makes of so large a number."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _encode(value: Any) -> str:
    try:
        return to_json(value).decode()
    except PydanticSerializationError:  # half a surrogate pair, which is no UTF-8
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_decode = json.JSONDecoder(parse_constant=_refuse).decode


def _parse(text: str) -> Any:
    try:
        return _decode(text)
    except (ValueError, RecursionError) as error:
        raise DevalueError(f"this is not JSON: {error}") from None


_IDENTIFIER = re.compile("[a-zA-Z_$][a-zA-Z_$0-9]*")
_FLAG_LETTERS = re.compile(r"(?:([dgimsuvy])(?!.*\1))*")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_PROTO = "an object with a key __proto__"
_SPECIALS = {-1: UNDEFINED, -3: math.nan, -4: math.inf, -5: -math.inf, -6: -0.0}
_PLAIN = frozenset({str, int, float, bool, type(None), dict, list})

#: The letter of a format -> the bytes of an item -> JavaScript's name.
_SIGNED = {1: "Int8Array", 2: "Int16Array", 4: "Int32Array", 8: "BigInt64Array"}
_UNSIGNED = {1: "Uint8Array", 2: "Uint16Array", 4: "Uint32Array", 8: "BigUint64Array"}
_FLOATS = {4: "Float32Array", 8: "Float64Array"}
_VIEWS = {
    **dict.fromkeys("bhilq", _SIGNED),
    **dict.fromkeys("cBHILQ", _UNSIGNED),
    **dict.fromkeys("fd", _FLOATS),
}
#: JavaScript's name -> the type of Python's array, none for bytes, and the bytes of an item.
_VIEW_TAGS = {
    "Int8Array": ("b", 1),
    "Uint8Array": ("", 1),
    "Uint8ClampedArray": ("", 1),
    "DataView": ("", 1),
    "Int16Array": ("h", 2),
    "Uint16Array": ("H", 2),
    "Float16Array": ("e", 2),
    "Int32Array": ("i", 4),
    "Uint32Array": ("I", 4),
    "Float32Array": ("f", 4),
    "Float64Array": ("d", 8),
    "BigInt64Array": ("q", 8),
    "BigUint64Array": ("Q", 8),
}
_GROUPS = frozenset({"Set", "Map", "null"})

_YEAR = r"(?:[0-9]{4}|[+-][0-9]{6})"
_DAY = rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_OFFSET = r"[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_CALENDAR = r"(?:\[u-ca=[a-z0-9-]+\])?"
_TEMPORAL = {
    f"Temporal.{kind}": re.compile(pattern)
    for kind, pattern in {
        "Duration": (
            r"([+-])?P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?"
            r"(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,9}))?S)?)?"
        ),
        "Instant": rf"{_DAY}T{_CLOCK}Z",
        "PlainDate": rf"{_DAY}{_CALENDAR}",
        "PlainTime": _CLOCK,
        "PlainDateTime": rf"{_DAY}T{_CLOCK}{_CALENDAR}",
        "PlainMonthDay": rf"(?:{_YEAR}-)?[0-9]{{2}}-[0-9]{{2}}{_CALENDAR}",
        "PlainYearMonth": rf"{_YEAR}-[0-9]{{2}}(?:-[0-9]{{2}})?{_CALENDAR}",
        "ZonedDateTime": rf"{_DAY}T{_CLOCK}(?:{_OFFSET}|Z)\[[A-Za-z0-9_+:/-]+\]{_CALENDAR}",
    }.items()
}
_ISO: dict[str, Callable[[str], Any]] = {
    "Instant": datetime.fromisoformat,
    "PlainDateTime": datetime.fromisoformat,
    "PlainDate": date.fromisoformat,
    "PlainTime": time.fromisoformat,
}

#: A tag whose entry is complete in itself -> what reads it.
_READERS: dict[str, Callable[[list[Any]], Any]] = {
    "Date": _date,
    "BigInt": _bigint,
    "RegExp": _regular,
    "ArrayBuffer": _buffer,
    "URL": _url,
    "URLSearchParams": _query,
    **dict.fromkeys(_TEMPORAL, _temporal),
}

#: What a type, and those made from it, are written by; the first that fits.
_WAYS: list[tuple[type, Callable[[_Writer, Any, int], int]]] = [
    (Special, _Writer.write_special),
    (Enum, lambda writer, value, depth: writer.ref(value.value, depth)),
    (str, lambda writer, value, depth: writer.ref(str.__str__(value), depth)),
    (BigInt, lambda writer, value, depth: writer.write_big(value)),
    (int, lambda writer, value, depth: writer.ref(int(value), depth)),
    (float, lambda writer, value, depth: writer.ref(float(value), depth)),
    (datetime, _Writer.write_datetime),
    (date, lambda writer, value, depth: writer.own(value, ["Date", f"{value}T00:00:00.000Z"])),
    (bytes, lambda writer, value, depth: writer.write_view(value, "Uint8Array", value)),
    (bytearray, lambda writer, value, depth: writer.write_view(value, "Uint8Array", value)),
    (memoryview, _Writer.write_numbers),
    (array, _Writer.write_numbers),
    (AnyUrl, lambda writer, value, depth: writer.own(value, ["URL", str(value)])),
    (Url, lambda writer, value, depth: writer.own(value, ["URL", str(value)])),
    (MultiDict, _Writer.write_query),
    (re.Pattern, lambda writer, value, depth: writer.own(value, _regexp(value))),
    (RegExp, _Writer.write_regexp),
    (
        Temporal,
        lambda writer, value, depth: writer.own(value, [f"Temporal.{value.kind}", value.text]),
    ),
    (Map, lambda writer, value, depth: writer.write_items(value, value.items(), depth)),
    (MapItems, lambda writer, value, depth: writer.write_items(value, value, depth)),
    (SetItems, _Writer.write_set),
    (Set, _Writer.write_set),
    (BaseModel, _Writer.write_model),
    (tuple, _Writer.write_tuple),
    (Mapping, lambda writer, value, depth: writer.stand_in(value, dict(value), depth)),
    *(
        (kind, lambda writer, value, depth: writer.stand_in(value, list(value), depth))
        for kind in (Sequence, ValuesView, Generator, deque)
    ),
]
