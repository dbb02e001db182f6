"""The types of an action: plain data -> its input, its result -> plain data.

An :class:`Input` is a pydantic type, a ``FlaskForm`` class or nothing; whatever does not fit it is
an :class:`ActionInputError`. An :class:`Output` narrows what the handler returned to what it
declared.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, Union, get_args

from pydantic import BaseModel
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import (
    CoreSchema,
    ErrorDetails,
    SchemaSerializer,
    ValidationError,
    core_schema,
    from_json,
    to_json,
)
from werkzeug.datastructures import FileStorage, MultiDict

from .errors import ActionError, ActionInputError, Issue, LateIssues, Told
from .messages import Places, Text, is_lazy
from .packing import plain_fields, types_in
from .rich import exact, is_pydantics
from .shapes import (
    Fields,
    Items,
    Leaf,
    Shape,
    clean_path,
    holds_strict,
    names_in,
    place_of,
    shape_of,
    split_name,
)

log: logging.Logger = logging.getLogger("flask_actions")

Path = tuple[str | int, ...]

#: So many issues are told one by one. A megabyte of wrong items would be answered by seventy, and
#: to describe them takes pydantic seconds.
MAX_ISSUES = 10_000


class Input:
    """What an action takes.

    :ivar type: what was declared; None for nothing.
    :ivar secret_words: names, or parts of names, whose typed value is never shown again.
    """

    type: Any = None
    secret_words: tuple[str, ...] = ()
    label = "-"

    @cached_property
    def shape(self) -> Shape | None:
        """The tree of the model's fields; None without a pydantic type."""
        return None

    @cached_property
    def strict(self) -> bool:
        """Whether it takes less from Python than from JSON."""
        return False

    @cached_property
    def places(self) -> Places | None:
        """The messages of its models and their fields; None where there are none."""
        return None

    @staticmethod
    def of(type_: Any, what: str = "input") -> Input:
        """The input of a declared type.

        :param what: what it is the type of, for people.
        :raises TypeError: if pydantic cannot describe it.
        """
        if type_ is None:
            return Input()
        # By duck typing: importing Flask-WTF costs every application that has no such form.
        if isinstance(type_, type) and hasattr(type_, "validate_on_submit"):
            own: Input = FormInput(type_)
            own.type = type_
            return own
        own = ModelInput(_describe(what, type_), _label(type_))
        own.type = type_
        return own

    @staticmethod
    def of_several(inputs: Mapping[str, Input]) -> Input:
        """The input of a call whose button is not known: all that is in any of them."""
        models = tuple(one.type for one in inputs.values() if isinstance(one, ModelInput))
        whole = Input.of(Union[models]) if models else Input()  # noqa: UP007, of so many
        whole.secret_words = tuple(word for one in inputs.values() for word in one.secret_words)
        whole.label = ", ".join(f"{name}: {one.label}" for name, one in inputs.items())
        return whole

    def from_nothing(self) -> Any:
        """The input of a call that sent nothing."""
        return None

    def from_json(self, body: bytes) -> Any:
        """The input in a JSON text (RFC 8259, so without ``NaN``)."""
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise ActionError("BAD_REQUEST", Text("not_json", reason=str(error))) from None

    def from_python(self, data: Any, sent: Callable[[Path], Path] | None = None) -> Any:
        """The input in plain data.

        :param sent: gives the path as the form sent it, for a path in *data*.
        """
        return data

    def from_form(self, form: MultiDict[str, Any]) -> Any:
        """The input in the fields of a form; only without a pydantic type."""
        return form

    def place(
        self, error: ActionInputError, sent: Callable[[Path], Path] | None = None
    ) -> ActionInputError:
        """A handler's error with its messages where the form has the fields.

        What is said of a field that the input does not have stands at the form, and the error
        names it among its ``strays``.
        """
        return error

    def names_near(self, path: Path) -> list[str]:
        """The names of its fields that come near to a path that it does not have."""
        from difflib import get_close_matches  # only when something went wrong

        known = list(islice(self._names(), 500))
        wanted = ".".join("0" if isinstance(part, int) else part for part in path)
        return get_close_matches(wanted, known, n=3, cutoff=0.5) or known[:10]

    def _names(self) -> Iterator[str]:
        return iter(())


def _moved(error: ActionInputError, issues: list[Issue], strays: list[Path]) -> ActionInputError:
    """*error*, whatever its class, with other issues: it may well be raised a second time."""
    moved: ActionInputError = type(error).__new__(type(error), *error.args)
    moved.__dict__.update(error.__dict__)
    moved.issues, moved.strays = tuple(issues), tuple(strays)
    return moved


class ModelInput(Input):
    """A type that pydantic knows."""

    def __init__(self, described: Described, label: str) -> None:
        self.described = described
        self._validator = described.validator
        self.label = label

    # Read when they are needed: an application of a thousand actions starts the sooner.

    @cached_property
    def shape(self) -> Shape:
        return shape_of(self.described.core_schema)

    @cached_property
    def strict(self) -> bool:
        return holds_strict(self.shape)

    @cached_property
    def exact(self) -> bool:
        """Whether it holds a strict dataclass, which pydantic makes of no dictionary."""
        return _has_exact(self.described.core_schema)

    @cached_property
    def adapter(self) -> Any:
        """pydantic's own, which writes values as well."""
        from pydantic import TypeAdapter  # brings more of pydantic than a model does

        return TypeAdapter(self.type)

    @cached_property
    def places(self) -> Places | None:
        places = Places(self.described.core_schema)
        return places if places.named else None

    def from_nothing(self) -> Any:
        # As a form says it of which nothing was sent.
        if self.shape.nullable or isinstance(self.shape, Leaf):
            return self.from_python(None)
        return self.from_python([] if isinstance(self.shape, Items) else {}, lambda path: path)

    def from_json(self, body: bytes) -> Any:
        # pydantic-core reads NaN and Infinity, which are not JSON; its strict parser tells where
        # they are literals and where only words in a text.
        if body.find(b"NaN") >= 0 or body.find(b"Infinity") >= 0:  # half the cost of `in`
            super().from_json(body)
        try:
            return self._validator.validate_json(body)
        except ValidationError as error:
            details = _details(error)
            first = details[0]
            if first["type"] == "json_invalid" and not first["loc"]:  # not that of a Json field
                reason = first["msg"].removeprefix("Invalid JSON: ")
                raise ActionError("BAD_REQUEST", Text("not_json", reason=reason)) from None
            raise self._problem(details, None) from None

    def from_python(self, data: Any, sent: Callable[[Path], Path] | None = None) -> Any:
        try:
            if sent is not None and self.exact:
                # No form sends an instance. What else is strict was converted before.
                return self._validator.validate_python(data, strict=False)
            return self._validator.validate_python(data)
        except ValidationError as error:
            raise self._problem(_details(error), sent) from None

    def _problem(
        self, details: list[ErrorDetails], sent: Callable[[Path], Path] | None
    ) -> ActionInputError:
        shape, places = self.shape, self.places
        told = _told(shape, details, sent) if places is None else None
        if told is not None:
            return ActionInputError(_Found(told))
        issues: dict[Any, Issue] = {}
        strays: list[Path] = []
        for detail in details:
            code, loc, message = detail["type"], detail["loc"], _message(detail)
            paths = [clean_path(shape, loc, code)]
            named = detail.get("ctx", {}).get("fields")
            if named is not None:
                paths = self._about(paths[0], named, strays)
            own = () if places is None else places.at(loc)
            for path in paths:
                if sent is not None:
                    path = sent(path)
                # Once each: union members often say the same.
                issues[path, code, str(message)] = Issue(path, code, message, _context(detail), own)
        problem = ActionInputError(tuple(issues.values()))
        if strays:
            problem.strays = tuple(strays)
        return problem

    def _about(self, path: Path, fields: Any, strays: list[Path]) -> list[Path]:
        """The fields that a validator says its error is about.

        :param path: of the model that was validated, or of one of its fields.
        :param fields: names as the model at *path* has them.
        :param strays: takes what nobody knows.
        """
        names = [fields] if isinstance(fields, str) else fields
        if not isinstance(names, (list, tuple)) or not all(isinstance(one, str) for one in names):
            return [path]  # a word of the validator's own, with another meaning
        found: list[Path] = []
        for name in names:
            own = _parts(name)
            places = (place_of(self.shape, (*base, *own)) for base in (path, path[:-1]))
            place = next((one for one in places if one is not None), None)
            if place is None:
                strays.append((*path, *own))
            else:
                found.append(place)
        return found or [path]

    def place(
        self, error: ActionInputError, sent: Callable[[Path], Path] | None = None
    ) -> ActionInputError:
        issues: list[Issue] = []
        strays: list[Path] = []
        for issue in error.issues:
            path = place_of(self.shape, issue.path)
            if path is None:
                strays.append(issue.path)
                path = ()
            elif sent is not None:
                path = sent(path)
            issues.append(Issue(path, issue.code, issue.given, issue.context, issue.own))
        same = all(one.path == two.path for one, two in zip(issues, error.issues, strict=True))
        return error if same else _moved(error, issues, strays)

    def _names(self) -> Iterator[str]:
        return names_in(self.shape)


def _parts(name: str) -> Path:
    """A dotted name as a path; positions are numbers."""
    return tuple(int(part) if part.isdecimal() else part for part in split_name(name) if part)


def _details(error: ValidationError) -> list[ErrorDetails]:
    """What pydantic found, without the input.

    :raises ActionInputError: if it is too much to tell.
    """
    count = error.error_count()
    if count > MAX_ISSUES:
        raise ActionInputError({"": Text("too_many_issues", count=count)})
    return error.errors(include_url=False, include_input=False)


def _told(
    shape: Shape, details: list[ErrorDetails], sent: Callable[[Path], Path] | None
) -> dict[Told, ErrorDetails] | None:
    """What pydantic found in an input that has no messages of its own, as clients are told it.

    :param sent: gives the path as the form sent it.
    :returns: None if a validator said which fields an error is about.
    """
    told: dict[Told, ErrorDetails] = {}
    plain = shape.plain if isinstance(shape, Fields) else {}
    for detail in details:
        if "ctx" in detail and "fields" in detail["ctx"]:
            return None
        code, loc = detail["type"], detail["loc"]
        # Most errors are of a field of the model itself, whose path is known.
        path = plain.get(loc) or clean_path(shape, loc, code)
        if sent is not None:
            path = sent(path)
        said = str(_message(detail)) if code in _RETOLD else detail["msg"]
        told[path, code, said] = detail  # once each: union members often say the same
    return told


class _Found(LateIssues):
    """What pydantic found in an input that has no messages of its own."""

    def __init__(self, told: dict[Told, ErrorDetails]) -> None:
        self._told = told

    def __iter__(self) -> Iterator[Issue]:
        for (path, code, _), detail in self._told.items():
            yield Issue(path, code, _message(detail), _context(detail))

    def told(self) -> Iterable[Told]:
        return self._told


class FormInput(Input):
    """A ``FlaskForm`` class; the handler gets the validated form."""

    def __init__(self, form: type[Any]) -> None:
        self._form = form
        self.label: str = form.__name__
        self.secret_words: tuple[str, ...] = tuple(_passwords(form))

    def from_nothing(self) -> Any:
        return self.from_form(MultiDict())

    def from_json(self, body: bytes) -> Any:
        return self.from_python(super().from_json(body))

    def from_python(self, data: Any, sent: Callable[[Path], Path] | None = None) -> Any:
        if isinstance(data, self._form):
            return data
        if not isinstance(data, Mapping):
            raise ActionInputError({"": Text("not_an_object")})
        return self.from_form(MultiDict(_of_form(data, "", self._form)))

    def from_form(self, form: MultiDict[str, Any]) -> Any:
        form = legible(form)
        # Its own token is off: the door has checked origin and token before.
        bound = self._form(formdata=form, meta={"csrf": False})
        if not bound.validate():
            raise ActionInputError(list(_form_issues(bound, (), "", form)))
        return bound

    def place(
        self, error: ActionInputError, sent: Callable[[Path], Path] | None = None
    ) -> ActionInputError:
        # A form may make inner fields as it goes along, so the outermost name alone counts.
        known = [not one.path or hasattr(self._form, str(one.path[0])) for one in error.issues]
        if all(known):
            return error
        pairs = list(zip(error.issues, known, strict=True))
        issues = [
            one if fits else Issue((), one.code, one.given, one.context, one.own)
            for one, fits in pairs
        ]
        return _moved(error, issues, [one.path for one, fits in pairs if not fits])

    def _names(self) -> Iterator[str]:
        for name in dir(self._form):
            if hasattr(getattr(self._form, name, None), "field_class"):
                yield name


def legible(fields: MultiDict[str, Any]) -> MultiDict[str, Any]:
    """*fields* without the names whose positions in a list WTForms fails to read: ``lines-²``."""
    odd = [
        name
        for name in fields
        if len(name) > 1000
        or not (name.isascii() or all(sign.isdigit() == sign.isdecimal() for sign in name))
    ]
    if odd:
        fields = MultiDict(fields)
        for name in odd:
            fields.poplist(name)
    return fields


def _of_form(data: Mapping[Any, Any], prefix: str, form: Any) -> Iterator[tuple[str, Any]]:
    """Nested data under the names that a WTForms form looks for: ``lines-0-qty``."""
    for name, value in data.items():
        yield from _of_field(value, f"{prefix}{name}", getattr(form, str(name), None))


def _of_field(value: Any, name: str, unbound: Any) -> Iterator[tuple[str, Any]]:
    kind = getattr(unbound, "field_class", None)
    separator = "-" if kind is None else unbound.kwargs.get("separator", "-")
    if isinstance(value, Mapping):
        yield from _of_form(value, name + separator, _inner(unbound, "form_class"))
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if not hasattr(kind, "append_entry"):  # several choices of one field
            for one in value:
                yield from _of_field(one, name, None)
            return
        inner = _inner(unbound, "unbound_field")
        for index, one in enumerate(value):
            # Its place in the list counts, so nothing is sent as an empty text.
            yield from _of_field("" if one is None else one, f"{name}{separator}{index}", inner)
    elif isinstance(value, bool):
        if value or hasattr(kind, "false_values"):
            yield name, "y" if value else "false"
    elif value is not None:
        yield name, value if isinstance(value, FileStorage) else str(value)


def _inner(unbound: Any, name: str) -> Any:
    """What a ``FormField`` or a ``FieldList`` is of."""
    args, options = getattr(unbound, "args", ()), getattr(unbound, "kwargs", {})
    return args[0] if args else options.get(name)


def _passwords(form: Any) -> Iterator[str]:
    """The names of a form's fields that are rendered as a password, nested forms included."""
    for name in dir(form):
        unbound: Any = getattr(form, name, None)
        while hasattr(getattr(unbound, "field_class", None), "append_entry"):
            unbound = _inner(unbound, "unbound_field")
        if not hasattr(unbound, "field_class"):
            continue
        widget = unbound.kwargs.get("widget") or unbound.field_class.widget
        if getattr(widget, "input_type", "") == "password":
            yield name
        elif isinstance(inner := _inner(unbound, "form_class"), type):
            yield from _passwords(inner)


def _form_issues(form: Any, path: Path, prefix: str, sent: Iterable[str]) -> Iterator[Issue]:
    """What is wrong with a form.

    :param prefix: what the names of its fields begin with.
    :param sent: the names that were sent: WTForms closes gaps between positions, we name them.
    """
    for message in form.form_errors:
        yield Issue(path, "invalid", message if is_lazy(message) else str(message))
    for field in form:
        own = field.short_name
        yield from _field_issues(field, (*path, own), prefix + own, sent)


def _field_issues(field: Any, path: Path, name: str, sent: Iterable[str]) -> Iterator[Issue]:
    if hasattr(field, "form_class"):
        yield from _form_issues(field.form, path, name + field.separator, sent)
        return
    if hasattr(field, "append_entry"):
        start = name + getattr(field, "_separator", "-")
        heads = [re.match("[0-9]{1,9}", one[len(start) :]) for one in sent if one.startswith(start)]
        positions = sorted({int(head[0]) for head in heads if head})
        for index, entry in enumerate(field.entries):
            place = positions[index] if index < len(positions) else index
            yield from _field_issues(entry, (*path, place), f"{start}{place}", sent)
    for message in field.errors:
        if not isinstance(message, (Mapping, list, tuple)):  # those of entries, told above
            yield Issue(path, "invalid", message if is_lazy(message) else str(message))


class Output:
    """What an action gives: any value that pydantic can serialise."""

    label = "-"
    #: Where the action was written, for people.
    where: str = "An action"

    @cached_property
    def sure(self) -> bool:
        """Whether whatever :meth:`narrow` gives can be serialised."""
        return False

    @cached_property
    def types(self) -> Mapping[str, type]:
        """The models and dataclasses that it is made of, by name."""
        return {}

    @staticmethod
    def of(type_: Any) -> Output:
        """The output of a declared type.

        :raises TypeError: if pydantic cannot describe it.
        """
        return TypedOutput(_describe("output", type_), _label(type_))

    def narrow(self, data: Any) -> Any:
        """*data* as the declared type."""
        return data

    def to_json(self, data: Any) -> bytes:
        """*data* as JSON.

        :raises ValueError: if it cannot be serialised.
        """
        return to_json(data, inf_nan_mode="null")

    def to_plain(self, data: Any) -> Any:
        """*data* in a form from which :meth:`from_plain` makes it again."""
        return data

    def from_plain(self, plain: Any) -> Any:
        return plain


class TypedOutput(Output):
    """A declared type: only its fields leave the server."""

    def __init__(self, described: Described, label: str) -> None:
        self.described = described
        self._validator, self._serializer = described.validator, described.serializer
        self.label = label

    @cached_property
    def sure(self) -> bool:
        return not _open_ended(self.described.core_schema)

    @cached_property
    def types(self) -> Mapping[str, type]:
        return types_in(self.described.core_schema)

    def narrow(self, data: Any) -> Any:
        try:
            return self._validator.validate_python(data, from_attributes=True)
        except ValidationError as error:
            # Without its inputs: they are the application's data, and this goes to the log.
            details = error.errors(include_url=False, include_input=False)
            said = "; ".join(
                f"{'.'.join(map(str, one['loc']))}: {_message(one)}" for one in details
            )
            raise TypeError(
                f"{self.where}: the data does not fit the output {self.label}: {said}. Return what "
                f"it declares, or declare what is returned (output=)."
            ) from None

    @cached_property
    def _writer(self) -> SchemaSerializer:
        return exact(self.described.core_schema, self._serializer)

    @cached_property
    def _model(self) -> Any:
        """The model that is declared, which :meth:`from_plain` makes of its fields; else None."""
        schema: Mapping[str, Any] = {**self.described.core_schema}
        plain = schema["type"] == "model" and not schema.get("root_model")
        return schema["cls"] if plain else None

    def to_json(self, data: Any) -> bytes:
        # By alias, as untyped data leaves, and as the model's JSON schema says.
        return self._writer.to_json(data, by_alias=True)

    def to_plain(self, data: Any) -> Any:
        # Models are packed by their fields: their serialisers write what people read, and no set
        # of them can be dumped.
        if not self.types:
            return self._serializer.to_python(data, round_trip=True)
        facts = plain_fields(data, self._model) if type(data) is self._model else None
        return data if facts is None else facts

    def from_plain(self, plain: Any) -> Any:
        try:
            return self._validator.validate_python(
                plain, strict=False, by_alias=False, by_name=True
            )
        except ValidationError:
            # A type whose serialised form it does not read back: its plain data still shows.
            log.warning(
                "A kept result does not read back as %s; its plain data is shown.", self.label
            )
            return plain


def unserialisable(name: str, output: Output, error: ValueError) -> ActionError:
    """The error of a result that cannot be sent, said in the log to the developer."""
    log.error(
        "The result of %s cannot be serialised: %s. Return plain data, a pydantic model or a "
        "dataclass, or declare output=. An ActionError is raised, not returned.",
        name,
        error,
    )
    return ActionError("INTERNAL_SERVER_ERROR", Text("not_sent"))


class Described(NamedTuple):
    """What pydantic knows of a type.

    :ivar validator: a ``SchemaValidator``, or what a plugin of pydantic's put around it.
    """

    core_schema: CoreSchema
    validator: Any
    serializer: SchemaSerializer


def _describe(what: str, type_: Any) -> Described:
    """Pydantic's view of a declared type.

    :param what: what it is the type of.
    :raises TypeError: if it has none.
    """
    if isinstance(type_, type) and issubclass(type_, BaseModel) and type_.__pydantic_complete__:
        # As an adapter finds them too, at a tenth of its cost.
        return Described(
            type_.__pydantic_core_schema__,
            type_.__pydantic_validator__,
            type_.__pydantic_serializer__,
        )
    from pydantic import TypeAdapter  # brings more of pydantic than a model does

    try:
        if not isinstance(type_, dict):  # which pydantic takes for a schema of its own kind
            adapter: TypeAdapter[Any] = TypeAdapter(type_)
            return Described(adapter.core_schema, adapter.validator, adapter.serializer)
        reason = "it is a dictionary"
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
    raise TypeError(
        f"pydantic cannot describe the {what} {_label(type_)} ({reason}). Give a pydantic model, a "
        f"dataclass, a TypedDict or another type that a TypeAdapter takes."
    )


def _message(detail: ErrorDetails) -> Any:
    """What pydantic says, or a validator of the user's own: a text, or a lazy one."""
    if detail["type"] not in _RETOLD:
        return detail["msg"]
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error" | "assertion_error" if context.get("error") is not None:
            given = context["error"].args
            lazy = len(given) == 1 and is_lazy(given[0])
            return given[0] if lazy else str(context["error"]) or Text("not_valid")
        case "union_tag_invalid":  # pydantic's own message repeats what was sent
            return f"Input should be one of {context.get('expected_tags', 'the known tags')}"
        case "union_tag_not_found":
            return "Field required"
    return detail["msg"]


#: Errors whose message is not pydantic's, always or at times.
_RETOLD = frozenset({"value_error", "assertion_error", "union_tag_invalid", "union_tag_not_found"})
#: Errors of pydantic's own, whose context has nothing of the input.
_KNOWN = frozenset(get_args(core_schema.ErrorType))
_KNOWN -= {"value_error", "assertion_error", "union_tag_invalid"}


def _context(detail: ErrorDetails) -> dict[str, Any]:
    """What the message was made of, never the input and no exception."""
    context = detail.get("ctx")
    if context is None:
        return {}
    if detail["type"] in _KNOWN:
        return context
    # That of a validator of the user's own may well have the input: what the message shows, stays.
    return {
        name: value
        for name, value in context.items()
        if name not in ("error", "tag") and str(value) in detail["msg"]
    }


#: Parts of a type that say little of their value, or nothing: bytes may be no UTF-8.
_OPEN = frozenset({"any", "bytes", "callable", "function-plain", "is-instance", "is-subclass"})


def _open_ended(schema: Any) -> bool:
    """Whether a core schema lets in values that cannot be serialised."""
    if isinstance(schema, Mapping):
        return kind_of(schema) in _OPEN or any(map(_open_ended, schema.values()))
    return isinstance(schema, (list, tuple)) and any(map(_open_ended, schema))


def _has_exact(schema: Any) -> bool:
    """Whether a core schema has a dataclass that is strict."""
    if isinstance(schema, Mapping):
        exact = kind_of(schema) == "dataclass" and schema.get("config", {}).get("strict")
        return bool(exact) or any(map(_has_exact, schema.values()))
    return isinstance(schema, (list, tuple)) and any(map(_has_exact, schema))


def kind_of(schema: Mapping[str, Any]) -> str:
    """What kind of type a core schema is of; empty for fields by name, one may be called type."""
    kind = schema.get("type")
    return kind if isinstance(kind, str) else ""


#: Kinds of core schema with keys and values.
DICTIONARIES = frozenset({"dict", "ordered-dict", "counter"})
#: Those of which only a value tells what it is.
_OF_ANY_KIND = (_OPEN - {"bytes"}) | {"json-or-python", "lax-or-strict", "chain"}


def definitions_of(schema: Any) -> dict[str, Any]:
    """What a core schema refers to, by name."""
    return {one["ref"]: one for one in schema.get("definitions", ())}


def in_json(value: object) -> bool:
    """Whether JSON can bring a literal's value: of an enum, only members that are texts or numbers
    themselves."""
    return not isinstance(value, Enum) or isinstance(value, (str, int))


def keys_are_texts(keys: Any, definitions: Mapping[str, Any]) -> bool | None:
    """Whether a dictionary with such keys is an object to JavaScript, and not a Map; None if it
    depends on the keys that it has.

    :param keys: a core schema.
    """
    if "serialization" in keys and not is_pydantics(keys):
        shown = keys["serialization"]
        if shown["type"] in ("to-string", "format"):
            return True
        keys = shown.get("return_schema", {"type": "any"})
    match keys["type"]:
        case "str":
            return True
        case "literal":
            kinds: set[bool | None] = {isinstance(one, str) for one in keys["expected"]}
        case "enum":
            return bool(keys.get("sub_type") == "str")
        case "union" | "tagged-union":
            choices = keys["choices"]
            several = choices.values() if isinstance(choices, Mapping) else choices
            members = (one[0] if isinstance(one, tuple) else one for one in several)
            kinds = {keys_are_texts(one, definitions) for one in members}
        case "nullable":  # None is a Map's key
            kinds = {keys_are_texts(keys["schema"], definitions), False}
        case "definition-ref":
            return keys_are_texts(definitions[keys["schema_ref"]], definitions)
        case kind if kind in _OF_ANY_KIND:
            return None
        case _ if "schema" in keys:
            return keys_are_texts(keys["schema"], definitions)
        case _:
            return False
    return kinds.pop() if len(kinds) == 1 else None


def _label(type_: Any) -> str:
    return type_.__name__ if isinstance(type_, type) else str(type_).replace("typing.", "")
