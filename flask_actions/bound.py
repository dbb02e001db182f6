"""What a page binds to a form and its user cannot change: values in, a signed text out, and back.

The text is signed, not encrypted, and whoever has the page may send it again: bind ids, and see in
the handler whether this user may use them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from .action import Action
from .errors import ActionError, ActionInputError, MisuseError
from .messages import Text
from .models import ModelInput

log: logging.Logger = logging.getLogger("flask_actions")


def sign(keys: Sequence[str | bytes], action: Action[Any], values: Any) -> str:
    """The text of a form's hidden ``_bound`` field.

    :param keys: the application's, the newest last.
    :param values: what the page binds: a dictionary, or an object of the action's ``bound`` model.
    :raises MisuseError: if they do not fit the model, naming the fields; or without a key.
    """
    model = _model_of(action)
    try:
        value = model.from_python(values)
        dump = model.described.serializer.to_python
        plain = dump(value, mode="json", round_trip=True, by_alias=False)
        _whole(model, plain)
    except ActionInputError as error:
        said = "; ".join(": ".join((*map(str, one.path), one.message)) for one in error.issues)
        raise _misfit(action, model, said) from None
    except ValidationError as error:
        raise _misfit(action, model, f"what it writes, it does not read ({error.title})") from None
    except PydanticSerializationError as error:
        raise _misfit(action, model, str(error)) from None
    return str(_signer(keys, action).dumps(plain))


def read(keys: Sequence[str | bytes], action: Action[Any], text: object) -> Any:
    """What a page bound, as the action's ``bound`` model.

    :param text: what came in the ``_bound`` field.
    :raises ActionError: ``BAD_REQUEST``, if it is missing, forged, another action's, too old, or no
        longer fits.
    :raises MisuseError: without a key.
    """
    model = _model_of(action)
    signer = _signer(keys, action)
    if not text:
        raise _refuse(action, "none came with the call")
    try:
        return _whole(model, signer.loads(str(text), max_age=action.bound_ttl))  # type: ignore[arg-type]
    except SignatureExpired:
        raise _refuse(action, "they are too old") from None
    except ValidationError:
        raise _refuse(action, f"they do not fit {model.label}") from None
    except (BadData, UnicodeError):
        raise _refuse(action, "they were not signed for it here") from None


def check(action: Action[Any], values: Any) -> Any:
    """The same for trusted code, which gives plain values.

    :raises ActionError: ``BAD_REQUEST``, if they do not fit.
    """
    model = _model_of(action)
    try:
        return model.from_python(values)
    except ActionInputError as error:
        said = ", ".join(error.fields) or "they are no such object"
        raise _refuse(action, f"they do not fit {model.label}: {said}") from None


def _model_of(action: Action[Any]) -> ModelInput:
    if action.bound is None:
        raise MisuseError(
            f"{action.name} ({action.where}) takes no bound arguments: give the action their "
            f"model, bound=PostRef."
        )
    return action.bound


def _whole(model: ModelInput, plain: Any) -> Any:
    validate = model.described.validator.validate_json
    return validate(to_json(plain), strict=False, by_alias=False, by_name=True)


def _signer(keys: Sequence[str | bytes], action: Action[Any]) -> URLSafeTimedSerializer:
    if not keys:
        raise MisuseError(
            f"The bound arguments of {action.name} are signed with the application's SECRET_KEY, "
            f"and there is none. Set app.secret_key, the same on every machine."
        )
    signing = [key.encode() if isinstance(key, str) else key for key in keys]
    # The action's name is in it: what one page binds means nothing to another action.
    return URLSafeTimedSerializer(signing, salt=f"flask-actions-bound:{action.name}")


def _misfit(action: Action[Any], model: ModelInput, said: str) -> MisuseError:
    return MisuseError(
        f"What is bound to {action.name} ({action.where}) does not fit {model.label}: {said}."
    )


def _refuse(action: Action[Any], reason: str) -> ActionError:
    log.warning("The bound arguments of %s are refused: %s.", action.name, reason)
    return ActionError("BAD_REQUEST", Text("out_of_date"))
