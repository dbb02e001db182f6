"""The vendored browser assets are what their packages shipped, each with its licence."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
MANIFEST = json.loads((STATIC / "manifest.json").read_text())
FOLDERS = [
    path.parent
    for place in ("static", "demo/static/vendor")
    for path in sorted((ROOT / place).glob("*/VERSION"))
]


def facts(folder: Path) -> dict[str, str]:
    """What is said of a package, without its files."""
    return {name: value for name, value in _lines(folder) if name not in ("file", "integrity")}


def files(folder: Path) -> dict[str, str]:
    """The vendored files of a package, each with its hash."""
    lines = _lines(folder)
    names = [value for name, value in lines if name == "file"]
    hashes = [value for name, value in lines if name == "integrity"]
    return dict(zip(names, hashes, strict=True))


def _lines(folder: Path) -> list[list[str]]:
    return [line.split(": ", 1) for line in (folder / "VERSION").read_text().splitlines()]


def integrity(file: Path) -> str:
    digest = hashlib.sha384(file.read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vendored_file_is_unchanged(folder):
    told = files(folder)

    assert told
    assert {name: integrity(folder / name) for name in told} == told
    assert folder.name.endswith(facts(folder)["version"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vendored_file_has_its_licence_beside_it_and_nothing_more(folder):
    told = files(folder)
    others = {path.name for path in folder.iterdir()} - {*told, "VERSION"}
    # A bundle names the licences of what is in it in a file of its own.
    beside = {f"{name}.LICENSE" for name in told}

    assert facts(folder)["licence"]
    assert "LICENSE" in {Path(name).stem for name in others}
    assert {Path(name).stem for name in others} <= {"LICENSE", "NOTICE", *beside}


@pytest.mark.parametrize(
    ("package", "version"),
    [
        pytest.param(package, version, id=f"{package} {version}")
        for package, versions in MANIFEST.items()
        for version in versions
    ],
)
def test_manifest_says_what_a_browser_will_compute(package, version):
    told = MANIFEST[package][version]
    folder = (STATIC / told["file"]).parent
    hashes = {told["file"]: told["integrity"], **told.get("more", {})}

    assert {name: integrity(STATIC / name) for name in hashes} == hashes
    assert facts(folder) == {"package": package, "version": version, "licence": told["licence"]}


def test_manifest_names_every_vendored_file():
    named = {
        name
        for versions in MANIFEST.values()
        for told in versions.values()
        for name in (told["file"], *told.get("more", ()))
    }

    assert named == {
        f"{folder.name}/{name}"
        for folder in FOLDERS
        if folder.parent == STATIC
        for name in files(folder)
    }
