"""An action: one typed function in, one callable definition out. Groups of them nest."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, overload

from .config import size_in_bytes
from .models import Input, Output

if TYPE_CHECKING:  # the types alone: nothing of the same level is loaded
    from .context import ActionContext
    from .result import SafeResult

T = TypeVar("T")

Kind = Literal["form", "json"]
Guard = Callable[["ActionContext"], Any]
Handler = Callable[..., Any]

_KINDS: tuple[Kind, ...] = ("form", "json")
_NOTHING = object()


class Action(Generic[T]):
    """A function with every door of a web application.

    Calling it checks the guards, validates the input, runs the handler and gives a
    :class:`SafeResult`.

    :ivar handler: the plain function, for code that trusts itself.
    :ivar own_name: the name inside its group; ``name`` is the whole one, ``blog.comment``.
    :ivar accept: the kinds of body that it takes.
    :ivar max_body: bytes that its body may have; None for the application's limit.
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
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(handler, Action):
            raise TypeError(f"{handler.where} is an action already: decorate its function once.")
        if not callable(handler):
            raise TypeError(f"An action needs a function, not {handler!r}.")
        self.handler = handler
        self.where = _where(handler)
        self.own_name = name or _camel(getattr(handler, "__name__", "") or "action")
        self.group: ActionGroup | None = None
        signature = _Signature(handler, self.where, scope or {})
        self.arity = signature.arity
        self.context_first = signature.context_first
        try:
            self.input = Input.of(input if input is not None else signature.input)
            self.output = Output.of(output) if output is not None else signature.output()
        except TypeError as error:
            raise TypeError(f"{self.where}: {error}") from None
        self.accept = _accept(accept, self.where)
        self.own_guards = _guards(guard, self.where)
        self.description = description or _summary(handler)
        self.fragment = fragment
        self.fragment_context = fragment_context
        self.max_body = None if max_body is None else size_in_bytes(max_body, "max_body")

    @property
    def name(self) -> str:
        return f"{self.group.name}.{self.own_name}" if self.group else self.own_name

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards of its groups, outermost first, then its own."""
        return (*self.group.guards, *self.own_guards) if self.group else self.own_guards

    def arguments(self, input: Any, ctx: ActionContext) -> tuple[Any, ...]:
        """What the handler is called with."""
        if self.context_first:
            return (ctx,)
        return (input, ctx)[: self.arity]

    def __call__(self, input: Any = _NOTHING, /) -> SafeResult[T]:
        """Check, validate and run: data or an error in a SafeResult.

        :raises RuntimeError: in async code, for an async handler: ``await action.acall(...)``.
        """
        return Action.carry(self, None if input is _NOTHING else input)

    def or_throw(self, input: Any = _NOTHING, /) -> T:
        """The same, giving the data.

        :raises ActionError: what the SafeResult would have held.
        """
        data: T = self(input).or_throw()
        return data

    async def acall(self, input: Any = _NOTHING, /) -> SafeResult[T]:
        """The same for async code."""
        return await Action.carry_async(self, None if input is _NOTHING else input)

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
        return str(getattr(self.handler, "__name__", self.own_name))


class ActionGroup:
    """Actions under a common name and common guards; needs no application.

    :param guard: runs before the guards of its members.
    """

    def __init__(
        self, name: str, *, guard: Guard | tuple[Guard, ...] | list[Guard] | None = None
    ) -> None:
        self.own_name = name
        self.group: ActionGroup | None = None
        self.own_guards = _guards(guard, f"The group {name!r}")
        self.members: list[Action[Any] | ActionGroup] = []
        self._listeners: list[Callable[[Action[Any] | ActionGroup], None]] = []

    @property
    def name(self) -> str:
        return f"{self.group.name}.{self.own_name}" if self.group else self.own_name

    @property
    def guards(self) -> tuple[Guard, ...]:
        return (*self.group.guards, *self.own_guards) if self.group else self.own_guards

    @overload
    def action(self, name: Callable[..., T], /) -> Action[T]: ...
    @overload
    def action(
        self, name: str | None = None, /, **options: Any
    ) -> Callable[[Callable[..., T]], Action[T]]: ...
    def action(self, name: Any = None, /, **options: Any) -> Any:
        """Make a function an action of this group; takes the options of ``Actions.action``."""
        return decorate(name, options, self._add)

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

    def _add(self, member: Action[Any] | ActionGroup) -> None:
        if member.group is not None:
            raise ValueError(
                f"{member.own_name!r} belongs to the group {member.group.name!r} already; it cannot "
                f"be registered in {self.name!r} too."
            )
        above: ActionGroup | None = self
        while above is not None:
            if above is member:
                raise ValueError(f"The group {self.name!r} cannot contain itself.")
            above = above.group
        member.group = self
        self.members.append(member)
        self._tell(member)

    def _tell(self, member: Action[Any] | ActionGroup) -> None:
        for listener in self._listeners:
            listener(member)
        if self.group is not None:
            self.group._tell(member)

    def listen(self, listener: Callable[[Action[Any] | ActionGroup], None]) -> None:
        """Have *listener* told of members that come later."""
        self._listeners.append(listener)


def define_action(
    *, handler: Callable[..., T], input: Any = None, **options: Any
) -> Action[T]:
    """An action without a name of its own: the key of the dictionary it is registered in names it."""
    return Action(handler, input=input, scope=_scope(2), **options)


def decorate(
    name: Any, options: dict[str, Any], add: Callable[[Action[Any]], None], depth: int = 2
) -> Any:
    """The work of ``@action`` and ``@action("name", ...)``."""
    # The scope in which the decorator stands: a factory's local classes are annotations too.
    scope = _scope(depth + 1)
    if callable(name) and not isinstance(name, str):
        action: Action[Any] = Action(name, scope=scope)
        add(action)
        return action
    if name is not None and not isinstance(name, str):
        raise TypeError(f"@action takes a name, not {name!r}: @action('createPost', accept='json').")

    def wrap(handler: Handler) -> Action[Any]:
        action: Action[Any] = Action(handler, name, scope=scope, **options)
        add(action)
        return action

    return wrap


def members_of(
    actions: ActionGroup | Action[Any] | Mapping[str, Any], name: str | None = None
) -> Iterator[Action[Any] | ActionGroup]:
    """The members that a thing to register brings; a dictionary's keys name its values."""
    if isinstance(actions, (Action, ActionGroup)):
        if name is not None:
            actions.own_name = name
        yield actions
    elif isinstance(actions, Mapping):
        for key, value in actions.items():
            if isinstance(value, Mapping):
                group = ActionGroup(key)
                group.register(value)
                yield group
            else:
                yield from members_of(value, key)
    else:
        raise TypeError(
            f"{actions!r} cannot be registered: give an action, an ActionGroup, or a dictionary of "
            f"them by name."
        )


class _Signature:
    """What a handler's signature says of its input, its context and its output."""

    def __init__(self, handler: Handler, where: str, scope: Mapping[str, Any]) -> None:
        self._where = where
        try:
            signature = inspect.signature(handler)
        except (TypeError, ValueError):
            raise TypeError(f"{where} has no signature to read: wrap it in a function.") from None
        kinds = inspect.Parameter
        places = [
            one
            for one in signature.parameters.values()
            if one.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
        ]
        starred = any(one.kind is kinds.VAR_POSITIONAL for one in signature.parameters.values())
        needed = [one.name for one in places[2:] if one.default is kinds.empty]
        needed += [
            one.name
            for one in signature.parameters.values()
            if one.kind is kinds.KEYWORD_ONLY and one.default is kinds.empty
        ]
        if needed:
            raise TypeError(
                f"{where} cannot be served: an action's handler takes an input and a context, "
                f"handler(input, ctx), and nothing gives it {', '.join(needed)}."
            )
        self.arity = 2 if starred else min(len(places), 2)
        hints = self._hints(handler, scope)
        self._returns = hints.get("return")
        first = hints.get(places[0].name) if places else None
        # A handler of one parameter may take the context alone, if it says so.
        self.context_first = self.arity == 1 and getattr(first, "is_action_context", False)
        self.input = None if self.context_first or first is Any else first

    def output(self) -> Output:
        """What the return annotation describes, if pydantic can tell."""
        if self._returns in (None, type(None), Any):
            return Output()
        try:
            return Output.of(self._returns)
        except (TypeError, NameError):
            return Output()

    def _hints(self, handler: Handler, scope: Mapping[str, Any]) -> dict[str, Any]:
        plain = inspect.unwrap(handler)
        if isinstance(plain, functools.partial):
            plain = plain.func
        if not inspect.isroutine(plain):
            plain = type(plain).__call__
        annotations = getattr(plain, "__annotations__", {})
        hints = {}
        for name, hint in annotations.items():
            if isinstance(hint, str):
                names = {**getattr(plain, "__globals__", {}), **scope}
                try:
                    hint = eval(hint, names)
                except NameError as error:
                    if name == "return":
                        continue
                    raise TypeError(
                        f"{self._where}: the annotation {hint!r} of {name!r} names something that "
                        f"is not to be found ({error}). Define it before, or give input=."
                    ) from None
                except Exception:
                    if name == "return":
                        continue
                    raise
            hints[name] = hint
        return hints


def _accept(accept: Any, where: str) -> frozenset[Kind]:
    if accept is None:
        return frozenset(_KINDS)
    kinds = (accept,) if isinstance(accept, str) else tuple(accept)
    if not kinds or any(kind not in _KINDS for kind in kinds):
        raise ValueError(f"{where}: accept is {accept!r}; it is 'form', 'json' or both.")
    return frozenset(kinds)


def _guards(guard: Any, where: str) -> tuple[Guard, ...]:
    guards = () if guard is None else tuple(guard) if isinstance(guard, (list, tuple)) else (guard,)
    for one in guards:
        if not callable(one):
            raise TypeError(f"{where}: a guard is a function of the context, not {one!r}.")
    return guards


def _camel(name: str) -> str:
    head, *tail = name.strip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _summary(handler: Handler) -> str | None:
    text = inspect.getdoc(handler) if inspect.isroutine(handler) else None
    return text.partition("\n\n")[0].replace("\n", " ") if text else None


def _where(handler: Any) -> str:
    plain = inspect.unwrap(handler) if callable(handler) else handler
    name = getattr(plain, "__qualname__", None) or repr(plain)
    code = getattr(plain, "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else str(name)


def _scope(depth: int) -> Mapping[str, Any]:
    return sys._getframe(depth).f_locals
