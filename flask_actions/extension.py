"""Actions: joins an application, its registry of actions and the transports."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, overload
from urllib.parse import unquote
from weakref import WeakSet, ref

from flask import (
    Blueprint,
    Flask,
    current_app,
    has_app_context,
    has_request_context,
    request_started,
    session,
)
from flask import request as flask_request
from flask.sessions import NullSession
from flask.wrappers import Request
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from . import templating
from .action import Action, ActionGroup, decorate, members_of
from .cli import commands
from .config import Settings, read_settings
from .context import ActionContext
from .doors import DECIDING_HEADERS, door_of, limit_body
from .errors import ActionError
from .keeper import Keeper, writable
from .pipeline import answer, complete
from .registry import Registry
from .result import SafeResult
from .shapes import max_upload
from .transports.base import (
    RESULT_PARAMETER,
    AsyncCall,
    Call,
    Transport,
    WebCall,
    pockets,
)
from .transports.form import FormTransport
from .transports.htmx import HtmxTransport
from .transports.rpc import RpcTransport
from .transports.server import ServerTransport
from .urls import on_site, path_of, with_query

T = TypeVar("T")

#: The blueprint, and what the endpoint of each action begins with.
BLUEPRINT = "actions"
#: The endpoint of what is no action; no action's name has brackets.
NOWHERE = f"{BLUEPRINT}.(nowhere)"

_RESULT = f"{RESULT_PARAMETER}=".encode()
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

_form, _htmx, _rpc, _server = FormTransport(), HtmxTransport(), RpcTransport(), ServerTransport()


class Actions:
    """The actions of an application, or of several.

    ::

        actions = Actions(app)      # or: actions = Actions(); ...; actions.init_app(app)

        @actions.action
        def create_post(input: CreatePost, ctx: ActionContext) -> PostOut: ...

    :param url_prefix: where the actions' URLs are; overrides ``ACTIONS_URL_PREFIX``.
    """

    def __init__(self, app: Flask | None = None, *, url_prefix: str | None = None) -> None:
        self.registry = Registry()
        self._url_prefix = url_prefix
        self._load_user: Callable[..., Any] | None = None
        self._states: WeakSet[AppState] = WeakSet()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Join an application, before it serves its first request.

        :raises RuntimeError: if an ``Actions`` has joined it already.
        :raises ValueError: for a setting that cannot be used, naming it.
        """
        if BLUEPRINT in app.extensions:
            raise RuntimeError(
                "This application has its Actions already: call Actions(app) once, and register "
                "further actions and groups with it."
            )
        state = AppState(app, self, read_settings(app.config, self._url_prefix))
        app.extensions[BLUEPRINT] = state
        self._states.add(state)
        for name, _ in self.registry:
            state.add_url(name)

    @overload
    def action(self, name: Callable[..., T], /) -> Action[T]: ...
    @overload
    def action(
        self, name: str | None = None, /, **options: Any
    ) -> Callable[[Callable[..., T]], Action[T]]: ...
    def action(self, name: Any = None, /, **options: Any) -> Any:
        """Make a function an action: ``@actions.action`` or ``@actions.action("likePost", ...)``.

        Options: ``input``, ``output``, ``accept`` (``"form"``, ``"json"`` or both), ``guard`` (one or
        several), ``description``, ``fragment``, ``fragment_context``, ``max_body``.

        :raises ValueError: for a name that is unfit or taken, naming both places.
        :raises TypeError: for a handler that cannot be served.
        """
        return decorate(name, options, self._add)

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
        self._load_user = load
        return load

    def call(self, action: Action[Any] | str, input: Any = None) -> SafeResult[Any]:
        """Call an action of the registry, by its name or itself."""
        return _call(self, action, input)

    def loader(self) -> Callable[[ActionContext], Any] | None:
        """What loads the user of a call; None for an application without a login system."""
        if self._load_user is not None:
            load = self._load_user
            takes_context = bool(inspect.signature(load).parameters)
            return load if takes_context else lambda ctx: load()
        if has_app_context() and getattr(current_app, "login_manager", None) is not None:
            return _flask_login_user
        return None

    def _add(self, member: Action[Any] | ActionGroup) -> None:
        leaves = list(member.leaves()) if isinstance(member, ActionGroup) else [member]
        for action in leaves:
            name = self.registry.add(action)
            for state in self._states:
                state.add_url(name)


class AppState:
    """What one application has of ours, in ``app.extensions["actions"]``."""

    def __init__(self, app: Flask, actions: Actions, settings: Settings) -> None:
        self.actions = actions
        self.registry = actions.registry
        self.settings = settings
        folder = str(Path(app.instance_path) / "actions-results")
        self.keeper = Keeper(settings.result_store, settings.result_ttl, folder)
        self.blueprint = Blueprint(
            BLUEPRINT,
            "flask_actions",
            template_folder="templates",
            static_folder=_static_folder(),
            static_url_path="/static",
            url_prefix=settings.url_prefix,
        )
        self._rules: dict[str, Rule] = {}
        self._app = ref(app)
        if isinstance(settings.result_store, str) and not writable(folder):
            app.logger.warning(
                "Results too large for a cookie are kept in %r, which cannot be written. Make it "
                "writable, or set ACTIONS_RESULT_STORE to a cache such as cachelib.RedisCache().",
                folder,
            )
        app.register_blueprint(self.blueprint)
        for rule in ("/", "/<path:name>"):
            app.add_url_rule(
                settings.url_prefix + rule,
                endpoint=NOWHERE,
                view_func=_nowhere,
                methods=_METHODS,
                provide_automatic_options=False,
                strict_slashes=False,
                merge_slashes=False,
            )
        app.after_request(self._after)
        app.cli.add_command(commands)
        templating.install(app)
        # The signal comes before the first before_request, when the URL has been matched.
        request_started.connect(self._arrive, app)

    def add_url(self, name: str) -> None:
        """Give an action its URL and its endpoint."""
        app, action = self._app(), self.registry.find(name)
        if app is None or action is None:
            return

        def view(**_: Any) -> Response:
            return serve(name)

        # Flask-Limiter and Flask-WTF tell views apart by module and name.
        view.__name__ = view.__qualname__ = str(getattr(action.handler, "__name__", name))
        view.__module__ = str(getattr(action.handler, "__module__", __name__))
        app.add_url_rule(
            f"{self.settings.url_prefix}/{name}",
            endpoint=endpoint_of(name),
            view_func=view,
            methods=_METHODS,
            provide_automatic_options=False,
            strict_slashes=False,
            merge_slashes=False,
        )

    def _arrive(self, app: Flask, **_: Any) -> None:
        """See whether a request is for an action, and put it on its way before any hook runs."""
        request: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
        rule = request.url_rule
        by_page = False
        if rule is not None and rule.endpoint.startswith(BLUEPRINT + "."):
            if rule.endpoint == f"{BLUEPRINT}.static":
                return
            name = _name_of(rule.endpoint)
        elif request.path.startswith(self.settings.url_prefix + "/") and rule is None:
            # Werkzeug has an answer of its own here: slashes to merge, an odd method.
            name = ""
        elif request.method == "POST" and b"_action=" in request.query_string:
            asked = request.args.get("_action", "")
            if not asked:
                return
            # Encoded once more in a query, as Astro's own URLs are.
            name, by_page = unquote(asked), True
        else:
            return
        action = self.registry.find(name)
        endpoint = NOWHERE if action is None else endpoint_of(name)
        if rule is None or rule.endpoint != endpoint:
            request.url_rule = self._rule(app, endpoint)
            request.view_args = {}
            request.routing_exception = None
        csrf = app.extensions.get("csrf")
        if csrf is not None and hasattr(csrf, "exempt"):
            # Its hook would answer before our dialects can; the line asks it for the token.
            csrf.exempt(self.blueprint)
        limit = self._limit(app, action)
        limit_body(request, limit)
        request.environ["flask_actions.call"] = self._call(request, action, name, by_page, limit)

    def _call(
        self, request: Request, action: Action[Any] | None, name: str, by_page: bool, limit: int
    ) -> tuple[Transport, WebCall]:
        door = door_of(request, self.settings, by_page)
        ctx = ActionContext(name, door, self.actions.loader())
        call = WebCall(
            self.registry,
            action,
            ctx,
            request=request,
            settings=self.settings,
            keeper=self.keeper,
            by_page=by_page,
            limit=limit,
            login_page=_login_page,
        )
        transport: Transport = {"htmx": _htmx, "rpc": _rpc}.get(door, _form)  # type: ignore[assignment]
        return transport, call

    def _limit(self, app: Flask, action: Action[Any] | None) -> int:
        """Bytes that the body of a call may have."""
        limit = self.settings.max_body
        if action is not None:
            shape = action.input.shape
            limit = action.max_body or limit + (max_upload(shape) if shape is not None else 0)
        return min(limit, app.config["MAX_CONTENT_LENGTH"] or limit)

    def _rule(self, app: Flask, endpoint: str) -> Rule:
        rule = self._rules.get(endpoint)
        if rule is None:
            rule = self._rules[endpoint] = next(app.url_map.iter_rules(endpoint))
        return rule

    def _after(self, response: Response) -> Response:
        """The last word on a response: caching, gates of others, redirects, the cookie's size."""
        request: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
        arrived = request.environ.get("flask_actions.call")
        if arrived is not None:
            transport, call = arrived
            if call.result is None and 300 <= response.status_code < 400:
                response = _convert(response, transport, call)
            response.headers["Cache-Control"] = "no-store"
            response.vary.update(DECIDING_HEADERS)
        elif _RESULT in request.query_string:
            _carry_on(request, response, self.keeper)
        if request.environ.get("flask_actions.recalled"):
            response.headers["Cache-Control"] = "no-store"
        if request.environ.get("flask_actions.kept"):
            self.keeper.settle(pockets(self.keeper), _session_cookie_size)
        return response


def serve(name: str | None) -> Response:
    """Answer the request that is for an action, or for none."""
    transport, call = flask_request.environ["flask_actions.call"]
    if call.ctx.called_from == "form" or (
        call.ctx.called_from == "htmx" and call.action is not None and call.action.fragment is None
    ):
        _need_session(call)
    response: Response = complete(answer(transport, call))
    return response


def endpoint_of(name: str) -> str:
    """The Flask endpoint of an action; dots separate blueprints there."""
    return f"{BLUEPRINT}.{name.replace('.', ':')}"


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


def call_action(action: Action[Any] | str, input: Any = None) -> SafeResult[Any]:
    """Call an action of the current application, by its name or itself.

    :returns: data or an error; ``NOT_FOUND`` for a name that there is not.
    """
    return _call(state_of(current_app).actions, action, input)


def _call(actions: Actions, action: Action[Any] | str, input: Any) -> SafeResult[Any]:
    found = action if isinstance(action, Action) else actions.registry.find(action)
    name = found.name if found is not None else str(action)
    call = Call(actions.registry, found, ActionContext(name, "server", actions.loader()))
    call.given = input
    result: SafeResult[Any] = complete(answer(_server, call))
    return result


def _carry(action: Action[Any], input: Any) -> SafeResult[Any]:
    result: SafeResult[Any] = complete(answer(_server, _plain_call(Call, action, input)))
    return result


def _carry_async(action: Action[Any], input: Any) -> Awaitable[SafeResult[Any]]:
    return answer(_server, _plain_call(AsyncCall, action, input))


def _plain_call(kind: type[Call], action: Action[Any], input: Any) -> Call:
    """A call of an action that may belong to no application at all."""
    state = current_app.extensions.get(BLUEPRINT) if has_app_context() else None
    loader = state.actions.loader() if isinstance(state, AppState) else None
    call = kind(None, action, ActionContext(action.name, "server", loader))
    call.given = input
    return call


Action.carry = staticmethod(_carry)
Action.carry_async = staticmethod(_carry_async)


def _nowhere(**_: Any) -> Response:
    return serve(None)


def _name_of(endpoint: str) -> str:
    return endpoint.removeprefix(BLUEPRINT + ".").replace(":", ".")


def _static_folder() -> str:
    """Beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "static"
    return str(inside if inside.is_dir() else Path(__file__).parent.parent / "static")


def _need_session(call: WebCall) -> None:
    # Before the handler runs: its work must not be done and its result then lost.
    if call.action is None or call.request.method != "POST":
        return
    needs_key = isinstance(session._get_current_object(), NullSession)  # type: ignore[attr-defined]
    if needs_key or (not call.keeper.uses_session and not current_app.secret_key):
        raise RuntimeError(
            f"A form post to {call.ctx.name} keeps its result for the next page, signed with the "
            f"application's SECRET_KEY, and there is none. Set app.secret_key, the same on every "
            f"machine."
        )


def _flask_login_user(ctx: ActionContext) -> Any:
    """Flask-Login's user, by duck typing; None for an anonymous one, and outside a request."""
    if not has_request_context():
        return None
    manager: Any = current_app.login_manager  # type: ignore[attr-defined]
    library = sys.modules[type(manager).__module__.partition(".")[0]]
    user = library.current_user._get_current_object()
    return user if getattr(user, "is_authenticated", False) else None


def _login_page() -> str | None:
    """The URL of the page where people log in, as Flask-Login's manager has it."""
    view = getattr(getattr(current_app, "login_manager", None), "login_view", None)
    if not view:
        return None
    is_url = view.startswith(("/", "http://", "https://"))
    return str(view) if is_url else current_app.url_for(view)


def _session_cookie_size() -> int:
    """Name and value of the session's cookie as it would be sent, in bytes."""
    interface: Any = current_app.session_interface
    if not hasattr(interface, "get_signing_serializer"):
        return 0  # a session on the server has room
    value = interface.get_signing_serializer(current_app).dumps(dict(session))
    return len(interface.get_cookie_name(current_app)) + len(value)


def _convert(response: Response, transport: Transport, call: WebCall) -> Response:
    """A redirect that a hook gave in the action's place, as the door needs it."""
    location = response.headers.get("Location", "")
    if call.ctx.called_from == "form" and call.gate(location) is None:
        return response
    error = ActionError("UNAUTHORIZED", "Please log in to continue.")
    result: SafeResult[Any] = SafeResult(error=error, location=location)
    if call.gate(location) is None:
        if call.ctx.called_from == "rpc":
            return response
        result = SafeResult(location=location)
    if call.action is None:
        return response
    answer: Response = transport.encode(call, result)
    for cookie in response.headers.getlist("Set-Cookie"):
        answer.headers.add("Set-Cookie", cookie)
    return answer


def _carry_on(request: Request, response: Response, keeper: Keeper) -> None:
    """A page that redirects on the way: the id goes along."""
    if not 300 <= response.status_code < 400 or request.environ.get("flask_actions.recalled"):
        return
    here = on_site(response.headers.get("Location", ""), request.host)
    id = request.args[RESULT_PARAMETER]
    if here is not None and keeper.carry_on(pockets(keeper), id, unquote(path_of(here))):
        request.environ["flask_actions.kept"] = True
        response.headers["Location"] = with_query(here, RESULT_PARAMETER, id)
        response.headers["Cache-Control"] = "no-store"
