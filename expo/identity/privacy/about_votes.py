"""What is stored to count ballots and to keep the vote fair. Pure."""

from typing import Final

from expo.errors import N_
from expo.identity.privacy.values import By, Columns, Kind, Purpose, Table

_EVERYBODY = N_("Everybody.")
_COUNTERS = N_("Nobody while voting is open; programs alone count it.")
_GOOD = N_("For good: whoever checks the result needs it.")
_FAIR = N_("Officers, organisers and auditors.")
_CONTEST = N_("the contest it belongs to")
_WHEN = N_("when it happened")


def _mark(what: str, *names: str) -> Columns:
    return Columns(Kind.MARK, what, names)


def _plain(what: str, *names: str) -> Columns:
    return Columns(Kind.PLAIN, what, names)


VOTES: Final = (
    Table(
        "contest",
        Purpose.VOTING,
        N_("What is asked, and when."),
        _GOOD,
        _EVERYBODY,
        (
            _plain(N_("what is asked, and the rules"), "id", "day", "value", "stations"),
            _plain(
                N_("how far it has come"),
                "phase",
                "version",
                "opened_at",
                "closes_at",
                "closed_at",
                "paused_at",
                "revealed_at",
                "grace",
                "revealed",
                "position",
            ),
            Columns(
                Kind.SECRET,
                N_("a secret that makes the marks of voters; destroyed after the complaint window"),
                ("secret",),
            ),
        ),
    ),
    Table(
        "station",
        Purpose.VOTING,
        N_("How long each part of the record is, where it is written in several at once."),
        _GOOD,
        _COUNTERS,
        (_plain(_CONTEST, "contest", "station", "position"),),
    ),
    Table(
        "contest_line",
        Purpose.VOTING,
        N_("The record of ballots: everything is counted from it, and anybody can count again."),
        _GOOD,
        _COUNTERS,
        (
            _plain(_CONTEST, "contest", "position", "kind"),
            _plain(_WHEN, "at"),
            _mark(N_("a random number of the ballot"), "ballot_id", "nonce"),
            _mark(
                N_("a keyed mark of the voter, another in each contest; never the person"), "voter"
            ),
            _plain(N_("the group it counts for"), "electorate"),
            _plain(N_("the ranking, and own initiatives left out of it"), "ranking", "own"),
            _plain(
                N_("whether it counts, and which ballot it replaces"),
                "revision",
                "status",
                "replaces",
                "why",
            ),
            _mark(N_("the receipt number"), "tracker"),
        ),
    ),
    Table(
        "ballot",
        Purpose.VOTING,
        N_("Which ballot of a voter counts now."),
        _GOOD,
        _COUNTERS,
        (
            _plain(_CONTEST, "contest", "position", "revision", "decided"),
            _mark(
                N_("a keyed mark of the voter, another in each contest; never the person"), "voter"
            ),
            _mark(N_("the receipt number"), "tracker"),
        ),
    ),
    Table(
        "contest_result",
        Purpose.VOTING,
        N_("The result, frozen when it was counted."),
        _GOOD,
        N_("Everybody, once it is revealed; small figures are left out."),
        (
            _plain(_CONTEST, "contest", "position"),
            _plain(N_("the result"), "places", "disputed", "value"),
            _plain(_WHEN, "frozen_at"),
        ),
    ),
    Table(
        "ledger",
        Purpose.VOTING,
        N_("So that anybody can check that no ballot was changed, added or taken away."),
        _GOOD,
        N_("Everybody; the seed of the lot from the close on."),
        (
            _plain(_CONTEST, "contest", "key", "origin"),
            _plain(N_("what was fixed when voting opened"), "rules_ar", "rules_en", "code"),
            _plain(
                N_("how far the public ledger has come"),
                "size",
                "hashes",
                "lengths",
                "ended",
                "figures",
                "closed_size",
                "closed_root",
            ),
            Columns(Kind.SECRET, N_("the seed of the lot, revealed at the close"), ("seed",)),
        ),
    ),
    Table(
        "ledger_text",
        Purpose.VOTING,
        N_("The rules in words and the verifier, as they were fixed when voting opened."),
        _GOOD,
        _EVERYBODY,
        (_plain(N_("a text, and its fingerprint"), "hash", "value"),),
    ),
    Table(
        "ledger_leaf",
        Purpose.VOTING,
        N_("The public ledger itself: it commits to each ballot without showing what it says."),
        _GOOD,
        N_("Everybody, once the result is published."),
        (
            _plain(_CONTEST, "contest", "place", "position"),
            _mark(N_("the receipt number, and a fingerprint of what the ballot says"), "record"),
            _mark(N_("a random number that opens the fingerprint"), "nonce"),
        ),
    ),
    Table(
        "ledger_node",
        Purpose.VOTING,
        N_("So that the proof of one ballot need not read the whole ledger."),
        _GOOD,
        _EVERYBODY,
        (_plain(N_("fingerprints of parts of the ledger"), "contest", "level", "place", "hash"),),
    ),
    Table(
        "ledger_checkpoint",
        Purpose.VOTING,
        N_("So that nobody can be shown another ledger than everybody else."),
        _GOOD,
        _EVERYBODY,
        (
            _plain(N_("the signed state of the ledger"), "contest", "size", "note"),
            _plain(_WHEN, "at"),
        ),
    ),
    Table(
        "signing_key",
        Purpose.VOTING,
        N_("So that what the expo publishes can be told from what anybody else does."),
        _GOOD,
        _EVERYBODY,
        (
            _plain(N_("the public half of a key"), "id", "public", "host"),
            _plain(_WHEN, "made_at", "retired_at"),
            Columns(Kind.SECRET, N_("the private half, closed with the expo's secret"), ("box",)),
        ),
    ),
    Table(
        "tally_snapshot",
        Purpose.VOTING,
        N_("So that a restart need not count from the first ballot."),
        N_("Until the next one replaces it."),
        _COUNTERS,
        (
            _plain(_CONTEST, "contest", "station", "position"),
            _plain(N_("the running count"), "version", "value"),
            _plain(_WHEN, "at"),
        ),
    ),
    Table(
        "complaint_window",
        Purpose.VOTING,
        N_("So that it is known when nobody has to be able to find a ballot's voter any more."),
        _GOOD,
        N_("Organisers."),
        (_plain(_CONTEST, "contest"), _plain(_WHEN, "began_at", "destroyed_at")),
    ),
    Table(
        "settled_voter",
        Purpose.VOTING,
        N_("So that your group stays settled after it is forgotten where you voted."),
        N_("Until you erase it, or the organisers delete what the expo left."),
        N_("You and the organisers."),
        (
            Columns(
                Kind.PERSONAL,
                N_("that you have voted somewhere; not where, and not what"),
                ("person",),
            ),
        ),
        ((By.PERSON, "person"),),
        None,
    ),
    Table(
        "source_key",
        Purpose.FAIRNESS,
        N_("Makes the marks of sources for one contest, so that bursts can be seen."),
        N_("Seven days after the close."),
        N_("Nobody; programs alone compare it."),
        (
            _plain(_CONTEST, "contest"),
            Columns(Kind.SECRET, N_("a secret that makes marks of sources"), ("secret",)),
            _plain(_WHEN, "destroyed_at"),
        ),
    ),
    Table(
        "held_mark",
        Purpose.FAIRNESS,
        N_("So that officers see which held ballots came from one source."),
        N_("For good; what the marks stood for cannot be told after seven days."),
        _FAIR,
        (
            _plain(_CONTEST, "contest"),
            _mark(N_("a random number of the ballot"), "ballot_id"),
            _mark(
                N_("short marks of the device, the network and the passes printed together"),
                "device",
                "network",
                "batch",
            ),
            _plain(N_("how surely the voter was known, and how long the page was open"), "level"),
            _plain(N_("milliseconds from opening the ballot to casting it"), "waited_ms"),
        ),
    ),
    Table(
        "fairness_window",
        Purpose.FAIRNESS,
        N_("Sums of ten seconds of arriving ballots, so that bursts can be seen."),
        N_("Seven days after the close."),
        _FAIR,
        (
            _plain(_CONTEST, "contest", "begins_at", "node"),
            _mark(N_("sums, by short marks of sources"), "value"),
        ),
    ),
    Table(
        "armed_hold",
        Purpose.FAIRNESS,
        N_("Whether ballots of a burst are held for review."),
        _GOOD,
        _FAIR,
        (_plain(_CONTEST, "contest", "armed", "at"),),
    ),
    Table(
        "held_proposal",
        Purpose.FAIRNESS,
        N_("So that two people decide about held ballots, and it is known who."),
        _GOOD,
        _FAIR,
        (
            _plain(N_("a random number of its own"), "id"),
            _plain(_CONTEST, "contest", "positions"),
            _plain(N_("what is proposed, and why"), "act", "why"),
            _mark(N_("random numbers that stand for the two who decide"), "person", "decided_by"),
            _mark(
                N_("marks of the first one's device and ways of signing in, to tell the two apart"),
                "device",
                "marks",
            ),
            _plain(_WHEN, "proposed_at", "decided_at"),
            _plain(N_("what became of it"), "outcome", "done"),
        ),
        ((By.PERSON, "person"),),
    ),
    Table(
        "appeal",
        Purpose.FAIRNESS,
        N_("So that whoever has a receipt number can object, and reads the answer."),
        _GOOD,
        N_("Officers, organisers and auditors; and whoever has the receipt number."),
        (
            _plain(N_("a random number of its own"), "id"),
            _plain(_CONTEST, "contest"),
            _mark(N_("the receipt number"), "tracker"),
            Columns(Kind.PERSONAL, N_("what you wrote; nobody knows it was you"), ("words",)),
            _plain(N_("the ground, and the answer"), "ground", "answer", "answer_words"),
            _plain(_WHEN, "made_at", "answered_at"),
            _mark(N_("a random number that stands for whoever answered"), "answered_by"),
        ),
    ),
)
