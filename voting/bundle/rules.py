"""The rules of one contest in words, as they are fixed when it opens. Pure.

The text depends on nothing but the contest's definition and the catalogue, so its hash can stand in the
first record of the ledger and the text in the bundle.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from expo.errors import N_
from expo.words import Language
from voting.contests import MOST_GRACE, Contest, Electorate
from voting.results import K_PUBLIC
from voting.wording import HOW, METHOD_NAMES, OMITTED, OWN, TIE_RULE, TIE_RULE_OF_CHAINS

Translate = Callable[[str], str]

_TITLE: Final = N_("The rules of this contest")
_OPTIONS: Final = N_("What is ranked")
_BALLOTS: Final = N_("A ballot")
_METHOD: Final = N_("How the ballots become a ranking")
_ELECTORATES: Final = N_("Who votes, and what their ballots weigh")
_CHECK: Final = N_("What anybody can check")

_RANKED: Final = N_("A ballot ranks up to {most} of the {options} initiatives, the best first.")
_AGAIN: Final = N_(
    "Until the close a ballot can be replaced; the last one counts. An empty one withdraws."
)
_OWN_COUNT: Final = N_("Whoever presents an initiative may rank it like any other.")
_WINDOW: Final = N_(
    "Ballots are taken until the announced close, and at least {seconds} seconds longer for those on their"
    " way. Where a stream runs behind the hall its delay is measured at the close, and the time made longer"
    " by it, up to {most} seconds; it is fixed then and the same for all."
)
_HELD: Final = N_(
    "A ballot may be held for review because of where it comes from, never because of what it says. Two "
    "people decide. Held ballots are published, and the result with them as well."
)
_WEIGHT: Final = N_("weight {weight}; its full weight from {full} ballots, and none below {least}")
_WEIGHING: Final = N_(
    "A ballot weighs the weight of its electorate, divided by the number of its ballots, or by the number "
    "for full weight while there are fewer."
)
_SEALED: Final = N_(
    "its single ballots are never published, and below {few} of them not even their sums; only an auditor "
    "sees them"
)
_LOT: Final = N_(
    "The seed of the lot is fixed before the opening (its hash is in the first record) and published in "
    "the record of the close. The order is that of the hashes of the seed, the root of the ledger at the "
    "close, and the initiative."
)
_LEDGER: Final = N_(
    "Every accepted ballot stands in a public ledger as a commitment that nobody can read or change. After "
    "publication the ballots are opened, without names, those of small electorates too; of sealed "
    "electorates only the sums."
)


def rules_text(contest: Contest, language: Language, translate: Translate) -> bytes:
    """The rules in one language, as UTF-8.

    Args:
        contest: Its definition only; nothing that has happened to it.
        language: Of the names.
        translate: Of the sentences.
    """
    title = f"{translate(_TITLE)}: {contest.title.in_(language)}"
    lines = [title, "=" * 8, "", f"{contest.id}", ""]
    for heading, said in (
        (_OPTIONS, _options(contest, language)),
        (_BALLOTS, _ballots(contest, translate)),
        (_METHOD, _method(contest, translate)),
        (_ELECTORATES, _electorates(contest, language, translate)),
        (_CHECK, [translate(_LEDGER), translate(_LOT)]),
    ):
        lines += [translate(heading), "-" * 8, *(f"* {one}" for one in said), ""]
    return "\n".join(lines).encode()


def rules_hash(texts: Sequence[bytes]) -> str:
    """Hex of the hash of the Arabic text followed by the English one."""
    return sha256(b"".join(texts)).hexdigest()


def _options(contest: Contest, language: Language) -> list[str]:
    return [
        f"{one.id}: {one.title.in_(language)} ({one.entity_name.in_(language)})"
        for one in contest.options
    ]


def _ballots(contest: Contest, translate: Translate) -> list[str]:
    rules = contest.rules
    ranked = {"most": rules.max_ranked, "options": len(contest.options)}
    return [
        translate(_RANKED).format(**ranked),
        translate(OMITTED),
        translate(_AGAIN),
        translate(OWN if rules.own == "abstain" else _OWN_COUNT),
        translate(_WINDOW).format(
            seconds=rules.grace_seconds, most=max(MOST_GRACE, rules.grace_seconds)
        ),
        *([translate(_HELD)] if rules.holds else []),
    ]


def _method(contest: Contest, translate: Translate) -> list[str]:
    method = contest.rules.method
    tie = TIE_RULE_OF_CHAINS if method == "schulze" else TIE_RULE
    return [f"{translate(METHOD_NAMES[method])}: {translate(HOW[method])}", translate(tie)]


def _electorates(contest: Contest, language: Language, translate: Translate) -> list[str]:
    return [
        *(_electorate(group, language, translate) for group in contest.electorates),
        translate(_WEIGHING),
    ]


def _electorate(group: Electorate, language: Language, translate: Translate) -> str:
    facts = {"weight": group.weight, "full": group.full_weight_at, "least": max(1, group.min)}
    said = translate(_WEIGHT).format(**facts)
    sealed = f"; {translate(_SEALED).format(few=K_PUBLIC)}" if group.audit == "sealed" else ""
    return f"{group.id}: {group.name.in_(language)}: {said}{sealed}"
