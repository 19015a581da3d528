"""What is stored of teams' proposals, the programme and the machines. Pure."""

from typing import Final

from expo.errors import N_
from expo.identity.privacy.values import By, Columns, Kind, Purpose, Table

_EVERYBODY = N_("Everybody.")
_TEAM = N_("The team itself and the organisers; everybody once it is published.")
_EXPO = N_("As long as the expo's pages.")
_OPERATORS = N_("Organisers and whoever runs the machines.")
_ROW = N_("a random number of its own")
_WHEN = N_("when it happened")
_WHAT = N_("what it says")


def _plain(what: str, *names: str) -> Columns:
    return Columns(Kind.PLAIN, what, names)


SHOW: Final = (
    Table(
        "proposals",
        Purpose.TEAMS,
        N_("The initiatives teams propose. What a team writes in one is the team's own."),
        _EXPO,
        _TEAM,
        (
            _plain(_ROW, "id"),
            _plain(N_("whose it is, and how far it has come"), "entity", "state", "version"),
            Columns(
                Kind.PERSONAL,
                N_("what it says, with the members and speakers the team names"),
                ("content",),
            ),
            _plain(_WHEN, "created_at", "saved_at", "submitted_at", "published_at"),
            Columns(Kind.MARK, N_("a random number that stands for who wrote last"), ("saved_by",)),
            _plain(N_("its place in the programme"), "session"),
        ),
    ),
    Table(
        "proposal_events",
        Purpose.TEAMS,
        N_("So that a team sees who did what to its proposal."),
        N_("As long as the proposal; it holds no name, and nobody can change it."),
        N_("The team itself, organisers and auditors."),
        (
            _plain(N_("its place in the log"), "position"),
            _plain(N_("the proposal it belongs to"), "proposal", "version", "state"),
            _plain(_WHEN, "at"),
            Columns(Kind.MARK, N_("a random number that stands for whoever acted"), ("actor_id",)),
            Columns(Kind.PERSONAL, N_("the role of whoever acted"), ("actor_role",)),
            Columns(
                Kind.PERSONAL,
                N_("what was done, and what was said about it"),
                ("action", "reason", "comments"),
            ),
        ),
        ((By.PERSON, "actor_id"),),
    ),
    Table(
        "proposal_revisions",
        Purpose.TEAMS,
        N_("So that everybody sees what was changed after publication."),
        _EXPO,
        _EVERYBODY,
        (_plain(_ROW, "proposal", "number"), _plain(_WHEN, "at"), _plain(_WHAT, "changes")),
    ),
    Table(
        "proposal_images",
        Purpose.TEAMS,
        N_("Which picture belongs to which proposal; of a picture nothing but its dots is kept."),
        _EXPO,
        _TEAM,
        (_plain(_ROW, "id", "proposal"), _plain(_WHEN, "added_at")),
    ),
    Table(
        "catalogue_entity",
        Purpose.SHOW,
        N_("The entities that present."),
        _EXPO,
        _EVERYBODY,
        (_plain(_WHAT, "id", "position", "value"),),
    ),
    Table(
        "catalogue_initiative",
        Purpose.SHOW,
        N_("The initiatives that are presented."),
        _EXPO,
        _EVERYBODY,
        (
            _plain(_WHAT, "id", "entity", "position"),
            Columns(Kind.PERSONAL, N_("what it says, with the speakers it names"), ("value",)),
        ),
    ),
    Table(
        "programme",
        Purpose.SHOW,
        N_("The programme."),
        _EXPO,
        _EVERYBODY,
        (_plain(_WHAT, "id", "value", "digest"), _plain(_WHEN, "imported_at")),
    ),
    Table(
        "programme_day",
        Purpose.SHOW,
        N_("The programme."),
        _EXPO,
        _EVERYBODY,
        (_plain(_WHAT, "n", "value"),),
    ),
    Table(
        "programme_session",
        Purpose.SHOW,
        N_("The programme."),
        _EXPO,
        _EVERYBODY,
        (
            _plain(_WHAT, "id", "day", "position", "status", "version", "code", "added_minutes"),
            _plain(_WHEN, "live_at", "ended_at"),
            Columns(Kind.PERSONAL, N_("what it says, with the speakers it names"), ("value",)),
        ),
    ),
    Table(
        "bulletin",
        Purpose.RECORD,
        N_(
            "So that two people stand by every bulletin, and nothing published is ever changed unseen."
        ),
        N_("As long as the results."),
        N_("Everybody once it is published; who wrote and reviewed it: programs alone."),
        (
            _plain(N_("its place among the bulletins"), "day", "version", "serial"),
            _plain(N_("how far it has come"), "state", "revision"),
            _plain(_WHAT, "words", "edition", "body", "note"),
            Columns(
                Kind.MARK,
                N_("random numbers and marks that stand for who wrote and reviewed it"),
                ("writers", "reviewed_by"),
            ),
            _plain(
                _WHEN,
                "created_at",
                "saved_at",
                "embargo_at",
                "sent_at",
                "reviewed_at",
                "published_at",
            ),
        ),
    ),
    Table(
        "stage",
        Purpose.SHOW,
        N_("What the screens show."),
        N_("Until the next one replaces it."),
        _EVERYBODY,
        (
            _plain(_WHAT, "id", "session", "contest", "picked", "version", "last_order"),
            _plain(_WHAT, "absorbs", "undo"),
            _plain(_WHEN, "held_at"),
        ),
    ),
    Table(
        "screen",
        Purpose.SHOW,
        N_("Which projectors are connected."),
        _EXPO,
        N_("Organisers and moderators."),
        (_plain(_ROW, "id"), _plain(_WHEN, "seen_at"), _plain(_WHAT, "scene", "version")),
    ),
    Table(
        "device",
        Purpose.SHOW,
        N_("What screens are called and show, and what they do with OBS."),
        _EXPO,
        N_("Organisers and moderators."),
        (
            _plain(_ROW, "id"),
            _plain(_WHAT, "title", "scene", "mode", "obs_by", "scenes", "version"),
            _plain(N_("which line says who it is, and until when"), "flash", "flash_until"),
            Columns(Kind.MARK, N_("a random number that stands for its pass"), ("key",)),
        ),
    ),
    Table(
        "presenter_cue",
        Purpose.SHOW,
        N_("What the desk last told the presenters of a session."),
        N_("Until the next one replaces it."),
        N_("The team that presents, organisers and moderators."),
        (
            _plain(_WHAT, "session", "n", "kind", "text"),
            _plain(_WHEN, "sent_at", "seen_at"),
        ),
    ),
    Table(
        "plan_version",
        Purpose.SHOW,
        N_(
            "Versions of the schedule board's draft, so that no organiser overwrites another and steps can be undone. No person is in them."
        ),
        N_("The last sixty steps."),
        N_("Organisers and moderators."),
        (
            _plain(_WHAT, "version", "document", "action", "subject", "title", "back"),
            _plain(_WHEN, "at"),
        ),
    ),
    Table(
        "plan_release",
        Purpose.SHOW,
        N_("What each published schedule is called and changed."),
        _EXPO,
        _EVERYBODY,
        (
            _plain(_WHAT, "n", "name_ar", "name_en", "note_ar", "note_en", "changes"),
            _plain(_WHEN, "at"),
        ),
    ),
    Table(
        "stream_delay",
        Purpose.SHOW,
        N_(
            "How far viewers of a stream are behind the hall, counted by seconds. No person is in it."
        ),
        N_("Until the next minute replaces it."),
        _OPERATORS,
        (_plain(N_("counts of a minute"), "session", "node", "at", "counts"),),
    ),
    Table(
        "node_load",
        Purpose.MACHINES,
        N_("So that the machines can be watched. No person is in it."),
        N_("Until the next one replaces it."),
        _OPERATORS,
        (_plain(N_("figures of a machine"), "node", "at_ms", "figures"),),
    ),
    Table(
        "lease",
        Purpose.MACHINES,
        N_("Which machine does which job."),
        N_("Until the next one replaces it."),
        _OPERATORS,
        (_plain(N_("figures of a machine"), "job", "holder", "fence", "until_ms"),),
    ),
    Table(
        "known_secret",
        Purpose.MACHINES,
        N_("Which of the expo's own keys have ever signed here."),
        N_("For good."),
        _OPERATORS,
        (_plain(N_("four digits that tell nothing of the key"), "key_id"),),
    ),
)
