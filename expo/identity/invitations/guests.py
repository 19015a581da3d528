"""A list of people to invite, row by row: who is meant, or what is wrong with the row. Pure."""

from collections.abc import Collection, Iterable
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_, Fact
from expo.identity.admission import LONGEST_LABEL, Named, PassTargets
from expo.lists.reading import Column, Row, RowError
from expo.mailboxes import mailbox, owner
from expo.rights import STAFF, TEAM_MEMBERS, VOTERS, Role
from expo.words import LANGUAGES, Language

COLUMNS: Final = (
    Column(("email", "e-mail address", "mail", "البريد الإلكتروني", "البريد"), is_needed=True),
    Column(("name", "full name", "الاسم")),
    Column(("role", "الدور")),
    Column(("electorate", "group", "الفئة")),
    Column(("entity", "الجهة")),
    Column(("language", "lang", "اللغة")),
)
"""Heads of the list; the first name of each is the one we write ourselves."""

_ROLES: Final = MappingProxyType(
    {
        Role.CUSTOMER: ("customers", "متعامل", "المتعاملون"),
        Role.EMPLOYEE: ("employees", "موظف", "الموظفون"),
        Role.TEAM: ("team member", "innovation team", "عضو فريق", "فريق", "فريق الابتكار"),
        Role.PRESENTER: ("مقدم", "مقدّم"),
        Role.MODERATOR: ("مدير الجلسة",),
        Role.OFFICER: ("مسؤول النزاهة",),
        Role.ORGANISER: ("organizer", "منظم", "منظّم"),
        Role.AUDITOR: ("مدقق", "مدقّق"),
    }
)
ROLES: Final = tuple(_ROLES)
"""The roles people can be invited to."""

_LANGUAGES: Final = MappingProxyType(
    {"ar": ("arabic", "العربية", "عربي"), "en": ("english", "الإنجليزية", "إنجليزي")}
)

MISSING: Final = N_("email-missing")
WRONG: Final = N_("email-wrong")
TWICE: Final = N_("email-twice")
INVITED: Final = N_("already-invited")
ROLE: Final = N_("role-unknown")
ELECTORATE: Final = N_("electorate-unknown")
NOT_VOTING: Final = N_("electorate-of-staff")
ENTITY: Final = N_("entity-unknown")
NO_ENTITY: Final = N_("entity-missing")
NOT_OF_ENTITY: Final = N_("entity-not-for-role")
LANGUAGE: Final = N_("language-unknown")
LONG_NAME: Final = N_("name-too-long")


class Guest(msgspec.Struct, frozen=True):
    """Somebody to invite; ``electorate`` None is the role's usual one."""

    line: int
    email: str
    name: str
    role: Role
    electorate: str | None
    entity: str | None
    language: Language


class GuestList(msgspec.Struct, frozen=True):
    """A list as read: whom it would invite, and everything that is wrong with the other rows."""

    guests: tuple[Guest, ...]
    errors: tuple[RowError, ...]

    @property
    def bad_rows(self) -> int:
        """Rows with at least one error."""
        return len({error.line for error in self.errors})


def guests_in(
    rows: Iterable[Row], targets: PassTargets, invited: Collection[str] = ()
) -> GuestList:
    """Whom these rows mean.

    Args:
        rows: As read with `COLUMNS`.
        targets: Electorates and entities of the programme; named by id or in either language.
        invited: Mailboxes (`expo.mailboxes.owner`) that have an invitation already.
    """
    guests: list[Guest] = []
    errors: list[RowError] = []
    lines: dict[str, int] = {}
    for row in rows:
        reading = _Reading(row, targets)
        guest = reading.guest()
        if guest is not None:
            reading.look_for_twins(guest, lines, invited)
        errors += reading.errors
        if guest is not None and not reading.errors:
            guests.append(guest)
    return GuestList(tuple(guests), tuple(errors))


class _Reading:
    """One row on its way to a guest."""

    def __init__(self, row: Row, targets: PassTargets) -> None:
        self._row = row
        self._targets = targets
        self.errors: list[RowError] = []

    def guest(self) -> Guest | None:
        """Who is meant, as far as the row can be read; None without an address."""
        email = self._email()
        role = self._role()
        electorate = self._named("electorate", self._targets.electorates, ELECTORATE)
        entity = self._named("entity", self._targets.entities, ENTITY)
        language = self._language()
        if len(self._row.get("name")) > LONGEST_LABEL:
            self._fail("name", LONG_NAME, most=LONGEST_LABEL)
        if role is not None:
            self._fit(role, electorate, entity)
        if email is None or role is None:
            return None
        name = self._row.get("name")
        return Guest(self._row.line, email, name, role, electorate, entity, language)

    def look_for_twins(self, guest: Guest, lines: dict[str, int], invited: Collection[str]) -> None:
        """Tell of the same mailbox further up, or invited earlier."""
        mark = owner(guest.email)
        if mark in invited:
            self._fail("email", INVITED)
        elif mark in lines:
            self._fail("email", TWICE, first=lines[mark])
        lines.setdefault(mark, guest.line)

    def _email(self) -> str | None:
        typed = self._row.get("email")
        found = mailbox(typed)
        if found is None:
            self._fail("email", WRONG if typed else MISSING)
        return found

    def _role(self) -> Role | None:
        typed = _plain(self._row.get("role"))
        if not typed:
            return Role.CUSTOMER
        for role, names in _ROLES.items():
            if typed in {role.value, *names}:
                return role
        self._fail("role", ROLE)
        return None

    def _named(self, column: str, among: tuple[Named, ...], code: str) -> str | None:
        typed = _plain(self._row.get(column))
        if not typed:
            return None
        for one in among:
            if typed in {_plain(one.id), _plain(one.name.ar), _plain(one.name.en)}:
                return one.id
        self._fail(column, code)
        return None

    def _language(self) -> Language:
        typed = _plain(self._row.get("language"))
        for code in LANGUAGES:
            if typed in {code, *_LANGUAGES[code]}:
                return code
        if typed:
            self._fail("language", LANGUAGE)
        return LANGUAGES[0]

    def _fit(self, role: Role, electorate: str | None, entity: str | None) -> None:
        """Tell where role, electorate and entity do not go together."""
        if electorate is not None and role not in VOTERS:
            self._fail("electorate", NOT_VOTING)
        if role in TEAM_MEMBERS and not self._row.get("entity"):
            self._fail("entity", NO_ENTITY)
        if entity is not None and role in STAFF | {Role.CUSTOMER}:
            self._fail("entity", NOT_OF_ENTITY)

    def _fail(self, column: str, code: str, **facts: Fact) -> None:
        value = self._row.get(column)
        self.errors.append(RowError(self._row.line, column, code, value[:LONGEST_LABEL], facts))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
