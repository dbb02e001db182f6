"""What a ``before_request`` may know of the call that is on its way, and do with it."""

from __future__ import annotations

from typing import Any

from flask import current_app, request

from .action import Action
from .context import Door
from .errors import Refusal
from .packing import pack
from .pipeline import answer, complete
from .registry import Registry
from .result import SafeResult
from .transports.base import Transport
from .transports.web import WebCall, plain_result, response_of, show_in, whole_result


class RequestedAction:
    """The action that this request calls.

    :ivar name: its canonical name, whatever spelling the request used.
    """

    def __init__(self, transport: Transport, call: WebCall) -> None:
        self.name: str = call.ctx.name
        self.called_from: Door = call.ctx.called_from
        self._transport = transport
        self._call = call

    def handler(self) -> SafeResult[Any]:
        """Run the action, guards and validation included; once, however often it is called.

        The hook may leave the answer to the action's door, or give one of its own.
        """
        call = self._call
        if call.result is None:
            complete(answer(_Ahead(self._transport), call))
            assert call.result is not None
            if not isinstance(call.result.error, Refusal):  # whose body is not read
                call.result = call.with_values(call.result)
        return call.result


class RequestActions:
    """The view of this request that :func:`get_action_context` gives.

    :ivar action: the action that the request calls; None if it calls none, or none that there is.
    """

    def __init__(self, action: RequestedAction | None, call: WebCall | None) -> None:
        self.action = action
        self._call = call

    def set_action_result(
        self, name: Action[Any] | str, result: SafeResult[Any], key: str | int | None = None
    ) -> None:
        """Have ``get_action_result`` give *result* in this request, and the action not run.

        :param key: the ``_key`` of the form that the result is of.
        """
        if not isinstance(result, SafeResult):
            raise TypeError(f"A result is a SafeResult, SafeResult(data=...), not {result!r}.")
        canonical = _registry().name_of(name)
        show_in(request, canonical, None if key is None else str(key), result)
        if self._call is not None and self._call.ctx.name == canonical:
            self._call.result = result

    def serialize_action_result(self, result: SafeResult[Any]) -> str:
        """A result as text, to be kept anywhere.

        :raises ValueError: if its data cannot be serialised, or is a Response.
        """
        if response_of(result) is not None:
            raise ValueError("A Response cannot be kept: send it.")
        name, action = "", None
        if self._call is not None and self._call.action is not None:
            name, action = self._call.ctx.name, self._call.action
        plain = plain_result(result, action)
        if result.location is not None:
            plain["location"] = result.location
        text = pack(plain, {} if action is None else action.output.types)
        # With the name, since the page that shows it calls no action itself.
        return f"{name}\n{text}"

    def deserialize_action_result(self, text: str) -> SafeResult[Any]:
        """The result of that text, in any request; its data is of the action's output type again.

        Only for text that nobody else could write: sign what a browser brings back.
        """
        name, _, packed = text.partition("\n")
        return whole_result(packed, _registry().find(name))


def get_action_context() -> RequestActions:
    """The action that this request calls, for hooks that gate it or keep its result elsewhere."""
    arrived = request.environ.get("flask_actions.call")
    if arrived is None:
        return RequestActions(None, None)
    transport, call = arrived
    if call.action is None or request.method != "POST":
        return RequestActions(None, call)
    return RequestActions(RequestedAction(transport, call), call)


def _registry() -> Registry:
    registry: Registry = current_app.extensions["actions"].registry
    return registry


class _Ahead:
    """Walks a transport's way in, and leaves the answer for later."""

    def __init__(self, transport: Transport) -> None:
        self.passes_responses = transport.passes_responses
        self.target = transport.target
        self.decode = transport.decode

    def encode(self, call: WebCall, result: SafeResult[Any]) -> SafeResult[Any]:
        return result
