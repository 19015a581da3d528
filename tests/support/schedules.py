"""A small correct schedule and ways to spoil it; used by tests of everything that reads one."""

import functools
from typing import Final

from sessions.programme import Programme
from sessions.schedule_file import check, parse
from sessions.schedule_nodes import Problem

parsed: Final = functools.cache(parse)
"""A schedule that is read again and again, by hundreds of houses, is read once."""
SCHEDULE: Final = """\
expo:
  id: small
  title: {ar: معرض, en: Fair}
  organiser: {ar: منظم, en: Organiser}
  edition: "1"
  timezone: Asia/Dubai
electorates:
  - {id: employees, name: {ar: موظفون, en: Employees}, weight: 50, full_weight_at: 10, min: 5, level: B}
  - {id: customers, name: {ar: متعاملون, en: Customers}, weight: 50, full_weight_at: 10, min: 5, level: C}
entities:
  - {id: water, name: {ar: المياه, en: Water}, short: {ar: ماء, en: Water}}
  - {id: roads, name: {ar: الطرق, en: Roads}, short: {ar: طرق, en: Roads}}
initiatives:
  - id: leak
    entity: water
    title: {ar: تسرب, en: Leak}
    short: {ar: تسرب, en: Leak}
    summary: {ar: خلاصة, en: Summary}
    problem: {ar: مشكلة, en: Problem}
    proposal: {ar: مقترح, en: Proposal}
    benefit: {ar: فائدة, en: Benefit}
    model_stages: {1: 2017-01-01, 2: 2017-02-01}
  - id: meter
    entity: water
    title: {ar: عداد, en: Meter}
    short: {ar: عداد, en: Meter}
    summary: {ar: خلاصة, en: Summary}
    problem: {ar: مشكلة, en: Problem}
    proposal: {ar: مقترح, en: Proposal}
    benefit: {ar: فائدة, en: Benefit}
    model_stages: {1: 2017-01-01, 2: 2017-02-01}
days:
  - date: 2017-04-17
    title: {ar: الأول, en: First}
    starts: "08:30"
    ends: "14:30"
    sessions:
      - id: water
        title: {ar: جلسة المياه, en: Water session}
        entity: water
        starts: "08:30"
        ends: "09:15"
        initiatives: [leak, meter]
      - id: talk
        title: {ar: حوار, en: Talk}
        starts: "09:15"
        ends: "10:00"
        slots: [{kind: talk, minutes: 45}]
  - date: 2017-04-18
    title: {ar: الثاني, en: Second}
    starts: "08:30"
    ends: "14:30"
    announced_only: true
"""


def changed(*changes: tuple[str, str], times: int = 1) -> str:
    """The small schedule with texts replaced; each old text must be there."""
    text = SCHEDULE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, times)
    return text


def programme(*changes: tuple[str, str]) -> Programme:
    """The programme of the small schedule with texts replaced."""
    return parse(changed(*changes).encode())


def told(text: str | bytes) -> list[tuple[int, str, str]]:
    """Line, path and code of every problem of a text."""
    return [(one.line, one.path, one.code) for one in problems(text)]


def problems(text: str | bytes) -> tuple[Problem, ...]:
    """Every problem of a text."""
    return check(text.encode() if isinstance(text, str) else text)


def line_of(text: str, part: str) -> int:
    """The number of the first line that holds this part."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)
