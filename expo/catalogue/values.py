"""Entities and the initiatives they propose, as values.

The limits stand here because they are promises to every screen: a short title fits a small row
and an overlay, a summary fits a card (experience page, section 5). Pure.
"""

from datetime import date
from typing import Final

import msgspec

from expo.words import Text

TITLE_LENGTH: Final = (
    80  # characters of a title or name in one language; more wraps past three lines at 360 px
)
SHORT_LENGTH: Final = 18  # characters of a short title; the overlay and small rows are drawn for it
SUMMARY_LENGTH: Final = 140  # characters of a summary; what a ballot card shows unfolded
BODY_LENGTH: Final = (
    1200  # characters of problem, proposal and benefit each; about a minute of reading
)
SERVICE_LENGTH: Final = 80  # characters of a service's name
ENTRY_STAGES: Final = (
    1,
    2,
)  # model stages finished before an initiative enters: assess, plan (S0-11)
LAST_STAGE: Final = 5  # assess, plan, implement, monitor, continuous learning


class Entity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A government entity that presents initiatives.

    ``links`` are https addresses of the entity's own pages, shown as plain links.
    """

    id: str
    name: Text
    short: Text
    links: tuple[str, ...] = ()


class ModelStage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finished stage of the Dubai Model, ``stage`` in 1..5, with the day it was finished."""

    stage: int
    finished_on: date


class Initiative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entity proposes to the audience.

    ``entity`` is an entity's id. ``model_stages`` are in rising order, each stage once.
    ``sample`` marks invented content; every page that shows the initiative says so.
    """

    id: str
    entity: str
    title: Text
    short: Text
    summary: Text
    problem: Text
    proposal: Text
    benefit: Text
    services: tuple[Text, ...] = ()
    model_stages: tuple[ModelStage, ...] = ()
    sample: bool = False
