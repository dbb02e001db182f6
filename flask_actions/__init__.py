"""Actions for Flask: one typed function, every door of a web application."""

from .action import Action, ActionGroup, define_action
from .context import ActionContext
from .errors import ActionError, ActionInputError, Issue, is_action_error, is_input_error
from .extension import Actions, call_action
from .gates import get_action_context
from .messages import Messages
from .result import SafeResult
from .signals import action_finished, action_started
from .templating import action_form, action_url, actions_head, get_action_result
from .uploads import AcceptTypes, MaxSize, Upload

__all__ = [
    "AcceptTypes",
    "Action",
    "ActionContext",
    "ActionError",
    "ActionGroup",
    "ActionInputError",
    "Actions",
    "Issue",
    "MaxSize",
    "Messages",
    "SafeResult",
    "Upload",
    "action_finished",
    "action_form",
    "action_started",
    "action_url",
    "actions_head",
    "call_action",
    "define_action",
    "get_action_context",
    "get_action_result",
    "is_action_error",
    "is_input_error",
]
