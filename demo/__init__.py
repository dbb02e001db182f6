"""The Alderbrook Courier: a small newspaper whose every form is an action.

``flask --app demo run`` prints it. The first start makes ``instance/demo.db`` and fills it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from demo import actions, models, pages, seed
from demo.models import User, db


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """A newspaper of its own: other settings, other database, other readers.

    :param config: settings over the defaults; ``INSTANCE_PATH`` says where the files live.
    """
    config = config or {}
    app = Flask(__name__, instance_path=config.get("INSTANCE_PATH"))
    instance = Path(app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    app.config.from_mapping(
        DATABASE_URL=os.environ.get("DATABASE_URL") or f"sqlite:///{instance / 'demo.db'}",
        SECRET_KEY=os.environ.get("SECRET_KEY") or _kept_key(instance / "secret-key"),
        SESSION_COOKIE_SAMESITE="Lax",
        # A form may lie open for as long as its session lives, not for an hour only.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.config.update(config)

    models.init_app(app)
    seed.init_app(app)
    CSRFProtect(app)
    _login_manager(app)
    actions.actions.init_app(app)
    pages.init_app(app)
    return app


def _login_manager(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "pages.log_in"
    manager.login_message = None  # the login page says it itself

    @manager.user_loader
    def load(user_id: str) -> User | None:
        return db().get(User, int(user_id))


def _kept_key(path: Path) -> str:
    """The key that signs the sessions: made by the first start, kept for the next."""
    if not path.exists():
        draft = path.with_name(f"{path.name}-{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            # A link, not a rename: of two processes that start together, the first one's key stays.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
