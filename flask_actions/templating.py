"""What templates may call: URLs of actions, results, and what belongs into the page's head."""

from __future__ import annotations

import json
import logging
import time
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import quote, unquote

from flask import Flask, current_app, has_request_context, request, session
from flask.wrappers import Request
from markupsafe import Markup

from .action import Action, T
from .bound import sign
from .config import htmx_version
from .forms import SecretWords
from .keeper import waiting
from .messages import language
from .result import SafeResult
from .transports.web import (
    RESULT_PARAMETER,
    here_url,
    in_development,
    own_url,
    pockets,
    whole_result,
)
from .urls import without_query

if TYPE_CHECKING:
    from .controls import Group
    from .formview import ActionForm
    from .wtfview import WtfNode

log: logging.Logger = logging.getLogger("flask_actions")


def install(app: Flask) -> None:
    """Make the functions globals of the application's templates, imported macros included."""
    for function in (action_url, get_action_result, action_form, actions_head):
        app.jinja_env.globals[function.__name__] = function


def action_url(action: Action[Any] | str, *, page: bool = False) -> str:
    """The URL that calls an action.

    :param page: name this page as the way back, for sites that send no ``Referer``.
    :raises LookupError: if there is no such action, with the names that come near.
    """
    state = _state()
    name = state.registry.name_of(action)
    url = own_url(f"actions.{name.replace('.', ':')}")
    if not page:
        return url
    here = without_query(here_url(request), (RESULT_PARAMETER,))
    return f"{url}?_page={quote(here, safe='/')}"


@overload
def get_action_result(action: Action[T], key: str | int | None = None) -> SafeResult[T] | None: ...
@overload
def get_action_result(action: str, key: str | int | None = None) -> SafeResult[Any] | None: ...
def get_action_result(
    action: Action[Any] | str, key: str | int | None = None
) -> SafeResult[Any] | None:
    """The result of an action that this page load shows, if it shows one.

    :param key: the ``_key`` of the form that was sent; without it, only results sent without one.
    :raises LookupError: if there is no such action.
    """
    state = _state()
    name = state.registry.name_of(action)
    try:
        now: Request = request._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        return None  # outside a request
    key = None if key is None else str(key)
    shown: dict[tuple[str, str | None], SafeResult[Any]]
    shown = now.environ.setdefault("flask_actions.shown", {})
    if (name, key) not in shown:
        result = _recall(state, now, name, key)
        if result is None:
            return None
        shown[name, key] = result
    return shown[name, key]


def action_form(
    action: Action[Any] | str,
    initial: Any = None,
    key: str | int | None = None,
    *,
    bound: Any = None,
    theme: str = "",
) -> ActionForm:
    """The form of an action, as this page or fragment shows it.

    :param initial: a model, an object with attributes or a mapping: what stands in the form at
        first. What the user typed comes before it, the model's defaults after it.
    :param key: tells several copies of a form on one page apart; each sees its own result.
    :param bound: the arguments that the page binds, for an action with ``bound=``.
    :param theme: a folder of the application's templates below ``actions/``, asked before
        ``actions/controls``.
    :raises LookupError: if there is no such action.
    :raises TypeError: for an action whose input is no model.
    """
    # Not for all who import us: a form is drawn by a great part of the package.
    from .formview import MOST_LISTS, ActionForm, Surroundings, heads_below, prefix_of

    state = _state()
    name = state.registry.name_of(action)
    found: Action[Any] = state.registry.find(name)
    node = _node(found, name)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    result = get_action_result(name, key)
    error = None if result is None else result.error
    typed = None
    if result is not None and error is not None and (result.values or error.fields):
        typed = result.values
    problems = {} if error is None else error.fields
    words = (*state.settings.secret_fields, *found.input.secret_words)
    surroundings = Surroundings(
        app=app,
        theme=theme,
        prefix=prefix_of(name, None if key is None else str(key), node),
        typed=typed,
        problems=problems,
        below=heads_below((*(typed or ()), *problems)),
        is_secret=partial(_is_secret, words),
        asked=set(),
        lists=iter(range(MOST_LISTS)),
        own={},
        language=language(),
        known=state.rendered,
    )
    form = ActionForm(
        surroundings,
        node,
        url=action_url(name),
        hidden=_hidden_fields(app, found, key, bound),
        htmx=found.fragment is not None,
        intents=tuple(found.intents),
        result=result,
        initial=initial,
    )
    if error is not None and in_development() and has_request_context():
        request.environ.setdefault("flask_actions.forms", []).append(form)
    return form


def _node(action: Action[Any], name: str) -> Group | WtfNode:
    """The controls of an action's input."""
    from .controls import Group, controls_of
    from .wtfview import WtfNode

    kind = action.input.type
    if isinstance(kind, type) and hasattr(kind, "validate_on_submit"):
        return WtfNode(kind)
    node = None if kind is None else controls_of(kind)
    if not isinstance(node, Group):
        raise TypeError(
            f"action_form({name!r}) needs an input model with fields, and {name} takes "
            f"{action.input.label}: declare a pydantic model, or write the form by hand."
        )
    return node


def _bound_text(app: Flask, action: Action[Any], bound: Any) -> str:
    """What the page binds, signed; in the action's own answer, what came in."""
    if bound is not None:
        keys = [*(app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key]
        return sign([key for key in keys if key], action, bound)
    if "flask_actions.call" in request.environ:
        sent = request.form.get("_bound") or request.args.get("_bound")
        if sent:
            return sent
    raise TypeError(
        f"action_form({action.name!r}) lacks the arguments that its page binds: "
        f"action_form({action.name!r}, bound={{...}})."
    )


@lru_cache(10_000)
def _is_secret(words: tuple[str, ...], path: str) -> bool:
    hidden = SecretWords(words)
    return any(map(hidden.hide, path.split(".")))


def _hidden_fields(
    app: Flask, action: Action[Any], key: str | int | None, bound: Any
) -> dict[str, str]:
    hidden = {} if key is None else {"_key": str(key)}
    if action.bound is not None:
        hidden["_bound"] = _bound_text(app, action, bound)
    elif bound is not None:
        raise TypeError(
            f"action_form({action.name!r}, bound=...) binds arguments, and the action takes none: "
            f"say bound= where it is defined."
        )
    if has_request_context():
        arrived = request.environ.get("flask_actions.call")
        # In the action's own answer, a fragment, the page is the one that the call came from.
        here = here_url(request) if arrived is None else arrived[1].back()
        if here is not None:
            hidden["_page"] = without_query(here, (RESULT_PARAMETER, "_action"))
    if app.config.get("WTF_CSRF_ENABLED") and "csrf" in app.extensions:
        tokens: Any = app.jinja_env.globals
        hidden[app.config["WTF_CSRF_FIELD_NAME"]] = tokens["csrf_token"]()
    return hidden


def actions_head(*, htmx: int | str | None = "", nonce: str | None = None) -> Markup:
    """The scripts of a page and the configuration that makes errors show in htmx 2 and 4.

    :param htmx: the vendored version, ``4`` or ``2``; None for a page that brings its own or has
        none. The setting ``ACTIONS_HTMX_VERSION`` decides unless it is given.
    :param nonce: the Content-Security-Policy's nonce; by itself, that of Flask-Talisman's
        ``csp_nonce()``.
    """
    state = _state()
    known: dict[str, Any] = current_app.jinja_env.globals
    if nonce is None and callable(known.get("csp_nonce")):
        nonce = known["csp_nonce"]()
    signed = Markup(' nonce="{}"').format(nonce) if nonce else Markup("")
    parts = [Markup("<meta name=\"htmx-config\" content='{}'>").format(_htmx_config(nonce))]
    version = None if htmx is None else htmx_version(htmx or state.settings.htmx_version)
    if version:
        parts.append(
            Markup('<script src="{}" integrity="{}" defer{}></script>').format(
                _static(f"htmx-{version}/htmx.min.js"),
                _integrity(state.blueprint.static_folder or "", version),
                signed,
            )
        )
    if not version or version.startswith("2."):
        link = Markup('<link rel="stylesheet" href="{}"{}>')
        parts.append(link.format(_static("indicator.css"), signed))
    if current_app.config.get("WTF_CSRF_ENABLED") and "csrf" in current_app.extensions:
        parts.append(
            Markup('<meta name="csrf-token" content="{}" data-header="{}">').format(
                known["csrf_token"](), current_app.config["WTF_CSRF_HEADERS"][0]
            )
        )
    script = Markup('<script src="{}" defer{}></script>')
    parts.append(script.format(_static("htmx-actions.js"), signed))
    return Markup("\n").join(parts)


def _state() -> Any:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    state = app.extensions.get("actions")
    if state is None:
        raise RuntimeError(
            f"The application {current_app.name!r} has no Actions: write actions = Actions(app)."
        )
    return state


def _recall(state: Any, now: Request, name: str, key: str | None) -> SafeResult[Any] | None:
    headers = now.environ
    if "flask_actions.call" in headers:
        return None  # an action's own answer is no page load: what waits is for the page
    query = headers.get("QUERY_STRING", "")
    ids = _ids_in(query) if RESULT_PARAMETER in query else []
    if not ids and not _may_be_waiting(state):
        return None
    purpose = headers.get("HTTP_SEC_PURPOSE") or headers.get("HTTP_PURPOSE") or ""
    text = state.keeper.recall(
        pockets(now, state.keeper),
        ids=ids,
        path=now.root_path + now.path,
        action=name,
        key=key,
        consume=now.method != "HEAD" and "prefetch" not in purpose,
        now=time.time(),
    )
    if text is None:
        if state.keeper.uses_session:
            session.accessed = True  # another browser may well see another page: "Vary: Cookie"
        return None
    headers["flask_actions.recalled"] = True
    try:
        return whole_result(text, state.registry.find(name))
    except (KeyError, TypeError, ValueError):
        log.warning("A kept result of %s is of another version, and is not shown.", name)
        return None


def _ids_in(query: str) -> list[str]:
    """The ids of results in a URL's query, as ``request.args`` has them, at a tenth of its cost."""
    start = f"{RESULT_PARAMETER}="
    return [unquote(part[len(start) :]) for part in query.split("&") if part.startswith(start)]


def _may_be_waiting(state: Any) -> bool:
    """Whether this browser holds a result; looking further would write headers for nothing."""
    own = any(name.startswith("_actions_") for name in request.cookies)
    return own or (state.keeper.uses_session and waiting(session))


def _htmx_config(nonce: str | None) -> str:
    config: dict[str, Any] = {
        # htmx 2 drops 4xx and 5xx unless told; htmx 4 swaps them and ignores this key. Without
        # "error": an answer that the form shows is no error in the console.
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "...", "swap": True},
        ],
        # htmx 2 writes its indicator style into the page, which a strict style-src forbids; ours
        # is a file.
        "includeIndicatorStyles": False,
    }
    if nonce:
        config["inlineScriptNonce"] = config["inlineStyleNonce"] = nonce
    return json.dumps(config, separators=(",", ":"))


def _static(filename: str) -> str:
    return own_url("actions.static", filename=filename)


@cache
def _integrity(static_folder: str, version: str) -> str:
    """The hash that the browser holds the file to, computed when it was vendored."""
    manifest = json.loads((Path(static_folder) / "manifest.json").read_text())
    return str(manifest["htmx.org"][version]["integrity"])
