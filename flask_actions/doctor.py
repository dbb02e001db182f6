"""An application in, findings out: what its templates, actions and settings get wrong."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from cachelib import NullCache, SimpleCache
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, nodes

from .action import Action
from .config import Settings, read_settings, unknown_settings
from .registry import Registry
from .shapes import holds_file, max_upload, most_fields

#: What a template names an action in.
FUNCTIONS = ("action_url", "get_action_result", "action_form")

_MULTIPART = "multipart/form-data"
_TEMPLATES = (".html", ".htm", ".xhtml", ".xml", ".svg", ".jinja", ".jinja2", ".j2")
#: Keys that stand in examples all over the web, by their letters; and those of Flask's own pages.
_KNOWN_KEYS = frozenset(
    "changeme changethis changemeinproduction dev development devkey devsecretkey insecure key "
    "hardtoguessstring mysecretkey notsosecret secret secretkey supersecret supersecretkey test "
    "testing testkey thisisasecret thisisasecretkey topsecret verysecret yoursecretkey "
    "yoursecretkeyhere youwillneverguess".split()
)
_FLASKS_KEYS = (
    '_5#y2L"F4Q8z\n\xec]/',
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
)


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong.

    :ivar where: a file and its line, or a setting.
    :ivar what: what is wrong there, and what to write instead.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclasses.dataclass(frozen=True)
class Examined:
    """The findings in an application, and how many templates were read."""

    findings: list[Finding]
    templates: int


def examine(app: Flask, registry: Registry, settings: Settings) -> Examined:
    """Everything that is wrong with an application, by place. Nothing of it is run or changed."""
    pages = list(_templates(app.jinja_env))
    findings = [
        *(found for page in pages for found in _in_page(page, registry, settings)),
        *(found for _, action in registry for found in _in_action(action, app, settings)),
        *_in_groups(registry),
        *_in_settings(app, registry, settings),
        *_in_hooks(app, settings),
    ]
    return Examined(list(dict.fromkeys(findings)), len(pages))


# --- templates -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Page:
    """One template, as it was written."""

    name: str
    path: str
    source: str
    env: Environment

    @cached_property
    def tree(self) -> nodes.Template:
        """
        :raises TemplateSyntaxError: if there is none.
        """
        return self.env.parse(self.source, self.name, self.path)

    @cached_property
    def assigned(self) -> dict[str, list[nodes.Node]]:
        """What ``{% set %}`` gives each name, wherever in the template."""
        found: dict[str, list[nodes.Node]] = {}
        for one in self.tree.find_all(nodes.Assign):
            if isinstance(one.target, nodes.Name):
                found.setdefault(one.target.name, []).append(one.node)
        return found

    def at(self, line: int) -> str:
        return f"{_near(self.path)}:{line}"


def _templates(env: Environment) -> Iterator[_Page]:
    """The templates of the application and its blueprints, without our own."""
    loader = env.loader
    try:
        names = loader.list_templates() if loader is not None else []
    except TypeError:  # a loader that makes templates as they are asked for
        return
    for name in names:
        if not name.endswith(_TEMPLATES):
            continue
        try:
            source, path, _ = loader.get_source(env, name)  # type: ignore[union-attr]
        except (TemplateNotFound, UnicodeDecodeError):
            continue
        if path is None or Path(__file__).parent not in Path(path).parents:
            yield _Page(name, path or name, source, env)


def _in_page(page: _Page, registry: Registry, settings: Settings) -> Iterator[Finding]:
    try:
        calls = list(page.tree.find_all(nodes.Call))
    except TemplateSyntaxError as error:
        yield Finding(page.at(error.lineno), f"Jinja cannot read this template: {error.message}")
        return
    for call in calls:
        for name in _named(call, page):
            if registry.find(name) is None:
                yield Finding(page.at(call.lineno), _unknown(name, registry))
    reader = _Markup(page, settings.url_prefix)
    for line, name in reader.literal:
        if registry.find(name) is None:
            yield Finding(page.at(line), _unknown(name, registry))
    for one in reader.calls:
        for name in one.names:
            action = registry.find(name)
            if action is not None:
                yield from _in_markup(one, name, action, page)


def _in_markup(one: _Called, name: str, action: Action[Any], page: _Page) -> Iterator[Finding]:
    where = page.at(one.line)
    if one.tag not in ("form", "formaction"):
        yield Finding(
            where,
            f"{one.tag} calls the action {name!r} by another method than POST, which runs nothing "
            f"(405): use a form with method='post', or hx-post.",
        )
    elif one.method != "post":
        yield Finding(
            where,
            f"The form for {name!r} has no method='post': a browser sends it by "
            f"{(one.method or 'get').upper()}, which runs nothing (405). Write "
            f'<form method="post" action="{{{{ action_url(\'{name}\') }}}}">.',
        )
    elif one.enctype != _MULTIPART and (one.has_file or _takes_files(action)):
        yield Finding(
            where,
            f"The form for {name!r} sends files as their names alone: write "
            f'enctype="multipart/form-data" into its <form>.',
        )


def _named(call: nodes.Call, page: _Page) -> list[str]:
    """The actions that a call of one of our functions names, as far as the template tells."""
    if not isinstance(call.node, nodes.Name) or call.node.name not in FUNCTIONS:
        return []
    first = [*call.args, *(one.value for one in call.kwargs if one.key == "action")]
    return list(_texts(first[0], page, set())) if first else []


def _texts(node: nodes.Node, page: _Page, seen: set[str]) -> Iterator[str]:
    """The texts that an expression may be: constants, choices among them, and names for them."""
    match node:
        case nodes.Const(value=str() as text):
            yield text
        case nodes.CondExpr(expr1=first, expr2=second):
            yield from _texts(first, page, seen)
            if second is not None:
                yield from _texts(second, page, seen)
        case nodes.Name() if node.name not in seen:
            for one in page.assigned.get(node.name, ()):
                yield from _texts(one, page, {*seen, node.name})


def _unknown(name: str, registry: Registry) -> str:
    try:
        registry.name_of(name)
    except LookupError as error:
        return f"{error} `flask actions list` shows them all."
    return ""


@dataclasses.dataclass
class _Called:
    """An element that calls actions.

    :ivar tag: ``form``, ``formaction``, or the attribute that calls it otherwise.
    :ivar method: in small letters; empty where only the running template knows.
    """

    tag: str
    line: int
    names: list[str]
    method: str = "post"
    enctype: str = ""
    has_file: bool = False


class _Markup(HTMLParser):
    """The forms of a template, and what else calls actions; Jinja's parts of it stand aside."""

    def __init__(self, page: _Page, prefix: str) -> None:
        super().__init__()
        self._page = page
        self._expressions: list[str] = []
        self._form: _Called | None = None
        self._url = re.compile(rf"(?:{re.escape(prefix)}/|[?&]_action=)([A-Za-z][\w.-]*)")
        self.calls: list[_Called] = []
        #: Names in URLs that were written by hand, with their lines.
        self.literal: list[tuple[int, str]] = []
        self.feed(self._without_jinja())
        self.close()

    def _without_jinja(self) -> str:
        """The source with a mark for each expression and nothing for all else of Jinja's."""
        text, expression = "", None
        for line, kind, value in self._page.env.lex(self._page.source):
            if kind == "variable_begin":
                expression = ""
            elif kind == "variable_end":
                text += f"\ue000{len(self._expressions)}\ue001"
                self._expressions.append(expression or "")
                expression = None
            elif expression is not None:
                expression += value
            elif kind == "data":
                # What Jinja's parts had of lines, so that ours have the same numbers.
                text += "\n" * (line - 1 - text.count("\n")) + value
        return text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        for name in ("href", "hx-get", "hx-put", "hx-patch", "hx-delete"):
            if names := self._actions(own.get(name, "")):
                self.calls.append(_Called(name, line, names))
        by_htmx = self._actions(own.get("hx-post", ""))
        # Attributes that an expression writes may be any.
        known = not any("\ue000" in name for name in own)
        if tag == "form":
            form = _Called("form", line, self._actions(own.get("action", "")))
            form.method = self._word(own.get("method"), "get" if known else "post", "post")
            enctype = own.get("enctype")
            form.enctype = self._word(enctype, "" if known else _MULTIPART, _MULTIPART)
            self._form = form
            if "action" in own:
                self.calls.append(form)
            elif by_htmx and "hx-encoding" not in self._page.source:  # it may be inherited
                self.calls.append(dataclasses.replace(form, names=by_htmx, method="post"))
        elif tag == "input" and own.get("type", "").lower() == "file" and self._form is not None:
            self._form.has_file = True
        if (names := self._actions(own.get("formaction", ""))) and self._form is not None:
            button = dataclasses.replace(self._form, tag="formaction", line=line, names=names)
            button.method = self._word(own.get("formmethod"), self._form.method, "post")
            enctype = own.get("formenctype")
            button.enctype = self._word(enctype, self._form.enctype, _MULTIPART)
            self.calls.append(button)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _word(self, value: str | None, default: str, good: str) -> str:
        """An attribute's word; *good* where only the running template knows it."""
        if value is None:
            return default
        return good if "\ue000" in value else value.strip().lower()

    def _actions(self, url: str) -> list[str]:
        """The actions that a URL in the markup leads to."""
        names = self._url.findall(url)
        self.literal += [(self.getpos()[0], name) for name in names]
        for number in re.findall("\ue000([0-9]+)\ue001", url):
            tree = self._page.env.parse("{{" + self._expressions[int(number)] + "}}")
            places: list[nodes.Node] = [tree]
            for one in tree.find_all(nodes.Name):
                places += self._page.assigned.get(one.name, ())
            for place in places:
                called = [place] if isinstance(place, nodes.Call) else place.find_all(nodes.Call)
                for call in called:
                    if isinstance(call.node, nodes.Name) and call.node.name == "action_url":
                        names += _named(call, self._page)
        return list(dict.fromkeys(names))


# --- actions -------------------------------------------------------------------------------------


def _in_action(action: Action[Any], app: Flask, settings: Settings) -> Iterator[Finding]:
    where = _near(action.where)
    if action.fragment is not None:
        problem = _fragment_problem(action.fragment, app.jinja_env)
        if problem:
            yield Finding(where, f"The fragment {action.fragment!r} of {action.name!r} {problem}")
    shape = action.input.shape
    uploads = max_upload(shape) if shape is not None else 0
    limit = action.max_body or settings.max_body + uploads
    most = app.config["MAX_CONTENT_LENGTH"]
    if most is not None and most < limit and (action.max_body or uploads):
        yield Finding(
            where,
            f"{action.name!r} takes {limit:,} bytes (max_body, or the MaxSize of its files), and "
            f"MAX_CONTENT_LENGTH lets in {most:,}: raise it, or lower max_body.",
        )
    texts = app.config["MAX_FORM_MEMORY_SIZE"]
    if action.max_body and not uploads and "form" in action.accept and _below(texts, limit):
        yield Finding(
            where,
            f"{action.name!r} takes {limit:,} bytes (max_body), and the texts of a form may have "
            f"{texts:,} (MAX_FORM_MEMORY_SIZE): raise it, or write accept='json'.",
        )
    parts, fields = app.config["MAX_FORM_PARTS"], most_fields(shape) if shape is not None else 0
    if "form" in action.accept and _takes_files(action) and _below(parts, fields):
        yield Finding(
            where,
            f"The form of {action.name!r} may have {fields:,} fields, and MAX_FORM_PARTS lets in "
            f"{parts:,}: raise it, or lower the max_length of its lists.",
        )


def _below(limit: int | None, wanted: int) -> bool:
    return limit is not None and limit < wanted


def _takes_files(action: Action[Any]) -> bool:
    return action.input.shape is not None and holds_file(action.input.shape)


def _fragment_problem(fragment: str, env: Environment) -> str:
    """What is wrong with a fragment, as the rest of a sentence; empty if nothing is."""
    name, _, block = fragment.partition("#")
    try:
        blocks = _blocks(name, env)
    except TemplateNotFound as error:
        if str(error) == name:
            return f"does not exist: there is no template {name!r}. Put it into templates/."
        return f"extends {str(error)!r}, which does not exist."
    except TemplateSyntaxError as error:
        return f"cannot be read: {error.message} ({_near(error.filename or name)}:{error.lineno})."
    if not block or block in blocks:
        return ""
    near = get_close_matches(block, blocks, n=1)
    meant = f" Did you mean {name}#{near[0]}?" if near else ""
    known = ", ".join(sorted(blocks)) or "none"
    return f"does not exist: {name!r} has no block {block!r}; its blocks: {known}.{meant}"


def _blocks(name: str, env: Environment) -> set[str]:
    """The blocks of a template, and of those that it extends."""
    if env.loader is None:
        raise TemplateNotFound(name)
    source, path, _ = env.loader.get_source(env, name)
    tree = env.parse(source, name, path)
    blocks = {one.name for one in tree.find_all(nodes.Block)}
    for one in tree.find_all(nodes.Extends):
        if isinstance(one.template, nodes.Const):
            blocks |= _blocks(str(one.template.value), env)
    return blocks


def _in_groups(registry: Registry) -> Iterator[Finding]:
    """Actions without a guard, where most others of their group have one."""
    groups: dict[str, list[tuple[str, Action[Any]]]] = {}
    for name, action in registry:
        groups.setdefault(name.rpartition(".")[0], []).append((name, action))
    for group, members in groups.items():
        guarded = [name for name, action in members if action.guards]
        for name, action in members:
            # A decorator, such as Flask-Login's, may guard it as well.
            silent = not (action.guards or action.says_guard or _is_wrapped(action.handler))
            if group and silent and guarded and 2 * len(guarded) >= len(members) - 1:
                yield Finding(
                    _near(action.where),
                    f"{name!r} has no guard, while others of its group have "
                    f"({', '.join(guarded[:3])}): everybody may call it. Write guard=..., or "
                    f"guard=() if that is meant.",
                )


def _is_wrapped(handler: Callable[..., Any]) -> bool:
    return hasattr(handler, "__wrapped__")


# --- settings ------------------------------------------------------------------------------------


def _in_settings(app: Flask, registry: Registry, settings: Settings) -> Iterator[Finding]:
    config = app.config
    yield from _unknown_settings(config)
    yield from _late_settings(config, settings)
    if any("form" in action.accept for _, action in registry):
        yield from _key_findings(app)
    asked, most = config.get("ACTIONS_MAX_BODY"), config["MAX_CONTENT_LENGTH"]
    if asked is not None and _below(most, settings.max_body):
        yield Finding(
            "ACTIONS_MAX_BODY",
            f"It is {settings.max_body:,} bytes, and MAX_CONTENT_LENGTH lets in {most:,}: raise "
            f"that, or lower this one.",
        )
    if isinstance(settings.result_store, (SimpleCache, NullCache)):
        kind = type(settings.result_store).__name__
        yield Finding(
            "ACTIONS_RESULT_STORE",
            f"A {kind} keeps results in one process, or not at all: with several workers a page "
            f"would not find them. Use 'session', 'cookie', or a cache that all share, such as "
            f"cachelib.RedisCache().",
        )
    if isinstance(app.session_interface, SecureCookieSessionInterface):
        yield from _cookie_findings(app, settings)


def _unknown_settings(config: Mapping[str, Any]) -> Iterator[Finding]:
    known = ", ".join(f"ACTIONS_{name.upper()}" for name in Settings._fields)
    for name, near in unknown_settings(config):
        meant = f"Did you mean {near}?" if near else f"There are {known}."
        yield Finding(name, f"There is no such setting, so it does nothing. {meant}")


def _late_settings(config: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """What was set after ``init_app`` had read it, or changed there."""
    for field, used in settings._asdict().items():
        name = f"ACTIONS_{field.upper()}"
        if name not in config or name == "ACTIONS_URL_PREFIX":  # which url_prefix= overrules
            continue
        try:
            now = getattr(read_settings({name: config[name]}), field)
        except ValueError as error:
            now = error
        if now != used:
            yield Finding(
                name,
                f"It was set after Actions(app), which has read {used!r}: set it before, or make "
                f"Actions() and call init_app(app) last.",
            )


def _key_findings(app: Flask) -> Iterator[Finding]:
    make = "Make one by python -c 'import secrets; print(secrets.token_hex())'"
    key = app.secret_key
    if not key:
        yield Finding(
            "SECRET_KEY",
            f"There is none, and a form's result is kept for its page signed with it. {make}, and "
            f"keep it out of the source.",
        )
        return
    text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
    letters = re.sub("[^a-z]", "", text.lower())
    if len(text) < 16 or letters in _KNOWN_KEYS or text in _FLASKS_KEYS:
        yield Finding(
            "SECRET_KEY",
            f"It is short or well known, so anybody can forge sessions and results. {make}, and "
            f"keep it out of the source.",
        )


def _cookie_findings(app: Flask, settings: Settings) -> Iterator[Finding]:
    config = app.config
    name, secure = config["SESSION_COOKIE_NAME"], config["SESSION_COOKIE_SECURE"]
    samesite = str(config["SESSION_COOKIE_SAMESITE"] or "")
    if samesite.lower() == "none" and not secure:
        yield Finding(
            "SESSION_COOKIE_SAMESITE",
            "It is 'None' without SESSION_COOKIE_SECURE = True: browsers drop such a cookie, and "
            "every result with it. Set that too, or 'Lax' here.",
        )
    if config["SESSION_COOKIE_PARTITIONED"] and not secure:
        yield Finding(
            "SESSION_COOKIE_PARTITIONED",
            "Browsers drop a partitioned cookie without SESSION_COOKIE_SECURE = True. Set it.",
        )
    if name.startswith(("__Host-", "__Secure-")) and not secure:
        yield Finding(
            "SESSION_COOKIE_NAME",
            f"Browsers drop a cookie of the name {name!r} without SESSION_COOKIE_SECURE = True. "
            f"Set it.",
        )
    if not config["SESSION_COOKIE_HTTPONLY"]:
        yield Finding(
            "SESSION_COOKIE_HTTPONLY",
            "It is False, so that scripts can read the session and the results in it. Leave it "
            "True.",
        )
    path = app.session_interface.get_cookie_path(app).rstrip("/")
    actions = str(config["APPLICATION_ROOT"]).rstrip("/") + settings.url_prefix
    if settings.result_store == "session" and not f"{actions}/".startswith(f"{path}/"):
        yield Finding(
            "SESSION_COOKIE_PATH",
            f"The session's cookie is sent to {path}/ only, and the actions are at {actions}: "
            f"their results are lost. Set SESSION_COOKIE_PATH = '/', or ACTIONS_URL_PREFIX = "
            f"'{path}{settings.url_prefix}'.",
        )


_REWRITTEN = (
    "Every session is permanent here, and so every answer writes it again: one that was on its way "
    "takes back the result that a form post just kept. Set ACTIONS_RESULT_STORE = 'cookie'; or "
    "SESSION_REFRESH_EACH_REQUEST = False, and make sessions permanent where people log in."
)
_PERMANENT = re.compile(r"\bsession\.permanent\s*=\s*True\b")


def _in_hooks(app: Flask, settings: Settings) -> Iterator[Finding]:
    """A session that is permanent from the first request on, and that every answer writes anew."""
    refreshed = app.config["SESSION_REFRESH_EACH_REQUEST"]
    if settings.result_store != "session" or not refreshed:
        return
    if app.config.get("SESSION_PERMANENT"):  # Flask-Session's
        yield Finding("SESSION_PERMANENT", _REWRITTEN)
    for hook in (one for hooks in app.before_request_funcs.values() for one in hooks):
        hook = inspect.unwrap(hook)
        try:
            lines, first = inspect.getsourcelines(hook)
        except (OSError, TypeError):
            continue
        for number, line in enumerate(lines, start=first):
            if _PERMANENT.search(line):
                yield Finding(
                    f"{_near(inspect.getsourcefile(hook) or '')}:{number}",
                    _REWRITTEN,
                )


def _near(place: str) -> str:
    """A file as it is called from here."""
    return place.replace(os.getcwd() + os.sep, "")


def report(examined: Examined, actions: int) -> Iterable[str]:
    """The lines that tell of the findings; the last one counts them."""
    yield from map(str, sorted(examined.findings))
    found = len(examined.findings)
    said = "No problems" if not found else "1 problem" if found == 1 else f"{found} problems"
    yield f"{said} in {_count(actions, 'action')} and {_count(examined.templates, 'template')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
