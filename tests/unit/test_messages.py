"""The tool that gathers what people read, on a small checkout of its own."""

import io
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from tools.messages import Locale

PYPROJECT = """
[[tool.babel.mappings]]
method = "python"
pattern = "voting/**.py"

[[tool.babel.mappings]]
method = "jinja2"
pattern = "templates/**"
trimmed = "true"
silent = "false"
"""
PYTHON = """
class ContestClosed(Refusal):
    code = N_("contest-closed")

class Fault:
    code: ClassVar[str] = N_("busy")

title = _("Ranking of {name}")
"""
FORMS = ["لا أصوات", "صوت واحد", "صوتان", "%(n)s أصوات", "%(n)s صوتًا", "%(n)s صوت"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    for folder in ("expo", "sessions", "voting", "templates/voting", "fragments"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "voting/contests.py").write_text(PYTHON)
    (tmp_path / "templates/voting/ballot.html").write_text(
        '<h1>{{ _("Voting is open") }}</h1>'
        "<p>{% trans n=n %}{{ n }} ballot{% pluralize %}{{ n }} ballots{% endtrans %}</p>"
    )
    return tmp_path


def entry(text: str, wording: str) -> str:
    return f'msgid "{text}"\nmsgstr "{wording}"\n\n'


def translate(checkout: Path, **changes: str) -> None:
    """Fragments that word everything, some of it changed by test."""
    arabic = {
        "contest-closed": "انتهى التصويت.",
        "busy": "الخادم مشغول.",
        "Voting is open": "التصويت مفتوح",
        "Ranking of {name}": "ترتيب {name}",
    } | changes
    plural = 'msgid "%(n)s ballot"\nmsgid_plural "%(n)s ballots"\n'
    plural += "".join(f'msgstr[{i}] "{form}"\n' for i, form in enumerate(FORMS))
    (checkout / "fragments/a.ar.po").write_text(
        "".join(entry(*pair) for pair in arabic.items()) + plural
    )
    (checkout / "fragments/a.en.po").write_text(
        entry("contest-closed", "Voting has ended.") + entry("busy", "The server is busy.")
    )


def gathered(checkout: Path) -> Locale:
    files = Locale(checkout)
    assert [*files.extract(), *files.update(), *files.absorb(checkout / "fragments")] == []
    return files


def test_complete_catalogues_pass(checkout: Path) -> None:
    translate(checkout)

    assert gathered(checkout).check() == []


def test_code_needs_words_in_both_languages_and_a_sentence_in_arabic(checkout: Path) -> None:
    assert sorted(gathered(checkout).check()) == [
        "locale/ar/LC_MESSAGES/sawt.po: '%(n)s ballot': not translated",
        "locale/ar/LC_MESSAGES/sawt.po: 'Ranking of {name}': not translated",
        "locale/ar/LC_MESSAGES/sawt.po: 'Voting is open': not translated",
        "locale/ar/LC_MESSAGES/sawt.po: 'busy': not translated",
        "locale/ar/LC_MESSAGES/sawt.po: 'contest-closed': not translated",
        "locale/en/LC_MESSAGES/sawt.po: 'busy': not translated",
        "locale/en/LC_MESSAGES/sawt.po: 'contest-closed': not translated",
    ]


def test_same_sources_give_the_same_bytes_in_any_order(checkout: Path) -> None:
    translate(checkout)
    files = gathered(checkout)
    before = [path.read_bytes() for path in sorted((checkout / "locale").rglob("*.po*"))]

    files.absorb(checkout / "fragments")
    files.update()
    files.extract()

    after = [path.read_bytes() for path in sorted((checkout / "locale").rglob("*.po*"))]
    assert after == before
    assert b"Date" not in b"".join(after)


def test_sentence_added_to_a_page_is_missed_until_gathered(checkout: Path) -> None:
    translate(checkout)
    files = gathered(checkout)
    (checkout / "templates/voting/more.html").write_text('{{ _("See you tomorrow") }}')

    assert any("run `make messages`" in line for line in files.check())
    assert any("'See you tomorrow': not translated" in line for line in files.check())


def test_wording_survives_the_absence_of_its_message(checkout: Path) -> None:
    translate(checkout)
    files = gathered(checkout)
    page = checkout / "templates/voting/ballot.html"
    source = page.read_text()
    page.write_text("")
    files.extract()
    files.update()

    page.write_text(source)
    files.extract()
    files.update()

    assert files.check() == []


def test_pruning_forgets_what_nobody_uses(checkout: Path) -> None:
    translate(checkout)
    files = gathered(checkout)
    (checkout / "templates/voting/ballot.html").write_text("")
    files.extract()
    files.update()
    assert b"#~ msgid" in files.po("ar").read_bytes()

    files.update(prune=True)

    assert b"#~ msgid" not in files.po("ar").read_bytes()


@pytest.mark.parametrize(
    ("text", "wording", "fault"),
    [
        ("Ranking of {name}", "ترتيب", "leaves out the placeholders ['name']"),
        ("Ranking of {name}", "ترتيب {name} {other}", "names unknown placeholders ['other']"),
        ("Voting is open", "Voting is open", "holds no Arabic letter"),
        ("Voting is open", "<b>التصويت</b> مفتوح", "brings markup of its own"),
        ("Voting is open", "التصويت \u202eمفتوح", "holds an invisible direction mark"),
    ],
)
def test_wrong_wording_is_named(checkout: Path, text: str, wording: str, fault: str) -> None:
    translate(checkout, **{text: wording})

    said = gathered(checkout).check()

    assert len(said) == 1
    assert fault in said[0]


def test_unreadable_template_is_named_and_the_rest_gathered(checkout: Path) -> None:
    (checkout / "templates/voting/broken.html").write_text("{% if %}")
    files = Locale(checkout)

    said = files.extract()

    assert len(said) == 1
    assert said[0].startswith("warning: templates/voting/broken.html: ")
    assert b"Voting is open" in files.template.read_bytes()


def test_arabic_numbers_choose_the_form_the_translator_wrote(checkout: Path) -> None:
    translate(checkout)
    files = gathered(checkout)
    compiled = io.BytesIO()
    with files.po("ar").open("rb") as file:
        write_mo(compiled, read_po(file, locale="ar"))
    compiled.seek(0)
    arabic = Translations(compiled)

    chosen = [arabic.ngettext("%(n)s ballot", "%(n)s ballots", n) for n in (0, 1, 2, 3, 11, 100)]

    assert chosen == FORMS
