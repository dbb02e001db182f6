"""Refuse what another site sent: the headers of a request in, a refusal or nothing out.

The algorithm is that of Go's ``net/http.CrossOriginProtection``; browsers have sent
``Sec-Fetch-Site`` since 2023 and ``Origin`` with every POST since 2020 (Fetch, 3.2).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .errors import Refusal
from .messages import Text
from .urls import bare_host


def check_origin(
    *, origin: str | None, fetch_site: str | None, host: str, trusted: tuple[str, ...]
) -> None:
    """Let a request pass that this site's own pages sent, or no browser at all.

    :param origin: the ``Origin`` header.
    :param fetch_site: the ``Sec-Fetch-Site`` header.
    :param host: host and port that the request was made to.
    :param trusted: further origins, ``https://*.example.com`` for all subdomains.
    :raises Refusal: ``FORBIDDEN``, naming both origins and the setting.
    """
    if trusted and origin and any(_matches(origin.lower(), pattern) for pattern in trusted):
        return
    if fetch_site in ("same-origin", "none"):
        return
    if not fetch_site and (not origin or _same_host(origin, host)):
        return
    raise Refusal("FORBIDDEN", Text("from_another_site", origin=origin or fetch_site, host=host))


def _same_host(origin: str, host: str) -> bool:
    # "null" has no host, so it is refused. The scheme is not compared: behind a proxy that ends
    # TLS the application sees http where the browser sees https.
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(netloc) and bare_host(netloc) == bare_host(host)


def _matches(origin: str, pattern: str) -> bool:
    scheme, wild, domain = pattern.partition("://*")
    if not wild:
        return origin == pattern
    host = origin.removeprefix(f"{scheme}://").removesuffix(domain)
    # What stands for the star is the rest of a host, and no port, path or user's name.
    return origin == f"{scheme}://{host}{domain}" and bool(re.fullmatch(r"[^\s/\\?#@:]+", host))
