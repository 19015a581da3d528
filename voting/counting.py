"""A ballot file counted from the command line, as JSON for programs and as text for people. Pure."""

import json
from collections.abc import Callable
from typing import BinaryIO, Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import Language, clean, number, percent
from voting.exchange import bundle, files
from voting.exchange.ballot_file import BallotFile
from voting.methods import pairwise
from voting.methods.group_tally import group_of
from voting.methods.lot import provisional
from voting.methods.outcome import Election, Outcome
from voting.methods.rankings import Pattern, without
from voting.methods.registry import DEFAULT, Count, method_named
from voting.wording import METHOD_NAMES

Translate = Callable[[str], str]

_METHOD: Final = N_("Method")
_BALLOTS: Final = N_("Ballots")
_ELECTORATE: Final = N_("Electorate")
_SHARE: Final = N_("Share of the result")
_RANK: Final = N_("Rank")
_OPTION: Final = N_("Option")
_RECORD: Final = N_("Won–drawn–lost")
_SUPPORT: Final = N_("Average support")
_WINNER: Final = N_("Beats every other head to head")
_NOBODY: Final = N_("nobody")
_NO_RESULT: Final = N_("No ballot counts yet, so there is no result.")


class CountReport(msgspec.Struct, frozen=True):
    """The result of one file by one method; ``ballots`` counts those that rank anything."""

    file: BallotFile
    outcome: Outcome
    ballots: int

    def as_json(self) -> str:
        """One JSON object for programs; ``pairwise`` is the weighted integer matrix."""
        outcome = self.outcome
        value = {
            "method": outcome.method,
            "ballots": self.ballots,
            "candidates": self.file.options,
            "ranking": outcome.ranks,
            "condorcet_winner": outcome.facts.condorcet_winner,
            "pairwise": outcome.combined.support,
        }
        return json.dumps(value, ensure_ascii=False)

    def as_text(self, language: Language, translate: Translate = str) -> str:
        """The result as plain lines for a terminal, safe to print whatever names the file holds."""
        return "\n".join([*self._head(language, translate), "", *self._body(language, translate)])

    def _head(self, language: Language, translate: Translate) -> list[str]:
        outcome = self.outcome
        lines = [clean(self.file.title)] if clean(self.file.title) else []
        lines.append(f"{translate(_METHOD)}: {translate(METHOD_NAMES[outcome.method])}")
        lines.append(f"{translate(_BALLOTS)}: {number(self.ballots, language)}")
        winner = outcome.facts.condorcet_winner
        named = translate(_NOBODY) if winner is None else self._name(winner)
        lines.append(f"{translate(_WINNER)}: {named}")
        if len(self.file.groups) > 1:
            lines += ["", *self._electorates(language, translate)]
        return lines

    def _electorates(self, language: Language, translate: Translate) -> list[str]:
        combined = self.outcome.combined
        rows = [[translate(_ELECTORATE), translate(_BALLOTS), translate(_SHARE)]]
        for group in combined.electorates:
            said = percent(group.coefficient * group.n, combined.total, language, decimals=1)
            rows.append([clean(group.id), number(group.n, language), said])
        return _columns(rows)

    def _body(self, language: Language, translate: Translate) -> list[str]:
        outcome = self.outcome
        if outcome.is_empty:
            return [translate(_NO_RESULT)]
        rows = [[translate(word) for word in (_RANK, _OPTION, _RECORD, _SUPPORT)]]
        for shared in outcome.ranks:
            for option in shared:
                record = outcome.facts.record(option)
                rows.append(
                    [
                        f"{outcome.rank(option)}{'=' if len(shared) > 1 else ''}",
                        self._name(option),
                        f"{record.wins}–{record.draws}–{record.losses}",
                        percent(record.support, record.support_of, language, decimals=2),
                    ]
                )
        return _columns(rows)

    def _name(self, option: str) -> str:
        name = self.file.names[self.file.options.index(option)]
        return clean(name) or clean(option) or "?"


def count_file(name: str, data: bytes | BinaryIO, method: str | None = None) -> CountReport:
    """The result of a ballot file; without a method by the file's own, else by ranked pairs.

    Args:
        name: Its ending says what the file is.
        data: The whole file, or the open file.
        method: One of ``METHODS``, or None.

    Raises:
        UnknownMethod: Nothing counts like this.
        UnknownFileType: Nothing reads such files.
        FileUnreadable: The file is malformed.
    """
    count = method_named(method) if method else None
    return count_election(files.read(name, data), count)


def count_bundle(manifest: bytes, ballots: BinaryIO, method: str | None = None) -> CountReport:
    """The result of the ballots of an audit bundle; otherwise as `count_file`."""
    count = method_named(method) if method else None
    return count_election(bundle.read(manifest, ballots), count)


def count_election(file: BallotFile, count: Count | None = None) -> CountReport:
    """The result of a file that has been read, by this way of counting or the file's own."""
    election = election_in(file)
    outcome = (count or method_named(file.method or DEFAULT))(election)
    return CountReport(file, outcome, sum(group.n for group in election.combined.electorates))


def told(refusal: Refusal, translate: Translate) -> str:
    """One line about why a file was not counted, with what was found there.

    Args:
        refusal: Any that ``count_file`` raises.
        translate: The catalogue: a code becomes its sentence, a reason its phrase.
    """
    facts = dict(refusal.facts)
    if "reason" in facts:
        facts["reason"] = translate(str(facts["reason"]))
    line = translate(refusal.code).format(**facts)
    return f"{line}: {facts['found']}" if facts.get("found") else line


def election_in(file: BallotFile) -> Election:
    """The file's election with the provisional lot."""
    groups = [group_of(file.options, group.share.id, group.patterns) for group in file.groups]
    combined = pairwise.combine(file.options, groups, [group.share for group in file.groups])
    patterns = tuple(_left(pattern) for group in file.groups for pattern in group.patterns)
    return Election(combined, provisional(file.options), patterns)


def _left(pattern: Pattern) -> Pattern:
    """The ballots with their own options taken out, as every method wants them."""
    if not pattern.own:
        return pattern
    ranking = without(pattern.ranking, pattern.own)
    return msgspec.structs.replace(pattern, ranking=ranking, own=())


def _columns(rows: list[list[str]]) -> list[str]:
    """The rows with their cells under one another."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    padded = (zip(row, widths, strict=True) for row in rows)
    return ["  ".join(cell.ljust(width) for cell, width in row).rstrip() for row in padded]
