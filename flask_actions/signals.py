"""Signals of every call, whichever door it came by: who called what, how long, and how it ended.

Receivers get the application (None outside one) and, by name, ``name`` of the action, ``door``,
``caller`` (the id of who is logged in, or None); ``action_finished`` also ``duration`` in seconds
and ``outcome``: ``"data"``, ``"redirect"``, or an error's code. Never the input, nor the data.
"""

from __future__ import annotations

import time
from typing import Any

from blinker import Namespace, Signal
from flask import current_app, has_app_context

from .context import ActionContext
from .result import SafeResult

_signals = Namespace()

#: Before an action's guards.
action_started: Signal = _signals.signal("action-started")
#: Once its result is known and its answer is made.
action_finished: Signal = _signals.signal("action-finished")


def tell_started(ctx: ActionContext) -> float | None:
    """Say that a call began.

    :returns: when, for :func:`tell_finished`; None where nobody listens.
    """
    if not (action_started.receivers or action_finished.receivers):
        return None
    _send(action_started, ctx)
    return time.perf_counter()


def tell_finished(ctx: ActionContext, begun: float, result: SafeResult[Any] | None) -> None:
    """Say that a call ended.

    :param result: None if an exception went past us.
    """
    outcome = "INTERNAL_SERVER_ERROR"
    if result is not None and result.error is not None:
        outcome = result.error.code
    elif result is not None:
        outcome = "data" if result.location is None else "redirect"
    _send(action_finished, ctx, duration=time.perf_counter() - begun, outcome=outcome)


def _send(signal: Signal, ctx: ActionContext, **said: Any) -> None:
    app: Any = current_app._get_current_object() if has_app_context() else None  # type: ignore[attr-defined]
    about = {"name": ctx.name, "door": ctx.called_from, "caller": ctx.user_id, **said}
    signal.send(app, _async_wrapper=None if app is None else app.ensure_sync, **about)
