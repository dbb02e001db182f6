"""The shelf on the server: texts of kept results in, files of a folder out, until they expire."""

from __future__ import annotations

import os
import time
from typing import IO, Any

from cachelib import FileSystemCache


class _Text:
    """Our own text in the files, not cachelib's pickle."""

    def dump(self, value: Any, f: IO[bytes], protocol: int = 0) -> None:
        f.write(str(value).encode(errors="surrogatepass"))

    def load(self, f: IO[bytes]) -> str:
        return f.read().decode(errors="surrogatepass")


class FileShelf(FileSystemCache):
    """Texts in files of a folder, which the first one makes; none goes before it expires."""

    # cachelib types the attribute by its default.
    serializer: Any = _Text()

    def __init__(self, folder: str, ttl: int) -> None:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # which cachelib would make for everybody
        # Threshold 0: cachelib would evict the oldest of many, expired or not.
        super().__init__(folder, threshold=0, default_timeout=ttl)
        self._folder = folder
        self._ttl = ttl
        self._swept = 0.0

    def set(self, *args: Any, **kwargs: Any) -> bool:
        os.makedirs(self._folder, mode=0o700, exist_ok=True)  # somebody may have cleared it away
        self._sweep(time.time())
        return super().set(*args, **kwargs)

    def _sweep(self, now: float) -> None:
        if now - self._swept < self._ttl:
            return
        self._swept = now
        for entry in os.scandir(self._folder):
            try:
                if entry.stat().st_mtime < now - 2 * self._ttl:
                    os.unlink(entry.path)
            except FileNotFoundError:  # another process swept it
                pass
