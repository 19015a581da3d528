"""Our schedule files are what the public schemas of c3voc say, and a real export comes in and out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings

from expo.words import LANGUAGES, Language
from sessions.exchange.importing import imported
from sessions.exchange.writing import as_json, as_xml
from sessions.programme import Programme
from sessions.schedule_file import parse
from tests.property.test_programme import plain, programmes
from tests.support.schedule_files import SCHEMAS, telling
from tests.support.schedules import programme

SHIPPED: Final = Path(__file__).resolve().parents[2] / "schedule.yaml"
JSON: Final = SCHEMAS / "schedule.schema.json"
XML: Final = SCHEMAS / "schedule.xml.xsd"
REAL: Final = SCHEMAS / "pretalx-democon.json"

pytestmark = pytest.mark.skipif(
    not JSON.exists(), reason="no ../shared/schemas beside the repository"
)


def json_wrong(content: bytes) -> list[str]:
    checker = jsonschema.Draft6Validator(json.loads(JSON.read_bytes()))
    return [error.message for error in checker.iter_errors(json.loads(content))]


@pytest.fixture(scope="module")
def xml_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(XML))


def xml_wrong(schema: xmlschema.XMLSchema, content: bytes) -> list[str]:
    return [str(error.reason) for error in schema.iter_errors(content.decode())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_schedule_is_valid(xml_schema: xmlschema.XMLSchema, language: Language) -> None:
    told = telling(parse(SHIPPED.read_bytes()), language, {"dewa": "cancelled", "rta": "postponed"})

    assert json_wrong(as_json(told)) == []
    assert xml_wrong(xml_schema, as_xml(told)) == []


@settings(max_examples=25, deadline=None)
@given(programmes(plain))
def test_any_programme_is_valid(one: Programme) -> None:
    told = telling(one)

    assert json_wrong(as_json(told)) == []
    assert xml_wrong(xmlschema.XMLSchema(str(XML)), as_xml(told)) == []


def test_validators_bite(xml_schema: xmlschema.XMLSchema) -> None:
    told = telling(programme())

    assert json_wrong(as_json(told).replace(b'"slug"', b'"snail"'))
    assert xml_wrong(xml_schema, as_xml(told).replace(b"guid=", b"uuid="))


@pytest.mark.parametrize("hall", ["Gray Room", "Tan Room"])
def test_real_export_loses_nothing_that_both_know(
    xml_schema: xmlschema.XMLSchema, hall: str
) -> None:
    real = json.loads(REAL.read_bytes())
    taken = imported(REAL.read_bytes(), programme(), hall=hall)
    ours = as_json(telling(taken))

    assert json_wrong(ours) == []
    assert xml_wrong(xml_schema, as_xml(telling(taken))) == []
    assert known(json.loads(ours)) == known(real, hall)


def known(file: dict[str, Any], hall: str = "") -> dict[str, tuple[str, str, str]]:
    """UUID → title, instant and length of every session; in UTC."""
    from_days = (day["rooms"].items() for day in file["schedule"]["conference"]["days"])
    events = [
        event for rooms in from_days for name, some in rooms for event in some if hall in ("", name)
    ]
    return {
        event["guid"]: (event["title"], utc(event["date"]), event["duration"]) for event in events
    }


def utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
