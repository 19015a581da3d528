"""The house's own rules for templates, styles and scripts; each scanner is first shown to bite."""

from pathlib import Path

import pytest

from tests.floor_plan import front
from tests.floor_plan.python_files import ROOT, name_of

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "expo" / "web" / "static"
STYLES = sorted(STATIC.rglob("*.css"))
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)

# Where left and right are meant, not start and end: file -> declaration -> reason.
PHYSICAL_ALLOWED: dict[str, dict[str, str]] = {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Voting is open</p>",
        "<p>التصويت مفتوح</p>",
        '<p>{{ "Open now" if x else "Closed" }}</p>',
        '<img alt="A photograph">',
        '<button aria-label="Close">×</button>',
        '<p style="color: red">{{ _("Open") }}</p>',
        '<button onclick="go()">{{ _("Go") }}</button>',
        "<style>p { color: red }</style>",
        "<script>go()</script>",
        '<a href="javascript:go()">{{ _("Go") }}</a>',
        "<p>{{ text|safe }}</p>",
        "{% if x %}<p>Yes</p>{% else %}<p>{{ _('No') }}</p>{% endif %}",
        "{% block main %}{% for x in y %}<li>Item</li>{% endfor %}{% endblock %}",
    ],
)
def test_template_fault_is_found(source: str) -> None:
    assert len(front.template_faults(source)) >= 1


@pytest.mark.parametrize(
    "source",
    [
        '<p>{{ _("Voting is open") }}</p>',
        "<p>{% trans n=n %}One ballot{% pluralize %}{{ n }} ballots{% endtrans %}</p>",
        '<p class="card {{ "wide" if x }}" data-state="open">{{ x }} · {{ n }}</p>',
        '<script type="module" src="{{ static("js/ballot.js") }}"></script>',
        '<script type="application/json" id="words">{"save": {{ _("Save")|tojson }}}</script>',
        '<a hreflang="en" lang="en" href="{{ other_href }}">English</a>',
        '{# Needs ballot: the view model. #}<img alt="" src="{{ static("mark.svg") }}">',
        '<input {% if x %}checked{% endif %} aria-label="{{ _("Rank {name}") }}">',
        '{% macro chip(x) %}<span class="chip">{{ x }}</span>{% endmacro %}{{ chip(_("Saved")) }}',
    ],
)
def test_sound_template_passes(source: str) -> None:
    assert front.template_faults(source) == []
    assert front.sentences_in_expressions(source) == []


def test_sentence_given_to_a_macro_is_found() -> None:
    assert len(front.sentences_in_expressions('{{ chip("Not yet saved") }}')) == 1
    assert len(front.sentences_in_expressions('{% set title = "Not yet saved" %}')) == 1


@pytest.mark.parametrize(
    "source",
    [
        "a { margin-left: 1px }",
        "a{left:0}",
        "a { text-align: right; }",
        "a { border-left-color: red }",
        "a { border-top-left-radius: 2px }",
        "a { float: left }",
    ],
)
def test_physical_style_is_found(source: str) -> None:
    assert len(front.physical_styles(source)) == 1


def test_logical_style_passes() -> None:
    source = "a { inset-inline-start: 0; margin-inline: 1px; text-align: start } /* left: 1 */"

    assert front.physical_styles(source) == []


def test_script_that_makes_markup_is_found() -> None:
    assert front.script_faults("x.innerHTML = y;\nz.style.left = '1px';") == [
        "innerHTML",
        ".style.left",
    ]
    assert front.script_faults("x.textContent = y; z.style.setProperty('--p', 1);") == []


def test_other_host_is_found() -> None:
    assert front.hosts("@import '//cdn.example.com/x.css'; fetch('https://api.example.org/a')") == {
        "cdn.example.com",
        "api.example.org",
    }
    assert front.hosts("// a comment\nconst path = '/live/day';") == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_is_sound(path: Path) -> None:
    source = path.read_text()

    assert front.template_faults(source) + front.sentences_in_expressions(source) == []


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_style_knows_start_and_end_only(path: Path) -> None:
    allowed = PHYSICAL_ALLOWED.get(name_of(path), {})
    found = [name for name in front.physical_styles(path.read_text()) if name not in allowed]

    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_script_makes_no_markup_from_text(path: Path) -> None:
    assert front.script_faults(path.read_text()) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES, *SCRIPTS], ids=name_of)
def test_served_file_names_no_other_host(path: Path) -> None:
    lines = (ROOT / "tests/floor_plan/allowed_hosts.txt").read_text().splitlines()
    allowed = {line.split()[0] for line in lines if line and not line.startswith("#")}

    assert front.hosts(path.read_text()) - allowed == set()
