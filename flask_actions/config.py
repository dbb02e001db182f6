"""The settings: an app's ``ACTIONS_*`` configuration in, one frozen object out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

SECRET_FIELDS = ("password", "passwd", "secret", "token", "otp", "pin", "cvv")
HTMX_VERSIONS = {"2": "2.0.11", "4": "4.0.1"}

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an application decided, read once in ``init_app``.

    :ivar max_body: bytes that the body of a call may have.
    :ivar result_store: ``"session"``, ``"cookie"`` or a cachelib cache.
    :ivar result_ttl: seconds that an unread result waits.
    :ivar htmx_version: the vendored htmx, ``"4.0.1"`` or ``"2.0.11"``.
    """

    url_prefix: str
    max_body: int
    trusted_origins: tuple[str, ...]
    wire: Literal["plain", "astro"]
    result_store: Any
    result_ttl: int
    secret_fields: tuple[str, ...]
    htmx_version: str


def read_settings(config: Mapping[str, Any], url_prefix: str | None = None) -> Settings:
    """The settings of an application.

    :raises ValueError: naming the setting that cannot be used, and what it takes.
    """
    return Settings(
        url_prefix=_prefix(url_prefix or config.get("ACTIONS_URL_PREFIX", "/_actions")),
        max_body=size_in_bytes(config.get("ACTIONS_MAX_BODY", 2**20), "ACTIONS_MAX_BODY"),
        trusted_origins=tuple(
            _origin(text) for text in _texts(config.get("ACTIONS_TRUSTED_ORIGINS", ()))
        ),
        wire=_wire(config.get("ACTIONS_WIRE", "plain")),
        result_store=_store(config.get("ACTIONS_RESULT_STORE", "session")),
        result_ttl=_seconds(config.get("ACTIONS_RESULT_TTL", 600)),
        secret_fields=tuple(
            text.lower() for text in _texts(config.get("ACTIONS_SECRET_FIELDS", SECRET_FIELDS))
        ),
        htmx_version=htmx_version(config.get("ACTIONS_HTMX_VERSION", "4")),
    )


def size_in_bytes(size: int | str, what: str = "A size") -> int:
    """A size as a number of bytes: ``1048576``, ``"2 MB"`` (10^6) or ``"2 MiB"`` (2^20).

    :raises ValueError: if it is neither, or not above zero.
    """
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return size
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", size) if type(size) is str else None
    if found and found[2].lower() in _UNITS and float(found[1]) > 0:
        return int(float(found[1]) * _UNITS[found[2].lower()])
    raise ValueError(f"{what} is {size!r}: write bytes (1048576) or a text such as '2 MB' or '2 MiB'.")


def htmx_version(version: object) -> str:
    """The vendored version that ``4``, ``"2"`` or ``"4.0.1"`` means.

    :raises ValueError: if none is vendored under that name.
    """
    text = str(version)
    if text in HTMX_VERSIONS.values():
        return text
    if text in HTMX_VERSIONS:
        return HTMX_VERSIONS[text]
    known = ", ".join(repr(name) for pair in HTMX_VERSIONS.items() for name in pair)
    raise ValueError(f"ACTIONS_HTMX_VERSION is {version!r}: the package has {known}.")


def _prefix(prefix: str) -> str:
    if not prefix.startswith("/") or "<" in prefix or not prefix.strip("/"):
        raise ValueError(
            f"ACTIONS_URL_PREFIX is {prefix!r}: it starts with a slash and names a place of its own, "
            f"such as '/_actions'."
        )
    return prefix.rstrip("/")


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    # One origin or one name written as a bare text is what was meant, not its letters.
    return (value,) if isinstance(value, str) else tuple(value)


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://(\*\.)?[^/*\s]+", text.rstrip("/")):
        raise ValueError(
            f"ACTIONS_TRUSTED_ORIGINS has {text!r}: write scheme and host, such as "
            f"'https://app.example.com' or 'https://*.example.com'."
        )
    return text.rstrip("/").lower()


def _wire(wire: Any) -> Literal["plain", "astro"]:
    if wire not in ("plain", "astro"):
        raise ValueError(f"ACTIONS_WIRE is {wire!r}: it is 'plain' or 'astro'.")
    return "astro" if wire == "astro" else "plain"


def _store(store: Any) -> Any:
    if store in ("session", "cookie") or all(
        hasattr(store, verb) for verb in ("get", "set", "delete")
    ):
        return store
    raise ValueError(
        f"ACTIONS_RESULT_STORE is {store!r}: it is 'session', 'cookie' or a cachelib cache, "
        f"such as cachelib.RedisCache()."
    )


def _seconds(seconds: Any) -> int:
    if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
        return seconds
    raise ValueError(f"ACTIONS_RESULT_TTL is {seconds!r}: it is a number of seconds, such as 600.")
