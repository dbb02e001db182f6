"""The settings: an app's ``ACTIONS_*`` configuration in, one frozen object out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

SECRET_FIELDS = ("password", "passwd", "secret", "token", "otp", "pin", "cvv")
HTMX_VERSIONS = {"2": "2.0.11", "4": "4.0.1"}

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30}


class Settings(NamedTuple):
    """What an application decided, read once in ``init_app``.

    :ivar max_body: bytes that the body of a call may have.
    :ivar result_store: ``"session"``, ``"cookie"`` or a cachelib cache.
    :ivar result_ttl: seconds that an unread result waits.
    :ivar htmx_version: the vendored htmx, ``"4.0.1"`` or ``"2.0.11"``.
    :ivar lazy_session: whether sessions are opened at the first look.
    :ivar openapi: whether ``openapi.json`` and its page are served.
    """

    url_prefix: str
    max_body: int
    trusted_origins: tuple[str, ...]
    wire: Literal["plain", "astro"]
    result_store: Any
    result_ttl: int
    secret_fields: tuple[str, ...]
    htmx_version: str
    lazy_session: bool
    openapi: bool


def read_settings(config: Mapping[str, Any], url_prefix: str | None = None) -> Settings:
    """The settings of an application.

    :raises ValueError: naming the setting that cannot be used, and what it takes.
    """
    return Settings(
        url_prefix=_prefix(config.get("ACTIONS_URL_PREFIX", "/_actions"), url_prefix),
        max_body=size_in_bytes(config.get("ACTIONS_MAX_BODY", 2**20), "ACTIONS_MAX_BODY"),
        trusted_origins=tuple(map(_origin, _texts(config, "ACTIONS_TRUSTED_ORIGINS", ()))),
        wire=_wire(config.get("ACTIONS_WIRE", "plain")),
        result_store=_store(config.get("ACTIONS_RESULT_STORE", "session")),
        result_ttl=_seconds(config.get("ACTIONS_RESULT_TTL", 600)),
        secret_fields=tuple(
            text.lower() for text in _texts(config, "ACTIONS_SECRET_FIELDS", SECRET_FIELDS)
        ),
        htmx_version=htmx_version(config.get("ACTIONS_HTMX_VERSION", "4")),
        lazy_session=_yes_or_no(config, "ACTIONS_LAZY_SESSION"),
        openapi=_yes_or_no(config, "ACTIONS_OPENAPI"),
    )


def unknown_settings(config: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The ``ACTIONS_*`` names that mean nothing, each with the setting that was meant, if any."""
    known = [name.upper() for name in Settings._fields]
    for name in config:
        own = name.removeprefix("ACTIONS_")
        if own != name and own not in known:
            from difflib import get_close_matches  # only when something went wrong

            near = get_close_matches(own, known, n=1, cutoff=0.5)
            yield name, f"ACTIONS_{near[0]}" if near else None
        elif (own := name.removeprefix("ACTION_")) != name and own in known:
            yield name, f"ACTIONS_{own}"


def size_in_bytes(size: int | str, what: str = "A size") -> int:
    """A size as a number of bytes: ``1048576``, ``"2 MB"`` (10^6) or ``"2 MiB"`` (2^20).

    :raises ValueError: if it is neither, or not above zero.
    """
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return size
    found = (
        re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", size) if type(size) is str else None
    )
    if found and found[2].lower() in _UNITS:
        number = int(Decimal(found[1]) * _UNITS[found[2].lower()])
        if number > 0:
            return number
    raise ValueError(
        f"{what} is {size!r}: write bytes (1048576) or a text such as '2 MB' or '2 MiB'."
    )


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


def _yes_or_no(config: Mapping[str, Any], name: str) -> bool:
    setting = config.get(name, False)
    if not isinstance(setting, bool):
        raise ValueError(f"{name} is {setting!r}: it is True or False.")
    return setting


def _prefix(setting: Any, argument: str | None) -> str:
    what, prefix = ("ACTIONS_URL_PREFIX", setting) if argument is None else ("url_prefix", argument)
    if isinstance(prefix, str) and re.fullmatch(r"(/[^/\s\\<>?#%]+)+/?", prefix):
        return prefix.rstrip("/")
    raise ValueError(
        f"{what} is {prefix!r}: it starts with a slash and names a place of its own, such as "
        f"'/_actions'."
    )


def _texts(config: Mapping[str, Any], name: str, default: Iterable[str]) -> tuple[str, ...]:
    value = config.get(name, default)
    # One origin or one name written as a bare text is what was meant, not its letters.
    texts = (value,) if isinstance(value, str) else value
    if isinstance(texts, Iterable):
        texts = tuple(texts)
        if all(isinstance(text, str) for text in texts):
            return texts
    raise ValueError(f"{name} is {value!r}: it is a list of texts, such as ['…'].")


_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://(\*\.)?[^/\\*?#@\s]+", text.rstrip("/").lower()):
        raise ValueError(
            f"ACTIONS_TRUSTED_ORIGINS has {text!r}: write scheme and host, such as "
            f"'https://app.example.com' or 'https://*.example.com'."
        )
    origin = text.rstrip("/").lower()
    # As a browser writes it: without the port that the scheme has anyway.
    return origin.removesuffix(_DEFAULT_PORT[origin.partition(":")[0]])


def _wire(wire: Any) -> Literal["plain", "astro"]:
    if wire not in ("plain", "astro"):
        raise ValueError(f"ACTIONS_WIRE is {wire!r}: it is 'plain' or 'astro'.")
    return "astro" if wire == "astro" else "plain"


def _store(store: Any) -> Any:
    is_cache = all(hasattr(store, verb) for verb in ("get", "set", "delete"))
    if store in ("session", "cookie") or (is_cache and not isinstance(store, type)):
        return store
    raise ValueError(
        f"ACTIONS_RESULT_STORE is {store!r}: it is 'session', 'cookie' or a cachelib cache, "
        f"such as cachelib.RedisCache()."
    )


def _seconds(seconds: Any) -> int:
    if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
        return seconds
    raise ValueError(f"ACTIONS_RESULT_TTL is {seconds!r}: it is a number of seconds, such as 600.")
