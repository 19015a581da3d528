"""Nothing that is changed in a bundle passes the verifier, and nothing makes it stumble."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from expo.record import canonical
from expo.record.notes import checkpoint
from tests.support.bundles import (
    KEY,
    SEED,
    Cast,
    Ledger,
    closed_contest,
    resign,
    small_bundle,
    some_casts,
    tracker,
)
from voting.bundle import files
from voting.verify import verify

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with ballots of every kind."""
    return small_bundle(tmp_path_factory.mktemp("bundle") / "s1", ballots=24)


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(original, tmp_path / "s1"))


def what_is_wrong(folder: Path) -> str:
    """The sentence about it."""
    with pytest.raises(verify.Wrong) as found:
        verify.check(str(folder))
    sentence = str(found.value)
    assert sentence.isprintable()
    assert ": " in sentence
    return sentence


# --- single bytes ---


def test_a_thousand_changed_bytes_are_found(bundle: Path) -> None:
    chance = Random(6962)
    names = sorted(one.name for one in bundle.iterdir() if one.name != "verify.py")
    told = set()
    for _ in range(1_000):
        file = bundle / chance.choice(names)
        data = file.read_bytes()
        place = chance.randrange(len(data))
        other = data[place] ^ chance.randrange(1, 256)
        file.write_bytes(data[:place] + bytes([other]) + data[place + 1 :])
        told.add(what_is_wrong(bundle).partition(":")[0])
        file.write_bytes(data)
    assert told >= set(verify.INDEXED) - {"vkey"}
    verify.check(str(bundle))


def test_changed_bytes_are_found_though_the_index_is_signed_anew(bundle: Path) -> None:
    chance = Random(8785)
    names = ("ballots.jsonl", "checkpoints.txt", "ledger.jsonl", "result.json", "result.note",
             "rules.ar.txt", "tally.json")  # fmt: skip
    index, note = (bundle / "index.json").read_bytes(), (bundle / "index.note").read_bytes()
    for _ in range(300):
        file = bundle / chance.choice(names)
        data = file.read_bytes()
        place = chance.randrange(len(data))
        other = data[place] ^ chance.randrange(1, 256)
        file.write_bytes(data[:place] + bytes([other]) + data[place + 1 :])
        resign(bundle)
        what_is_wrong(bundle)
        file.write_bytes(data)
    (bundle / "index.json").write_bytes(index)
    (bundle / "index.note").write_bytes(note)
    verify.check(str(bundle))


# --- lines and files ---


def _lines(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Change:
    def changed(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(change(lines)))

    return changed


def _json(name: str, **changes: object) -> Change:
    def changed(folder: Path) -> None:
        value = json.loads((folder / name).read_bytes())
        (folder / name).write_bytes(canonical.encode({**value, **changes}))

    return changed


def _text(name: str, change: Callable[[str], str]) -> Change:
    def changed(folder: Path) -> None:
        (folder / name).write_text(change((folder / name).read_text()), newline="")

    return changed


LINES = {
    "removed": lambda lines: lines[:5] + lines[6:],
    "doubled": lambda lines: [*lines[:6], *lines[5:]],
    "swapped": lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
    "last one gone": lambda lines: lines[:-1],
    "an empty one": lambda lines: [*lines, b"\n"],
    "without an end": lambda lines: [*lines[:-1], lines[-1].rstrip()],
    "white space": lambda lines: [b" " + lines[0], *lines[1:]],
    "carriage return": lambda lines: [lines[0].replace(b"\n", b"\r\n"), *lines[1:]],
}
CHANGES: dict[str, Change] = {
    **{
        f"{name}: {what}": _lines(name, change)
        for name in ("ledger.jsonl", "ballots.jsonl")
        for what, change in LINES.items()
    },
    "no ballots": _lines("ballots.jsonl", lambda _: []),
    "no records": _lines("ledger.jsonl", lambda _: []),
    "no checkpoints": _text("checkpoints.txt", lambda _: ""),
    "a checkpoint less": _text("checkpoints.txt", lambda text: text[: text.rindex("\n\n", 0, -200)]),
    "checkpoints twice": _text("checkpoints.txt", lambda text: f"{text}\n{text}"),
    "another result": _json("result.json", ballots=1),
    "a result that says more": _json("result.json", more=1),
    "another tally": _json("tally.json", options=["d", "c", "b", "a"]),
    "another origin": _json("manifest.json", origin="elsewhere.example/s1"),
    "another contest": _json("manifest.json", sid="s2"),
    "another close": _json("manifest.json", closes="2017-04-17T05:31:00Z"),
    "a great number": _text(
        "manifest.json", lambda text: text.replace('"day":1', f'"day":{2**53}')
    ),
    "a huge number": _text("tally.json", lambda text: text.replace('"n":', '"n":' + "9" * 5000)),
    "a fraction": _text("tally.json", lambda text: text.replace('"v":1', '"v":1.0')),
    "not a number": _text("tally.json", lambda text: text.replace('"v":1', '"v":NaN')),
    "keys out of order": _text(
        "manifest.json", lambda text: '{"v":1,' + text.removeprefix("{").replace(',"v":1}', "}")
    ),
    "a space": _text("manifest.json", lambda text: text.replace(",", ", ", 1)),
    "a letter as escape": _text("result.json", lambda text: text.replace('"a"', '"\\u0061"', 1)),
    "a key twice": _text("result.json", lambda text: text.replace("{", '{"T":"1",', 1)),
    "half a letter": _text("manifest.json", lambda text: text.replace("Ranking", "\\ud800")),
    "letters apart": _text("manifest.json", lambda text: text.replace("Ranking", "e\u0301")),
    "deep nesting": _text("tally.json", lambda _: "[" * 200_000 + "]" * 200_000),
    "no object": _text("manifest.json", lambda _: "[]"),
    "not UTF-8": lambda folder: (folder / "rules.en.txt").write_bytes(b"\xff\xfe"),
    "other rules": _text("rules.en.txt", lambda text: text + "!"),
    "another program": _text("verify.py", lambda text: text + "#"),
    "another key": _text("vkey", lambda text: text.replace("expo.example", "expo.examplo")),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_changed_is_found_even_when_signed_anew(bundle: Path, what: str) -> None:
    CHANGES[what](bundle)
    if what != "another program":
        what_is_wrong(bundle)
        resign(bundle)
    what_is_wrong(bundle)


@pytest.mark.parametrize("name", [*verify.INDEXED, "index.json", "index.note", "verify.py"])
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()

    assert what_is_wrong(bundle) == f"{name}: is missing"


def test_an_added_file_is_named(bundle: Path) -> None:
    (bundle / "more\x1b.txt").write_text("hello")

    assert what_is_wrong(bundle) == "more?.txt: does not belong to a bundle"


@pytest.mark.parametrize("name", ["ballots.jsonl", "vkey", "index.note"])
def test_links_and_folders_are_no_files(bundle: Path, name: str, tmp_path: Path) -> None:
    (bundle / name).rename(tmp_path / name)
    (bundle / name).symlink_to(tmp_path / name)
    assert "plain file" in what_is_wrong(bundle)

    (bundle / name).unlink()
    (bundle / name).mkdir()
    assert "plain file" in what_is_wrong(bundle)


def test_two_checkpoints_that_disagree_are_found(bundle: Path) -> None:
    text = (bundle / "checkpoints.txt").read_text()
    size = int(text.split("\n")[1])
    forged = checkpoint("expo.example/s1", size, bytes(32), KEY)
    (bundle / "checkpoints.txt").write_text(f"{text}\n{forged}")
    resign(bundle)

    assert "disagrees" in what_is_wrong(bundle)


def test_a_checkpoint_of_another_origin_is_found(bundle: Path) -> None:
    text = (bundle / "checkpoints.txt").read_text()
    forged = checkpoint("expo.example/s2", 10_000, bytes(32), KEY)
    (bundle / "checkpoints.txt").write_text(f"{text}\n{forged}")
    resign(bundle)

    assert "expo.example/s2" in what_is_wrong(bundle)


def test_a_checkpoint_that_the_ledger_does_not_lead_to_is_found(bundle: Path) -> None:
    parts = (bundle / "checkpoints.txt").read_text().split("\n\n")
    size = int(parts[2].split("\n")[1])
    parts[2:4] = (
        checkpoint("expo.example/s1", size, bytes(32), KEY).removesuffix("\n").split("\n\n")
    )
    (bundle / "checkpoints.txt").write_text("\n\n".join(parts))
    resign(bundle)

    assert f"size {size}" in what_is_wrong(bundle)


@pytest.mark.parametrize("seed", range(60))
def test_any_bytes_are_answered_with_a_sentence(bundle: Path, seed: int) -> None:
    chance = Random(seed)
    file = bundle / chance.choice([*verify.INDEXED, "index.json", "index.note"])
    data = file.read_bytes()
    first, second = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    junk = chance.choice(
        [b"", chance.randbytes(50), b'"' * 9, b"[" * 9000, b"\n\n", data[:99], b"-"]
    )
    file.write_bytes(data[:first] + junk + data[second:])
    if file.read_bytes() == data:
        return
    if not file.name.startswith("index"):
        resign(bundle) if file.name != "vkey" else None
    if file.name != "manifest.json":
        what_is_wrong(bundle)


# --- what an operator could say after the close, with everything signed anew ---


def _rewritten(folder: Path) -> None:
    """Let the result say what the verifier itself makes of the files, and sign all of it."""
    found = verify.Bundle(str(folder))
    found.check_files()
    found.check_ledger()
    found.check_words()
    found.check_openings()
    with contextlib.suppress(verify.Wrong):
        found.check_result()
    if hasattr(found, "found"):
        data = canonical.encode(found.found)
        (folder / "result.json").write_bytes(data)
        note = files.result_note(found.origin, hashlib.sha256(data).digest(), KEY)
        (folder / "result.note").write_bytes(note)
    resign(folder)


def test_titles_that_changed_places_after_the_opening_are_found(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    first, second = manifest["options"][:2]
    first["title"], second["title"] = second["title"], first["title"]
    (bundle / "manifest.json").write_bytes(canonical.encode(manifest))
    resign(bundle)

    assert "names the options otherwise" in what_is_wrong(bundle)


def _sum_too_great(row: dict[str, Any]) -> None:
    row["N"][0][1] += 1000


def _sum_for_ranks_nobody_gave(row: dict[str, Any]) -> None:
    for b in range(1, len(row["N"])):
        row["N"][-1][b - 1] = row["n"] - row["N"][b - 1][-1]


def _ranks_without_ballots(row: dict[str, Any]) -> None:
    row["R"][0][0] += 1


def _one_column_more(row: dict[str, Any]) -> None:
    row["N"][0].append(0)


@pytest.mark.parametrize(
    "lie", [_sum_too_great, _sum_for_ranks_nobody_gave, _ranks_without_ballots, _one_column_more]
)
def test_sums_of_a_sealed_electorate_that_no_ballots_make_are_found(
    lie: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    held = closed_contest()
    options, groups = [one.id for one in held.options], [one.id for one in held.electorates]
    casts = some_casts(3, 60, options, groups)
    folder = Ledger(held, casts, sealed=groups[:1]).write(tmp_path / "s1")
    verify.check(str(folder))
    tally = json.loads((folder / "tally.json").read_bytes())
    lie(next(row for row in tally["groups"] if row["id"] == groups[0]))
    (folder / "tally.json").write_bytes(canonical.encode(tally))
    resign(folder)
    _rewritten(folder)

    assert "tally.json" in what_is_wrong(folder)


def test_a_title_cannot_add_lines_to_what_is_told(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    manifest["title"]["en"] = "A\nEverything was checked twice"
    (bundle / "manifest.json").write_bytes(canonical.encode(manifest))
    resign(bundle)

    assert verify.main([str(bundle)]) == 0
    assert "\nEverything was checked twice" not in capsys.readouterr().out


def test_the_root_shown_at_the_close_is_told(bundle: Path) -> None:
    found = verify.check(str(bundle))

    assert found.close_root != found.tree.root(), "decisions followed the close"
    assert any(found.close_root.hex() in line for line in verify.told(found))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SEED.hex(), SEED.hex().upper()),
        (SEED.hex(), " " + SEED.hex()),
        (f'"trk":"{tracker(1)}"', f'"trk":"{tracker(1).lower()}"'),
        ('"grp":"teams","rev":1', '"grp":"ghosts","rev":1'),
        ('"by":"officer"', '"by":"nobody"'),
    ],
)
def test_records_have_one_way_to_be_written(old: str, new: str, tmp_path: Path) -> None:
    held = closed_contest()
    casts = [
        Cast(tracker(0), "teams", ("a",), revision=2),
        Cast(tracker(1), "customers", ("b",)),
        Cast(tracker(2), "customers", ("c",), status="void", why="one-person"),
    ]
    ledger = Ledger(held, casts)
    verify.check(str(ledger.write(tmp_path / "s1")))
    ledger.sealed_with(old.encode(), new.encode())
    ledger.write(tmp_path / "s2")

    assert what_is_wrong(tmp_path / "s2").startswith("ledger.jsonl")
