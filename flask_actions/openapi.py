"""The actions of an application in, an OpenAPI 3.1 document out.

Source: the OpenAPI Specification 3.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Flask
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import CoreSchema, PydanticOmit, to_json

from .action import Action
from .config import Settings
from .errors import OLDER_STATUSES, STATUSES
from .models import FormInput, Input, ModelInput, TypedOutput, in_json
from .registry import Registry
from .shapes import FILE_RULES, Entries, Fields, Items, Leaf, Path, Shape, shape_of
from .urls import quoted

Schema = dict[str, Any]

#: The key of a file's schema that has its rules: OpenAPI has no words for them.
UPLOAD = "x-upload"

#: The key of a schema of values that a form has a text for, and JSON nothing.
_FORM_ALONE = "x-form-alone"

_JSON = "application/json"
_DEVALUE = "application/json+devalue"
_COMPONENTS = "#/components/schemas/"
_FILE: Schema = {"type": "string", "format": "binary"}
_UNKNOWN: Schema = {"description": "Any value: there is no JSON schema for this type."}

_ABOUT = (
    "Each action is called by `POST`, with a JSON body or with a form. With "
    "`Accept: application/json+devalue` it answers on the wire of Astro's actions instead."
)
_ABOUT_ASTRO = (
    "Each action is called by `POST`, with a JSON body or with a form, and answers on the wire of "
    "Astro's actions: data as the text of the npm package `devalue`, errors as JSON."
)


def describe(app: Flask, registry: Registry, settings: Settings, root: str = "") -> Schema:
    """The document of all actions, for :func:`write`: its texts may be lazy ones.

    :param root: the path that the application is mounted at.
    """
    known = _Known(registry)
    writer = _Writer(app, settings, known)
    groups = sorted({group for name, _ in registry if (group := name.rpartition(".")[0])})
    return {
        "openapi": "3.1.1",
        "info": {
            "title": app.name,
            "version": "1",
            "description": _ABOUT if settings.wire == "plain" else _ABOUT_ASTRO,
        },
        "servers": [{"url": root or "/"}],
        "tags": [{"name": group} for group in groups],
        "paths": {
            # As it is requested: a name's own braces would be a parameter.
            quoted(f"{settings.url_prefix}/{name}"): {"post": writer.operation(name, action)}
            for name, action in registry
        },
        "components": {
            "schemas": {name: _for_json(schema) for name, schema in known.definitions.items()}
            | known.errors(settings.wire),
            "responses": writer.responses,
            "securitySchemes": writer.security_schemes(),
        },
    }


def write(document: Schema) -> bytes:
    """A document as JSON, its texts in the language of who reads it."""
    return to_json(document, indent=2, inf_nan_mode="null", fallback=str)


# --- the types, by pydantic ----------------------------------------------------------------------


def _place(around: Schema, path: Path, own: Schema, needed: bool) -> None:
    """Put a schema where a path leads to, within the one *around*; it adds to what is there."""
    step, *rest = path
    if isinstance(step, str):
        around.setdefault("type", "object")
        inner = around.setdefault("properties", {}).setdefault(step, {})
        if needed and step not in around.setdefault("required", []):
            around["required"].append(step)
    else:
        around.setdefault("type", "array")
        if needed:
            around["minItems"] = max(around.get("minItems", 0), step + 1, -step)
        if step < 0:  # counted from the end, for which there are no words
            return
        items = around.setdefault("prefixItems", [])
        items += ({} for _ in range(step + 1 - len(items)))
        inner = items[step]
    if rest:
        _place(inner, tuple(rest), own, needed)
    elif inner:
        inner.setdefault("allOf", []).append(own)
    else:
        inner |= own


_Asked = tuple[str, JsonSchemaMode, CoreSchema]


class _Schemas(GenerateJsonSchema):
    """pydantic's own writer, for which no type is without a schema."""

    ignored_warning_kinds = {  # noqa: RUF012, as pydantic has it
        "skipped-choice",
        "non-serializable-default",
        "skipped-discriminator",
    }

    def generate_inner(self, schema: Any) -> Schema:
        rules = (schema.get("metadata") or {}).get(FILE_RULES)
        if rules == {"file": True}:
            return {**_FILE, UPLOAD: {}}
        try:
            found: Schema = super().generate_inner(schema)
        except PydanticOmit:  # a member of a union that is left out
            raise
        except Exception:  # that of no JSON, or an error in the application's own schema
            return dict(_UNKNOWN)
        return {**found, UPLOAD: {**found.get(UPLOAD, {}), **rules}} if rules else found

    def model_schema(self, schema: Any) -> Schema:
        return self._in_place(super().model_schema(schema), schema)

    def dataclass_schema(self, schema: Any) -> Schema:
        return self._in_place(super().dataclass_schema(schema), schema)

    def typed_dict_schema(self, schema: Any) -> Schema:
        return self._in_place(super().typed_dict_schema(schema), schema)

    def literal_schema(self, schema: Any) -> Schema:
        sent: dict[bool, Any] = {True: [], False: []}
        for one in schema["expected"]:
            sent[in_json(one)].append(one)
        if self.mode != "validation" or not sent[False]:
            return super().literal_schema(schema)
        told: dict[bool, Schema] = {}
        for way, few in sent.items():
            if few:
                part: Any = {**schema, "expected": few}
                told[way] = super().literal_schema(part)
        told[False][_FORM_ALONE] = True
        return {"anyOf": [*told.values()]} if len(told) > 1 else told[False]

    def _in_place(self, found: Schema, schema: Any) -> Schema:
        """A schema with the fields that have an ``AliasPath`` alone where that looks for them;
        pydantic writes them under their names, by which nobody may send them."""
        if self.mode != "validation" or schema.get("root_model"):
            return found
        shape = shape_of(schema)
        assert isinstance(shape, Fields)
        for name, one in shape.fields.items():
            path = min(one.paths, key=len)
            if len(path) > 1:
                own = found["properties"].pop(name)
                needed = name in found.get("required", ())
                if needed:
                    found["required"].remove(name)
                _place(found, path, own, needed)
        return found


class _Known:
    """What is known of the types of all actions.

    :ivar definitions: the models, by the names that they have in the document.
    """

    def __init__(self, registry: Registry) -> None:
        asked = [one for name, action in registry for one in _asked(name, action)]
        try:
            self._found, self.definitions = _generated(asked)
        except Exception:  # one of them cannot be written even so: the others can
            self._found, self.definitions = _generated([*filter(_can_be_written, asked)])
        self._names: dict[str, str] = {}

    def find(self, key: str, mode: JsonSchemaMode) -> Schema:
        return self._found.get((key, mode), _UNKNOWN)

    def resolve(self, schema: Schema) -> Schema:
        """*schema* itself, where it only refers to one."""
        while (name := _name_of(schema)) in self.definitions:
            schema = {**self.definitions[name], **_without(schema, "$ref")}
        return schema

    def free_name(self, wanted: str) -> str:
        """The name of a schema of ours, beside the application's."""
        name = wanted
        while name in self.definitions:
            name += "_"
        return name

    def errors(self, wire: str) -> dict[str, Schema]:
        """The schemas of what an action answers beside its data."""
        own = _astro_errors() if wire == "astro" else _plain_errors()
        return {self.free_name(name): schema for name, schema in own.items()}


def _asked(name: str, action: Action[Any]) -> Iterator[_Asked]:
    for intent, own in _inputs(action):
        if isinstance(own, ModelInput):
            yield _key(name, intent), "validation", own.described.core_schema
    if isinstance(action.output, TypedOutput):
        yield name, "serialization", action.output.described.core_schema


def _inputs(action: Action[Any]) -> Iterator[tuple[str | None, Input]]:
    """The inputs of an action by its buttons; the one of an action without any."""
    if action.intents:
        yield from action.intents.items()
    else:
        yield None, action.input


def _key(name: str, intent: str | None) -> str:
    return name if intent is None else f"{name}?{intent}"


def _generated(
    asked: Sequence[_Asked],
) -> tuple[dict[tuple[str, JsonSchemaMode], Schema], dict[str, Schema]]:
    writer = _Schemas(by_alias=True, ref_template=_COMPONENTS + "{model}")
    found, definitions = writer.generate_definitions(asked)
    return found, {str(name): schema for name, schema in definitions.items()}


def _can_be_written(asked: _Asked) -> bool:
    try:
        _generated([asked])
    except Exception:
        return False
    return True


def _name_of(schema: Schema) -> str:
    return str(schema.get("$ref", "")).removeprefix(_COMPONENTS)


def _without(schema: Mapping[str, Any], *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}


_BY_NAME = ("properties", "patternProperties", "$defs", "dependentSchemas")
_LITERAL = ("default", "const", "enum", "examples", "required")


def _for_json(schema: Any) -> Any:
    """A schema as it stands for JSON, which has no files, without what is for the form alone."""
    if isinstance(schema, list):
        return [_for_json(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if UPLOAD in schema:
        return {"not": {}, "description": "A file, which only a form can send."}
    if _FORM_ALONE in schema:
        return {"not": {}, "description": "A member of an enum, which only a form can name."}
    changed = {}
    for key, value in schema.items():
        if key in _BY_NAME and isinstance(value, dict):
            changed[key] = {name: _for_json(one) for name, one in value.items()}
        elif key in _LITERAL:
            changed[key] = value
        elif key != "html":  # what the form object makes of it
            changed[key] = _for_json(value)
    return changed


# --- the fields of a form ------------------------------------------------------------------------


class _Part(NamedTuple):
    """A part of a field's name: what is written, or what may be.

    :ivar pattern: a regular expression; empty for a part that is written as it is.
    """

    text: str
    pattern: str = ""


_POSITION = _Part("0", "(0|[1-9][0-9]{0,3})")
_ANY_KEY = "[^.]+"


class _FormWriter:
    """Lays the fields of a model out flat, by the names that a form sends."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._cut = False

    def write(self, schema: Schema) -> Schema:
        """The schema of a form for a type."""
        whole = self._known.resolve(schema)
        for word in ("oneOf", "anyOf"):
            members = [one for one in whole.get(word, ()) if one.get("type") != "null"]
            if len(members) > 1 and all(map(self._is_object, members)):
                return {word: [self.write(one) for one in members]}
            if len(members) == 1:
                return self.write(members[0])
        form: Schema = {"type": "object", "properties": {}, "patternProperties": {}, "required": []}
        self._cut = False
        if self._is_object(whole):
            self._write_object(form, whole, (), True, (_name_of(schema),))
        else:
            form["description"] = "Its fields are given by position: `0`, `1.name`."
        if self._cut:
            form["description"] = "A model contains itself: names go on deeper in the same way."
        return {key: value for key, value in form.items() if value or key == "properties"}

    def _is_object(self, schema: Schema) -> bool:
        whole = self._known.resolve(schema)
        members = [one for one in _members(whole) if one.get("type") != "null"]
        if members:
            return all(map(self._is_object, members))
        return whole.get("type") == "object"

    def _write_object(
        self,
        form: Schema,
        schema: Schema,
        place: tuple[_Part, ...],
        required: bool,
        inside: tuple[str, ...],
    ) -> None:
        for member in _members(schema):
            if member.get("type") != "null":
                self._write(form, member, place, False, inside)
        needed = schema.get("required", ())
        for name, own in schema.get("properties", {}).items():
            self._write(form, own, (*place, _Part(name)), required and name in needed, inside)
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            known = "|".join(map(_escaped, schema.get("properties", ())))
            # A pattern holds for the names that have a schema of their own as well.
            key = f"(?!(?:{known})(?:[.]|$)){_ANY_KEY}" if known else _ANY_KEY
            self._write(form, others, (*place, _Part("key", key)), False, inside)

    def _write(
        self,
        form: Schema,
        schema: Schema,
        place: tuple[_Part, ...],
        required: bool,
        inside: tuple[str, ...],
    ) -> None:
        """Write the fields of one place.

        :param inside: the models around it: one that contains itself is written twice.
        """
        name = _name_of(schema)
        whole = self._known.resolve(schema)
        if self._is_object(whole):
            if name and inside.count(name) > 1:
                self._cut = True
            else:
                self._write_object(form, whole, place, required, (*inside, name))
            return
        choices = [one for one in _members(whole) if one.get("type") != "null"]
        if len(choices) == 1:
            rest = _without(whole, "anyOf", "oneOf", "default")
            self._write(form, {**rest, **choices[0]}, place, required, inside)
            return
        for one in filter(self._is_object, choices):
            self._write(form, one, place, False, inside)
        leaves = [one for one in choices if not self._is_object(one)]
        if choices and len(leaves) < len(choices):
            whole = {"anyOf": leaves} if len(leaves) > 1 else leaves[0]
        items = whole.get("items")
        if isinstance(items, dict) and self._is_object(items):
            self._write(form, items, (*place, _POSITION), False, inside)
        else:
            self._put(form, place, whole, required)

    def _put(self, form: Schema, place: tuple[_Part, ...], schema: Schema, required: bool) -> None:
        leaf = _for_form(schema)
        if any(part.pattern for part in place):
            path = r"\.".join(part.pattern or _escaped(part.text) for part in place)
            name, fields = f"^{path}$", form["patternProperties"]
        else:
            name, fields = ".".join(part.text for part in place), form["properties"]
        others = fields.get(name)
        if others is None or others == leaf:
            fields[name] = leaf
        else:  # members of a union have the name in common
            fields[name] = {"anyOf": [*others.get("anyOf", [others]), leaf]}
        # An unticked box is sent as nothing.
        if required and self._known.resolve(schema).get("type") != "boolean":
            form["required"].append(name)


def _members(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _for_form(schema: Any) -> Any:
    """The schema of one value of a form."""
    if isinstance(schema, list):
        return [_for_form(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if UPLOAD in schema:
        rules = schema[UPLOAD]
        said = [str(schema["description"])] if "description" in schema else []
        if "max_size" in rules:
            said.append(f"At most {rules['max_size']:,} bytes.")
        told = {"title": schema["title"]} if "title" in schema else {}
        told |= {"description": " ".join(said)} if said else {}
        return {**_FILE, **told, UPLOAD: rules}
    return {
        key: value if key in _LITERAL else _for_form(value)
        for key, value in schema.items()
        if key not in ("html", _FORM_ALONE)
    }


def _escaped(text: str) -> str:
    # Not re.escape: a browser's expressions know no escape of a dash.
    return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", text)


def _uploads(form: Schema) -> Iterator[tuple[str, Schema]]:
    """The fields of a form that take files."""
    for one in (form, *_members(form)):
        for name, schema in one.get("properties", {}).items():
            yield from ((name, file) for file in _files_in(schema))
        for name, schema in one.get("patternProperties", {}).items():
            yield from ((name, file) for file in _files_in(schema))


def _files_in(schema: Schema) -> Iterator[Schema]:
    if UPLOAD in schema:
        yield schema
    inner = schema.get("items")
    for one in (*_members(schema), *([inner] if isinstance(inner, dict) else ())):
        yield from _files_in(one)


# --- the actions ---------------------------------------------------------------------------------


class _Writer:
    """Writes one operation after the other, in the words of one application."""

    def __init__(self, app: Flask, settings: Settings, known: _Known) -> None:
        self._app = app
        self._wire = settings.wire
        self._known = known
        self._forms = _FormWriter(known)
        self._csrf = app.extensions.get("csrf")
        config = app.config
        if not (config.get("WTF_CSRF_ENABLED") and config.get("WTF_CSRF_CHECK_DEFAULT")):
            self._csrf = None
        if "POST" not in config.get("WTF_CSRF_METHODS", ("POST",)):
            self._csrf = None
        self.responses: dict[str, Schema] = self._responses()

    def operation(self, name: str, action: Action[Any]) -> Schema:
        """What ``POST`` does at an action's URL."""
        operation: Schema = {"operationId": name}
        group = name.rpartition(".")[0]
        if group:
            operation["tags"] = [group]
        if action.description:
            operation["summary"] = _short(action.description)
        said = list(self._said(action))
        if said:
            operation["description"] = "\n\n".join(said)
        body = self._body(name, action)
        if body:
            operation["requestBody"] = body
        operation["responses"] = self._answers(name, action, body)
        needs = self._needs(name, action)
        if needs:
            operation["security"] = [needs]
        return operation

    def security_schemes(self) -> Schema:
        config = self._app.config
        schemes: Schema = {
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": config["SESSION_COOKIE_NAME"],
                "description": "The session of whoever is logged in.",
            }
        }
        if self._csrf is not None:
            schemes["csrf"] = {
                "type": "apiKey",
                "in": "header",
                "name": config["WTF_CSRF_HEADERS"][0],
                "description": "The token that the application's pages have, of the same session. "
                f"A form may send it as its field `{config['WTF_CSRF_FIELD_NAME']}` instead.",
            }
        return schemes

    def _said(self, action: Action[Any]) -> Iterator[str]:
        text = action.description or ""
        if text != _short(text):
            yield text
        if action.guards:
            yield "Guarded: who may not call it is refused before the input is read."
        if action.intents:
            yield (
                "Has several buttons: `_intent` names one, in the body or in the URL. Without it, "
                "the first one is meant."
            )
        if action.bound is not None:
            yield "`_bound` is what a page of the application binds, signed; as it stands there."

    def _needs(self, name: str, action: Action[Any]) -> Schema:
        """What a call has to bring along."""
        if self._asks_for_token(name):
            return {"session": [], "csrf": []}
        return {"session": []} if action.guards else {}

    def _asks_for_token(self, name: str) -> bool:
        if self._csrf is None:
            return False
        # Flask-WTF knows an exempt view by its module and its name.
        view = self._app.view_functions[f"actions.{name.replace('.', ':')}"]
        exempt = getattr(self._csrf, "_exempt_views", ())
        return f"{view.__module__}.{view.__name__}" not in exempt

    # --- what is sent

    def _body(self, name: str, action: Action[Any]) -> Schema | None:
        """The request body; None for an action that takes nothing."""
        if not _takes_input(action) and not action.marked:
            return None
        inputs = list(_inputs(action))
        forms = [self._form(name, one, own) for one, own in inputs]
        files = {field: file for form in forms for field, file in _uploads(form)}
        content: Schema = {}
        if "json" in action.accept and not _is_for_forms_alone(forms):
            each = [self._json(name, one, own) for one, own in inputs]
            content[_JSON] = {"schema": self._marked(each, action)}
        if "form" in action.accept:
            form: Schema = {"schema": self._marked(forms, action)}
            accepted = {
                field: {"contentType": ", ".join(types)}
                for field, file in files.items()
                if (types := [one for one in file[UPLOAD].get("accept", ()) if "/" in one])
            }
            if accepted:
                form["encoding"] = accepted
            content["multipart/form-data" if files else "application/x-www-form-urlencoded"] = form
        first = inputs[0][1]
        required = action.bound is not None or _is_required(first)
        return {"required": required, "content": content}

    def _json(self, name: str, intent: str | None, own: Input) -> Schema:
        if isinstance(own, ModelInput):
            return dict(_for_json(self._known.find(_key(name, intent), "validation")))
        if isinstance(own, FormInput):
            return {"type": "object", "properties": {field: {} for field in _fields_of(own)}}
        return {} if intent is None else {"type": "object"}

    def _form(self, name: str, intent: str | None, own: Input) -> Schema:
        if isinstance(own, ModelInput):
            return self._forms.write(self._known.find(_key(name, intent), "validation"))
        properties: Schema = {}
        if isinstance(own, FormInput):
            properties = {field: {"type": "string"} for field in _fields_of(own)}
        return {"type": "object", "properties": properties}

    def _marked(self, each: Sequence[Schema], action: Action[Any]) -> Schema:
        """The schemas of an action's inputs as one, with what a call says beside its input."""
        if not action.marked:
            return each[0]
        beside: Schema = {}
        if action.bound is not None:
            beside["_bound"] = {"type": "string", "description": "What the page binds, signed."}
        if not action.intents:
            return self._with(each[0], beside, [*beside])
        variants = []
        for position, (intent, schema) in enumerate(zip(action.intents, each, strict=True)):
            own = {"_intent": {"type": "string", "const": intent}, **beside}
            needed = [name for name in own if position or name != "_intent"]
            variants.append({"title": intent, **self._with(schema, own, needed)})
        return {"oneOf": variants} if len(variants) > 1 else variants[0]

    def _with(self, schema: Schema, beside: Schema, needed: list[str]) -> Schema:
        """An object's schema with more properties: a model may forbid those that it has not."""
        whole = self._known.resolve(schema)
        if whole is not schema:
            whole = _for_json(whole)
        for word in ("oneOf", "anyOf"):
            if word in whole:
                members = [self._with(one, beside, needed) for one in whole[word]]
                return {**_without(whole, "discriminator", word), word: members}
        if whole.get("type") not in ("object", None):
            return whole  # no object: the URL alone can say the rest
        whole = {**whole, "type": "object"}
        whole["properties"] = {**whole.get("properties", {}), **beside}
        required = [*whole.get("required", ()), *needed]
        return {**whole, "required": required} if required else whole

    # --- what comes back

    def _answers(self, name: str, action: Action[Any], body: Schema | None) -> Schema:
        answers: Schema = {"200": self._success(name, action)}
        if self._wire == "astro":
            headers = {"Action-Redirect": _REDIRECT}
            answers["204"] = {"description": "Done; there is no data.", "headers": headers}
        if "form" in action.accept or body is None or not body["required"]:
            answers["303"] = self._reference("BackToThePage")
        answers["400"] = self._reference("BadInput")
        if action.guards:
            answers["401"] = self._reference("Unauthorized")
        for status, response in _REFUSALS.items():
            answers[status] = self._reference(response[0])
        answers["default"] = self._reference("Error")
        return answers

    def _success(self, name: str, action: Action[Any]) -> Schema:
        declared = isinstance(action.output, TypedOutput)
        data = _for_json(self._known.find(name, "serialization")) if declared else {}
        answer: Schema = {
            "description": "Done." if declared else "Done. What the data is, is not declared.",
            "headers": {"Action-Redirect": _REDIRECT},
        }
        if self._wire == "astro":
            answer["content"] = {_DEVALUE: {"schema": {"type": ["array", "integer"]}}}
            return answer
        answer["content"] = {
            _JSON: {
                "schema": {
                    "anyOf": [
                        _envelope(data),
                        {"$ref": _COMPONENTS + self._known.free_name("ActionRedirect")},
                    ]
                }
            }
        }
        return answer

    def _reference(self, name: str) -> Schema:
        return {"$ref": f"#/components/responses/{name}"}

    def _responses(self) -> dict[str, Schema]:
        error = {"$ref": _COMPONENTS + self._known.free_name("ActionError")}
        input_error = {"$ref": _COMPONENTS + self._known.free_name("ActionInputError")}
        either = {"anyOf": [input_error, error]}
        page = {"text/html": {"schema": {"type": "string"}}}
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        responses: dict[str, Schema] = {
            "BackToThePage": {
                "description": "A form that was sent without an `Accept` of JSON, as a browser "
                "sends it: back to its page, which shows the result.",
                "headers": {"Location": {"schema": {"type": "string", "format": "uri-reference"}}},
                "content": page,
            },
            "BadInput": {
                "description": "The input does not fit, or is no JSON.",
                "content": {_JSON: {"schema": either}},
            },
            "Unauthorized": {
                "description": "Nobody is logged in.",
                "content": {_JSON: {"schema": error}},
            },
            "Error": {
                "description": "Any other error of the action, with the status of its code.",
                "headers": {"Retry-After": seconds},
                "content": {_JSON: {"schema": either}},
            },
        }
        for name, description in _REFUSALS.values():
            responses[name] = {
                "description": description,
                "content": {_JSON: {"schema": error}, **page},
            }
        responses["MethodNotAllowed"]["headers"] = {
            "Allow": {"schema": {"type": "string", "const": "POST"}}
        }
        return responses


_REDIRECT: Schema = {
    "description": "Where the action sends the caller, if it does.",
    "schema": {"type": "string", "format": "uri-reference"},
}
_REFUSALS = {
    "403": ("Forbidden", "The caller may not do this, is another site, or has no fresh token."),
    "404": ("NotFound", "What the action looks for is not there, or there is no such action."),
    "405": ("MethodNotAllowed", "An action is called by POST."),
    "413": ("ContentTooLarge", "The body is larger than the action takes."),
    "415": ("UnsupportedMediaType", "The action does not take this type of body."),
    "500": ("InternalServerError", "Nobody expected this; the log has it under the reference."),
}


def _takes_input(action: Action[Any]) -> bool:
    return action.arity > 0 and not action.context_first


def _fields_of(own: FormInput) -> list[str]:
    """The names of a ``FlaskForm``'s fields; their kinds are known when a form is made alone."""
    form = own.type
    return [name for name in dir(form) if hasattr(getattr(form, name, None), "field_class")]


def _is_for_forms_alone(forms: Sequence[Schema]) -> bool:
    """Whether each button needs a file, which JSON cannot bring."""
    return all(
        any(name in form.get("required", ()) for name, _ in _uploads(form)) for form in forms
    )


def _is_required(own: Input) -> bool:
    """Whether a call without a body is refused."""
    shape: Shape | None = own.shape
    match shape:
        case None:
            return False
        case Fields():
            return not shape.nullable and any(one.required for one in shape.fields.values())
        case Items() | Entries():
            return False
        case Leaf():
            return not shape.nullable and shape.kind != "any"
    return not shape.nullable


def _short(text: str) -> str:
    """The first line of a text, cut where it is long."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 120 else line[:119].rstrip() + "…"


def _envelope(data: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "const": True},
            "data": data,
            "error": {"type": "null"},
        },
        "required": ["success", "data", "error"],
    }


def _plain_errors() -> dict[str, Schema]:
    codes = [*STATUSES, *OLDER_STATUSES]
    redirect = _envelope({})
    redirect["description"] = "The action sends the caller elsewhere, with its data or with null."
    redirect["properties"]["redirect"] = {"type": "string", "format": "uri-reference"}
    redirect["required"] = [*redirect["required"], "redirect"]
    error = _object(
        type={"type": "string", "const": "ActionError"},
        code={"type": "string", "enum": codes},
        status={"type": "integer"},
        message={"type": "string"},
    )
    error["properties"]["reference"] = {
        "type": "string",
        "description": "Under which the server's log has the cause.",
    }
    input_error = _object(
        type={"type": "string", "const": "ActionInputError"},
        code={"type": "string", "const": "BAD_REQUEST"},
        status={"type": "integer", "const": 400},
        message={"type": "string"},
        issues={"type": "array", "items": _issue()},
        fields=_FIELDS,
    )
    return {
        "ActionRedirect": redirect,
        "ActionError": _failed(error),
        "ActionInputError": _failed(input_error),
    }


def _astro_errors() -> dict[str, Schema]:
    return {
        "ActionError": _object(
            type={"type": "string", "const": "AstroActionError"},
            code={"type": "string", "enum": [*STATUSES, *OLDER_STATUSES]},
            status={"type": "integer"},
            message={"type": "string"},
        ),
        "ActionInputError": _object(
            type={"type": "string", "const": "AstroActionInputError"},
            issues={"type": "array", "items": _issue()},
            fields=_FIELDS,
        ),
    }


_FIELDS: Schema = {
    "type": "object",
    "description": "The messages of each field, by its name.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}


def _issue() -> Schema:
    return _object(
        path={"type": "array", "items": {"type": ["string", "integer"]}},
        code={"type": "string"},
        message={"type": "string"},
    )


def _failed(error: Schema) -> Schema:
    return _object(success={"type": "boolean", "const": False}, data={"type": "null"}, error=error)


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*properties]}
