"""An action: one typed function in, one callable definition out. Groups of them nest."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from types import SimpleNamespace, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Protocol,
    TypeAlias,
    TypedDict,
    Union,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)
from weakref import WeakMethod

from typing_extensions import TypeVar
from werkzeug.wrappers import Response

from .config import size_in_bytes
from .models import Input, ModelInput, Output
from .shapes import holds_file, holds_secret

if TYPE_CHECKING:  # the types alone: nothing of the same level is loaded
    from .context import ActionContext
    from .result import SafeResult

#: What a handler gives, and what it takes; anything where nobody can tell.
T = TypeVar("T", default=Any)
In = TypeVar("In", default=Any)

Kind = Literal["form", "json"]
Guard = Callable[["ActionContext"], Any]
Handler = Callable[..., Any]
#: A handler of an input and, if it likes, of the context.
Takes = Union[Callable[[In], T], "Callable[[In, ActionContext], T]"]
#: What an input is made of, beside itself: data to validate, form fields, JSON, or nothing.
Raw: TypeAlias = Collection[Any] | None

_KINDS: tuple[Kind, ...] = ("form", "json")


class Options(TypedDict, total=False):
    """What an action may be told beside its function, its name, its input and its output."""

    accept: Kind | tuple[Kind, ...] | list[Kind] | None
    guard: Guard | tuple[Guard, ...] | list[Guard] | None
    description: str | None
    fragment: str | None
    fragment_context: Callable[[ActionContext, SafeResult[Any]], Mapping[str, Any]] | None
    max_body: int | str | None
    intents: Mapping[str, Any] | None
    bound: Any
    bound_ttl: float | None


class Decorator(Protocol):
    """Makes a function an action."""

    @overload
    def __call__(self, handler: Takes[In, Awaitable[T]], /) -> Action[T, In]: ...
    @overload
    def __call__(self, handler: Takes[In, T], /) -> Action[T, In]: ...
    @overload
    def __call__(self, handler: Callable[[], Awaitable[T]], /) -> Action[T, None]: ...
    @overload
    def __call__(self, handler: Callable[[], T], /) -> Action[T, None]: ...


class InputDecorator(Protocol[In]):
    """Makes a function an action, whose input is known."""

    @overload
    def __call__(self, handler: Callable[..., Awaitable[T]], /) -> Action[T, In]: ...
    @overload
    def __call__(self, handler: Callable[..., T], /) -> Action[T, In]: ...


class OutputDecorator(Protocol[T]):
    """Makes a function an action, whose output is known."""

    @overload
    def __call__(self, handler: Takes[In, Any], /) -> Action[T, In]: ...
    @overload
    def __call__(self, handler: Callable[[], Any], /) -> Action[T, None]: ...


class Registers:
    """What makes functions its actions."""

    @overload
    def action(self, handler: Takes[In, Awaitable[T]], /) -> Action[T, In]: ...
    @overload
    def action(self, handler: Takes[In, T], /) -> Action[T, In]: ...
    @overload
    def action(self, handler: Callable[[], Awaitable[T]], /) -> Action[T, None]: ...
    @overload
    def action(self, handler: Callable[[], T], /) -> Action[T, None]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: type[In],
        output: type[T],
        **options: Unpack[Options],
    ) -> Callable[[Callable[..., Any]], Action[T, In]]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: None = None,
        output: type[T],
        **options: Unpack[Options],
    ) -> OutputDecorator[T]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: Any,
        output: type[T],
        **options: Unpack[Options],
    ) -> Callable[[Callable[..., Any]], Action[T]]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: None = None,
        output: Any,
        **options: Unpack[Options],
    ) -> OutputDecorator[Any]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: Any,
        output: Any,
        **options: Unpack[Options],
    ) -> Callable[[Callable[..., Any]], Action[Any]]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: type[In],
        **options: Unpack[Options],
    ) -> InputDecorator[In]: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: None = None,
        **options: Unpack[Options],
    ) -> Decorator: ...
    @overload
    def action(
        self,
        name: str | None = None,
        /,
        *,
        input: Any,
        **options: Unpack[Options],
    ) -> InputDecorator[Any]: ...
    def action(self, name: Any = None, /, **options: Any) -> Any:
        """Make a function an action: ``@actions.action`` or ``@actions.action("likePost", ...)``.

        Options: ``input``, ``output``, ``accept`` (``"form"``, ``"json"`` or both), ``guard`` (one
        or several), ``description``, ``fragment``, ``fragment_context``, ``max_body``, ``intents``
        (a model for each button), ``bound`` (the model of what the page binds), ``bound_ttl``
        (seconds that it holds).

        :raises ValueError: for a name that is unfit or taken, naming both places.
        :raises TypeError: for a handler that cannot be served.
        """
        return decorate(name, options, self._add)

    def _add(self, member: Action[Any] | ActionGroup) -> None:
        raise NotImplementedError


class Member:
    """What has a name: an action, or a group of them.

    :ivar own_name: the name inside its group; ``name`` is the whole one, ``blog.comment``.
    :ivar named: its name is settled: somebody was told of it.
    :ivar joined: it stands at the top of an application's names.
    """

    def __init__(self, own_name: str, own_guards: tuple[Guard, ...]) -> None:
        self.own_name: str = own_name
        self.own_guards = own_guards
        self.group: ActionGroup | None = None
        self.named: bool = False
        self.joined = False

    @property
    def name(self) -> str:
        return f"{self.group.name}.{self.own_name}" if self.group else self.own_name

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards of its groups, outermost first, then its own."""
        return (*self.group.guards, *self.own_guards) if self.group else self.own_guards

    def join(self) -> None:
        """Have it, or the outermost group around it, stand at the top of an application's names."""
        top: Member = self
        while top.group is not None:
            top = top.group
        top.named = top.joined = True

    def rename(self, name: str) -> None:
        """Take the name of the key that it is registered under.

        :raises ValueError: if it has another one already, which it would lose.
        """
        if self.named and name != self.own_name:
            raise ValueError(
                f"{self.name!r} is its name already: it cannot be registered as {name!r} too. "
                f"Define another action with the same handler."
            )
        self.own_name, self.named = name, True


class Action(Member, Generic[T, In]):
    """A function with every door of a web application.

    Calling it checks the guards, validates the input, runs the handler and gives a
    :class:`SafeResult`.

    :ivar handler: the plain function, for code that trusts itself.
    :ivar where: where it was written, for people.
    :ivar accept: the kinds of body that it takes.
    :ivar says_guard: whether its guards were written down, ``guard=()`` for none.
    :ivar max_body: bytes that its body may have; None for the application's limit.
    :ivar input: what the handler takes; of an action with several buttons, all that any of them
        may send.
    :ivar intents: the input of each button, by its name; the first is pressed where none is named.
    :ivar bound: the arguments that the page binds and the user cannot change; None for none.
    :ivar bound_ttl: seconds that they hold; None for ever.
    :ivar marked: whether ``_intent`` or ``_bound`` means anything to it.
    """

    #: Carries a call from Python down the line; set by the extension, since imports only look down.
    carry: ClassVar[Callable[[Action[Any], Any], SafeResult[Any]]]
    carry_async: ClassVar[Callable[[Action[Any], Any], Awaitable[SafeResult[Any]]]]

    def __init__(
        self,
        handler: Handler,
        name: str | None = None,
        *,
        input: Any = None,
        output: Any = None,
        accept: Kind | tuple[Kind, ...] | list[Kind] | None = None,
        guard: Guard | tuple[Guard, ...] | list[Guard] | None = None,
        description: str | None = None,
        fragment: str | None = None,
        fragment_context: Callable[[ActionContext, SafeResult[Any]], Mapping[str, Any]]
        | None = None,
        max_body: int | str | None = None,
        intents: Mapping[str, Any] | None = None,
        bound: Any = None,
        bound_ttl: float | None = None,
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(handler, Action):
            raise TypeError(f"{handler.where} is an action already: decorate its function once.")
        if not callable(handler):
            raise TypeError(
                f"An action needs a function, not {handler!r}: write @actions.action above a def, "
                f"or define_action(handler=function)."
            )
        self.handler = handler
        # With __name__, what Flask-WTF's and Flask-Limiter's exempt(action) tells views apart by.
        self.__module__ = str(getattr(handler, "__module__", __name__))
        self.__qualname__ = str(getattr(handler, "__qualname__", ""))
        self.where: str = where_of(handler)
        own_name = _camel(getattr(handler, "__name__", "")) if name is None else name
        super().__init__(own_name, _guards(guard, self.where))
        self.says_guard: bool = guard is not None
        wants_input = input is None and intents is None
        signature = _Signature(handler, self.where, scope or {}, wants_input=wants_input)
        self.arity: int = signature.arity
        self.context_first: bool = signature.context_first
        try:
            if intents is None:
                self.intents: Mapping[str, Input] = {}
                self.input: Input = Input.of(input if input is not None else signature.input)
            else:
                self.intents = _intents(intents, input)
                self.input = Input.of_several(self.intents)
            self.bound: ModelInput | None = None if bound is None else _bound(bound)
            self.bound_ttl: float | None = _bound_ttl(bound_ttl, bound)
            self.output: Output = Output.of(output) if output is not None else signature.output()
            self.output.where = self.where
            size = None if max_body is None else size_in_bytes(max_body, "max_body")
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.where}: {error}") from None
        self.marked: bool = bool(self.intents) or self.bound is not None
        self.max_body: int | None = size
        self.accept: frozenset[Kind] = _accept(accept, self.where)
        self.description: str | None = description or _summary(handler)
        _check_fragment(fragment, fragment_context, self.where)
        self.fragment = fragment
        self.fragment_context = fragment_context

    def arguments(self, input: Any, ctx: ActionContext) -> tuple[Any, ...]:
        """What the handler is called with."""
        if self.context_first:
            return (ctx,)
        return (input,) if self.arity == 1 else (input, ctx)[: self.arity]

    def __call__(self, input: In | Raw = None, /) -> SafeResult[T]:
        """Check, validate and run: data or an error in a SafeResult.

        :raises RuntimeError: in async code, for an async handler: ``await action.acall(...)``.
        """
        return Action.carry(self, input)

    def or_throw(self, input: In | Raw = None, /) -> T:
        """The same, giving the data.

        :raises ActionError: what the SafeResult would have held.
        """
        data: T = self(input).or_throw()
        return data

    async def acall(self, input: In | Raw = None, /) -> SafeResult[T]:
        """The same for async code."""
        return await Action.carry_async(self, input)

    def __repr__(self) -> str:
        return f"<Action {self.name} of {self.where}>"

    @property
    def __name__(self) -> str:
        # functools.wraps asks for the name: a decorator stands above ours, and whatever it guards,
        # it does not guard the action, which is registered already.
        caller = sys._getframe(1).f_code
        if caller.co_name == "update_wrapper" and caller.co_filename == functools.__file__:
            raise TypeError(
                f"A decorator stands above the action {self.name} ({self.where}): it protects "
                f"nothing there, since the action is registered already. Put it below "
                f"@actions.action, next to the function, or use guard=."
            )
        if caller.co_name == "_endpoint_from_view_func":  # Flask's, of a view
            raise TypeError(
                f"A route stands above the action {self.name} ({self.where}), which has a URL "
                f"already: {{{{ action_url({self.name!r}) }}}}. Leave the route out, and give it a "
                f"view of its own where a page is to be shown."
            )
        return str(getattr(self.handler, "__name__", self.own_name))


class ActionGroup(Member, Registers):
    """Actions under a common name and common guards; needs no application.

    :param guard: runs before the guards of its members.
    """

    def __init__(
        self, name: str, *, guard: Guard | tuple[Guard, ...] | list[Guard] | None = None
    ) -> None:
        super().__init__(name, _guards(guard, f"The group {name!r}"))
        self.members: list[Action[Any] | ActionGroup] = []
        self._of_mapping = False
        # Weakly: a group of a module outlives the applications that it was registered in.
        self._listeners: list[WeakMethod[Callable[[Action[Any] | ActionGroup], None]]] = []

    def register(
        self, actions: ActionGroup | Action[Any] | Mapping[str, Any], name: str | None = None
    ) -> None:
        """Take in a group, an action, or a dictionary of them by name; they nest.

        :raises ValueError: if a member belongs to another group already.
        """
        for member in members_of(actions, name):
            self._add(member)

    def leaves(self) -> Iterator[Action[Any]]:
        """All actions below."""
        for member in self.members:
            if isinstance(member, ActionGroup):
                yield from member.leaves()
            else:
                yield member

    @classmethod
    def of(cls, name: str, actions: Mapping[str, Any]) -> ActionGroup:
        """The group that a nested dictionary is; the same one each time it is registered."""
        members = list(members_of(actions))
        above = {id(member.group): member.group for member in members}
        group = next(iter(above.values())) if len(above) == 1 else None
        if group is None or not group._of_mapping or group.own_name != name:
            group = cls(name)
            group._of_mapping = True
        for member in members:
            if member.group is not group:
                group._add(member)
        return group

    def _add(self, member: Action[Any] | ActionGroup) -> None:
        if member.group is self:
            return
        if member.group is not None or member.joined:
            place = f"the group {member.group.name!r}" if member.group else "an application"
            raise ValueError(
                f"{member.own_name!r} belongs to {place} already; it cannot be registered in "
                f"{self.name!r} too."
            )
        above: ActionGroup | None = self
        while above is not None:
            if above is member:
                raise ValueError(f"The group {self.name!r} cannot contain itself.")
            above = above.group
        member.group, member.named = self, True
        self.members.append(member)
        try:
            self._tell(member)
        except ValueError:  # its name is unfit or taken
            self.members.remove(member)
            member.group = None
            raise

    def _tell(self, member: Action[Any] | ActionGroup) -> None:
        for listener in self._listeners:
            hear = listener()
            if hear is not None:
                hear(member)
        if self.group is not None:
            self.group._tell(member)

    def listen(self, listener: Callable[[Action[Any] | ActionGroup], None]) -> None:
        """Have the method *listener* told of later members, for as long as its object lives."""
        self.join()
        self._listeners = [known for known in self._listeners if known() is not None]
        if all(known() != listener for known in self._listeners):
            self._listeners.append(WeakMethod(listener))


@overload
def define_action(
    *, handler: Callable[..., Any], input: type[In], output: type[T], **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Takes[In, Any], output: type[T], input: Any = None, **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Callable[[], Any], output: type[T], **options: Unpack[Options]
) -> Action[T, None]: ...
@overload
def define_action(
    *, handler: Callable[..., Any], output: Any, input: Any = None, **options: Unpack[Options]
) -> Action[Any]: ...
@overload
def define_action(
    *, handler: Callable[..., Awaitable[T]], input: type[In], **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Callable[..., T], input: type[In], **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Takes[In, Awaitable[T]], input: Any = None, **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Takes[In, T], input: Any = None, **options: Unpack[Options]
) -> Action[T, In]: ...
@overload
def define_action(
    *, handler: Callable[[], Awaitable[T]], **options: Unpack[Options]
) -> Action[T, None]: ...
@overload
def define_action(*, handler: Callable[[], T], **options: Unpack[Options]) -> Action[T, None]: ...
def define_action(*, handler: Handler, **options: Any) -> Action[Any]:
    """An action without a name of its own: its key in the dictionary that it is in names it."""
    _check_options(options, "define_action")
    return Action(handler, scope=_scope(2), **options)


def decorate(
    name: Any, options: dict[str, Any], add: Callable[[Action[Any]], None], depth: int = 2
) -> Any:
    """The work of ``@action`` and ``@action("name", ...)``."""
    # The scope in which the decorator stands: a factory's local classes are annotations too.
    scope = _scope(depth + 1)
    _check_options(options, "@action")
    if isinstance(name, type) and hasattr(name, "__pydantic_core_schema__"):
        raise TypeError(
            f"@action takes a name, not the model {name.__name__}: write @action(input="
            f"{name.__name__}), or annotate the handler's first parameter with it."
        )
    if callable(name) and not isinstance(name, str):
        action: Action[Any] = Action(name, scope=scope)
        add(action)
        return action
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"@action takes a name, not {name!r}: @action('createPost', accept='json')."
        )

    def wrap(handler: Handler) -> Action[Any]:
        action: Action[Any] = Action(handler, name, scope=scope, **options)
        add(action)
        return action

    return wrap


_OPTIONS = ("input", *Options.__annotations__, "output")


def _check_options(options: Mapping[str, Any], where: str) -> None:
    for name in options:
        if name not in _OPTIONS:
            from difflib import get_close_matches  # only when something went wrong

            near = get_close_matches(name, _OPTIONS, n=1)
            meant = f"Did you mean {near[0]}=?" if near else f"There are {', '.join(_OPTIONS)}."
            if name == "name":
                meant = (
                    "The name comes first: @action('createPost')."
                    if where == "@action"
                    else "Its key in the dictionary names it: {'createPost': define_action(...)}."
                )
            raise TypeError(f"{where} has no option {name}=. {meant}")


def members_of(
    actions: ActionGroup | Action[Any] | Mapping[str, Any], name: str | None = None
) -> Iterator[Action[Any] | ActionGroup]:
    """The members that a thing to register brings; a dictionary's keys name its values."""
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"An action is registered under a name, not {name!r}. Call register() once for each "
            f"group, actions.register(group), or write {{'name': action}}."
        )
    if isinstance(actions, (Action, ActionGroup)):
        if name is not None:
            actions.rename(name)
        yield actions
    elif isinstance(actions, Mapping):
        for key, value in actions.items():
            if isinstance(value, Mapping):
                yield ActionGroup.of(key, value)
            else:
                yield from members_of(value, key)
    else:
        raise TypeError(
            f"{actions!r} cannot be registered: give an action, an ActionGroup, or a dictionary of "
            f"them by name."
        )


class _Signature:
    """What a handler's signature says of its input, its context and its output.

    :param wants_input: whether the first parameter's annotation is to say what the input is.
    """

    def __init__(
        self, handler: Handler, where: str, scope: Mapping[str, Any], wants_input: bool
    ) -> None:
        self._where = where
        self._scope = scope
        try:
            signature = inspect.signature(handler)
        except (TypeError, ValueError):
            raise TypeError(f"{where} has no signature to read: wrap it in a function.") from None
        taken = _taken(handler) if hasattr(handler, "__wrapped__") else signature
        # A decorator that takes anything hands on what its function wants, and may give it more.
        called = signature if taken is None else taken
        named, places = _places(signature), _places(called)
        starred = _is_starred(called)
        needed = [one.name for one in places[2:] if one.default is _EMPTY]
        needed += [
            one.name
            for one in called.parameters.values()
            if one.kind is inspect.Parameter.KEYWORD_ONLY and one.default is _EMPTY
        ]
        if needed and taken is not None:
            raise TypeError(
                f"{where} cannot be served: an action's handler takes an input and a context, "
                f"handler(input, ctx), and nothing gives it {', '.join(needed)}."
            )
        if places and places[0].name in ("self", "cls"):
            raise TypeError(
                f"{where} cannot be served: nothing gives it {places[0].name}. Register the method "
                f"of an object, actions.register(define_action(handler=object.method))."
            )
        self.arity = 2 if starred else min(len(places), 2)
        self._plain = _plain(handler)
        self._annotations = getattr(self._plain, "__annotations__", {})
        first = self._hint(named[0].name) if named and (wants_input or self.arity == 1) else None
        is_context = getattr(first, "is_action_context", False)
        if is_context and self.arity == 2 and not starred and len(named) > 1:
            raise TypeError(
                f"{where} cannot be served: the input comes first and the context second, "
                f"handler(input, ctx)."
            )
        second = self._named(places[1].name) if len(places) > 1 and taken is not None else None
        if isinstance(second, type) and _is_data(second):
            raise TypeError(
                f"{where} cannot be served: the context comes second, handler(input, ctx), and "
                f"nothing gives it {places[1].name}. Make one model of its parameters: "
                f"class Data(BaseModel), handler(input: Data)."
            )
        # A handler of one parameter may take the context alone, if it says so.
        self.context_first = self.arity == 1 and is_context
        if self.arity == 1 and places[0].name == "ctx" and first is None:
            raise TypeError(
                f"{where} cannot be served: its only parameter is the input, whatever its name. "
                f"For the context, say so: handler(ctx: ActionContext)."
            )
        self.input = None if is_context or first is Any else first

    def output(self) -> Output:
        """What the return annotation describes, if pydantic can tell."""
        try:
            returns = _data_of(self._resolved("return"))
            if returns is None or returns is type(None) or returns is Any:
                return Output()
            return Output.of(returns)
        except Exception:  # it is a note for people then, such as a type of TYPE_CHECKING
            return Output()

    def _hint(self, name: str) -> Any:
        try:
            return self._resolved(name)
        except NameError as error:
            raise TypeError(
                f"{self._where}: the annotation of {name!r} names something that is not to be "
                f"found ({error}). Define it before, or give input=."
            ) from None

    def _resolved(self, name: str) -> Any:
        if name not in self._annotations:
            return None
        # Most are the name of a class, or the class itself: nothing to evaluate.
        found = self._named(name)
        if isinstance(found, type):
            return found
        known = getattr(self._plain, "__globals__", {})
        one = SimpleNamespace(__annotations__={name: self._annotations[name]})
        return get_type_hints(one, {**known, **self._scope}, include_extras=True)[name]

    def _named(self, name: str) -> Any:
        """What the annotation of *name* is, if it is written as a mere name."""
        written = self._annotations.get(name)
        if type(written) is not str:
            return written
        known = getattr(self._plain, "__globals__", {})
        return self._scope.get(written, known.get(written, vars(builtins).get(written)))


def _is_data(type_: type) -> bool:
    """Whether a type is for sure one of inputs: a number, a text, a list, a model."""
    return (type_.__module__ == "builtins" and type_ is not object) or hasattr(
        type_, "__pydantic_core_schema__"
    )


_EMPTY = inspect.Parameter.empty
_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _places(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [one for one in signature.parameters.values() if one.kind in _BY_PLACE]


def _taken(decorated: Handler) -> inspect.Signature | None:
    """What a decorator around a function takes itself; None for anything."""
    try:
        own = inspect.signature(decorated, follow_wrapped=False)
    except (TypeError, ValueError):  # functools.cache
        return None
    return None if _is_starred(own) else own


def _is_starred(signature: inspect.Signature) -> bool:
    kinds = [one.kind for one in signature.parameters.values()]
    return inspect.Parameter.VAR_POSITIONAL in kinds


def _data_of(returns: Any) -> Any:
    """A return annotation without the Responses that a handler may give instead of data."""
    members = get_args(returns) if get_origin(returns) in (Union, UnionType) else ()
    data = [one for one in members if not (isinstance(one, type) and issubclass(one, Response))]
    return Union[tuple(data)] if data and len(data) < len(members) else returns  # noqa: UP007


def _plain(handler: Any) -> Any:
    """The function that *handler* is in the end, with the annotations as they were written."""
    while True:
        inner = inspect.unwrap(handler)
        if isinstance(inner, functools.partial):
            inner = inner.func
        elif not inspect.isroutine(inner) and not isinstance(inner, type):
            inner = type(inner).__call__
        if inner is handler:
            return inner
        handler = inner


def _accept(accept: Any, where: str) -> frozenset[Kind]:
    wanted = _KINDS if accept is None else (accept,) if isinstance(accept, str) else tuple(accept)
    if not wanted or any(kind not in _KINDS for kind in wanted):
        raise ValueError(f"{where}: accept is {accept!r}; it is 'form', 'json' or both.")
    return frozenset(kind for kind in _KINDS if kind in wanted)


def _intents(intents: Any, input: Any) -> dict[str, Input]:
    """The input of each button."""
    if input is not None:
        raise TypeError(
            "An action has one model, input=, or one for each button, intents=: write one of them."
        )
    if not isinstance(intents, Mapping):
        raise TypeError(
            f"intents is {intents!r}; it is a dictionary of models by the button's name, "
            f"{{'draft': DraftIn, 'publish': PostIn}}."
        )
    if not intents:
        raise ValueError("intents is empty; name a button, {'draft': DraftIn}, or leave it out.")
    for name in intents:
        if not isinstance(name, str) or not name:
            raise TypeError(
                f"intents has a button {name!r}; a name is a text, as it stands in the form: "
                f"'draft'."
            )
    return {name: Input.of(type_) for name, type_ in intents.items()}


def _bound(type_: Any) -> ModelInput:
    """The model of what a page binds."""
    model = Input.of(type_, "bound model")
    if not isinstance(model, ModelInput) or model.shape is None:
        raise TypeError(f"bound is {type_!r}; it is a pydantic model: bound=PostRef.")
    for has, what in ((holds_secret, "a secret"), (holds_file, "a file")):
        if has(model.shape):
            raise TypeError(
                f"bound={model.label} has {what}, and bound arguments stand in the page, signed "
                f"and readable: bind the id of what is meant."
            )
    return model


def _bound_ttl(seconds: Any, bound: Any) -> float | None:
    if seconds is None:
        return None
    if bound is None:
        raise TypeError("bound_ttl says how long bound arguments hold: give bound= too.")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ValueError(
            f"bound_ttl is {seconds!r}; it is a number of seconds above 0, or None for ever."
        )
    return seconds


def _check_fragment(fragment: Any, context: Any, where: str) -> None:
    if fragment is not None and not (isinstance(fragment, str) and fragment.partition("#")[0]):
        raise TypeError(
            f"{where}: fragment names a template, 'posts/_form.html', or a block of one, "
            f"'posts/index.html#form'; it is not {fragment!r}."
        )
    if context is None:
        return
    if not callable(context) or not _takes(context, 2):
        raise TypeError(
            f"{where}: fragment_context is a function of the context and the result, "
            f"lambda ctx, result: {{...}}, not {context!r}."
        )
    if fragment is None:
        raise TypeError(f"{where}: fragment_context is for a fragment: give fragment= too.")


def _guards(guard: Any, where: str) -> tuple[Guard, ...]:
    guards = () if guard is None else tuple(guard) if isinstance(guard, (list, tuple)) else (guard,)
    for one in guards:
        if not callable(one):
            raise TypeError(f"{where}: a guard is a function of the context, not {one!r}.")
        if not _takes(one, 1):
            raise TypeError(
                f"{where}: a guard is a function of the context, def guard(ctx), and "
                f"{where_of(one)} cannot be called with it alone."
            )
    return guards


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments; true where nobody can tell."""
    code = getattr(function, "__code__", None)
    if code is not None and code.co_argcount == count and not code.co_kwonlyargcount:
        return True  # most are: nothing to look at
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _camel(name: str) -> str:
    head, *tail = name.strip("_").split("_")
    head = head.lower() if head.isupper() else head[:1].lower() + head[1:]
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _summary(handler: Handler) -> str | None:
    text = inspect.getdoc(handler) if inspect.isroutine(handler) else None
    return text.partition("\n\n")[0].replace("\n", " ") if text else None


def where_of(handler: Any) -> str:
    plain = _plain(handler)
    name = getattr(plain, "__qualname__", None) or repr(plain)
    code = getattr(plain, "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else str(name)


def _scope(depth: int) -> Mapping[str, Any]:
    return sys._getframe(depth).f_locals
