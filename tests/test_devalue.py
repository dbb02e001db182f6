"""devalue: what is written and read, against the npm package itself, and what is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
import random
import re
import subprocess
import time as clock
from array import array
from collections import OrderedDict, deque, namedtuple
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from pydantic import AnyUrl, BaseModel, Field, HttpUrl, RootModel, SecretStr, field_serializer
from pydantic import dataclasses as pydantic_dataclasses
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from flask_actions.devalue import (
    HOLE,
    MAX_DEPTH,
    UNDEFINED,
    BigInt,
    DevalueError,
    Map,
    MapItems,
    RegExp,
    SetItems,
    Temporal,
    dumps,
    loads,
)
from tests.node import node, npm_package

PEER = Path(__file__).parent / "devalue" / "peer.mjs"


class Vector:
    """A type of one's own, without equality."""

    def __init__(self, parts: Any) -> None:
        self.parts = parts


ENCODERS = {Vector: ("Vector", lambda vector: vector.parts)}
DECODERS = {"Vector": Vector}


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Word(StrEnum):
    KEY = "key"


Point = namedtuple("Point", "x y")


class Frozen(BaseModel):
    model_config = {"frozen": True}
    a: int


class Post(BaseModel):
    title: str = Field(serialization_alias="postTitle")
    day: date
    hidden: str = Field(default="", exclude=True)
    tags: set[str] = set()
    inner: Frozen = Frozen(a=1)
    price: Decimal = Decimal("1.50")
    loud: str = "x"

    @field_serializer("loud")
    def shout(self, value: str) -> str:
        return value.upper()


class Sets(BaseModel):
    day: datetime = datetime(2024, 1, 1)
    members: set[Frozen] = {Frozen(a=1)}


class Roots(RootModel[list[date]]):
    pass


@dataclasses.dataclass
class Plain:
    name: str
    at: datetime | None = None
    next: Any = None


@pydantic_dataclasses.dataclass
class Checked:
    name: str = Field(serialization_alias="itsName")


class Lazy:
    def __html__(self) -> str:
        return "<b>lazy</b>"


MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


# Writing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "[null]", id="null"),
        pytest.param(True, "[true]", id="true"),
        pytest.param(0, "[0]", id="zero"),
        pytest.param("", '[""]', id="empty text"),
        pytest.param(UNDEFINED, "-1", id="undefined"),
        pytest.param(math.nan, "-3", id="NaN"),
        pytest.param(math.inf, "-4", id="Infinity"),
        pytest.param(-math.inf, "-5", id="-Infinity"),
        pytest.param(-0.0, "-6", id="-0"),
        pytest.param([0.0, 0], "[[1,1],0]", id="0.0 is 0"),
        pytest.param(
            [1, True, "1", 1.0, None, 0, False],
            '[[1,2,3,1,4,5,6],1,true,"1",null,0,false]',
            id="by type",
        ),
        pytest.param({"x": {}, "y": []}, '[{"x":1,"y":2},{},[]]', id="empty containers"),
        pytest.param([1, [2, {"a": 3}], 4], '[[1,2,6],1,[3,4],2,{"a":5},3,4]', id="pre-order"),
        pytest.param(2**53 - 1, "[9007199254740991]", id="largest number"),
        pytest.param(2**53, '[["BigInt","9007199254740992"]]', id="BigInt"),
        pytest.param(-(2**53), '[["BigInt","-9007199254740992"]]', id="negative BigInt"),
        pytest.param([BigInt(1), 1], '[[1,2],["BigInt","1"],1]', id="small BigInt"),
        pytest.param([2**60, 2**60], '[[1,1],["BigInt","1152921504606846976"]]', id="BigInt twice"),
        pytest.param(
            [1e20, 10**20],
            '[[1,2],100000000000000000000,["BigInt","100000000000000000000"]]',
            id="both",
        ),
        pytest.param(2.0**60, "[1152921504606847000]", id="digits that JavaScript shows"),
        pytest.param(1e16, "[10000000000000000]", id="1e16"),
        pytest.param(1e21, "[1e+21]", id="1e21"),
        pytest.param(1.5e300, "[1.5e+300]", id="1.5e300"),
        pytest.param([1e-5, "a", 1e-6, 1e-7], '[[1,2,3,4],0.00001,"a",0.000001,1e-7]', id="small"),
        pytest.param(-1.25e-5, "[-0.0000125]", id="small negative"),
        pytest.param(5e-324, "[5e-324]", id="smallest"),
        pytest.param(MOMENT, '[["Date","2024-05-06T07:08:09.123Z"]]', id="datetime"),
        pytest.param(
            datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            '[["Date","2023-12-31T23:00:00.000Z"]]',
            id="other zone",
        ),
        pytest.param(
            datetime(1, 1, 1), '[["Date","0001-01-01T00:00:00.000Z"]]', id="naive, year 1"
        ),
        pytest.param(date(2024, 5, 6), '[["Date","2024-05-06T00:00:00.000Z"]]', id="date"),
        pytest.param(time(7, 8, 9), '["07:08:09"]', id="time"),
        pytest.param(timedelta(days=1, seconds=2), '["P1DT2S"]', id="timedelta"),
        pytest.param(Decimal("1.10"), '["1.10"]', id="Decimal"),
        pytest.param(UUID(int=1), '["00000000-0000-0000-0000-000000000001"]', id="UUID"),
        pytest.param([Color.RED, Level.HIGH, Word.KEY], '[[1,2,3],"red",3,"key"]', id="enums"),
        pytest.param({Word.KEY: 1}, '[{"key":1},1]', id="enum of texts as key"),
        pytest.param(Markup("<b>"), '["\\u003Cb>"]', id="Markup"),
        pytest.param(Lazy(), '["\\u003Cb>lazy\\u003C/b>"]', id="lazy text"),
        pytest.param(Path("/a"), '["/a"]', id="path"),
        pytest.param(SecretStr("x"), '["**********"]', id="secret"),
        pytest.param((1, (2,)), "[[1,2],1,[3],2]", id="tuple"),
        pytest.param(Point(1, 2), "[[1,2],1,2]", id="named tuple"),
        pytest.param(range(2), "[[1,2],0,1]", id="range"),
        pytest.param(deque([1]), "[[1],1]", id="deque"),
        pytest.param((n for n in (1, 2)), "[[1,2],1,2]", id="generator"),
        pytest.param({"a": 1}.values(), "[[1],1]", id="values of a dictionary"),
        pytest.param({1}, '[["Set",1],1]', id="set"),
        pytest.param(frozenset({"a"}), '[["Set",1],"a"]', id="frozenset"),
        pytest.param({}.keys(), '[["Set"]]', id="keys"),
        pytest.param(SetItems([{}, [], 1, True]), '[["Set",1,2,3,4],{},[],1,true]', id="SetItems"),
        pytest.param({1: "a", None: 1}, '[["Map",1,2,3,1],1,"a",null]', id="Map"),
        pytest.param(Map(a=1), '[["Map",1,2],"a",1]', id="Map of texts"),
        pytest.param(MapItems([([], "x")]), '[["Map",1,2],[],"x"]', id="MapItems"),
        pytest.param(OrderedDict(a=1), '[{"a":1},1]', id="OrderedDict"),
        pytest.param(MappingProxyType({"a": 1}), '[{"a":1},1]', id="mapping"),
        pytest.param(b"\1\2\3", '[["Uint8Array",1],["ArrayBuffer","AQID"]]', id="bytes"),
        pytest.param(bytearray(b"a"), '[["Uint8Array",1],["ArrayBuffer","YQ=="]]', id="bytearray"),
        pytest.param(
            memoryview(b"abc")[1:], '[["Uint8Array",1],["ArrayBuffer","YmM="]]', id="memoryview"
        ),
        pytest.param(array("h", [1]), '[["Int16Array",1],["ArrayBuffer","AQA="]]', id="array"),
        pytest.param(AnyUrl("https://a.b"), '[["URL","https://a.b/"]]', id="AnyUrl"),
        pytest.param(HttpUrl("https://a.b/<"), '[["URL","https://a.b/%3C"]]', id="HttpUrl"),
        pytest.param(
            ImmutableMultiDict([("a", "1 ~*"), ("a", "ü&"), ("b", 2)]),
            '[["URLSearchParams","a=1+%7E*&a=%C3%BC%26&b=2"]]',
            id="MultiDict",
        ),
        pytest.param(re.compile("a<b", re.I | re.S), '[["RegExp","a\\u003Cb","is"]]', id="pattern"),
        pytest.param(re.compile(""), '[["RegExp","(?:)"]]', id="empty pattern"),
        pytest.param(
            re.compile(r"\A(?P<n>a)(?P=n)\\A\Z"),
            r'[["RegExp","(?\u003C![^])(?\u003Cn>a)\\k\u003Cn>\\\\A(?![^])"]]',
            id="what JavaScript calls otherwise",
        ),
        pytest.param(RegExp("a", "g"), '[["RegExp","a","g"]]', id="RegExp"),
        pytest.param(
            Temporal("PlainDate", "2024-05-06"),
            '[["Temporal.PlainDate","2024-05-06"]]',
            id="Temporal",
        ),
        pytest.param([HOLE, 1, HOLE], "[[-2,1,-2],1]", id="holes"),
        pytest.param([HOLE] * 100 + ["x"], '[[-7,101,100,1],"x"]', id="sparse array"),
        pytest.param([HOLE] * 3, "[[-7,3]]", id="three holes"),
        pytest.param([HOLE], "[[-2]]", id="one hole"),
        pytest.param([(), ()], "[[1,2],[],[]]", id="empty tuples are not shared"),
        pytest.param(
            Post(title="t", day=date(2024, 5, 6)),
            '[{"postTitle":1,"day":2,"tags":3,"inner":4,"price":6,"loud":7},"t",'
            '["Date","2024-05-06T00:00:00.000Z"],["Set"],{"a":5},1,"1.50","X"]',
            id="model",
        ),
        pytest.param(
            Roots([date(2024, 5, 6)]), '[[1],["Date","2024-05-06T00:00:00.000Z"]]', id="root model"
        ),
        pytest.param(
            Sets(),
            '[{"day":1,"members":2},["Date","2024-01-01T00:00:00.000Z"],[3],{"a":4},1]',
            id="set of models",
        ),
        pytest.param(
            Plain("n", MOMENT),
            '[{"name":1,"at":2,"next":3},"n",["Date","2024-05-06T07:08:09.123Z"],null]',
            id="dataclass",
        ),
        pytest.param(Checked("n"), '[{"itsName":1},"n"]', id="pydantic's dataclass"),
    ],
)
def test_value_has_its_text(value, text):
    written = dumps(value)

    assert written == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param('"\\\n\r\t\b\f', r'"\"\\\n\r\t\b\f"', id="short escapes"),
        pytest.param("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"', id="controls"),
        pytest.param("</script>&/", '"\\u003C/script>&/"', id="markup"),
        pytest.param("\u2028\u2029", r'"\u2028\u2029"', id="line separators"),
        pytest.param("ü\uffff😀", '"ü\uffff😀"', id="raw"),
        pytest.param("\ud800<", r'"\ud800\u003C"', id="half a surrogate pair"),
    ],
)
def test_text_and_key_are_escaped_alike(value, text):
    written = dumps({value: value})

    assert written == f"[{{{text}:1}},{text}]"
    assert loads(written) == {value: value}
    written.encode()


def test_shared_value_is_written_once():
    shared = {"a": [MOMENT]}

    written = dumps([shared, shared, shared["a"], MOMENT])

    assert written == '[[1,1,2,3],{"a":2},[3],["Date","2024-05-06T07:08:09.123Z"]]'


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: [], id="list"),
        pytest.param(lambda: deque(), id="deque"),
        pytest.param(lambda: SetItems(), id="SetItems"),
    ],
)
def test_value_may_contain_itself(make):
    value = make()
    value.append(value)

    back = loads(dumps(value))

    assert len(back) == 1
    assert back[0] is back


def test_object_map_and_dataclass_may_contain_themselves():
    value: dict[str, Any] = {"map": {}, "plain": Plain("n")}
    value["map"][1] = value
    value["plain"].next = value["plain"]

    back = loads(dumps(value))

    assert back["map"][1] is back
    assert back["plain"]["next"] is back["plain"]


def test_what_is_made_while_writing_is_not_taken_for_something_else():
    class Items(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            return (Plain(str(number)) for number in range(100))

    back = loads(dumps(deque([Items(), Items()])))

    assert [[one["name"] for one in items] for items in back] == [[str(n) for n in range(100)]] * 2


def test_members_that_a_view_makes_anew_are_not_taken_for_each_other():
    prices = {"apple": 1, "pear": 2, "plum": 3, "fig": 4}

    back = loads(dumps(prices.items()))

    assert dict(back) == prices


def test_encoder_is_for_a_type_and_its_subclasses():
    class Sub(Vector):
        pass

    shared = Sub([3])

    written = dumps([Vector([30, 40]), shared, shared], ENCODERS)

    assert written == '[[1,5,5],["Vector",2],[3,4],30,40,["Vector",6],[7],3]'


def test_encoder_comes_before_what_is_known():
    written = dumps({"url": AnyUrl("https://example.com")}, {AnyUrl: ("URL", str)})

    # As Astro writes it.
    assert written == '[{"url":1},["URL",2],"https://example.com/"]'


def test_encoder_of_a_plain_type_is_refused():
    with pytest.raises(ValueError, match="class 'str'"):
        dumps("a", {str: ("Text", len)})


def broken() -> None: ...


class Node(BaseModel):
    next: Node | None = None


def cyclic_model() -> Node:
    one = Node()
    one.next = one
    return one


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        pytest.param(broken, "", "a function has no form", id="function"),
        pytest.param({"items": [0, 1, 2, {"x": object()}]}, ".items[3].x", "object", id="object"),
        pytest.param({"a b": {"c": ValueError()}}, '["a b"].c', "ValueError", id="exception"),
        pytest.param({1: {"key": {broken}}}, ".get(1).key", "function", id="Map and Set"),
        pytest.param(Map(k=broken), '.get("k")', "function", id="value of a Map"),
        pytest.param({(1,): broken}, ".get(...)", "function", id="object as key"),
        pytest.param(MapItems([(broken, 1)]), ".get(...)", "function", id="key of a Map"),
        pytest.param([[broken]], "[0][0]", "function", id="lists"),
        pytest.param(((1, broken),), "[0][1]", "function", id="tuples"),
        pytest.param([Plain("n", next=[broken])], "[0].next[0]", "function", id="dataclass"),
        pytest.param([Vector([broken])], "[0][0]", "function", id="custom type"),
        pytest.param({"a": {"__proto__": 1}}, ".a", "__proto__", id="__proto__"),
        pytest.param({"a": HOLE}, ".a", "hole", id="hole in an object"),
        pytest.param([{1: HOLE}], "[0].get(1)", "hole", id="hole in a Map"),
        pytest.param([{HOLE}], "[0]", "hole", id="hole in a Set"),
        pytest.param(HOLE, "", "hole", id="hole alone"),
        pytest.param([10**5000], "[0]", "too many digits", id="huge integer"),
        pytest.param([memoryview(b"ab").cast("?")], "[0]", "format", id="booleans"),
        pytest.param([re.compile(b"a")], "[0]", "bytes", id="pattern of bytes"),
        pytest.param([re.compile("a", re.X)], "[0]", "comments", id="verbose pattern"),
        pytest.param(
            {"q": MultiDict([("file", object())])}, ".q.file", "object", id="MultiDict of files"
        ),
        pytest.param([cyclic_model()], "[0]", "Circular", id="model within itself"),
        pytest.param(
            [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))], "[0]", "range", id="year 0"
        ),
    ],
)
def test_what_cannot_be_written_is_named_with_its_path(value, path, reason):
    with pytest.raises(DevalueError) as caught:
        dumps(value, ENCODERS)

    assert caught.value.path == path
    assert str(caught.value) == f"data{path}: {caught.value.reason}"
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("wrap", "back"),
    [
        pytest.param(lambda value: [value], lambda value: value[0], id="list"),
        pytest.param(lambda value: {"a": value}, lambda value: value["a"], id="dict"),
        pytest.param(lambda value: {1: value}, lambda value: value[1], id="Map"),
        pytest.param(lambda value: Vector(value), lambda value: value.parts, id="custom"),
    ],
)
def test_depth_is_bounded_alike_both_ways(wrap, back):
    value: Any = wrap(0)
    for _ in range(MAX_DEPTH - 1):
        value = wrap(value)

    read = loads(dumps(value, ENCODERS), DECODERS)

    for _ in range(MAX_DEPTH):
        read = back(read)
    assert read == 0
    with pytest.raises(DevalueError, match="nested too deep"):
        dumps(wrap(value), ENCODERS)


def test_depth_of_a_set_counts():
    value: Any = {1}
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    levels = ",".join(f"[{n}]" for n in range(1, MAX_DEPTH + 1))

    read = loads(dumps(value))

    assert same(read, value)
    with pytest.raises(DevalueError, match="nested too deep"):
        loads(f'[{levels},["Set"]]')


def test_depth_of_anything_is_refused_and_not_a_crash():
    value: Any = None
    for _ in range(50_000):
        value = Plain("n", next=value)

    with pytest.raises(DevalueError, match="nested too deep"):
        dumps(value)
    while value:  # Taken apart by hand: so long a chain is too deep for Python, too.
        value = value.next


# Reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("-1", UNDEFINED, id="undefined"),
        pytest.param("-3", math.nan, id="NaN"),
        pytest.param("-4", math.inf, id="Infinity"),
        pytest.param("-5", -math.inf, id="-Infinity"),
        pytest.param("-6", -0.0, id="-0"),
        pytest.param("[1]", 1, id="a number"),
        pytest.param('["a",99,{}]', "a", id="further entries"),
        pytest.param("[1.0]", 1.0, id="with a decimal point"),
        pytest.param("[9007199254740993]", 9007199254740992.0, id="as JavaScript rounds it"),
        pytest.param("[1" + "0" * 400 + "]", math.inf, id="beyond all numbers"),
        pytest.param('[["BigInt","10"]]', BigInt(10), id="BigInt"),
        pytest.param('[["Object",1],42]', 42, id="boxed number"),
        pytest.param('[["Object",-3]]', math.nan, id="boxed NaN"),
        pytest.param('[["Object",1],["BigInt","1"]]', BigInt(1), id="boxed BigInt"),
        pytest.param('[["null","a",1],2]', {"a": 2}, id="no prototype"),
        pytest.param(
            '[["Date","2024-05-06T07:08:09.123Z"]]', MOMENT.replace(microsecond=123000), id="Date"
        ),
        pytest.param('[["Set",1,2],1,"a"]', {1, "a"}, id="Set"),
        pytest.param('[["Set",1,2],1,true]', SetItems([1, True]), id="Set of 1 and true"),
        pytest.param('[["Set",1],{}]', SetItems([{}]), id="Set of objects"),
        pytest.param('[["Set",1],["Set"]]', SetItems([set()]), id="Set of Sets"),
        pytest.param('[["Map",1,2],1,"one"]', Map({1: "one"}), id="Map"),
        pytest.param('[["Map",1,2],"a",[]]', Map({"a": []}), id="Map of texts"),
        pytest.param('[["Map",1,2],[],3]', MapItems([([], 3)]), id="Map with an object as key"),
        pytest.param(
            '[["Map",1,2,3,2],0,"a",false]', MapItems([(0, "a"), (False, "a")]), id="0 and false"
        ),
        pytest.param('[["RegExp","a","gi"]]', RegExp("a", "gi"), id="RegExp"),
        pytest.param('[["URL","https://a.b/"]]', AnyUrl("https://a.b/"), id="URL"),
        pytest.param('[["URL",1],"https://a.b/"]', AnyUrl("https://a.b/"), id="Astro's URL"),
        pytest.param(
            '[["URLSearchParams","a=1&b=&a=%C3%BC+"]]',
            MultiDict([("a", "1"), ("b", ""), ("a", "ü ")]),
            id="URLSearchParams",
        ),
        pytest.param('[["ArrayBuffer","AQID"]]', b"\1\2\3", id="ArrayBuffer"),
        pytest.param('[["Uint8Array",1],["ArrayBuffer","AQID"]]', b"\1\2\3", id="Uint8Array"),
        pytest.param('[["Uint8ClampedArray",1],["ArrayBuffer","AQ=="]]', b"\1", id="clamped"),
        pytest.param('[["Uint8Array",1,1,2],["ArrayBuffer","AQID"]]', b"\2\3", id="a part"),
        pytest.param('[["Uint8Array",1,1],["ArrayBuffer","AQID"]]', b"\2\3", id="the rest"),
        pytest.param('[["DataView",1,0,1],["ArrayBuffer","AQID"]]', b"\1", id="DataView"),
        pytest.param('[["Int8Array",1],["ArrayBuffer","/w=="]]', array("b", [-1]), id="Int8Array"),
        pytest.param(
            '[["Uint16Array",1,2,1],["ArrayBuffer","AAABAA=="]]', array("H", [1]), id="Uint16Array"
        ),
        pytest.param(
            '[["Float16Array",1],["ArrayBuffer","ADw="]]', array("f", [1]), id="Float16Array"
        ),
        pytest.param("[[-2,1,-2],5]", [HOLE, 5, HOLE], id="holes"),
        pytest.param("[[-7,4,2,1],5]", [HOLE, HOLE, 5, HOLE], id="sparse array"),
        pytest.param("[[-7,0]]", [], id="empty sparse array"),
        pytest.param('[["Temporal.PlainDate","2024-05-06"]]', date(2024, 5, 6), id="PlainDate"),
        pytest.param(
            '[["Temporal.PlainTime","07:08:09.5"]]', time(7, 8, 9, 500000), id="PlainTime"
        ),
        pytest.param(
            '[["Temporal.PlainDateTime","2024-05-06T07:08:09"]]',
            datetime(2024, 5, 6, 7, 8, 9),
            id="PlainDateTime",
        ),
        pytest.param('[["Temporal.Instant","2024-05-06T07:08:09.123456Z"]]', MOMENT, id="Instant"),
        pytest.param(
            '[["Temporal.Duration","-P1W2DT3H4M5.006S"]]',
            -timedelta(9, hours=3, minutes=4, seconds=5, milliseconds=6),
            id="Duration",
        ),
        pytest.param('[["Temporal.Duration","PT0S"]]', timedelta(), id="no time at all"),
        *(
            pytest.param(
                f'[["Temporal.{kind}","{text}"]]', Temporal(kind, text), id=f"{kind} {text}"
            )
            for kind, text in [
                ("Duration", "P1Y"),
                ("Duration", "P2M"),
                ("Duration", "PT0.000000001S"),
                ("Duration", "P99999999999D"),
                ("Duration", "-P999999999DT1S"),
                ("Instant", "2024-05-06T07:08:09.123456789Z"),
                ("Instant", "-000001-01-01T00:00:00Z"),
                ("PlainDate", "2024-05-06[u-ca=hebrew]"),
                ("PlainDate", "0000-01-01"),
                ("PlainYearMonth", "2024-05"),
                ("PlainMonthDay", "05-06"),
                ("ZonedDateTime", "2024-05-06T07:08:09+02:00[Europe/Berlin]"),
            ]
        ),
    ],
)
def test_text_has_its_value(text, value):
    read = loads(text)

    assert same(read, value)


def test_date_is_aware_and_url_is_pydantics():
    read = loads('[[1,2],["Date","2024-05-06T07:08:09.123Z"],["URL","https://a.b/"]]')

    assert read[0].tzinfo is UTC
    assert type(read[1]) is AnyUrl


def test_identity_is_kept_from_the_text_on():
    read = loads('[{"a":1,"b":1,"c":2,"d":0,"e":4},[3],["Map",3,1],"x",["Set",1]]')

    assert read["a"] is read["b"]
    assert read["c"]["x"] is read["a"]
    assert read["d"] is read
    assert read["e"][0] is read["a"]


def test_undefined_is_what_the_caller_says():
    read = loads('[{"a":-1,"b":1},[-1,-2]]', undefined=None)

    assert read == {"a": None, "b": [None, None]}
    assert loads("-1", undefined=None) is None


def test_special_values_are_false_and_survive_copies():
    for special in (UNDEFINED, HOLE):
        assert not special
        assert copy.deepcopy(special) is special
        assert pickle.loads(pickle.dumps(special)) is special
    assert repr([UNDEFINED, HOLE]) == "[UNDEFINED, HOLE]"


def test_decoder_gets_what_is_complete():
    def decode(parts: Any) -> Any:
        return copy.deepcopy(parts)  # What comes later is not seen.

    read = loads('[{"one":1,"two":4},["Box",2],[3],{"deep":4},["Box",5],[6],"x"]', {"Box": decode})

    assert read == {"one": [{"deep": ["x"]}], "two": ["x"]}


def test_decoder_is_asked_once_for_a_shared_value():
    read = loads('[[1,1,2],["Vector",3],{"v":1},[4],1]', DECODERS)

    assert read[0] is read[1] is read[2]["v"]


def test_what_a_custom_value_is_in_is_filled_when_all_is_read():
    read = loads('[{"v":1},["Vector",2],{"owner":0}]', DECODERS)

    assert read["v"].parts["owner"] is read


def test_decoder_never_sees_what_is_not_a_value_yet():
    seen: list[Any] = []

    loads(
        '[{"v":2,"list":1},[0],["Peek",3],{"owner":0,"list":1,"n":4},5]',
        {"Peek": lambda parts: seen.append(copy.deepcopy(parts))},
    )

    assert seen == [{"owner": {}, "list": [{}], "n": 5}]


def test_decoder_comes_before_what_is_known_and_takes_both_forms():
    decoders = {"URL": lambda href: f"<{href}>", "Date": lambda iso: iso[:4]}

    read = loads('[[1,2,4],["URL","a:b"],["URL",3],"c:d",["Date","2024-"]]', decoders)

    assert read == ["<a:b>", "<c:d>", "2024"]


def test_custom_values_are_members_and_keys():
    read = loads(
        '[[1,2,5],["Set",3],["Map",3,4],["Vector",4],"x",["Set",6],["Vector",0]]', DECODERS
    )

    (member,) = read[0]
    assert read[1] == {member: "x"}
    assert type(read[1]) is Map
    (other,) = read[2]
    assert other.parts is read


def test_custom_values_without_a_hash_are_kept_in_order():
    read = loads('[[1,3],["Set",2],["List",5],["Map",2,4],"x",[]]', {"List": list})

    assert read == [SetItems([[]]), MapItems([([], "x")])]
    assert [type(one) for one in read] == [SetItems, MapItems]


NESTED = f"[{','.join(f'[{n}]' for n in range(1, 5000))},0]"
DOUBLED = f"[{','.join(f'[{n},{n}]' for n in range(1, 40))},0]"
BACKWARD = f"[[5000],0,{','.join(f'[{n}]' for n in range(1, 5000))}]"


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        pytest.param("", "", "not JSON", id="empty"),
        pytest.param("[1", "", "not JSON", id="cut off"),
        pytest.param("[NaN]", "", "not JSON", id="NaN in JSON"),
        pytest.param("[[-Infinity]]", "", "not JSON", id="Infinity in JSON"),
        pytest.param("[" * 100_000, "", "not JSON", id="deep JSON"),
        pytest.param(f"[{'1' * 5000}]", "", "not JSON", id="endless number"),
        *(
            pytest.param(text, "", "list of entries", id=f"document {text}")
            for text in ("{}", '"s"', "[]", "5", "0", "-2", "-7", "null", "true", "-1.0")
        ),
        pytest.param("[[1]]", "[0]", "not there", id="reference behind the last"),
        pytest.param('[{"a":[]}]', ".a", "no whole number", id="array as reference"),
        pytest.param('[{"a":true},1]', ".a", "no whole number", id="true as reference"),
        pytest.param("[[1,true],1]", "[1]", "no whole number", id="true in an array"),
        pytest.param('[[1,"1"],1]', "[1]", "no whole number", id="text as reference"),
        pytest.param("[[1.0],1]", "[0]", "no whole number", id="decimal reference"),
        pytest.param("[[1,{}],1]", "[1]", "no whole number", id="object in an array"),
        pytest.param('[{"a":-2}]', ".a", "not there", id="hole in an object"),
        pytest.param('[{"a":-7}]', ".a", "not there", id="marker as reference"),
        pytest.param("[[1,-99],1]", "[1]", "not there", id="unknown negative"),
        pytest.param('[["Set",-2]]', "", "not there", id="hole in a Set"),
        pytest.param('[{"a":1},{"__proto__":2},3]', ".a", "__proto__", id="__proto__"),
        pytest.param('[[1],["null","__proto__",2],3]', "[0]", "__proto__", id="__proto__ of none"),
        pytest.param('[["null",1,1]]', "", "no text", id="key that is no text"),
        pytest.param('[["null","a"]]', "", "no value", id="key without a value"),
        pytest.param('[["Map",1],1]', "", "no value", id="Map without a value"),
        pytest.param('[{"a b":1},["Vec",2],3]', '["a b"]', "unknown type Vec", id="unknown type"),
        pytest.param('[["__proto__",1],2]', "", "unknown type", id="type __proto__"),
        pytest.param('[["Date"]]', "", "no text", id="Date without a text"),
        pytest.param('[["Date",1],"2024"]', "", "no text", id="Date by reference"),
        pytest.param('[["Date",""]]', "", "invalid date", id="invalid Date"),
        pytest.param('[["Date","2024-05-06"]]', "", "2024-05-06", id="Date without a time"),
        pytest.param('[["Date","2024-13-06T07:08:09.123Z"]]', "", "2024-13", id="month 13"),
        pytest.param('[["Date","2024-W19-1T07:08:09.123Z"]]', "", "W19", id="Date of a week"),
        pytest.param('[["Date","2024-05-06T07:08:09+00:00"]]', "", "+00", id="Date with an offset"),
        pytest.param('[["Date","+012024-05-06T07:08:09.123Z"]]', "", "+012024", id="year 12024"),
        pytest.param('[["BigInt","1e3"]]', "", "BigInt", id="BigInt with an exponent"),
        pytest.param('[["BigInt","１"]]', "", "BigInt", id="BigInt in other digits"),
        pytest.param(f'[["BigInt","{"1" * 4301}"]]', "", "too many digits", id="huge BigInt"),
        pytest.param('[["Object",1],{}]', "", "primitive", id="boxed object"),
        pytest.param('[["Object",0]]', "", "primitive", id="boxed box"),
        pytest.param('[["Object"]]', "", "primitive", id="empty box"),
        pytest.param('[["URL","no url"]]', "", "no url", id="URL"),
        pytest.param('[["URL",1],{}]', "", "URL", id="URL of an object"),
        pytest.param('[["RegExp","a","gg"]]', "", "flags", id="flag twice"),
        pytest.param('[["RegExp","a","x"]]', "", "flags", id="unknown flag"),
        pytest.param('[["RegExp",1]]', "", "no text", id="RegExp without a source"),
        pytest.param('[["ArrayBuffer","A"]]', "", "base64", id="bad base64"),
        pytest.param('[["ArrayBuffer","AQ==\\n"]]', "", "base64", id="base64 with a line"),
        pytest.param('[["Uint8Array",1],5]', "", "no ArrayBuffer", id="array over a number"),
        pytest.param('[["Uint8Array",0]]', "", "no ArrayBuffer", id="array over itself"),
        pytest.param('[["Uint8Array",1],"AQ=="]', "", "no ArrayBuffer", id="array over a text"),
        pytest.param('[["Uint8Array"]]', "", "no ArrayBuffer", id="array over nothing"),
        pytest.param('[["Uint8Array",1,0,4],["ArrayBuffer","AQID"]]', "", "beyond", id="too long"),
        pytest.param('[["Uint8Array",1,-1,1],["ArrayBuffer","AQID"]]', "", "beyond", id="before"),
        pytest.param('[["Int16Array",1],["ArrayBuffer","AQID"]]', "", "beyond", id="half an item"),
        pytest.param(
            '[["Int16Array",1,1,1],["ArrayBuffer","AQID"]]', "", "beyond", id="between items"
        ),
        pytest.param(
            '[["Uint8Array",1,"0",1],["ArrayBuffer","AQID"]]', "", "place", id="offset of text"
        ),
        pytest.param("[[-7]]", "", "length", id="sparse without length"),
        pytest.param("[[-7,-1]]", "", "length", id="negative length"),
        pytest.param("[[-7,1.5]]", "", "length", id="broken length"),
        pytest.param("[[-7,3,1]]", "", "length", id="position without value"),
        pytest.param("[[-7,4294967295]]", "", "too long", id="huge sparse array"),
        pytest.param("[[1,2],[-7,60000],[-7,60000]]", "[1]", "too long", id="two sparse arrays"),
        pytest.param("[[-7,3,3,1],1]", "", "beyond", id="position behind the end"),
        pytest.param("[[-7,3,true,1],1]", "", "beyond", id="position true"),
        pytest.param("[[-7,3,2,9]]", "[2]", "not there", id="sparse value"),
        pytest.param('[["Temporal.PlainDate","2024-02-30"]]', "", "2024-02-30", id="PlainDate"),
        pytest.param('[["Temporal.Duration","P"]]', "", "none", id="Duration"),
        pytest.param('[["Temporal.Now","x"]]', "", "unknown type", id="Temporal.Now"),
        pytest.param('[{"a":1},["Vector",1]]', ".a", "contains itself", id="custom within itself"),
        pytest.param('[["Vector",1],{"a":0}]', "", "contains itself", id="custom cycle"),
        pytest.param(
            '[["Set",1],["Vector",2],[0]]', "[0]", "contains itself", id="Set in its member"
        ),
        pytest.param('[["Vector",9]]', "", "not there", id="custom of nothing"),
        pytest.param('[["Vector"]]', "", "without a value", id="custom without a value"),
        pytest.param('[[1],["Fussy",2],3]', "[0]", "no Fussy: too odd", id="decoder refuses"),
        pytest.param(NESTED, "[0]" * 16 + "…" + "[0]" * 16, "too deep", id="deep"),
        pytest.param(BACKWARD, None, "too deep", id="deep, backwards"),
        pytest.param(DOUBLED, None, "too many places", id="doubled 40 times"),
        pytest.param('[["Map",1,2],"a",[9]]', '.get("a")[0]', "not there", id="in a Map"),
        pytest.param('[["Map",1,2],[],[9]]', ".get(...)[0]", "not there", id="under an object"),
        pytest.param('[["null","a",1],[9]]', ".a[0]", "not there", id="without prototype"),
        pytest.param('[["Set",1],[9]]', "[0]", "not there", id="in a Set"),
        pytest.param("[[-7,9,5,1],[9]]", "[5][0]", "not there", id="in a sparse array"),
        pytest.param('[1,["Nope"]]', " (entry 1)", "unknown type", id="where nothing refers to"),
        pytest.param(
            json.dumps([{"k" * 500: 9}]), f'["{"k" * 64}…"]', "not there", id="endless key"
        ),
    ],
)
def test_hostile_text_is_refused_with_its_path(text, path, reason):
    def fussy(value: Any) -> Any:
        raise KeyError("too odd") if value != 3 else ValueError("too odd")

    decoders = {**DECODERS, "Fussy": fussy}

    began = clock.process_time()
    with pytest.raises(DevalueError) as caught:
        loads(text, decoders)

    assert reason in caught.value.reason
    assert path is None or caught.value.path == path
    assert clock.process_time() - began < 2


def test_too_long_a_text_is_refused():
    with pytest.raises(DevalueError, match="longer than 5 characters"):
        loads('["abc"]', max_length=5)


def test_depth_and_cycles_are_the_callers_choice():
    assert loads("[[1],[2],3]", max_depth=2) == [[3]]
    with pytest.raises(DevalueError, match=r"data\[0\]: nested too deep|data: nested too deep"):
        loads("[[1],[2],3]", max_depth=1)
    with pytest.raises(DevalueError, match="contains itself"):
        loads('[{"self":0}]', cycles=False)
    assert loads("[[1,1],[2],3]", cycles=False) == [[3], [3]]


def test_sparse_array_in_two_places_is_one():
    read = loads("[[1,1],[-7,60000]]")

    assert read[0] is read[1]
    assert read[0] == [HOLE] * 60_000


def test_bytes_shown_many_times_take_no_more_room_than_the_text():
    views = ",".join('["Uint8Array",1,0,30000]' for _ in range(3000))
    text = f'[[{",".join(map(str, range(2, 3002)))}],["ArrayBuffer","{"A" * 40_004}"],{views}]'

    with pytest.raises(DevalueError, match="the same bytes too many times"):
        loads(text)


@pytest.mark.parametrize(
    "long",
    [
        pytest.param(["x" * 10_000], id="text"),
        pytest.param([["Uint8Array", 3], ["ArrayBuffer", "A" * 10_000]], id="array"),
        pytest.param([["Int16Array", 3, 0, 3750], ["ArrayBuffer", "A" * 10_000]], id="items"),
        pytest.param([["ArrayBuffer", "A" * 10_000]], id="bytes"),
        pytest.param([["URLSearchParams", "a&" * 5_000]], id="query"),
        pytest.param([["URL", "a:" + "b" * 10_000]], id="URL"),
        pytest.param([["BigInt", "1" * 4_300]], id="BigInt"),
        pytest.param([[-7, 900]], id="sparse array"),
        pytest.param([[-7, 900, 0, 3], [4], 0], id="sparse array with parts"),
    ],
)
def test_long_value_in_too_many_places_is_refused(long):
    text = json.dumps([[1] * 100, [2] * 100, *long])

    with pytest.raises(DevalueError, match="the same values in too many places"):
        loads(text, max_values=100_000)
    assert len(loads(json.dumps([[1] * 10, [2] * 10, *long]), max_values=100_000)) == 10


def test_values_that_are_in_one_place_are_never_too_many():
    value = [[f"{n}" * 500, f"{n}".encode() * 500, {"a": [n]}] for n in range(500)]

    assert loads(dumps(value), max_values=0) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            json.dumps(
                [["Map", *(n for i in range(20_000) for n in (i + 1, 1))]]
                + [["BigInt", str(i * (2**61 - 1))] for i in range(20_000)]
            ),
            id="integers of one hash as keys",
        ),
        pytest.param(
            json.dumps(
                [["Set", *range(1, 20_001)]]
                + [["BigInt", str(i * (2**61 - 1))] for i in range(20_000)]
            ),
            id="integers of one hash as members",
        ),
        pytest.param(
            json.dumps([list(range(1, 20_001)), *([] for _ in range(20_000))] + [[0]] * 20_000),
            id="entries that nothing refers to",
        ),
        pytest.param(
            json.dumps([list(range(1, 50_001)), *([0, n] for n in range(1, 50_001))]),
            id="each within itself",
        ),
    ],
)
def test_hostile_text_takes_linear_time(text):
    began = clock.process_time()

    loads(text)

    assert clock.process_time() - began < 3


# The types of its own


def test_regexp_is_compiled_on_demand():
    pattern = RegExp(r"(?<n>a)\k<n>\\k(?<!b)", "gims").compile()

    assert pattern.fullmatch("AA\\k")
    assert pattern.groupindex == {"n": 1}
    assert pattern.flags & (re.I | re.M | re.S) == re.I | re.M | re.S


def test_regexp_that_python_does_not_have_is_refused():
    with pytest.raises(ValueError, match="cannot compile"):
        RegExp(r"\p{L}", "u").compile()


def test_temporal_knows_its_kinds():
    with pytest.raises(ValueError, match="no Now"):
        Temporal("Now", "x")
    assert str(Temporal("PlainYearMonth", "2024-05")) == "2024-05"


# Against the npm package


class Peer:
    """The npm package, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, questions: list[tuple[Any, ...]]) -> list[Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(questions) + "\n")
        self.process.stdin.flush()
        return [
            one["answer"] if "answer" in one else DevalueError(one["error"])
            for one in json.loads(self.process.stdout.readline())
        ]


@pytest.fixture(scope="module")
def peer():
    folders = [npm_package("devalue", "5.9.4"), npm_package("@js-temporal/polyfill", "0.5.1")]
    command = [node(), PEER, *folders]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Peer(process)
        process.stdin.close()
        assert process.wait(10) == 0


def same(one: Any, other: Any) -> bool:
    """Equal in types, order and identities, cycles included."""
    return _same(one, other, {}, {})


def _same(one: Any, other: Any, there: dict[int, Any], back: dict[int, Any]) -> bool:
    if {type(one), type(other)} <= {int, float}:  # To JavaScript they are one type.
        return repr(float(one)) == repr(float(other))
    if type(one) is not type(other):
        return False
    if not isinstance(one, (list, dict, set, Vector)):
        return bool(one == other)
    if id(one) in there or id(other) in back:
        return there.get(id(one)) is other and back.get(id(other)) is one
    there[id(one)], back[id(other)] = other, one
    parts = [
        [value.parts] if isinstance(value, Vector) else _parts(value) for value in (one, other)
    ]
    return len(parts[0]) == len(parts[1]) and all(
        _same(a, b, there, back) for a, b in zip(*parts, strict=True)
    )


def _parts(value: Any) -> list[Any]:
    if isinstance(value, set):
        return sorted(value, key=repr)
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return [part for item in value for part in (item if isinstance(item, tuple) else (item,))]


def escaped(text: str) -> str:
    """As a text that can be sent; the package leaves halves of surrogate pairs as they are."""
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)


class Maker:
    """Python values of all kinds; the same ones for the same seed."""

    TEXTS = (
        *("", "a", "null", "</script><!--", "\u2028\u2029", "\x00\x1f\x7f\b\f\n\r\t", '"\\/'),
        *("ünï", "😀", "\ud800", "\udc00", "constructor", "Date", "-1", "x" * 50),
    )
    FLOATS = (
        *(0.1, -0.0, math.nan, math.inf, -math.inf, 1e21, 1e-7, 1e-6, 1.5e300, 5e-324, 2.0**53),
        *(1e20, 0.000012345, 1 / 3, -2.5, 1e16, 1.7976931348623157e308),
    )
    INTS = (0, 1, -1, 2**53 - 1, 1 - 2**53, BigInt(2**53), BigInt(-(2**60)), BigInt(10**40))
    KEYS = ("id", "title", "tags", "a b", "</k>", "", "\u2028", "length")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made: list[Any] = []

    def own(self, value: Any) -> Any:
        self.made.append(value)
        return value

    def leaf(self) -> Any:
        chance = self.random
        kinds = (
            lambda: chance.choice(self.TEXTS),
            lambda: chance.choice(self.TEXTS),
            lambda: chance.randrange(100),
            lambda: chance.choice(self.INTS),
            lambda: chance.choice(self.FLOATS),
            lambda: (chance.random() - 0.5) * 10.0 ** chance.randrange(-30, 30),
            lambda: chance.choice((True, False, None, UNDEFINED)),
            lambda: BigInt(chance.randrange(-99, 99)),
            lambda: self.own(MOMENT.replace(microsecond=1000 * chance.randrange(999))),
            lambda: self.own(AnyUrl(chance.choice(("https://a.b", "http://c:8/d?e=<f>#g")))),
            lambda: self.own(chance.randbytes(chance.randrange(9))),
            lambda: self.own(array(chance.choice("bhHiIqQfd"), [chance.randrange(99)])),
            lambda: self.own(RegExp(chance.choice(("a+", "[<>]?", "(?:)")), "gi")),
            lambda: self.own(MultiDict([("a", chance.choice(("", "~ *", "ü&=")))])),
        )
        return chance.choice(kinds)()

    def value(self, depth: int) -> Any:
        chance = self.random
        kind = chance.randrange(11) if depth else 10
        many = chance.randrange(5)
        value: Any
        if kind <= 1:
            value = self.own({})
            for key in chance.sample(self.KEYS, many):
                value[key] = self.value(depth - 1)
        elif kind <= 3:
            value = self.own([])
            value += [self.value(depth - 1) for _ in range(many)]
        elif kind == 4:
            value = self.own(Map())
            value.update((chance.choice(self.TEXTS), self.value(depth - 1)) for _ in range(many))
        elif kind == 5:
            value = self.own(
                set(
                    chance.sample(
                        ("a", 0.5, None, MOMENT.replace(microsecond=0), BigInt(2**60), -1), many
                    )
                )
            )
        elif kind == 6:
            value = self.own(SetItems([self.own([])]))
            value += [[self.value(depth - 1)] for _ in range(many)]
        elif kind == 7:
            value = self.own(MapItems([(self.own({}), 1)]))
            value += [(self.own([]), self.value(depth - 1)) for _ in range(many)]
        elif kind == 8:
            value = self.own([HOLE] * chance.randrange(50))
            for at in range(0, len(value), chance.randrange(1, 40)):
                value[at] = self.value(depth - 1)
        elif kind == 9 and self.made:
            value = chance.choice(self.made)
        else:
            value = self.leaf()
        return value


def test_package_reads_what_is_written(peer):
    values = [Maker(seed).value(4) for seed in range(4000)]
    texts = [dumps(value) for value in values]

    echoes = peer.ask([("echo", text) for text in texts])

    for text, echo in zip(texts, echoes, strict=True):
        assert escaped(echo) == text
    for value, text in zip(values, texts, strict=True):
        back = loads(text)
        assert same(back, value)


def test_package_and_python_agree_on_what_the_package_writes(peer):
    texts = peer.ask([("make", seed) for seed in range(4000)])
    ours = [dumps(loads(text, DECODERS), ENCODERS) for text in texts]

    alike = peer.ask([("same", text, our) for text, our in zip(texts, ours, strict=True)])

    assert all(one is True for one in alike)
    for text, our in zip(texts, ours, strict=True):
        # As many entries: what was one object is one object.
        assert len(json.loads(our)) == len(json.loads(text)) if text[0] == "[" else our == text
        if '["Set",' not in text:  # Sets of Python have no order.
            assert our == escaped(text)


@pytest.mark.parametrize(
    ("value", "program", "told"),
    [
        pytest.param(MOMENT, "value.toISOString()", "2024-05-06T07:08:09.123Z", id="datetime"),
        pytest.param(date(2024, 5, 6), "value.getTime()", 1714953600000, id="date"),
        pytest.param(2**64, "value === 2n ** 64n", True, id="BigInt"),
        pytest.param({1: "a"}, "value instanceof Map && value.get(1)", "a", id="Map"),
        pytest.param({"x"}, "value instanceof Set && value.has('x')", True, id="Set"),
        pytest.param(b"\1\2", "value instanceof Uint8Array && value[1]", 2, id="bytes"),
        pytest.param(
            array("d", [0.5]), "value instanceof Float64Array && value[0]", 0.5, id="array"
        ),
        pytest.param(AnyUrl("https://a.b/?c=1"), "value.searchParams.get('c')", "1", id="URL"),
        pytest.param(
            MultiDict([("a", "ü+ ~"), ("a", "2")]),
            "value.getAll('a')",
            ["ü+ ~", "2"],
            id="MultiDict",
        ),
        pytest.param(
            re.compile(r"\A(?P<n>[<a])(?P=n)\Z", re.I),
            "value.test('Aa') && !value.test('aa\\n')",
            True,
            id="pattern",
        ),
        pytest.param([HOLE, 1], "0 in value", False, id="hole"),
        pytest.param(
            [HOLE] * 99 + [1], "[value.length, Object.keys(value)]", [100, ["99"]], id="sparse"
        ),
        pytest.param([UNDEFINED], "value[0] === undefined && 0 in value", True, id="undefined"),
        pytest.param(-0.0, "Object.is(value, -0)", True, id="-0"),
        pytest.param("\ud800", "value.charCodeAt(0)", 0xD800, id="half a surrogate pair"),
        pytest.param(Temporal("PlainDate", "2024-05-06"), "value.dayOfWeek", 1, id="Temporal"),
        pytest.param(
            Post(title="t", day=date(2024, 5, 6)),
            "value.day instanceof Date && value.postTitle",
            "t",
            id="model",
        ),
    ],
)
def test_value_arrives_as_what_it_was(peer, value, program, told):
    (answer,) = peer.ask([("tell", dumps(value), program)])

    assert answer == told


@pytest.mark.parametrize(
    ("program", "value"),
    [
        pytest.param("Object.assign(Object.create(null), {a: 1})", {"a": 1}, id="no prototype"),
        pytest.param("[Object(1), Object('a'), Object(1n)]", [1, "a", BigInt(1)], id="boxed"),
        pytest.param("new Uint8Array([1, 2, 3]).subarray(1)", b"\2\3", id="part of an array"),
        pytest.param("new Int16Array([1, 2, 3]).subarray(1, 2)", array("h", [2]), id="one item"),
        pytest.param("Buffer.from('abc')", b"abc", id="Buffer"),
        pytest.param("new Uint8ClampedArray([300])", b"\xff", id="clamped"),
        pytest.param("new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1)", b"\2", id="DataView"),
        pytest.param("new Date(-1)", datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), id="Date"),
        pytest.param("new Map([['a', new Set([1])]])", Map(a={1}), id="Map"),
        pytest.param("new Set([1, true])", SetItems([1, True]), id="Set"),
        pytest.param("[, 'a']", [HOLE, "a"], id="hole"),
        pytest.param("/a\\/b/gi", RegExp("a\\/b", "gi"), id="RegExp"),
        pytest.param("Temporal.PlainDate.from('2024-05-06')", date(2024, 5, 6), id="PlainDate"),
        pytest.param(
            "Temporal.PlainTime.from('07:08:09.123456')", time(7, 8, 9, 123456), id="PlainTime"
        ),
        pytest.param(
            "Temporal.PlainDateTime.from('2024-05-06T07:08')",
            datetime(2024, 5, 6, 7, 8),
            id="PlainDateTime",
        ),
        pytest.param("Temporal.Instant.from('2024-05-06T07:08:09.123456Z')", MOMENT, id="Instant"),
        pytest.param(
            "Temporal.Duration.from({hours: -30, microseconds: -1})",
            -timedelta(hours=30, microseconds=1),
            id="Duration",
        ),
        pytest.param(
            "Temporal.Duration.from({years: 1})", Temporal("Duration", "P1Y"), id="a year"
        ),
        pytest.param(
            "Temporal.PlainMonthDay.from('05-06')",
            Temporal("PlainMonthDay", "05-06"),
            id="PlainMonthDay",
        ),
        pytest.param(
            "Temporal.PlainYearMonth.from('2024-05')",
            Temporal("PlainYearMonth", "2024-05"),
            id="PlainYearMonth",
        ),
        pytest.param(
            "Temporal.ZonedDateTime.from('2024-05-06T07:08:09[Europe/Berlin]')",
            Temporal("ZonedDateTime", "2024-05-06T07:08:09+02:00[Europe/Berlin]"),
            id="ZonedDateTime",
        ),
    ],
)
def test_value_of_javascript_is_read_as_what_it_is(peer, program, value):
    (text,) = peer.ask([("write", program)])

    read = loads(text)

    assert same(read, value)


def test_temporal_goes_back_as_it_came(peer):
    texts = [
        dumps(Temporal(kind, text))
        for kind, text in [
            ("Duration", "P1Y2M3DT4H5M6.007008009S"),
            ("Instant", "2024-05-06T07:08:09.123456789Z"),
            ("PlainDate", "2024-05-06"),
            ("PlainDateTime", "2024-05-06T07:08:09"),
            ("PlainTime", "07:08:09"),
            ("PlainMonthDay", "05-06"),
            ("PlainYearMonth", "2024-05"),
            ("ZonedDateTime", "2024-05-06T07:08:09+02:00[Europe/Berlin]"),
        ]
    ]

    assert peer.ask([("echo", text) for text in texts]) == texts


def test_astros_urls_are_its_own(peer):
    value = {"url": AnyUrl("https://example.com/<"), "other": AnyUrl("https://a.b")}
    text = dumps(value, {AnyUrl: ("URL", str)})

    assert peer.ask([("astro", text)]) == [text]
    assert loads(text) == value


@pytest.mark.parametrize(
    ("program", "value"),
    [
        pytest.param("{items: [0, {x: () => 1}]}", {"items": [0, {"x": broken}]}, id="members"),
        pytest.param("{'a b': [() => 1]}", {"a b": [broken]}, id="quoted"),
        pytest.param(
            "{object: {array: [new Map([['key', () => 1]])]}}",
            {"object": {"array": [Map(key=broken)]}},
            id="Map",
        ),
        pytest.param("new Map([[1.5, () => 1]])", {1.5: broken}, id="number as key"),
        pytest.param("new Map([[true, () => 1]])", {True: broken}, id="true as key"),
        pytest.param("new Map([[null, () => 1]])", {None: broken}, id="null as key"),
        pytest.param("new Map([['<', () => 1]])", Map({"<": broken}), id="markup as key"),
        pytest.param("new Map([[[], () => 1]])", {(1,): broken}, id="object as key"),
        pytest.param("[new Set([() => 1])]", [{broken}], id="Set"),
        pytest.param(
            "{a: JSON.parse('{\"__proto__\": 1}')}", {"a": {"__proto__": 1}}, id="__proto__"
        ),
    ],
)
def test_paths_are_those_of_the_package(peer, program, value):
    (path,) = peer.ask([("refuse", f"({program})")])

    with pytest.raises(DevalueError) as caught:
        dumps(value)

    assert caught.value.path == path


# Whatever may be sent

SEEDS = [
    text
    for seed in range(400)
    if (text := dumps(Maker(seed).value(3)))[0] == "[" and len(text) < 2000
]
TAGS = [
    "Set",
    "Map",
    "null",
    "Date",
    "BigInt",
    "Object",
    "URL",
    "ArrayBuffer",
    "Uint8Array",
    "Vector",
]
PIECES = st.one_of(
    st.integers(-9, 30),
    st.sampled_from(
        [True, None, 1.0, 2**53, 2**64, "", "x", "__proto__", [], {}, [0], {"__proto__": 0}, "AQID"]
    ).map(copy.deepcopy),  # what is mutated is no piece of the next text
    st.sampled_from(TAGS),
    st.builds(lambda tag, refs: [tag, *refs], st.sampled_from(TAGS), st.lists(st.integers(-9, 9))),
    st.builds(lambda n, refs: [-7, n, *refs], st.integers(-1, 50), st.lists(st.integers(-9, 9))),
    st.lists(st.integers(-9, 9)),
    st.dictionaries(st.sampled_from(["a", "b", "1"]), st.integers(-9, 9)),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Texts that are nearly right."""
    entries = json.loads(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(entries) - 1))
        entry = entries[at]
        if isinstance(entry, (list, dict)) and entry and draw(st.booleans()):
            keys = list(entry) if isinstance(entry, dict) else list(range(len(entry)))
            entry[draw(st.sampled_from(keys))] = draw(PIECES)
        elif draw(st.booleans()):
            entries[at] = draw(PIECES)
        else:
            entries.insert(at, draw(PIECES))
    return json.dumps(entries)


@st.composite
def garbled(draw: st.DrawFn) -> str:
    """Texts of which characters were lost or changed."""
    text = draw(st.sampled_from(SEEDS))
    begin = draw(st.integers(0, len(text)))
    end = draw(st.integers(begin, min(len(text), begin + 3)))
    return (
        text[:begin] + draw(st.text(alphabet='[]{}",:-0179.eE\\u\x00 tn', max_size=3)) + text[end:]
    )


@settings(
    max_examples=1500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.one_of(mutated(), garbled(), st.text(max_size=20)))
def test_any_text_is_refused_or_goes_round(text):
    try:
        value = loads(text, DECODERS)
    except DevalueError as error:
        assert str(error).startswith("data")
        return

    # Once around is enough to leave behind what Python does not tell apart.
    back = loads(dumps(value, ENCODERS), DECODERS)

    assert same(loads(dumps(back, ENCODERS), DECODERS), back)


def test_what_is_accepted_the_package_reads_too(peer):
    texts = [text for text in spoiled(8000) if accepted(text)]
    ours = [dumps(loads(text, DECODERS), ENCODERS) for text in texts]

    answers = peer.ask([("same", text, our) for text, our in zip(texts, ours, strict=True)])

    assert len(texts) > 2000
    assert [pair for pair in zip(texts, answers, strict=True) if pair[1] is not True] == []


def spoiled(count: int) -> Iterator[str]:
    """Texts with some wrong entries and references, of values that Python tells apart."""
    chance = random.Random(7)
    pieces = (1, -1, -2, -3, -6, -9, 3, 7, 19, True, "x", "Set", [0], {"a": 1}, [-7, 9, 1, 0], 1.0)
    seeds = [text for text in SEEDS if '"ArrayBuffer"' not in text]
    for _ in range(count):
        entries = json.loads(chance.choice(seeds))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(entries))
            entry = entries[at]
            if isinstance(entry, (list, dict)) and entry and chance.random() < 0.7:
                keys = list(entry) if isinstance(entry, dict) else range(len(entry))
                entry[chance.choice(keys)] = copy.copy(chance.choice(pieces))
            else:
                entries[at] = copy.copy(chance.choice(pieces))
        yield json.dumps(entries)


def accepted(text: str) -> bool:
    try:
        loads(text, DECODERS)
    except DevalueError:
        return False
    return True
