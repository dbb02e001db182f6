"""Signals of every call, whichever door it came by: who called what, how long, and how it ended.

Receivers get the application (None outside one) and, by name, ``name`` of the action, ``door``,
``caller`` (the id of who is logged in, or None); ``action_finished`` also ``duration`` in seconds
and ``outcome``: ``"data"``, ``"redirect"``, or an error's code. Never the input, nor the data.

Whatever an action's URL answers is told, refusals that come before its guards included: who counts
calls by their outcome finds a GET under ``METHOD_NOT_ALLOWED``, another site's under ``FORBIDDEN``.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar

from blinker import Namespace, Signal
from flask import current_app, has_app_context

from .context import ActionContext
from .result import SafeResult

T = TypeVar("T")

log: logging.Logger = logging.getLogger("flask_actions")

_signals = Namespace()

#: Before an action's guards.
action_started: Signal = _signals.signal("action-started")
#: Once its result is known and its answer is made.
action_finished: Signal = _signals.signal("action-finished")


class _Call(Protocol):
    """The call that is told of."""

    ctx: ActionContext
    result: SafeResult[Any] | None

    async def settle(self, waiting: Awaitable[Any]) -> Any: ...

    def propagates(self) -> bool: ...


def heard() -> bool:
    """Whether anybody listens."""
    return bool(action_started.receivers or action_finished.receivers)


async def tell_started(call: _Call) -> float:
    """Say that a call began.

    :returns: when, for :func:`tell_finished`.
    """
    await _send(action_started, call)
    return time.perf_counter()


async def tell_finished(call: _Call, begun: float) -> None:
    """Say that a call ended; without a result, an exception went past us.

    What a receiver raises goes to the log, unless Flask lets exceptions through: the handler's work
    is done, and its result is the caller's.
    """
    duration = time.perf_counter() - begun
    outcome, result = "INTERNAL_SERVER_ERROR", call.result
    if result is not None and result.error is not None:
        outcome = result.error.code
    elif result is not None:
        outcome = "data" if result.location is None else "redirect"
    try:
        await _send(action_finished, call, duration=duration, outcome=outcome)
    except Exception:
        if call.propagates():
            raise
        logger = current_app.logger if has_app_context() else log
        logger.exception("A receiver of action_finished failed, of %s.", call.ctx.name)


async def _send(signal: Signal, call: _Call, **said: Any) -> None:
    app: Any = current_app._get_current_object() if has_app_context() else None  # type: ignore[attr-defined]
    ctx = call.ctx
    about = {"name": ctx.name, "door": ctx.called_from, "caller": ctx.user_id, **said}
    for _, waiting in signal.send(app, _async_wrapper=_as_it_is, **about):
        if inspect.iscoroutine(waiting):  # an async receiver's
            await call.settle(waiting)


def _as_it_is(receiver: T) -> T:
    return receiver
