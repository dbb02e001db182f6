"""Texts in the reader's language: a key and what belongs into it in, a text out.

A *catalogue* is a mapping from codes to texts, and from languages to such mappings::

    {"missing": "Please fill this in.", "de": {"missing": "Bitte ausfüllen."}}

What stands under a language is for its readers, everything else for all. A text names what it is
made of, ``{min_length}``, chooses words by a number, ``{min_length:letter|letters}``, and parts a
number's digits, ``{sent:,}``. A lazy text, as Flask-Babel's ``lazy_gettext`` gives it, becomes text
when it is read.

There are catalogues of fields and of models (:class:`Messages`), of the application
(``Actions(app, messages=...)``) and of this package (``languages/*.json``); the more specific wins.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

Catalogue: TypeAlias = Mapping[str, Any]
M = TypeVar("M", bound=type)

log: logging.Logger = logging.getLogger("flask_actions")

#: The languages that the package speaks.
LANGUAGES: dict[str, Path] = {
    path.stem: path for path in (Path(__file__).parent / "languages").glob("*.json")
}
#: The key of a core schema's metadata under which a field's messages are written.
METADATA = "flask_actions_messages"
_OF_MODEL = "__flask_actions_messages__"


class Messages:
    """A catalogue for one field or one model, beside it.

    ::

        @Messages(missing="Please fill this in.")
        class SignUp(BaseModel):
            name: Annotated[str, Field(min_length=2), Messages(
                string_too_short="At least {min_length} letters, please.",
                de={"string_too_short": "Bitte mindestens {min_length} Buchstaben."},
            )]

    A field's go for the items of its list too, a model's for the models inside it.

    :param catalogue: where a key is no Python name, as ``"pt-BR"``.
    """

    def __init__(self, catalogue: Catalogue | None = None, /, **texts: Any) -> None:
        self.catalogue: Catalogue = {**(catalogue or {}), **texts}

    def __call__(self, model: M) -> M:
        """Decorate a model, a dataclass or a typed dict."""
        setattr(model, _OF_MODEL, self)
        return model

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        schema = handler(source)
        metadata = schema.get("metadata") or {}
        further = (self, *metadata.get(METADATA, ()))
        return {**schema, "metadata": {**metadata, METADATA: further}}


class Text:
    """A text of ours that is said when it is read: ``str(Text("please_log_in"))``.

    :param key: as in ``languages/en.json``.
    :param context: what belongs into it.
    """

    __slots__ = ("context", "key")

    def __init__(self, key: str, /, **context: Any) -> None:
        self.key: str = key
        self.context: Mapping[str, Any] = context

    def __str__(self) -> str:
        return say(self.key, **self.context)

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, (str, Text)) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def say(key: str, /, **context: Any) -> str:
    """A text of ours, in the language of who reads now.

    :param key: as in ``languages/en.json``.
    :param context: what belongs into it.
    """
    reader = find_reader()
    english = shipped("en").get(key, key)
    if reader is None and not context:
        return english
    found = (reader or ENGLISH).find((key,), context)
    return english if found is None else found


def label(model: str, name: str, given: object, kind: str = "label") -> str:
    """The label of a model's field, or its hint, in the language of who reads now.

    The application's catalogue has it as ``label.SignUp.email`` (``hint.SignUp.email``), or as
    ``label.email`` for every model.

    :param model: the name of the model that the field stands in.
    :param given: what stands where no catalogue has it: a text, or a lazy one.
    :param kind: ``"label"`` or ``"hint"``.
    """
    reader = find_reader()
    found = None if reader is None else reader.find((f"{kind}.{model}.{name}", f"{kind}.{name}"))
    return str(given) if found is None else found


def language() -> str:
    """The language of who reads now, as in HTML's ``lang``."""
    reader = find_reader()
    return "en" if reader is None else reader.language


def is_lazy(given: object) -> bool:
    """Whether something is a text that is yet to be made, as those of Flask-Babel."""
    # By a text's method, which lazy ones have as well, whatever library they are from.
    return isinstance(given, Text) or (type(given) is not str and hasattr(given, "casefold"))


def to_plain(given: object) -> Any:
    """A message as data that is kept: what only this request can say, is said."""
    return [given.key, kept(given.context)] if isinstance(given, Text) else str(given)


def from_plain(plain: Any) -> str | Text:
    """The message that was kept."""
    return Text(plain[0], **plain[1]) if isinstance(plain, list) else str(plain)


def kept(context: Mapping[str, Any]) -> dict[str, Any]:
    """A context in values that JSON knows; what else there is becomes text."""
    plain = (str, int, float, bool)
    return {name: one if type(one) in plain else str(one) for name, one in context.items()}


# --- reading -----------------------------------------------------------------------------------


class Reader:
    """Who reads: a language, and the catalogue of the application that speaks."""

    __slots__ = ("_catalogue", "_tags", "language")

    def __init__(self, language: str, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._tags = _tags(language)
        self.language: str = self._tags[0]

    def of_issue(
        self, code: str, given: object, context: Mapping[str, Any], own: Sequence[Messages]
    ) -> str | None:
        """The message of an error of the input.

        :param given: the message that it came with.
        :param own: what its field and its models have, the most specific first.
        :returns: None where no catalogue has one.
        """
        return self.find(_keys(code, given, context), context, own)

    def find(
        self,
        keys: Sequence[str],
        context: Mapping[str, Any] | None = None,
        own: Sequence[Messages] = (),
    ) -> str | None:
        """The first text under one of *keys* for which *context* has what it names."""
        for catalogue in (*(one.catalogue for one in own), self._catalogue):
            for found in _entries(catalogue, self._tags, keys):
                filled = self._fill(str(found), context or {})
                if filled is not None:
                    return filled
                _warn(keys[-1], str(found), ", ".join(context or {}) or "nothing")
        for tag in self._tags:
            ours = shipped(tag)
            for key in keys:
                if key in ours and (filled := self._fill(ours[key], context or {})) is not None:
                    return filled
        return None

    def _fill(self, text: str, context: Mapping[str, Any]) -> str | None:
        """*text* with what it names; None if something of it is not there."""
        if "{" not in text:
            return text
        if any(found[1] not in context for found in _PLACE.finditer(text)):
            return None
        return _PLACE.sub(lambda found: self._show(context[found[1]], found), text)

    def _show(self, value: Any, place: re.Match[str]) -> str:
        if place[3] is not None:
            return place[3] if _is_one(self._tags[-1], value) else place[4]
        if type(value) is float and value.is_integer() and abs(value) < 1e15:
            value = int(value)
        if place[2] and isinstance(value, int):
            return f"{value:,}".replace(",", self._format("group"))
        if type(value) is str:
            return self._date(value)
        # Decimals too, which come back as text from a result that was kept.
        return self._number(str(value))

    def _number(self, text: str) -> str:
        return text.replace(".", self._format("decimal")) if _NUMBER.fullmatch(text) else text

    def _date(self, text: str) -> str:
        """A date as people write it, where *text* is one: pydantic writes ISO 8601."""
        found = _ISO.fullmatch(text)
        style = self._format("date")
        if found is None or not style:
            return self._number(text)
        day = "" if found[1] is None else style
        for sign, part in zip("Ymd", (found[2], found[3], found[4]), strict=True):
            day = day.replace(f"%{sign}", part or "")
        clock = found[6] if found[5] == f"{found[6]}:00" else found[5]
        return " ".join(part for part in (day, clock, found[7]) if part)

    def _format(self, name: str) -> str:
        key = f"format.{name}"
        found = next(iter(_entries(self._catalogue, self._tags, (key,))), None)
        if found is None:
            found = next((ours[key] for tag in self._tags if key in (ours := shipped(tag))), None)
        return str(found or shipped("en").get(key, ""))


def _nobody() -> Reader | None:
    return None


#: Gives who reads now; None where nobody asked for another text than the English one. The extension
#: sets it, since imports only look down.
find_reader: Callable[[], Reader | None] = _nobody


@cache
def shipped(language: str) -> Mapping[str, str]:
    """The catalogue of the package for a language; empty where it has none."""
    path = LANGUAGES.get(language)
    texts: dict[str, str] = {} if path is None else json.loads(path.read_text("utf-8"))
    return texts


def _keys(code: str, given: object, context: Mapping[str, Any]) -> tuple[str, ...]:
    """Under which keys the text of an error is looked for, the best first."""
    match code:
        case "value_error" if str(given).startswith("value is not a valid email address"):
            return ("email", code)
        case "too_short" | "too_long" if context.get("field_type") == "Value":
            return (f"string_{code}", code)  # a SecretStr
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            limit = next(iter(context.values()), None)
            if type(limit) is str and (found := _ISO.fullmatch(limit)) and found[1]:
                return (f"{code}.date", code)
        case "upload_type" if "types" not in context:
            return ("upload_type.damaged", code)
    return (code,)


def _entries(catalogue: Catalogue, tags: Sequence[str], keys: Sequence[str]) -> Iterator[object]:
    """The texts of a catalogue, those for this language first."""
    for tag in tags:
        own = catalogue.get(tag)
        if isinstance(own, Mapping):
            yield from (own[key] for key in keys if key in own)
    for key in keys:
        found = catalogue.get(key)
        if found is not None and not isinstance(found, Mapping):
            yield found


@lru_cache(100)
def _tags(language: str) -> tuple[str, ...]:
    """A language and the wider ones that it belongs to: ``de-AT``, ``de_AT``, ``de``."""
    parts = language.replace("_", "-").split("-")
    wider = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys(one for tag in wider for one in (tag, tag.replace("-", "_"))))


def _is_one(language: str, number: Any) -> bool:
    try:
        value = float(number)
    except (TypeError, ValueError):
        return False
    # French counts in the singular up to two (Unicode CLDR, plural rules).
    return -2 < value < 2 if language == "fr" else value == 1


@cache
def _warn(key: str, text: str, known: str) -> None:
    log.warning("The message %r for %s names what is not there; it has: %s.", text, key, known)


_PLACE = re.compile(r"\{(\w+)(?::(,)|:([^{}|]*)\|([^{}|]*))?\}")
_NUMBER = re.compile(r"-?\d+\.\d+")
_ISO = re.compile(
    r"((\d{4})-(\d\d)-(\d\d))?(?:(?:(?<=\d)T|^)((\d\d:\d\d)(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?"
)

#: Reads where nobody asked for another language.
ENGLISH = Reader("en", {})


# --- where the messages of fields and models stand -----------------------------------------------


class Places:
    """The :class:`Messages` in a pydantic core schema, by where an error is.

    :ivar named: each under a name that is the same after a restart.
    """

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._definitions: dict[str, Any] = {}
        self.named: dict[str, Messages] = {}
        self._collect(schema, "")

    def at(self, loc: Sequence[str | int]) -> tuple[Messages, ...]:
        """What is there for an error at pydantic's *loc*, the most specific first."""
        if len(loc) > _DEEPEST:
            return ()
        return self._walk(self._schema, tuple(loc), (), (), set()) or ()

    def names(self, own: Sequence[Messages]) -> list[str]:
        """The names of some, for a result that is kept."""
        return [name for one in own for name, known in self.named.items() if known is one]

    def _collect(self, schema: Any, place: str) -> None:
        if isinstance(schema, (list, tuple)):
            for one in schema:
                self._collect(one, place)
        if not isinstance(schema, Mapping):
            return
        if "ref" in schema:
            self._definitions[schema["ref"]] = schema
        owner = schema.get("cls")
        if owner is not None and "type" in schema:
            place = getattr(owner, "__name__", place)
            for one in _of_class(owner):
                self._name(place, one)
        for one in _of_schema(schema):
            self._name(place, one)
        members = schema.get("fields")
        for key, inner in schema.items():
            if key == "fields" and isinstance(members, Mapping):
                for name, member in members.items():
                    self._collect(member, f"{place}.{name}")
            elif key not in _NO_SCHEMAS:
                name = f".{schema['name']}" if schema.get("type") == "dataclass-field" else ""
                self._collect(inner, place + name)

    def _name(self, place: str, messages: Messages) -> None:
        if all(known is not messages for known in self.named.values()):
            count = sum(name.partition("#")[0] == place for name in self.named)
            self.named[f"{place}#{count}" if count else place] = messages

    def _walk(
        self,
        schema: Any,
        loc: tuple[str | int, ...],
        field: tuple[Messages, ...],
        models: tuple[Messages, ...],
        dead: set[tuple[int, int]],
    ) -> tuple[Messages, ...] | None:
        """The messages at the end of *loc*; None if it does not lead there.

        :param dead: where it did not lead there before: unions in unions have many ways.
        """
        here = (id(schema), len(loc))
        if here in dead:
            return None
        field = (*_of_schema(schema), *field)
        if (whole := self._whole(schema)) is not schema:
            return self._walk(whole, loc, field, models, dead)
        kind, inner = schema.get("type"), schema.get("schema")
        if schema.get("cls") is not None:
            models = (*_of_class(schema["cls"]), *models)
        if not loc:
            if kind in _OBJECTS or not isinstance(inner, Mapping):
                return (*field, *models)
            return self._walk(inner, loc, field, models, dead)
        below: Iterator[tuple[Any, int, tuple[Messages, ...]]]
        if "fields" in schema and kind != "dataclass":
            below = ((one, steps, ()) for steps, one in _members(schema["fields"], loc))
        else:
            below = ((one, steps, field) for one, steps in self._inside(schema, loc[0]))
        for one, steps, own in below:
            found = self._walk(one, loc[steps:], own, models, dead)
            if found is not None:
                return found
        dead.add(here)
        return None

    def _whole(self, schema: Any) -> Any:
        is_reference = schema.get("type") == "definition-ref"
        return self._definitions[schema["schema_ref"]] if is_reference else schema

    def _inside(self, schema: Any, step: str | int) -> Iterator[tuple[Any, int]]:
        """What is in a schema that is no object, and how many steps of a place lead there."""
        match schema.get("type"):
            case "list" | "set" | "frozenset" | "deque" | "generator" | "tuple":
                items = schema.get("items_schema") or {"type": "any"}
                several = items if isinstance(items, (list, tuple)) else [items]
                if several and isinstance(step, int):
                    yield several[min(step, len(several) - 1)], 1
            case "dict":
                yield schema.get("values_schema") or {"type": "any"}, 1
            case "tagged-union":
                for tag, one in schema["choices"].items():
                    if str(getattr(tag, "value", tag)) == str(getattr(step, "value", step)):
                        yield one, 1
                yield from ((one, 0) for one in schema["choices"].values())
            case "union":
                # Pydantic's label of a member is its name, or what it is made of.
                choices = [one[0] if isinstance(one, tuple) else one for one in schema["choices"]]
                named = [one for one in choices if _called(self._whole(one)) == step]
                yield from ((one, 1) for one in (*named, *choices))
                yield from ((one, 0) for one in choices)
            case "chain":
                yield from ((one, 0) for one in schema["steps"])
            case _:
                inner = ("schema", "lax_schema", "python_schema", "arguments_schema")
                yield from ((schema[name], 0) for name in inner if name in schema)


#: Schemas whose inside an error at their own place is not about.
_OBJECTS = ("model", "dataclass")
#: What in a schema is the application's data, or no part of what is validated.
_NO_SCHEMAS = ("metadata", "cls", "default", "expected", "members", "serialization")
#: The steps of a place that are followed: nobody reads what is below.
_DEEPEST = 50


def _of_schema(schema: Mapping[str, Any]) -> tuple[Messages, ...]:
    own: tuple[Messages, ...] = (schema.get("metadata") or {}).get(METADATA, ())
    return own


def _of_class(owner: type) -> tuple[Messages, ...]:
    # typing.Sequence, which pydantic checks instances of, is no class.
    lines = getattr(owner, "__mro__", ())
    return tuple(vars(one)[_OF_MODEL] for one in lines if _OF_MODEL in vars(one))


def _members(fields: Any, loc: tuple[str | int, ...]) -> Iterator[tuple[int, Any]]:
    """The members that a place may begin with, and how many of its steps that takes."""
    named = (
        fields.items() if isinstance(fields, Mapping) else ((one["name"], one) for one in fields)
    )
    for name, member in named:
        alias = member.get("validation_alias") or ()
        ways = [[alias]] if isinstance(alias, str) else alias
        for way in ([name], *([ways] if ways and isinstance(ways[0], str) else ways)):
            if tuple(way) == loc[: len(way)]:
                yield len(way), member["schema"]


def _called(schema: Mapping[str, Any]) -> object:
    return schema["cls"].__name__ if "cls" in schema else schema.get("type")
