"""The actions of an application -> TypeScript declarations of its client for scripts.

An input is declared as the client may send it, a result as it arrives.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, Flag
from pathlib import Path
from typing import Any

from .action import Action
from .errors import OLDER_STATUSES, STATUSES
from .models import (
    DICTIONARIES,
    FormInput,
    Input,
    ModelInput,
    Output,
    TypedOutput,
    in_json,
    keys_are_texts,
)
from .registry import Registry
from .rich import is_pydantics, when_used
from .shapes import FILE_RULES

_Schema = Mapping[str, Any]

_TEMPLATE = Path(__file__).parent / "templates" / "actions" / "client.d.ts"

#: The largest whole number that JavaScript's numbers tell apart.
_SAFE = 2**53 - 1
_SENT = {
    "str": "string",
    "float": "number",
    "bool": "boolean",
    "none": "null",
    "date": "Date | string",
    "datetime": "Date | string",
    "time": "string",
    "timedelta": "number | string",
    "decimal": "number | string",
    "uuid": "string",
    "bytes": "Uint8Array | string",
    "url": "URL | string",
    "multi-host-url": "string",
    "complex": "string",
}
_ARRIVES = _SENT | {
    "date": "Date",
    "datetime": "Date",
    "timedelta": "string",
    "decimal": "string",
    "bytes": "Uint8Array",
    "url": "URL",
}
#: Modules whose classes arrive as texts.
_TEXTS = {"ipaddress", "pathlib", "pathlib._local", "uuid", "decimal", "fractions"}
#: Names that a group of the client has no action under: what they mean is an action's own.
_OWN = {"url", "queryString", "orThrow", "toString", "toJSON", "then"}
_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def declare(registry: Registry, url_prefix: str = "/_actions") -> str:
    """The text of ``actions.d.ts``.

    :param url_prefix: where the client is served.
    """
    writer = _Writer()
    tree: dict[Any, Any] = {}
    for name, action in registry:
        first, *rest = name.split(".")
        # What has a then is taken for a promise.
        path = [name] if _OWN & {*rest} or first == "then" else [first, *rest]
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[_ACTION] = writer.action(action)
    tree.pop("then", None)  # which call("then") reaches
    codes = " | ".join(map(json.dumps, [*STATUSES, *OLDER_STATUSES]))
    frame = _TEMPLATE.read_text(encoding="utf-8")
    lines = ["export const actions: {", *_indented(_members(tree)), "};"]
    for told in writer.told.values():
        lines += ["", *told]
    own = "\n".join(_indented(lines))
    frame = frame.replace("{{ prefix }}", url_prefix).replace("{{ codes }}", codes)
    return frame.replace("  {{ actions }}", own)


# Writing

_ACTION = object()


def _members(tree: Mapping[Any, Any]) -> Iterator[str]:
    for name, node in tree.items():
        if name is _ACTION:
            continue
        doc, told = node.get(_ACTION, ((), ()))
        inner = {key: one for key, one in node.items() if key is not _ACTION}
        yield from doc
        yield f"{key_of(name)}: {'Action<{' if told else '{'}"
        yield from _indented(told or _members(inner))
        if told and inner:
            yield "}> & {"
            yield from _indented(_members(inner))
            yield "};"
        else:
            yield "}>;" if told else "};"


class _Writer:
    """Writes types, and the interfaces that they name.

    :ivar told: the lines of each interface, by its name.
    """

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}
        self._names: dict[tuple[Any, bool], str] = {}

    def action(self, action: Action[Any]) -> tuple[list[str], list[str]]:
        """The comment of an action, and what it takes and gives."""
        given, optional = self._input(action)
        lines = [
            f"input{'?' if optional else ''}: {given};",
            f"data: {self._data(action)};",
            f"field: {' | '.join(_fields_of(action.input)) or 'never'};",
        ]
        return _comment(action.description), lines

    def _input(self, action: Action[Any]) -> tuple[str, bool]:
        forms = ["Form"] if "form" in action.accept else []
        if action.intents:
            inputs = [
                (name, self._given(one, action), place)
                for place, (name, one) in enumerate(action.intents.items())
            ]
            told = [
                _with(given, f"_intent{'' if place else '?'}: {json.dumps(name)}")
                for name, (given, _), place in inputs
            ]
            optional = inputs[0][1][1]
        else:
            given, optional = self._given(action.input, action)
            told = [given] if given else []
        if action.bound is not None:
            told = [_with(one, "_bound: string") for one in told or [""]]
            optional = False
        if "json" not in action.accept:
            told = []
        return _union([*told, *forms]) or "undefined", optional

    def _given(self, input: Input, action: Action[Any]) -> tuple[str, bool]:
        """What an input is sent as, and whether it may be nothing."""
        if isinstance(input, FormInput):
            return "Record<string, unknown>", True
        if isinstance(input, ModelInput):
            schema = _bare(input.described.core_schema)
            told = _Types(self, input.described.core_schema, sent=True).told
            return told, _may_be_absent(schema, input.described.core_schema)
        takes = action.arity > 0 and not action.context_first
        return ("unknown" if takes and not action.intents else ""), True

    def _data(self, action: Action[Any]) -> str:
        output: Output = action.output
        if isinstance(output, TypedOutput):
            told = _Types(self, output.described.core_schema, sent=False).told
            # None is an answer without a body.
            parts = ["undefined" if one == "null" else one for one in parts_of(told)]
            return _union([*parts, "undefined"] if any(map(self._has_null, parts)) else parts)
        plain = inspect.unwrap(action.handler)
        returns = getattr(plain, "__annotations__", {}).get("return", "")
        return "undefined" if returns in (None, "None") else "unknown"

    def _has_null(self, alias: str) -> bool:
        line = self.told.get(alias, [""])[0]
        return line.startswith("export type") and "null" in parts_of(line.partition(" = ")[2][:-1])

    def name(self, owner: Any, wanted: str, sent: bool) -> tuple[str, bool]:
        """The name of an interface, and whether it is new."""
        known = self._names.get((owner, sent))
        if known is not None:
            return known, False
        words = re.findall(r"[A-Za-z]\w*", wanted, re.ASCII)
        wanted = "".join(word[:1].upper() + word[1:] for word in words) or "Model"
        module = str(getattr(owner, "__module__", "")).rpartition(".")[2].strip("_").title()
        taken = {*self._names.values(), *_FRAME}
        other = f"{wanted}{'Input' if sent else 'Data'}"
        choices = [wanted, other, f"{module}{wanted}", f"{module}{other}"]
        choices += [f"{wanted}{number}" for number in range(2, len(taken) + 3)]
        name = next(one for one in choices if one not in taken and _PLAIN_NAME.fullmatch(one))
        self._names[owner, sent] = name
        return name, True


#: Names of the frame, and of JavaScript, that no model may take.
_FRAME = {
    *(
        "ActionError",
        "ActionInputError",
        "Action",
        "Form",
        "FormElement",
        "Options",
        "Result",
        "ErrorCode",
    ),
    *("Issue", "Told", "Given", "Date", "Set", "Map", "Record", "URL", "Uint8Array", "Error"),
    *("Promise", "Pick", "Extract", "File", "Blob", "FormData", "HTMLFormElement", "Headers"),
    *("HeadersInit", "AbortSignal", "URLSearchParams", "Array", "Object", "String", "Number"),
    *("Boolean", "Function", "Symbol", "BigInt", "Readonly", "ReadonlyArray", "ReadonlySet"),
}


class _Types:
    """The types of one core schema.

    :param sent: as the client may send it; else as it arrives.
    """

    def __init__(self, writer: _Writer, schema: Any, *, sent: bool) -> None:
        self._writer = writer
        self._sent = sent
        self._definitions: dict[str, _Schema] = {}
        self._aliases = 0  # that the spot is in
        self._strict = False  # the model that the spot is in
        self.told: str = self.type(schema)

    def type(self, schema: _Schema) -> str:
        if (schema.get("metadata") or {}).get(FILE_RULES):
            return "never" if self._sent else "unknown"  # a file goes with a form alone
        if not self._sent and "serialization" in schema:
            told = self._serialized(schema)
            if told is not None:
                return told
        return self._type(schema)

    def _type(self, schema: _Schema) -> str:
        match schema["type"]:
            case "definitions":
                self._definitions |= {one["ref"]: one for one in schema["definitions"]}
                return self.type(schema["schema"])
            case "definition-ref":
                return self._reference(schema["schema_ref"])
            case "nullable":
                return _union([self.type(schema["schema"]), "null"])
            case "model" if schema.get("root_model"):
                return self._alias(schema["cls"], schema["cls"].__name__, schema["schema"])
            case "model" | "dataclass" | "typed-dict":
                return self._interface(schema)
            case "list" | "generator" | "deque":
                return self._row(schema)
            case "set" | "frozenset":
                item = self._items(schema)
                return f"Set<{item}> | {_array(item, True)}" if self._sent else f"Set<{item}>"
            case "tuple":
                return self._tuple(schema)
            case "named-tuple":
                return self._named_tuple(schema)
            case kind if kind in DICTIONARIES:
                return self._dict(schema)
            case "union":
                choices = [one[0] if isinstance(one, tuple) else one for one in schema["choices"]]
                return _union(map(self.type, choices))
            case "tagged-union":
                return _union(map(self.type, schema["choices"].values()))
            case "literal":
                expected = schema["expected"]
                # JSON brings no member of an enum; of the other literals' texts, pydantic takes it.
                taken = [one for one in expected if not self._sent or in_json(one)]
                return _union(map(_literal, taken)) or "never"
            case "enum" if issubclass(schema["cls"], Flag):
                return "number"
            case "enum":
                return _union(map(_literal, schema["members"]))
            case "int":
                return self._int(schema)
            case "timedelta" if self._sent and schema.get("strict", self._strict):
                return "string"
            case "json" if self._sent:
                return "string"
            case "json-or-python":
                return self.type(schema["json_schema" if self._sent else "python_schema"])
            case "lax-or-strict":
                lax, strict = schema["lax_schema"], schema["strict_schema"]
                told = self.type(lax if self._sent else strict)
                return self.type(strict if self._sent else lax) if told == "unknown" else told
            case "chain":
                return self.type(schema["steps"][0 if self._sent else -1])
            case "is-instance" if _is_text(schema["cls"]):
                return "string"
            case kind if "schema" in schema and kind != "function-plain":
                return self.type(schema["schema"])
            case kind:
                return (_SENT if self._sent else _ARRIVES).get(kind, "unknown")

    def _serialized(self, schema: _Schema) -> str | None:
        """What a serializer of its own makes of a value; None for one that changes nothing."""
        shown, own = schema["serialization"], is_pydantics(schema)
        match shown["type"]:
            case "function-plain" | "function-wrap":
                if own and str(shown.get("when_used", "")).startswith("json"):
                    return None  # devalue has the values themselves
                if shown.get("return_schema") is not None:
                    told = self.type(shown["return_schema"])
                elif own:
                    return None
                else:
                    told = "unknown"
            case "to-string" | "format":
                told = "string"
            case _:
                return None
        unless_none = when_used(shown).endswith("unless-none") and _may_be_none(schema)
        return _union([told, "null"]) if unless_none else told

    def _int(self, schema: _Schema) -> str:
        """``bigint`` only where a bound says that it may be that large."""
        bounds = [schema.get(name) for name in ("ge", "gt", "le", "lt")]
        large = any(bound is not None and abs(bound) > _SAFE + 1 for bound in bounds)
        return "number | bigint" if large else "number"

    def _items(self, schema: _Schema) -> str:
        return self.type(schema.get("items_schema") or {"type": "any"})

    def _row(self, schema: _Schema) -> str:
        return _array(self._items(schema), self._sent)

    def _tuple(self, schema: _Schema) -> str:
        items = [self.type(one) for one in schema["items_schema"]]
        several = schema.get("variadic_item_index")
        if several is not None:
            if len(items) == 1:
                return _array(items[0], self._sent)
            items[several] = f"...{_array(items[several])}"
        return f"{'readonly ' if self._sent else ''}[{', '.join(items)}]"

    def _named_tuple(self, schema: _Schema) -> str:
        if not self._sent:
            return f"[{', '.join(self.type(one['schema']) for _, one in _each(schema))}]"
        items = [
            f"{self.type(one['schema'])}{'?' if _optional(one) else ''}" for _, one in _each(schema)
        ]
        return f"readonly [{', '.join(items)}]"

    def _dict(self, schema: _Schema) -> str:
        anything = {"type": "any"}
        keyed = schema.get("keys_schema") or anything
        keys = self.type(keyed)
        values = self.type(schema.get("values_schema") or anything)
        if self._sent:  # by whom it would be written is not asked
            keyed = {name: one for name, one in keyed.items() if name != "serialization"}
        texts = keys_are_texts(keyed, self._definitions)
        if texts and keys != "string" and not self._sent:
            return f"{{ [Key in {keys}]?: {values} }}"
        told = [] if texts else [f"Map<{keys}, {values}>"]
        if self._sent:
            return _union([*told, self._record(values)] if self._from_text(keyed) else told)
        return _union([*told, self._record(values)] if texts is not False else told)

    def _from_text(self, keys: _Schema) -> bool:
        """Whether a key may be a text: an object's keys are."""
        match keys["type"]:
            case "literal":
                return any(isinstance(one, str) for one in keys["expected"])
            case "tuple" | "frozenset" | "none" | "model" | "dataclass" | "named-tuple":
                return False
            case "definition-ref":
                return self._from_text(self._definitions[keys["schema_ref"]])
            case "union":
                choices = [one[0] if isinstance(one, tuple) else one for one in keys["choices"]]
                return any(map(self._from_text, choices))
            case _:
                return "schema" not in keys or self._from_text(keys["schema"])

    def _record(self, values: str) -> str:
        # An alias may be within itself in this form alone.
        return f"{{ [name: string]: {values} }}" if self._aliases else f"Record<string, {values}>"

    def _reference(self, ref: str) -> str:
        schema = self._definitions[ref]
        if schema["type"] in ("model", "dataclass", "typed-dict"):
            return self.type(schema)
        return self._alias(ref, ref.rpartition(":")[0].rpartition(".")[2] or "Alias", schema)

    def _alias(self, owner: Any, wanted: str, schema: _Schema) -> str:
        name, new = self._writer.name(owner, wanted, self._sent)
        if new:
            self._writer.told[name] = []  # its place, before those that it is made of
            self._aliases += 1
            self._writer.told[name] = [f"export type {name} = {self.type(schema)};"]
            self._aliases -= 1
        return name

    def _interface(self, schema: _Schema) -> str:
        owner = schema["cls"]
        name, new = self._writer.name(owner, owner.__name__, self._sent)
        if not new:
            return name
        lines = self._writer.told[name] = []
        fields = _past(schema, self._definitions)
        around, self._strict = self._strict, bool((schema.get("config") or {}).get("strict"))
        members = [*self._fields(fields, schema)]
        self._strict = around
        doc = vars(owner).get("__doc__") if schema["type"] == "model" else None
        lines += [*_comment(doc), f"export interface {name} {{"]
        for description, key, told in members:
            lines += [*_indented(_comment(description)), f"  {key}: {told};"]
        config = schema.get("config") or {}
        extra = fields.get("extra_behavior") or config.get("extra_fields_behavior")
        if extra == "allow":
            lines.append("  [name: string]: unknown;")
        lines.append("}")
        return name

    def _fields(self, fields: _Schema, owner: _Schema) -> Iterator[tuple[str | None, str, str]]:
        described = getattr(owner["cls"], "__pydantic_fields__", {})
        begun: set[str] = set()
        for name, field in _each(fields):
            told = self.type(field["schema"])
            description = getattr(described.get(name), "description", None)
            metadata = field.get("metadata") or {}
            description = description or _described(metadata)
            if self._sent:
                if field.get("init") is False:
                    continue
                key, *deeper = min(_paths_of(field, name), key=lambda path: len(path) > 1)
                if key in begun:  # of several fields that look within the same
                    continue
                begun.add(key)
                told, optional = "unknown" if deeper else told, _optional(field)
            else:
                if field.get("serialization_exclude"):
                    continue
                key = field.get("serialization_alias") or name
                sometimes = field.get("serialization_exclude_if") is not None
                optional = field.get("required") is False or sometimes
                if field["type"] != "typed-dict-field":
                    optional = sometimes
            yield description, f"{key_of(key)}{'?' if optional else ''}", told
        for field in () if self._sent else fields.get("computed_fields") or ():
            description = _described(field.get("metadata") or {})
            key = field.get("alias") or field["property_name"]
            yield description, key_of(key), self.type(field["return_schema"])


# Fields' names


def _fields_of(input: Input) -> list[str]:
    """Types of the dotted names of an input's fields."""
    if isinstance(input, FormInput):
        return ["string"]
    if not isinstance(input, ModelInput):
        return []
    found: dict[str, None] = {}
    definitions: dict[str, _Schema] = {}

    def walk(schema: _Schema, path: str, owners: tuple[Any, ...]) -> None:
        if path.count(".") > _DEPTH:
            found.setdefault(_name(f"{path}${{string}}"))
            return
        schema = _past(schema, definitions, into_model=False)
        match schema["type"]:
            case "model" | "dataclass" | "typed-dict":
                if schema["cls"] in owners:  # a model within itself
                    found.setdefault(_name(f"{path}${{string}}"))
                    return
                fields = _past(schema, definitions)
                for name, field in _each(fields):
                    own = path + ".".join(_paths_of(field, name)[0])
                    walk_in(field["schema"], own, (*owners, schema["cls"]))
                if not _each(fields) and fields["type"] not in _OBJECTS:  # a root model
                    walk(fields, path, (*owners, schema["cls"]))
            case "named-tuple":
                for name, one in _each(schema):
                    for own in (name, "${number}"):
                        walk_in(one["schema"], path + own, owners)
            case "list" | "set" | "frozenset" | "generator" | "deque":
                walk_in(schema.get("items_schema") or {"type": "any"}, f"{path}${{number}}", owners)
            case "tuple":
                for one in schema["items_schema"]:
                    walk_in(one, f"{path}${{number}}", owners)
            case kind if kind in DICTIONARIES:
                found.setdefault(_name(f"{path}${{string}}"))
            case "union" | "tagged-union":
                choices = schema["choices"]
                if id(choices) in owners:  # an alias within itself
                    found.setdefault(_name(f"{path}${{string}}"))
                    return
                owners = (*owners, id(choices))
                several = choices.values() if isinstance(choices, Mapping) else choices
                for one in several:
                    walk(one[0] if isinstance(one, tuple) else one, path, owners)

    def walk_in(schema: _Schema, path: str, owners: tuple[Any, ...]) -> None:
        found.setdefault(_name(path))
        walk(schema, f"{path}.", owners)

    walk(input.described.core_schema, "", ())
    return list(found)


def _name(path: str) -> str:
    between = _HOLE.split(path)
    if len(between) == 1:
        return json.dumps(path, ensure_ascii=False)
    between[::2] = [_SPECIAL.sub(r"\\\g<0>", text) for text in between[::2]]
    return f"`{''.join(between)}`"


#: Where any number or text may stand in a name, and what else a template's text cannot have.
_HOLE = re.compile(r"(\$\{(?:number|string)\})")
_SPECIAL = re.compile(r"[\\`]|\$(?=\{)")


# Schemas

#: Of the names of fields within fields.
_DEPTH = 8
_OBJECTS = {"model-fields", "typed-dict", "dataclass-args"}


def _past(
    schema: Any, definitions: dict[str, _Schema], *, into_model: bool = True
) -> dict[str, Any]:
    """*schema* without what stands around it: defaults, functions, references.

    :param into_model: also past the model, to its fields.
    """
    while True:
        match schema["type"]:
            case "definitions":
                definitions |= {one["ref"]: one for one in schema["definitions"]}
                schema = schema["schema"]
            case "definition-ref":
                schema = definitions[schema["schema_ref"]]
            case "model" | "dataclass" if into_model:
                schema = schema["schema"]
            case "model" | "dataclass" | "typed-dict" | "list" | "set" | "frozenset":
                return dict(schema)
            case "json-or-python":
                schema = schema["json_schema"]
            case "lax-or-strict":
                schema = schema["lax_schema"]
            case "json" | "function-plain":
                return dict(schema)
            case _ if "schema" in schema:
                schema = schema["schema"]
            case _:
                return dict(schema)


def _bare(schema: Any) -> dict[str, Any]:
    return _past(schema, {}, into_model=False)


def _may_be_absent(bare: _Schema, schema: Any) -> bool:
    """Whether a call may send nothing: None is allowed, or no field is required."""
    if schema["type"] in ("nullable", "default", "none"):
        return True
    if bare["type"] not in ("model", "dataclass", "typed-dict"):
        return False
    definitions: dict[str, _Schema] = {}
    _past(schema, definitions, into_model=False)
    fields = _past(bare, definitions)
    members = _each(fields)
    return fields["type"] in _OBJECTS and all(_optional(field) for _, field in members)


def _each(fields: _Schema) -> list[tuple[str, _Schema]]:
    members = fields.get("fields")
    if isinstance(members, Mapping):
        return list(members.items())
    return [(one["name"], one) for one in members or ()]


def _optional(field: _Schema) -> bool:
    if field.get("required") is False:
        return True
    schema = field["schema"]
    while schema["type"] != "default" and "schema" in schema and schema["type"] != "model":
        schema = schema["schema"]
    return bool(schema["type"] == "default")


def _paths_of(field: _Schema, name: str) -> list[list[str]]:
    """The places where a field is looked for in what is sent; errors are at the first."""
    alias = field.get("validation_alias") or name
    if isinstance(alias, str):
        return [[alias]]
    paths = alias if isinstance(alias[0], list) else [alias]
    return [[*map(str, path)] for path in paths]


def _may_be_none(schema: _Schema) -> bool:
    while schema["type"] == "default":
        schema = schema["schema"]
    return schema["type"] in ("nullable", "none", "any")


def _described(metadata: Mapping[str, Any]) -> Any:
    return (metadata.get("pydantic_js_updates") or {}).get("description")


def _is_text(owner: Any) -> bool:
    if owner is str:
        return True
    module = getattr(owner, "__module__", "")
    return module in _TEXTS or owner.__name__ in ("SecretStr", "SecretBytes")


# Types as text


def _literal(value: Any) -> str:
    plain = value.value if isinstance(value, Enum) else value
    if plain is None or isinstance(plain, (str, bool, int)):
        return json.dumps(plain, ensure_ascii=False)
    return "number" if isinstance(plain, float) else "unknown"


def parts_of(told: str, sign: str = "|") -> list[str]:
    """The members of a union; of a list, an intersection, by another *sign*."""
    parts, depth, start, quote, escaped = [], 0, 0, "", False
    for place, char in enumerate(told):
        if quote:
            quote = "" if char == quote and not escaped else quote
            escaped = char == "\\" and not escaped
        elif char in '"`':
            quote = char
        elif char in "<([{":
            depth += 1
        elif char in ">)]}":
            depth -= 1
        elif char == sign and depth == 0:
            parts.append(told[start:place].strip())
            start = place + 1
    return [*parts, told[start:].strip()]


def _union(types: Iterable[str]) -> str:
    found: dict[str, None] = {}
    for told in types:
        found |= dict.fromkeys(parts_of(told) if told else ())
    if "unknown" in found:
        return "unknown"
    if len(found) > 1:
        found.pop("never", None)
    return " | ".join(found)


def _array(item: str, readonly: bool = False) -> str:
    simple = len(parts_of(item)) == 1 and not item.startswith("readonly ")
    inner = item if simple else f"({item})"
    return f"{'readonly ' if readonly else ''}{inner}[]"


def _with(told: str, member: str) -> str:
    if not told:
        return f"{{ {member} }}"
    return f"({told}) & {{ {member} }}" if len(parts_of(told)) > 1 else f"{told} & {{ {member} }}"


def key_of(name: str) -> str:
    """A member's name as it is written."""
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _comment(text: object) -> list[str]:
    said = inspect.cleandoc(str(text or "")).strip().replace("*/", "* /")
    lines = [line.rstrip() for line in said.splitlines()]
    if not lines:
        return []
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
