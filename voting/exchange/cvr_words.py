"""The words of a NIST cast vote record report (SP 1500-103, version 1.0) that both sides use. Pure.

What the report has no word for is said in its own words for "something else": an electorate is a
geopolitical unit of the type ``other`` with its weights as codes, and an option its voter abstains on
is a selection with a status of ours.
"""

from typing import Final

REPORT: Final = "CVR.CastVoteRecordReport"
"""The type of a whole report, by which a file is told from others."""
ELECTORATE: Final = "electorate"
"""The other type of a unit that is one of our electorates."""
OWN: Final = "own-option"
"""The other status of a selection its voter abstains on."""
ID: Final = "id"
WEIGHT: Final = "weight"
FULL: Final = "full-weight-at"
LEAST: Final = "minimum"
METHOD: Final = "method"
"""Other types of codes."""
