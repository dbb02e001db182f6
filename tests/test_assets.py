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
    lines = (folder / "VERSION").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def integrity(file: Path) -> str:
    digest = hashlib.sha384(file.read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vendored_file_is_unchanged(folder):
    told = facts(folder)

    assert integrity(folder / told["file"]) == told["integrity"]
    assert folder.name.endswith(told["version"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vendored_file_has_its_licence_beside_it_and_nothing_more(folder):
    told = facts(folder)
    others = {path.name for path in folder.iterdir()} - {told["file"], "VERSION"}

    assert told["licence"]
    assert {Path(name).stem for name in others} == {"LICENSE"}


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
    beside = facts((STATIC / told["file"]).parent)

    assert integrity(STATIC / told["file"]) == told["integrity"]
    assert (beside["package"], beside["version"]) == (package, version)
    assert (beside["licence"], beside["integrity"]) == (told["licence"], told["integrity"])


def test_manifest_names_every_vendored_package():
    named = {told["file"] for versions in MANIFEST.values() for told in versions.values()}

    assert named == {
        f"{folder.name}/{facts(folder)['file']}" for folder in FOLDERS if folder.parent == STATIC
    }
