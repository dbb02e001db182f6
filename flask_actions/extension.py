"""Actions: joins an application, its registry of actions and the transports."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, overload
from weakref import WeakSet

from flask import Flask, current_app, has_app_context, has_request_context
from flask import request as flask_request

from . import messages as texts
from .action import Action, ActionGroup, In, Raw, Registers, T, members_of, where_of
from .application import BLUEPRINT, SERVER, AppState, Loader, call
from .config import read_settings
from .context import ActionContext
from .messages import Reader
from .pipeline import answer
from .registry import Registry
from .result import SafeResult
from .transports.server import AsyncServerCall


class Actions(Registers):
    """The actions of an application, or of several.

    ::

        actions = Actions(app)      # or: actions = Actions(); ...; actions.init_app(app)

        @actions.action
        def create_post(input: CreatePost, ctx: ActionContext) -> PostOut: ...

    :param url_prefix: where the actions' URLs are; overrides ``ACTIONS_URL_PREFIX``.
    :param messages: the application's own texts: by code, and by language and code.
    """

    #: Whether any application of this process has said something of its texts.
    _speaks: ClassVar[bool] = False

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str | None = None,
        messages: Mapping[str, Any] | None = None,
    ) -> None:
        self.registry: Registry = Registry()
        self._messages: dict[str, Any] = {}
        if messages:
            self.messages.update(messages)
        self._select_language: Callable[[], Any] | None = None
        self._url_prefix = url_prefix
        self._load_user: Loader = None
        self._states: WeakSet[AppState] = WeakSet()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Join an application, before it serves its first request.

        :raises RuntimeError: if an ``Actions`` has joined it already.
        :raises ValueError: for a setting that cannot be used, naming it.
        """
        if not isinstance(app, Flask):
            raise TypeError(
                f"Actions needs a Flask application, not {app!r}: write Actions(app), or "
                f"Actions() and then init_app(app)."
            )
        if BLUEPRINT in app.extensions:
            raise RuntimeError(
                "This application has its Actions already: call Actions(app) once, and register "
                "further actions and groups with it."
            )
        settings = read_settings(app.config, self._url_prefix)
        state = AppState(app, self.registry, settings, self._loader, self._reader)
        app.extensions[BLUEPRINT] = state
        self._states.add(state)
        for name, _ in self.registry:
            state.add_url(name)

    def register(
        self, actions: Action[Any] | ActionGroup | Mapping[str, Any], name: str | None = None
    ) -> None:
        """Register a group, an action, or a dictionary of them by name."""
        for member in members_of(actions, name):
            self._add(member)
            if isinstance(member, ActionGroup):
                member.listen(self._add)

    def user_loader(self, load: Callable[..., T]) -> Callable[..., T]:
        """Say who is logged in: *load* takes the context or nothing, and gives None for nobody."""
        if inspect.iscoroutinefunction(load):  # what it gives would stand for somebody, always
            raise TypeError(
                f"{where_of(load)}: a user_loader is no async function, since ctx.user is there "
                f"at once. Write a plain def."
            )
        takes_context = bool(inspect.signature(load).parameters)
        self._load_user = load if takes_context else lambda ctx: load()
        return load

    @property
    def messages(self) -> dict[str, Any]:
        """The application's own texts: by code, and by language and code."""
        Actions._speaks = True
        return self._messages

    def language_selector(self, select: Callable[[], T]) -> Callable[[], T]:
        """Say which language the reader has: *select* gives ``"de"``, ``"pt-BR"``; None is English.

        It is asked once in a request. Without one, Flask-Babel's locale is the language.
        """
        if inspect.iscoroutinefunction(select):
            raise TypeError(
                f"{where_of(select)}: a language_selector is no async function, since a text is "
                f"there at once. Write a plain def."
            )
        self._select_language, Actions._speaks = select, True
        return select

    @overload
    def call(self, action: Action[T, In], input: In | Raw = None) -> SafeResult[T]: ...
    @overload
    def call(self, action: str, input: Any = None) -> SafeResult[Any]: ...
    def call(self, action: Action[Any] | str, input: Any = None) -> SafeResult[Any]:
        """Call an action of the registry, by its name or itself."""
        return call(self.registry, self._loader(_current()), action, input)

    def _loader(self, app: Flask | None) -> Loader:
        """What loads the user of a call."""
        if self._load_user is not None:
            return self._load_user
        return None if getattr(app, "login_manager", None) is None else _flask_login_user

    def _reader(self, app: Flask) -> Reader | None:
        """Who reads now; None where an application has English alone."""
        if self._select_language is not None:
            return Reader(_selected(app, self._select_language), self._messages)
        if "babel" in app.extensions:
            return Reader(_selected(app, _babel_locale), self._messages)
        return Reader("en", self._messages) if self._messages else None

    def _add(self, member: Action[Any] | ActionGroup) -> None:
        leaves = list(member.leaves()) if isinstance(member, ActionGroup) else [member]
        for action in leaves:
            if self.registry.find(action.name) is action:
                continue
            name = self.registry.add(action)
            for state in self._states:
                state.add_url(name)


def state_of(app: Flask) -> AppState:
    """What *app* has of ours.

    :raises RuntimeError: if no ``Actions`` has joined it.
    """
    state = app.extensions.get(BLUEPRINT)
    if not isinstance(state, AppState):
        raise RuntimeError(
            f"The application {app.name!r} has no Actions: write actions = Actions(app), or "
            f"actions.init_app(app), where it is made."
        )
    return state


@overload
def call_action(action: Action[T, In], input: In | Raw = None) -> SafeResult[T]: ...
@overload
def call_action(action: str, input: Any = None) -> SafeResult[Any]: ...
def call_action(action: Action[Any] | str, input: Any = None) -> SafeResult[Any]:
    """Call an action of the current application, by its name or itself.

    :returns: data or an error; ``NOT_FOUND`` for a name that there is not.
    """
    return state_of(current_app).call(action, input)


def _carry(action: Action[Any], input: Any) -> SafeResult[Any]:
    return call(None, _any_loader(), action, input)


def _carry_async(action: Action[Any], input: Any) -> Awaitable[SafeResult[Any]]:
    ctx = ActionContext(action.name, "server", _any_loader())
    return answer(SERVER, AsyncServerCall(action, ctx, input))


def _any_loader() -> Loader:
    """An action may be called where there is no application at all."""
    app = _current()
    state = None if app is None else app.extensions.get(BLUEPRINT)
    return state.loader(app) if isinstance(state, AppState) else None


def _find_reader() -> Reader | None:
    # Flask-Babel, and whatever else is an app.extensions["babel"], stands on Babel.
    if not Actions._speaks and "babel" not in sys.modules:
        return None
    try:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        return None
    state = app.extensions.get(BLUEPRINT)
    reader: Reader | None = None if state is None else state.reader(app)
    return reader


def _selected(app: Flask, select: Callable[[], Any]) -> str:
    """The language that *select* gives; English where it fails, since an error is to be told."""
    known = flask_request.environ if has_request_context() else {}
    if "flask_actions.language" in known:
        return str(known["flask_actions.language"])
    try:
        language = str(select() or "en")
    except Exception:
        if known:  # outside a request, it may well miss one
            app.logger.exception("The reader's language cannot be found; English is spoken.")
        return "en"
    if select is not _babel_locale:  # which knows it itself, and may be told another
        known["flask_actions.language"] = language
    return language


def _babel_locale() -> Any:
    """The locale of Flask-Babel, by duck typing."""
    library = sys.modules[type(current_app.extensions["babel"]).__module__.partition(".")[0]]
    return library.get_locale()


def _current() -> Flask | None:
    return current_app._get_current_object() if has_app_context() else None  # type: ignore[attr-defined]


texts.find_reader = _find_reader
Action.carry = staticmethod(_carry)
Action.carry_async = staticmethod(_carry_async)


def _flask_login_user(ctx: ActionContext) -> Any:
    """Flask-Login's user, by duck typing; None for an anonymous one, and outside a request."""
    if not has_request_context():
        return None
    manager: Any = current_app.login_manager  # type: ignore[attr-defined]
    library = sys.modules[type(manager).__module__.partition(".")[0]]
    user = library.current_user._get_current_object()
    return user if getattr(user, "is_authenticated", False) else None
