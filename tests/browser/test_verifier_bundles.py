"""Bundles checked in Chromium: whole ones, tampered ones, and changed by chance."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from tests.support.bundles import KEY, Ledger, closed_contest, small_bundle, some_casts
from tests.support.static_site import Ask, asking
from voting.bundle import files
from voting.contests import Rules

_MUTANTS: Final = 300
_SIGNING: Final = ("index.json", "index.note")
_NOTHING: Final[Mapping[str, bytes | None]] = {}

_CHECK: Final = """async ({ files, keys, receipts }) => {
  const { Bundle, verify } = await import('/js/verify/bundle.js');
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const bundle = new Bundle(new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])), keys, receipts), said = [];
  const right = await verify(bundle, one => one.state === 'running' || said.push([one.check, one.state, one.code, one.facts.file ?? '']));
  return { right, said, ranks: bundle.result?.ranks ?? null, receipts: right ? bundle.receipts() : null };
}"""
_MUTATE: Final = """async ({ files, keys, changes }) => {
  const { Bundle, verify } = await import('/js/verify/bundle.js');
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const whole = new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])), missed = [];
  for (const [name, at, by] of changes) {
    const changed = whole.get(name).slice(), said = [];
    changed[at] ^= by;
    const right = await verify(new Bundle(new Map([...whole, [name, changed]]), keys), one => said.push(one));
    if (right || said.at(-1).state !== 'wrong') missed.push([name, at, by]);
  }
  return missed;
}"""


@pytest.fixture(scope="module")
def ask(browser: Browser) -> Iterator[Ask]:
    """Has a page of our static files evaluate something."""
    with asking(browser) as found:
        yield found


def _asked(
    folder: Path, keys: list[str] | None = None, changed: Mapping[str, bytes | None] = _NOTHING
) -> dict[str, Any]:
    found: dict[str, bytes] = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, data in changed.items():
        if data is None:
            del found[name]
        else:
            found[name] = data
    known = [base64.b64encode(KEY.public).decode()] if keys is None else keys
    packed = {name: base64.b64encode(data).decode() for name, data in found.items()}
    return {"files": packed, "keys": known, "receipts": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with ballots of every kind."""
    return small_bundle(tmp_path_factory.mktemp("bundle") / "s1", seed=3, ballots=120)


def test_whole_bundle_is_right(ask: Ask, folder: Path) -> None:
    found = ask(_CHECK, _asked(folder))

    assert [(state, code) for _, state, code, _ in found["said"]] == [("right", "")] * 9
    assert found["right"] is True
    assert found["ranks"] == json.loads((folder / "result.json").read_text())["ranks"]


def test_browser_without_cryptography_says_what_it_could_not_check(
    browser: Browser, folder: Path
) -> None:
    with asking(browser) as ask_it:
        ask_it("() => Object.defineProperty(crypto, 'subtle', { value: undefined })", None)
        found = ask_it(_CHECK, _asked(folder))

    assert found["right"] is True
    unknown = [(check, code) for check, state, code, _ in found["said"] if state != "right"]
    assert unknown == [("signatures", "no-ed25519")]


@pytest.mark.parametrize(
    ("method", "is_sealed", "is_few"),
    [
        ("schulze", False, False),
        ("borda", False, False),
        ("irv", False, False),
        ("ranked_pairs", True, False),
        ("ranked_pairs", True, True),
    ],
)
def test_bundle_of_every_method_is_made_anew_byte_for_byte(
    ask: Ask, tmp_path: Path, method: Any, is_sealed: bool, is_few: bool
) -> None:
    held = closed_contest(rules=_rules(method))
    groups = [one.id for one in held.electorates]
    casts = some_casts(7, 90, [one.id for one in held.options], groups)
    if is_few:
        casts = [one for one in casts if one.electorate != groups[0]] + [
            one for one in casts if one.electorate == groups[0]
        ][:6]
    made = Ledger(held, casts, sealed=groups[:1] if is_sealed else ()).write(tmp_path / "s1")

    found = ask(_CHECK, _asked(made))

    assert found["right"] is True, found["said"]


def _rules(method: Any) -> Rules:
    return Rules(method=method, max_ranked=5)


def _signed(found: dict[str, bytes]) -> dict[str, bytes]:
    """The same files under a new index, as whoever holds the key could make it."""
    origin = found["vkey"].decode().partition("+")[0]
    digest = hashlib.sha256(found["result.json"]).digest()
    found["result.note"] = files.result_note(origin, digest, KEY)
    known = {
        name: (hashlib.sha256(found[name]).hexdigest(), len(found[name])) for name in files.INDEXED
    }
    found["index.json"] = files.index(origin.rpartition("/")[2], known)
    digest = hashlib.sha256(found["index.json"]).digest()
    found["index.note"] = files.index_note(origin, digest, KEY)
    return found


def _lines(data: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    lines = data.splitlines(keepends=True)
    change(lines)
    return b"".join(lines)


def _swapped(lines: list[bytes]) -> None:
    lines[3], lines[4] = lines[4], lines[3]


def _edited(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


_RANKING: Final = re.compile(rb'"rank":\["[^\]]*\]')
TAMPERED: Final[dict[str, tuple[str, Callable[[bytes], bytes], tuple[str, str]]]] = {
    "a record taken out of the ledger": (
        "ledger.jsonl", lambda d: _lines(d, lambda all_: all_.pop(5)), ("ledger", "checkpoint-root")),
    "two records in another order": (
        "ledger.jsonl", lambda d: _lines(d, _swapped), ("ledger", "checkpoint-root")),
    "a record at the end that nobody signed": (
        "ledger.jsonl", lambda d: d + d.splitlines(keepends=True)[-1], ("ledger", "")),
    "a record with a space in it": (
        "ledger.jsonl", lambda d: _edited(d, b'"v":1}\n', b'"v": 1}\n'), ("ledger", "line-form")),
    "a checkpoint with another signature": (
        "checkpoints.txt", lambda d: d[:-20] + (b"A" if d[-20:-19] != b"A" else b"B") + d[-19:],
        ("signatures", "note-signature")),
    "a checkpoint of another ledger": (
        "checkpoints.txt", lambda d: _edited(d, b"expo.example/s1\n", b"expo.example/s2\n"),
        ("signatures", "note-origin")),
    "a ballot that says something else": (
        "ballots.jsonl", lambda d: _RANKING.sub(b'"rank":[]', d, count=1), ("ballots", "commitment")),
    "a ballot that is not opened": (
        "ballots.jsonl", lambda d: _lines(d, lambda all_: all_.pop()), ("ballots", "opening-missing")),
    "a ballot opened twice": (
        "ballots.jsonl", lambda d: _lines(d, lambda all_: all_.insert(1, all_[0])),
        ("ballots", "opening-order")),
    "a held ballot that is said to count": (
        "ballots.jsonl", lambda d: _edited(d, b'"status":"held"', b'"status":"counted"'),
        ("ballots", "status")),
    "another weight in the manifest": (
        "manifest.json", lambda d: _edited(d, b'"w":', b'"w":1'), ("words", "manifest")),
    "titles that changed places": (
        "manifest.json", lambda d: d.replace(b"Initiative A", b"Initiative ?")
        .replace(b"Initiative B", b"Initiative A").replace(b"Initiative ?", b"Initiative B"),
        ("words", "manifest")),
    "other rules in words": ("rules.en.txt", lambda d: d + b"!", ("words", "rules")),
    "another sum of an electorate": (
        "tally.json", lambda d: _edited(d, b'"withdrawn":', b'"withdrawn":1'), ("result", "tally")),
    "another result": (
        "result.json", lambda d: _edited(d, b'"locked":true', b'"locked":false'), ("result", "result")),
}  # fmt: skip
"""By what was done: the file, the change, and the check with the code that tell it."""


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_by_whoever_holds_the_key_is_told(ask: Ask, folder: Path, what: str) -> None:
    name, change, (check, code) = TAMPERED[what]
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    found[name] = change(found[name])
    asked = _asked(folder)
    asked["files"] = {one: base64.b64encode(data).decode() for one, data in _signed(found).items()}

    said = ask(_CHECK, asked)

    assert said["right"] is False
    assert said["said"][-1][:2] == [check, "wrong"]
    assert code in said["said"][-1][2]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("result.json", b"{}", "file-changed"),
        ("tally.json", None, "file-missing"),
        ("notes.txt", b"hello", "file-strange"),
        ("index.json", b"{}", "note-digest"),
        ("vkey", b"expo.example/s1+00000000+AQ==\n", "note-vkey"),
    ],
)
def test_tampering_by_others_is_told(
    ask: Ask, folder: Path, name: str, data: bytes | None, code: str
) -> None:
    said = ask(_CHECK, _asked(folder, changed={name: data}))

    assert said["said"] == [
        ["files", "wrong", code, "index.json" if code == "note-digest" else name]
    ]


def test_bundle_signed_by_another_expo_is_told(ask: Ask, folder: Path) -> None:
    said = ask(_CHECK, _asked(folder, keys=[base64.b64encode(bytes(32)).decode()]))

    assert said["said"][-1] == ["key", "wrong", "key-strange", "vkey"]


def test_random_changes_of_single_bytes_are_all_told(ask: Ask, folder: Path) -> None:
    asked, chance = _asked(folder), Random(8)
    sizes = {name: (folder / name).stat().st_size for name in (*files.INDEXED, *_SIGNING)}
    names = list(sizes)
    asked["changes"] = [
        [name, chance.randrange(sizes[name]), chance.randrange(1, 256)]
        for name in (chance.choice(names) for _ in range(_MUTANTS))
    ]

    assert ask(_MUTATE, asked) == []
