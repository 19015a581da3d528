"""What is stored to know people: persons, visits, ways of signing in, lists, letters. Pure."""

from typing import Final

from expo.errors import N_
from expo.identity.privacy.values import By, Columns, Kind, Now, Purpose, Table

_STAFF = N_("Organisers.")
_NOBODY = N_("Nobody; programs alone compare it.")
_YOU = N_("You and the organisers.")
_WITH_YOU = N_("Until you erase it, or the organisers delete what the expo left.")


def _personal(what: str, *names: str) -> Columns:
    return Columns(Kind.PERSONAL, what, names)


def _mark(what: str, *names: str) -> Columns:
    return Columns(Kind.MARK, what, names)


def _secret(what: str, *names: str) -> Columns:
    return Columns(Kind.SECRET, what, names)


def _plain(what: str, *names: str) -> Columns:
    return Columns(Kind.PLAIN, what, names)


_ID = N_("a random number that stands for you")
_ROW = N_("a random number of its own")
_WHEN = N_("when it happened")
_NAME = N_("what staff call you")
_ADDRESS = N_("your e-mail address")
_STANDING = N_("what you are here: role, group, entity and how surely you are known")
_DEVICE = N_("a fingerprint of the random number your device keeps")

PEOPLE: Final = (
    Table(
        "persons",
        Purpose.ENTERING,
        N_("So that one person has one ballot, and the ballot of their own group."),
        _WITH_YOU,
        _YOU,
        (
            _mark(_ID, "id"),
            _personal(_STANDING, "role", "electorate", "entity", "assurance"),
            _personal(_NAME, "label"),
            _mark(N_("the pass you came with"), "pass_id"),
            _mark(_DEVICE, "device"),
            _personal(
                N_("when you first came, and when you were erased"), "created_at", "erased_at"
            ),
        ),
        ((By.PERSON, "id"),),
        # The row stays, so that ballots and logs keep their footing; nothing in it is anybody's.
        (
            ("role", "public"),
            ("electorate", None),
            ("entity", None),
            ("assurance", "C"),
            ("label", ""),
            ("device", None),
            ("erased_at", Now()),
        ),
    ),
    Table(
        "identities",
        Purpose.ENTERING,
        N_("So that you are the same person on every device you sign in on."),
        _WITH_YOU,
        _YOU,
        (
            _mark(_ROW, "id"),
            _mark(_ID, "person_id"),
            _personal(N_("by which way you sign in, and who vouches for you"), "kind", "issuer"),
            _mark(N_("a keyed mark of your address or number, never itself"), "mark"),
            _personal(_NAME, "label"),
            _personal(_ADDRESS, "contact"),
            _personal(N_("when you first and last signed in this way"), "added_at", "last_used_at"),
        ),
        ((By.PERSON, "person_id"),),
        None,
    ),
    Table(
        "visits",
        Purpose.ENTERING,
        N_("So that your device is known from one page to the next."),
        N_("A week after the visit has ended or run out."),
        _YOU,
        (
            _mark(_ROW, "id"),
            _secret(N_("a fingerprint of your cookie"), "fingerprint"),
            _mark(_ID, "person_id"),
            _personal(N_("when the visit began and ended"), "started_at", "expires_at", "ended_at"),
            _personal(_STANDING, "assurance"),
        ),
        ((By.PERSON, "person_id"),),
        None,
    ),
    Table(
        "held_devices",
        Purpose.ENTERING,
        N_("So that a device on which somebody signed in has no second ballot of its own."),
        _WITH_YOU,
        _NOBODY,
        (
            _mark(_DEVICE, "device"),
            _mark(_ID, "person_id"),
            _personal(_WHEN, "held_at"),
        ),
        ((By.PERSON, "person_id"),),
        None,
    ),
    Table(
        "passes",
        Purpose.ENTERING,
        N_("So that a pass lets in whom it was made for, once, and can be taken back."),
        N_(
            "Until the organisers delete what the expo left; its label goes when you erase your data."
        ),
        _STAFF,
        (
            _mark(_ROW, "id"),
            _secret(N_("a fingerprint of what the pass says"), "fingerprint"),
            _plain(N_("which passes were made together"), "batch"),
            _personal(N_("what the pass makes of its bearer"), "role", "electorate", "entity"),
            _personal(N_("what staff call the bearer"), "label"),
            _plain(N_("how many people it lets in"), "uses"),
            _plain(
                N_("when it was made, and until when it opens"),
                "issued_at",
                "expires_at",
                "revoked_at",
            ),
            _mark(N_("which organiser made it"), "issued_by"),
        ),
        ((By.PASS, "id"),),
        (("label", ""), ("revoked_at", Now())),
    ),
    Table(
        "badges",
        Purpose.ENTERING,
        N_("So that a badge proves once that its bearer is in the hall."),
        N_(
            "Until the organisers delete what the expo left; the device goes when you erase your data."
        ),
        _STAFF,
        (
            _mark(_ROW, "id"),
            _secret(N_("a keyed mark of the code"), "mark"),
            _plain(N_("which badges were printed together"), "batch", "label"),
            _plain(N_("the group the badge is for"), "electorate"),
            _plain(
                N_("when it was made, and until when it opens"),
                "issued_at",
                "expires_at",
                "revoked_at",
            ),
            _mark(N_("which organiser made it"), "issued_by"),
            _mark(_DEVICE, "device"),
            _personal(N_("when you came in with it"), "used_at"),
        ),
        ((By.DEVICE, "device"),),
        (("device", None), ("used_at", None)),
    ),
    Table(
        "invitations",
        Purpose.ENTERING,
        N_("So that organisers can invite people by name and see who has come."),
        N_("Until you erase it, or the organisers delete what the expo left."),
        _STAFF,
        (
            _mark(_ROW, "id"),
            _personal(_ADDRESS, "mailbox", "email"),
            _personal(_NAME, "name"),
            _personal(N_("what you are invited as"), "role", "electorate", "entity"),
            _personal(N_("the language of your letters"), "language"),
            _secret(N_("a fingerprint of the link"), "mark"),
            _personal(
                N_("when it was sent, how often, and what became of it"),
                "expires_at",
                "sent_at",
                "sends",
                "accepted_at",
                "revoked_at",
            ),
            _mark(N_("which organiser invited you"), "invited_by"),
        ),
        ((By.ADDRESS, "email"), (By.ADDRESS, "mailbox")),
        None,
    ),
    Table(
        "list_drafts",
        Purpose.ENTERING,
        N_("So that organisers can check a list of people before anybody is invited."),
        N_("One hour."),
        _STAFF,
        (
            _mark(_ROW, "id"),
            _secret(N_("names, addresses and roles of those on the list"), "value"),
            _mark(N_("which organiser brought it"), "made_by"),
            _personal(_WHEN, "made_at"),
        ),
        ((By.PERSON, "made_by"),),
        None,
    ),
    Table(
        "asked_letters",
        Purpose.LETTERS,
        N_("So that a code signs you in, and nobody can fill your mailbox with codes."),
        N_("One day; your address goes when the link is used or twenty minutes old."),
        _NOBODY,
        (
            _mark(_ROW, "id"),
            _mark(_DEVICE, "device"),
            _mark(N_("a keyed mark of your mailbox"), "mailbox"),
            _personal(_ADDRESS, "address"),
            _secret(N_("keyed marks of the code and the link"), "code_mark", "link_mark"),
            _personal(N_("the page you came from"), "then"),
            _personal(
                N_("when you asked, how often you mistyped, when it was used"),
                "asked_at",
                "tries",
                "used_at",
            ),
        ),
        ((By.DEVICE, "device"), (By.ADDRESS, "address")),
        None,
    ),
    Table(
        "letters",
        Purpose.LETTERS,
        N_("So that a letter reaches you once, even if the mail server fails for a while."),
        N_("30 days; what it says goes once it is delivered or of no use."),
        N_("Organisers, where there is no mail server; each reading is on the log."),
        (
            _mark(_ROW, "id"),
            _personal(_ADDRESS, "recipient"),
            _personal(N_("the language of your letters"), "language"),
            _personal(N_("what the letter is about"), "subject", "purpose"),
            _secret(N_("what it says, with its code or link"), "text", "unsubscribe"),
            _personal(
                N_("how far it has come, and what the mail server said"),
                "use_until",
                "state",
                "written_at",
                "next_at",
                "attempts",
                "doubts",
                "answer",
                "done_at",
            ),
        ),
        ((By.ADDRESS, "recipient"),),
        None,
    ),
    Table(
        "bulletin_subscriber",
        Purpose.LETTERS,
        N_("So that you get the bulletins you asked for by e-mail."),
        N_("Until you have enough of them; a day if you never confirm that you want them."),
        _NOBODY,
        (
            _mark(_ROW, "id"),
            _personal(_ADDRESS, "owner", "address"),
            _personal(N_("the language of your letters"), "language"),
            _personal(
                N_("when and how often you asked, and when you confirmed"),
                "asked_at",
                "counted_from",
                "asked",
                "confirmed_at",
            ),
            _plain(N_("which bulletin you were told of last"), "told"),
        ),
        ((By.ADDRESS, "address"), (By.ADDRESS, "owner")),
        None,
    ),
    Table(
        "used_trips",
        Purpose.ENTERING,
        N_("So that an answer of a sign-in provider is taken once."),
        N_("Ten minutes."),
        _NOBODY,
        (
            _mark(N_("a fingerprint of the question"), "state"),
            _plain(N_("until when it is kept"), "expires_at"),
        ),
    ),
    Table(
        "staff_name",
        Purpose.RECORD,
        N_("So that the log says who did something, and forgets the name of who is erased."),
        _WITH_YOU,
        N_("Organisers, officers and auditors; teams see who wrote in their proposals."),
        (
            _mark(_ID, "person"),
            _personal(_NAME, "label"),
            _personal(_WHEN, "erased_at"),
        ),
        ((By.PERSON, "person"),),
        (("label", ""), ("erased_at", Now())),
    ),
    Table(
        "staff_log",
        Purpose.RECORD,
        N_("So that nobody who works for the expo can do something unseen."),
        N_("As long as the results; it holds no name, and nobody can change it."),
        N_("Organisers, officers and auditors."),
        (
            _plain(N_("its place in the log"), "position"),
            _personal(_WHEN, "at"),
            _mark(N_("a random number that stands for whoever acted"), "actor_id"),
            _personal(N_("the role of whoever acted"), "actor_role"),
            _personal(N_("what was done, and to what"), "action", "subject", "facts"),
        ),
        ((By.PERSON, "actor_id"),),
    ),
)
