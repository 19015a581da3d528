"""Our cast vote records are what NIST's schema says, whatever was asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.support.exchange import WRITERS, asked_in, ballot_files
from tests.support.json_schema import faults
from tests.unit.test_exchange_writing import texts
from voting.exchange.ballot_file import BallotFile

SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "schemas" / "nist-cvr.schema.json"

pytestmark = pytest.mark.skipif(
    not SCHEMA.exists(), reason="no ../shared/schemas beside the repository"
)


def wrong(text: str) -> list[str]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    return list(faults(json.loads(text), schema, schema))


def test_report_is_valid() -> None:
    assert wrong(texts()["cvr.json"]) == []


@given(ballot_files())
def test_report_of_any_election_is_valid(file: BallotFile) -> None:
    assert wrong(WRITERS["cvr.json"](asked_in(file), file)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"Version":"1.0.0"', '"Version":"2.0.0"'),
        ('"VoteVariation":"rcv"', '"VoteVariation":"ranked"'),
        ('"HasIndication":"yes",', ""),
        ('"GpUnit":', '"Units":'),
        ('"Rank":1', '"Rank":"1"'),
        ('"@type":"CVR.CandidateContest"', '"@type":"CVR.Question"'),
    ],
)
def test_report_that_is_not_valid_is_seen(old: str, new: str) -> None:
    text = texts()["cvr.json"]
    assert old in text

    assert wrong(text.replace(old, new)) != []
