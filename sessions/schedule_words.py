"""The sentence for every problem a schedule can have; message ids for the catalogues.

``{names}`` in a sentence are facts of the problem. Pure.
"""

from types import MappingProxyType
from typing import Final

from expo.errors import N_

MESSAGES: Final = MappingProxyType(
    {
        # the file
        "file-too-large": N_("The file has {found} bytes; at most {most} are read."),
        "not-utf8": N_("The text is not in UTF-8."),
        "control-character": N_("The character {code} is not allowed here."),
        "not-yaml": N_("This is not valid YAML (column {column})."),
        "yaml-tab": N_("A tab stands here (column {column}); indent with spaces."),
        "yaml-character": N_(
            "“{character}” cannot stand here (column {column}); put the text in quotation marks."
        ),
        "yaml-colon": N_(
            "Here (column {column}) is a colon too many: put a text that has one in quotation marks, "
            "or begin a new line."
        ),
        "yaml-no-colon": N_("A colon is missing before this place (column {column})."),
        "yaml-open-quote": N_("The quotation mark opened here (column {column}) is never closed."),
        "yaml-escape": N_(
            "The backslash before this place (column {column}) means nothing; write it twice, or use "
            "single quotation marks."
        ),
        "yaml-indent": N_("This line (column {column}) is not indented like those it belongs to."),
        "yaml-bracket": N_("A comma or a closing bracket is missing here (column {column})."),
        "second-document": N_("A second document begins here; a schedule is one document."),
        "too-deep": N_("This is nested deeper than {most} levels."),
        "too-many-parts": N_("The file has more than {most} parts; it cannot be a schedule."),
        "alias": N_("Aliases (*{name}) are not allowed; write the text again."),
        "anchor": N_("Anchors (&{name}) are not allowed; remove it."),
        "tag": N_("Tags ({tag}) are not allowed; remove it."),
        "duplicate-key": N_("“{key}” is already written on line {first_line}."),
        "key-not-text": N_("The name of an entry has to be plain text."),
        "more-problems": N_("There are {more} more problems; mend these first."),
        # values
        "missing": N_("“{key}” is missing."),
        "not-a-mapping": N_("Named entries (name: value) are expected here."),
        "not-a-list": N_("A list is expected here."),
        "not-text": N_("Text is expected here."),
        "empty-list": N_("The list is empty; at least one entry is needed."),
        "too-many": N_("There are {found} entries; at most {most} are allowed."),
        "unknown-key": N_("“{key}” is not known here. Known are: {known}."),
        "unknown-key-near": N_("“{key}” is not known here. Did you mean “{near}”?"),
        "language-missing": N_("The text in the language “{language}” is missing."),
        "empty-text": N_("The text is empty."),
        "too-long": N_("The text has {found} characters; at most {most} are allowed."),
        "hidden-character": N_(
            "The text holds invisible control characters or too many marks on one letter."
        ),
        "bad-id": N_("“{found}” is no id; use small Latin letters, digits and single hyphens."),
        "not-a-number": N_("“{found}” is not a whole number from {low} to {high}."),
        "not-a-choice": N_("“{found}” is not allowed; choose one of: {allowed}."),
        "bad-date": N_("“{found}” is not a date; write it like 2017-04-17."),
        "bad-time": N_("“{found}” is not a time of day; write it like 08:30."),
        "bad-zone": N_("“{found}” is not a time zone; write it like Asia/Dubai."),
        "time-skipped": N_(
            "{found} does not exist on this day: clocks go forward. Nearest are {first} and {second}."
        ),
        "time-twice": N_(
            "{found} comes twice on this day: clocks go back. It may mean {first} or {second}."
        ),
        # addresses
        "bad-link": N_("“{found}” is not an https address of an allowed host."),
        "bad-stream-id": N_("“{found}” is not a video id of this provider."),
        "stream-without-address": N_("The stream needs an id or an address."),
        "stream-with-two-addresses": N_("Give the stream an id or an address, not both."),
        "own-stream-with-address": N_(
            "The expo's own stream is given without an id or an address."
        ),
        "bad-hls": N_(
            "“{found}” is not the https address of an HLS playlist (.m3u8) on a public host."
        ),
        # ids that refer to each other
        "reserved-id": N_("The id “{id}” is an address of Sawt's own; choose another."),
        "duplicate-id": N_("The id “{id}” is already used at {first}."),
        "unknown-entity": N_("There is no entity “{id}”."),
        "unknown-entity-near": N_("There is no entity “{id}”. Did you mean “{near}”?"),
        "unknown-initiative": N_("There is no initiative “{id}”."),
        "unknown-initiative-near": N_("There is no initiative “{id}”. Did you mean “{near}”?"),
        "foreign-initiative": N_(
            "The initiative “{id}” belongs to “{owner}”, the session to “{entity}”."
        ),
        # time
        "ends-before-start": N_("This ends before it starts."),
        "zero-length": N_("This ends at the moment it starts."),
        "before-day": N_("The session starts before the day does."),
        "after-day": N_("The session ends after the day does."),
        "overlap": N_("The session overlaps with “{other}”."),
        "slots-do-not-fit": N_("The slots take {found} minutes, the session has {whole}."),
        "days-out-of-order": N_("The day has to come after {before}."),
        "day-empty": N_(
            "The day has no sessions; if they are still to be announced, write “announced_only: true”."
        ),
        "announced-with-sessions": N_("A day that is only announced cannot have sessions."),
        # files of other software
        "not-json": N_("This is not valid JSON: {detail}"),
        "not-xml": N_("This is not valid XML (column {column}): {detail}"),
        "xml-with-doctype": N_("A document type or entities are not allowed; remove them."),
        "not-a-schedule": N_("“{found}” is no schedule; one begins with “schedule”."),
        "unknown-hall": N_("There is no hall “{found}”. Known are: {known}."),
        "bad-instant": N_(
            "“{found}” is not a time with its zone in whole minutes; write it like 2017-04-17T08:30:00+04:00."
        ),
        "bad-length": N_("“{found}” is not a length; write it like 00:45."),
        "over-midnight": N_("The session that starts at {found} ends on another day of the expo."),
        "table-column-missing": N_("The column “{column}” is missing."),
        "table-column-twice": N_("The column “{column}” stands twice in the first row."),
        "table-empty": N_("The table has no rows."),
        "table-encoding": N_("The text is not in UTF-8."),
        "table-not-text": N_("This is not a text file."),
        "table-not-csv": N_("This is not valid CSV: a quotation mark is not closed."),
        "table-too-long": N_("The table has too many rows."),
        "table-too-wide": N_("The table has too many columns."),
        # the grand final
        "final-with-initiatives": N_(
            "The initiatives of a final come from results; it cannot list any."
        ),
        "final-with-entity": N_("A final is of all who won; it belongs to no entity."),
        "final-of-nothing": N_("A final says of which days or sessions it is."),
        "final-of-itself": N_("A final cannot be among the winners of itself."),
        "unknown-day": N_("There is no day {day}; the expo has {days}."),
        "unknown-session": N_("There is no session “{id}”."),
        "unknown-session-near": N_("There is no session “{id}”. Did you mean “{near}”?"),
        "repeated-source": N_("“{id}” is listed twice."),
        "source-asks-nothing": N_("The session “{id}” asks nothing, so nobody wins it."),
        "source-not-before": N_("The session “{id}” is not over when the final starts."),
        "too-few-sources": N_(
            "The final is among the winners of {found} sessions; at least {least} are needed."
        ),
        "too-many-sources": N_(
            "The final is among the winners of {found} sessions; at most {most} can be ranked."
        ),
        # options and initiatives
        "too-few-options": N_(
            "The session has {found} initiatives to rank; at least {least} are needed."
        ),
        "too-many-options": N_(
            "The session has {found} initiatives to rank; at most {most} are allowed."
        ),
        "repeated-option": N_("The initiative “{id}” is listed twice."),
        "stage-missing": N_(
            "Model stage {stage} is not finished; stages 1 and 2 are needed to take part."
        ),
        "stage-before-earlier": N_("Model stage {stage} is finished before stage {earlier}."),
        "stage-after-expo": N_("Model stage {stage} is finished only after the expo begins."),
        # electorates
        "no-weight": N_("All weights are 0; at least one electorate must count."),
        "min-above-full": N_("“min” is {min}, above “full_weight_at”, which is {full}."),
        "sealed-and-runoff": N_(
            "Instant runoff needs every single ballot, and those of “{electorate}” stay sealed."
        ),
        "sealed-and-few": N_(
            "“min” is {min}; where ballots stay sealed it is at least {least}, for the sums of fewer would "
            "tell single ballots."
        ),
        "full-above-expected": N_(
            "“full_weight_at” is {full}, above the {expected} who are expected."
        ),
    }
)
"""Problem code → English sentence, which is the message id."""


def message_of(code: str) -> str:
    """The message id for a problem's code; the code itself for one that has no sentence."""
    return MESSAGES.get(code, code)
