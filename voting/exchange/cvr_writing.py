"""Ballots as a NIST cast vote record report in JSON (SP 1500-103, version 1.0). Pure.

One record for each ballot that counts, its tracker as the unique id. Ids inside the report are made
of numbers, so that whatever an option is called cannot be taken for another thing.
"""

from datetime import UTC, datetime, time
from typing import Any, Final

import msgspec

from voting.exchange.cvr_words import ELECTORATE, FULL, ID, LEAST, METHOD, OWN, REPORT, WEIGHT
from voting.exchange.opened import Asked, Opened, Voters, one_line
from voting.methods.rankings import ids_of

_ELECTION: Final = "election"
_CONTEST: Final = "contest"
_SCOPE: Final = "expo"
_DEVICE: Final = "sawt"
_NO_DAY: Final = "1970-01-01T00:00:00Z"

Plain = dict[str, Any]


class CvrSheet:
    """The report, ballot by ballot."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._option = {option: f"option-{n}" for n, option in enumerate(asked.options, start=1)}
        self._unit = {one.share.id: f"voters-{n}" for n, one in enumerate(asked.open_voters, 1)}
        self._written = 0

    def begin(self) -> str:
        """Everything the records refer to; their list is the report's last member."""
        head = msgspec.json.encode(self._head()).decode()
        return head[:-1] + ',"CVR":['

    def one(self, ballot: Opened) -> str:
        """The record of a ballot that counts."""
        if not ballot.counts:
            return ""
        self._written += 1
        comma = "," if self._written > 1 else ""
        return f"{comma}\n{msgspec.json.encode(self._record(ballot)).decode()}"

    def end(self) -> str:
        """The end of the report."""
        return "\n]}\n"

    def _head(self) -> Plain:
        asked = self._asked
        return {
            "@type": REPORT,
            "Version": "1.0.0",
            "GeneratedDate": _instant(asked),
            "ReportType": ["originating-device-export"],
            "ReportGeneratingDeviceIds": [_DEVICE],
            "ReportingDevice": [
                {"@type": "CVR.ReportingDevice", "@id": _DEVICE, "Application": "Sawt"}
            ],
            "Notes": _notes(asked),
            "GpUnit": [
                {"@type": "CVR.GpUnit", "@id": _SCOPE, "Type": "other", "OtherType": "expo"},
                *(_unit(self._unit[one.share.id], one) for one in asked.open_voters),
            ],
            "Election": [self._election()],
        }

    def _election(self) -> Plain:
        asked = self._asked
        candidates = [
            {
                "@type": "CVR.Candidate",
                "@id": f"{name}-candidate",
                "Name": label,
                "Code": [_code(ID, option)],
            }
            for (option, name), label in zip(self._option.items(), asked.labels, strict=True)
        ]
        selections = [
            {
                "@type": "CVR.CandidateSelection",
                "@id": name,
                "CandidateIds": [f"{name}-candidate"],
            }
            for name in self._option.values()
        ]
        contest = {
            "@type": "CVR.CandidateContest",
            "@id": _CONTEST,
            "Name": one_line(asked.title) or asked.id,
            "VoteVariation": "rcv",
            "ContestSelection": selections,
        }
        method = [_code(METHOD, asked.method)] if asked.method else []
        return {
            "@type": "CVR.Election",
            "@id": _ELECTION,
            "Code": [_code(ID, asked.id), *method],
            "ElectionScopeId": _SCOPE,
            "Candidate": candidates,
            "Contest": [contest],
        }

    def _record(self, ballot: Opened) -> Plain:
        return {
            "@type": "CVR.CVR",
            "ElectionId": _ELECTION,
            "BallotStyleUnitId": self._unit[ballot.electorate],
            **({"UniqueId": ballot.tracker} if ballot.tracker else {}),
            "CurrentSnapshotId": f"s{self._written}",
            "CVRSnapshot": [
                {
                    "@type": "CVR.CVRSnapshot",
                    "@id": f"s{self._written}",
                    "Type": "original",
                    "CVRContest": [
                        {
                            "@type": "CVR.CVRContest",
                            "ContestId": _CONTEST,
                            "CVRContestSelection": self._selections(ballot),
                        }
                    ],
                }
            ],
        }

    def _selections(self, ballot: Opened) -> list[Plain]:
        ranked = [
            _selection(self._option[option], rank)
            for rank, level in enumerate(ballot.left, start=1)
            for option in ids_of(level)
        ]
        own = dict.fromkeys(option for option in ballot.own if option in self._option)
        return ranked + [_abstained(self._option[option]) for option in own]


def _selection(option: str, rank: int) -> Plain:
    position = {
        "@type": "CVR.SelectionPosition",
        "HasIndication": "yes",
        "NumberVotes": 1,
        "Rank": rank,
    }
    return {
        "@type": "CVR.CVRContestSelection",
        "ContestSelectionId": option,
        "Rank": rank,
        "SelectionPosition": [position],
    }


def _abstained(option: str) -> Plain:
    position = {"@type": "CVR.SelectionPosition", "HasIndication": "no", "NumberVotes": 0}
    return {
        "@type": "CVR.CVRContestSelection",
        "ContestSelectionId": option,
        "Status": ["other"],
        "OtherStatus": OWN,
        "SelectionPosition": [position],
    }


def _unit(name: str, voters: Voters) -> Plain:
    share = voters.share
    codes = ((WEIGHT, share.weight), (FULL, share.full_weight_at), (LEAST, share.min))
    return {
        "@type": "CVR.GpUnit",
        "@id": name,
        "Type": "other",
        "OtherType": ELECTORATE,
        "Name": one_line(voters.name) or share.id,
        "Code": [_code(ID, share.id), *(_code(kind, str(value)) for kind, value in codes)],
    }


def _code(kind: str, value: str) -> Plain:
    return {"@type": "CVR.Code", "Type": "other", "OtherType": kind, "Value": value}


def _instant(asked: Asked) -> str:
    """The day of the close, so that equal ballots give equal bytes."""
    if asked.on is None:
        return _NO_DAY
    return datetime.combine(asked.on, time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _notes(asked: Asked) -> str:
    said = "Ballots that count. Each weighs what its electorate's codes say."
    sealed = f" Sealed and not in this report: {', '.join(asked.sealed)}." if asked.sealed else ""
    return said + sealed
