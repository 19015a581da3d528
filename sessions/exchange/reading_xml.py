"""Frab and pretalx XML → outline.

Expat reads it and tells lines. A document type is refused before anything in it is looked at, and
with it every entity: no bomb can be lit and nothing outside is fetched. Pure.

Source: c3voc ``schedule.xml.xsd``; OWASP, XML external entities.
"""

from typing import Final
from xml.parsers import expat

from sessions.exchange.listing import GENERATOR
from sessions.exchange.outline import MOST_EVENTS, Cell, Event, Outline, OutlineDay, Read
from sessions.schedule_nodes import SIZE_BYTES, Problem, quoted_fact

_DEPTH: Final = 12  # schedule → day → room → event → persons → person is 6 deep
_EVENT_DEPTH: Final = 4
_LONGEST: Final = 20_000  # characters of one text; a description is shorter


class _Stop(Exception):
    """Reading on would not help; its arguments are the code and the facts of the problem."""

    def __init__(self, *, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


class _Reader:
    """Collects days and events while expat walks through the text."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._starts
        self.parser.EndElementHandler = self._ends
        self.parser.CharacterDataHandler = self._says
        self.path: list[str] = []
        self.days: list[OutlineDay] = []
        self.events: list[Event] = []
        self.hall = ""
        self.cells: dict[str, Cell] = {}
        self.line = 1
        self.words: list[str] = []
        self.length = 0
        self.is_ours = False

    def _doctype(self, *_about: object) -> None:
        raise _Stop(code="xml-with-doctype")

    def _starts(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        if not self.path and tag != "schedule":
            raise _Stop(code="not-a-schedule", found=quoted_fact(tag))
        if len(self.path) >= _DEPTH:
            raise _Stop(code="too-deep", most=_DEPTH)
        self.path.append(tag)
        self.words, self.length = [], 0
        if self.path == ["schedule", "generator"]:
            self.is_ours = attributes.get("name") == GENERATOR
        elif self.path == ["schedule", "day"]:
            cells = (Cell(line, attributes.get(name, "")) for name in ("date", "start", "end"))
            self.days.append(OutlineDay(line, *cells))
        elif self.path == ["schedule", "day", "room"]:
            self.hall = attributes.get("name", "")
        elif self.path == ["schedule", "day", "room", "event"]:
            self.line = line
            self.cells = {name: Cell(line, attributes.get(name, "")) for name in ("guid", "id")}

    def _says(self, text: str) -> None:
        self.length += len(text)
        if self.length > _LONGEST:
            raise _Stop(code="too-long", found=self.length, most=_LONGEST)
        self.words.append(text)

    def _ends(self, tag: str) -> None:
        depth = len(self.path)
        self.path.pop()
        if self.path[:_EVENT_DEPTH] != ["schedule", "day", "room", "event"]:
            if depth == _EVENT_DEPTH and tag == "event":
                self._event()
        elif depth == _EVENT_DEPTH + 1:
            self.cells[tag] = Cell(self.parser.CurrentLineNumber, "".join(self.words))
        self.words, self.length = [], 0

    def _event(self) -> None:
        if len(self.events) >= MOST_EVENTS:
            raise _Stop(code="too-many", found=len(self.events) + 1, most=MOST_EVENTS)
        self.events.append(Event(self.line, self.cells, self.hall))


def outline_of(content: bytes) -> Read:
    """What this XML says; anything else is a problem."""
    if len(content) > SIZE_BYTES:
        facts: dict[str, str | int] = {"found": len(content), "most": SIZE_BYTES}
        return Outline(()), [Problem(1, "", "file-too-large", facts)]
    reader, problems = _Reader(), list[Problem]()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        facts = {
            "detail": quoted_fact(expat.ErrorString(error.code) or ""),
            "column": error.offset + 1,
        }
        problems.append(Problem(error.lineno, "", "not-xml", facts))
    except _Stop as stop:
        problems.append(Problem(reader.parser.CurrentLineNumber, "", stop.code, stop.facts))
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        problems.append(Problem(1, "", "not-xml", {"detail": quoted_fact(str(error)), "column": 1}))
    return Outline(tuple(reader.events), tuple(reader.days), reader.is_ours), problems
