"""What happened in a rehearsal, as lines for a terminal."""

from expo.web import translations
from expo.web.translations import gettext as _
from expo.words import number
from sessions.rehearsal.election_day import Held
from sessions.rehearsal.report import Report


def figures(report: Report, held: Held | None) -> list[str]:
    """A line for each figure, in the language in force; the contest first when there was one."""
    waits = (report.percentile_ms(0.5), report.percentile_ms(0.99))
    rows = [
        (_("Connections"), _number(report.connected)),
        (_("Connections lost"), _number(report.lost_connections)),
        (_("Cut before the answer, on purpose"), _number(report.vanished)),
        (_("Ballots sent"), _number(report.sent)),
        (_("Told to come back later"), _number(report.put_off)),
        (_("Ballots acknowledged"), _number(len(report.acknowledged))),
        (_("Voters"), _number(len(report.latest()))),
        (
            _("Receipt within, in milliseconds (half of them · 99 of 100)"),
            " · ".join(map(_number, waits)),
        ),
    ]
    rows += [(_(code), _number(count)) for code, count in sorted(report.refused.items())]
    return [f"{name}: {value}" for name, value in [*_contest(held), *rows]]


def _contest(held: Held | None) -> list[tuple[str, str]]:
    if held is None:
        return []
    ranking = " > ".join(" = ".join(shared) for shared in held.ranking)
    return [
        (_("Ranking"), ranking),
        (_("Counted ballots"), _number(held.ballots)),
        (_("Lines in the record"), _number(held.lines)),
    ]


def _number(value: int | None) -> str:
    return "–" if value is None else number(value, translations.language.get())
