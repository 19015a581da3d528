"""The mistakes people make in YAML have names of their own, whichever parser met them."""

import pytest
import yaml

from sessions import schedule_nodes
from sessions.schedule_words import MESSAGES
from sessions.yaml_mistakes import UNKNOWN

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]
MISTAKES = {
    "expo:\n\tid: x": ("yaml-tab", 2),
    "title: عنوان\nid: `x`": ("yaml-character", 2),
    "id: @x": ("yaml-character", 1),
    "title: Water: for all": ("yaml-colon", 1),
    "a: \u20ac: b": ("yaml-colon", 1),
    "expo:\n  id: x\n  edition\n  title: y\n": ("yaml-no-colon", 4),
    "expo: 'never closed": ("yaml-open-quote", 1),
    'expo: "never closed\nid: x\n': ("yaml-open-quote", 1),
    'expo: "C:\\hall"': ("yaml-escape", 1),
    "expo:\n  id: x\n   title: y": ("yaml-colon", 3),
    "days:\n  - n: 1\n - n: 2": ("yaml-indent", 3),
    "expo:\n    id: x\n  title: y": ("yaml-indent", 3),
    "links: [a, b\nid: x": ("yaml-bracket", 2),
    "links: {a: b c: d}": ("yaml-bracket", 1),
}


@pytest.mark.parametrize("loader", LOADERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("text", MISTAKES)
def test_usual_mistake_is_told_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, loader: type, text: str
) -> None:
    monkeypatch.setattr(schedule_nodes, "_LOADER", loader)

    _, (found,) = schedule_nodes.read(text.encode())

    code, line = MISTAKES[text]
    assert (found.code, found.line) == (code, line)
    told = MESSAGES[found.code].format(**found.facts)
    assert str(found.facts["column"]) in told


def test_character_that_may_not_stand_there_is_quoted() -> None:
    _, (found,) = schedule_nodes.read("title: عنوان\nid: `x`".encode())

    assert found.facts == {"column": 5, "character": "`"}


@pytest.mark.parametrize("loader", LOADERS, ids=lambda one: one.__name__)
def test_oddity_nobody_makes_is_told_without_the_parsers_words(
    monkeypatch: pytest.MonkeyPatch, loader: type
) -> None:
    monkeypatch.setattr(schedule_nodes, "_LOADER", loader)

    _, (found,) = schedule_nodes.read(b"%YAML 9.9\n--- a\n")

    assert found.code == UNKNOWN
    assert set(found.facts) == {"column"}
