"""The team's pages: their proposals, the three steps, the check, handing in and withdrawing."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.catalogue.pictures.kinds import MOST_BYTES, too_large
from expo.catalogue.pictures.usecases import Pictures
from expo.catalogue.proposals.checks import Problem, Step, problems
from expo.catalogue.proposals.entries import (
    LAST_FIELD,
    Entered,
    entered,
    new_alt,
    shown,
    with_image,
)
from expo.catalogue.proposals.moves import ProposalIncomplete
from expo.catalogue.proposals.states import EDITABLE
from expo.catalogue.proposals.usecases import Proposals
from expo.catalogue.proposals.values import MOST_IMAGES, Image, LifeStage, Need, Proposal
from expo.catalogue.proposals.views import (
    HARD,
    STEPS,
    problems_of,
    proposal_view,
    step_after,
)
from expo.catalogue.values import Entity
from expo.errors import BadRequest, Fault, NotAllowed, Refusal, StaleVersion
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.forms import MOST_FIELDS, Upload, client_form, client_upload
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.web.visiting import MAX_BODY_BYTES

UPLOAD_BYTES: Final = MOST_BYTES + 256 * 1024  # the file and the fields around it
_VERSION: Final = re.compile("[0-9]{1,9}")
_STAY: Final = frozenset({"stay", "image"})


class ProposalState(TypedDict):
    """What these pages need."""

    pages: Renderer
    proposals: Proposals
    pictures: Pictures
    entities: Callable[[], tuple[Entity, ...]]
    visit: Visit


ProposalRequest = Request[ProposalState]


# --- reading ---


async def home(request: ProposalRequest) -> Response:
    """The team's proposals with their states and what is next."""
    person = request.state["visit"].somebody()
    if person.entity is None:
        raise NotAllowed(action=Action.PROPOSE.value)
    proposals = request.state["proposals"]
    found = await proposals.of_entity(person.entity)
    today = proposals.now.date()
    views = [proposal_view(one, today, await proposals.events(one.id)) for one in found]
    values = {"views": views, "entity": entity_of(request, person.entity)}
    return request.state["pages"].page(request, "team/home.html", values, headers=NO_STORE)


async def overview(request: ProposalRequest) -> Response:
    """One proposal: its state in words, what is next, and what happened."""
    return await _overview(request)


async def check(request: ProposalRequest) -> Response:
    """Everything that is missing or untranslated, and the button to hand it in."""
    return await _check(request)


async def step_page(request: ProposalRequest) -> Response:
    """One of the three steps; what cannot be written now is only shown."""
    proposal = await _editable(request)
    step = _step(request)
    if proposal.state not in EDITABLE:
        return _to(proposal.id)
    found: tuple[Problem, ...] = ()
    if "check" in request.query_params:
        found = problems_of(step, problems(proposal.content, request.state["proposals"].now.date()))
    return await _step_page(request, proposal, step, shown(step, proposal.content), found=found)


# --- writing ---


async def create(request: ProposalRequest) -> Response:
    """A new draft, and its first step."""
    made = await request.state["proposals"].create(request.state["visit"].somebody())
    return _to(made.id, "/" + STEPS[0].value)


async def save(request: ProposalRequest) -> Response:
    """Keep a step and go on to the next."""
    fields = await client_form(request)
    if LAST_FIELD not in fields:
        raise BadRequest(what="form")
    return await _save(request, _step(request), fields)


async def save_people(request: ProposalRequest) -> Response:
    """Keep the third step, with the picture it may bring."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) <= MAX_BODY_BYTES:
        return await _save_upload(request)
    async with request.state["pictures"].turn():
        return await _save_upload(request)


async def _save_upload(request: ProposalRequest) -> Response:
    try:
        async with client_upload(request, last=LAST_FIELD, most_fields=MOST_FIELDS) as (
            fields,
            upload,
        ):
            return await _save(request, Step.PEOPLE, fields, upload)
    except HTTPException as refused:
        if refused.status_code != too_large().status or wants_json(request):
            raise
        proposal = await _editable(request)
        kept = shown(Step.PEOPLE, proposal.content)
        return await _step_page(request, proposal, Step.PEOPLE, kept, refusal=too_large())


async def _save(
    request: ProposalRequest, step: Step, fields: Mapping[str, str], upload: Upload | None = None
) -> Response:
    proposals = request.state["proposals"]
    before = await proposals.own(request.state["visit"].somebody(), request.path_params["proposal"])
    version = _version(fields)
    try:
        image = await _taken(request, before, fields, upload) if upload else None
        written = await proposals.save(
            request.state["visit"].somebody(),
            before.id,
            version,
            lambda content: _with(entered(step, fields, content), image).content,
            added=image.id if image else None,
        )
    except (Refusal, Fault) as refusal:
        if wants_json(request) or isinstance(refusal, NotAllowed):
            raise
        return await _not_saved(request, step, fields, refusal)
    read = entered(step, fields, before.content)
    found = [one for one in _found(request, step, written) if one.code in HARD]
    if read.faults or found:
        told = (*read.faults, *found)
        typed = {**shown(step, written.content), **_typed(fields, read)}
        return await _step_page(request, written, step, typed, found=told, status=422)
    return _onward(written, step, fields.get("then", ""))


async def _taken(
    request: ProposalRequest, before: Proposal, fields: Mapping[str, str], upload: Upload
) -> Image:
    """The picture that came with the form, kept; it belongs to nobody until the proposal is written."""
    if len(before.content.images) >= MOST_IMAGES:
        raise BadRequest(what="image")
    made = await request.state["pictures"].take(request.state["visit"].somebody().id, upload)
    return Image(made.id, made.size.width, made.size.height, new_alt(fields))


def _with(read: Entered, image: Image | None) -> Entered:
    return Entered(with_image(read.content, image), read.faults) if image else read


async def _not_saved(
    request: ProposalRequest, step: Step, fields: Mapping[str, str], refusal: Refusal | Fault
) -> Response:
    """The step again with what was typed; where somebody else wrote meanwhile, with theirs beside it."""
    proposal = await _editable(request)
    stored = shown(step, proposal.content)
    typed = {name: value for name, value in fields.items() if name not in {"version", "then"}}
    theirs: dict[str, str] = {}
    found: tuple[Problem, ...] = ()
    if isinstance(refusal, StaleVersion):
        mine = shown(step, entered(step, fields, proposal.content).content)
        names = stored.keys() | mine.keys()
        theirs = {n: stored.get(n, "") for n in names if stored.get(n, "") != mine.get(n, "")}
    if isinstance(refusal, ProposalIncomplete):
        wanted = entered(step, fields, proposal.content).content
        found = problems(wanted, request.state["proposals"].now.date())
    if step is Step.PEOPLE:  # a picture is shown by its id; which there are is not typed
        typed |= {name: value for name, value in stored.items() if name.endswith("-id")}
    return await _step_page(
        request, proposal, step, typed, found=found, refusal=refusal, theirs=theirs
    )


async def submit(request: ProposalRequest) -> Response:
    """Hand it in."""
    fields = await client_form(request)
    try:
        moved = await request.state["proposals"].submit(
            request.state["visit"].somebody(), request.path_params["proposal"], _version(fields)
        )
    except (ProposalIncomplete, StaleVersion) as refusal:
        if wants_json(request):
            raise
        return await _check(request, refusal)
    return _to(moved.id)


async def withdraw(request: ProposalRequest) -> Response:
    """Withdraw it for good."""
    fields = await client_form(request)
    try:
        moved = await request.state["proposals"].withdraw(
            request.state["visit"].somebody(),
            request.path_params["proposal"],
            _version(fields),
            fields.get("reason", ""),
        )
    except StaleVersion as refusal:
        if wants_json(request):
            raise
        return await _overview(request, refusal)
    return _to(moved.id)


# --- parts ---


def entity_of(request: ProposalRequest, entity: str) -> Entity | None:
    """The entity with this id, if the programme has it."""
    return next((one for one in request.state["entities"]() if one.id == entity), None)


async def _editable(request: ProposalRequest) -> Proposal:
    """The proposal of the address; its entity is the asker's own, for nobody else may propose."""
    return await request.state["proposals"].own(
        request.state["visit"].somebody(), request.path_params["proposal"]
    )


def _step(request: ProposalRequest) -> Step:
    return Step(request.url.path.rsplit("/", 1)[-1])


def _version(fields: Mapping[str, str]) -> int:
    if not _VERSION.fullmatch(fields.get("version", "")):
        raise BadRequest(what="version")
    return int(fields["version"])


def _found(request: ProposalRequest, step: Step, proposal: Proposal) -> tuple[Problem, ...]:
    today = request.state["proposals"].now.date()
    return problems_of(step, problems(proposal.content, today))


def _typed(fields: Mapping[str, str], read: Entered) -> dict[str, str]:
    """What could not be read stays as it was typed."""
    return {one.field: fields.get(one.field, "") for one in read.faults}


def _onward(written: Proposal, step: Step, then: str) -> Response:
    if then in _STAY:
        anchor = "#pictures" if then == "image" else ""
        return _to(written.id, f"/{step.value}?saved{anchor}")
    if then == "later":
        return _to(written.id)
    after = step_after(step)
    return _to(written.id, f"/{after.value}" if after else "/check")


def _to(proposal_id: str, rest: str = "") -> Response:
    address = f"/{translations.language.get()}/team/proposals/{proposal_id}{rest}"
    return RedirectResponse(address, status_code=303, headers=NO_STORE)


async def _overview(request: ProposalRequest, refusal: Refusal | None = None) -> Response:
    return await _about(request, "team/proposal.html", refusal)


async def _check(request: ProposalRequest, refusal: Refusal | None = None) -> Response:
    return await _about(request, "team/check.html", refusal)


async def _about(request: ProposalRequest, template: str, refusal: Refusal | None) -> Response:
    proposals, pages = request.state["proposals"], request.state["pages"]
    proposal = await proposals.own(
        request.state["visit"].somebody(), request.path_params["proposal"]
    )
    events = await proposals.events(proposal.id)
    values = {
        "view": proposal_view(proposal, proposals.now.date(), events),
        "events": events,
        "revisions": await proposals.revisions(proposal.id),
        "entity": entity_of(request, proposal.entity),
        "tz": pages.zone,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, template, values, status=status, headers=NO_STORE)


async def _step_page(
    request: ProposalRequest,
    proposal: Proposal,
    step: Step,
    fields: Mapping[str, str],
    *,
    found: tuple[Problem, ...] = (),
    refusal: Refusal | Fault | None = None,
    theirs: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    proposals, pages = request.state["proposals"], request.state["pages"]
    events = await proposals.events(proposal.id)
    values: dict[str, Any] = {
        "view": proposal_view(proposal, proposals.now.date(), events),
        "step": step.value,
        "fields": fields,
        "problems": found,
        "theirs": theirs or {},
        "error": explained(refusal, pages.zone),
        "saved": "saved" in request.query_params,
        "life_stages": tuple(one.value for one in LifeStage),
        "needs": tuple(one.value for one in Need),
    }
    status = refusal.status if refusal else status
    return pages.page(request, f"team/{step.value}.html", values, status=status, headers=NO_STORE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    team = "/{lang}/team"
    one = team + "/proposals/{proposal}"
    pages = [guarded(f"{one}/{step.value}", step_page, Action.PROPOSE) for step in STEPS]
    forms = [
        guarded(f"{one}/{step.value}", save, Action.PROPOSE, methods=("POST",))
        for step in STEPS
        if step is not Step.PEOPLE
    ]
    return [
        guarded(team, home, Action.PROPOSE),
        guarded(team + "/proposals", create, Action.PROPOSE, methods=("POST",)),
        guarded(one, overview, Action.READ_PROPOSALS),
        guarded(one + "/check", check, Action.READ_PROPOSALS),
        *pages,
        *forms,
        guarded(
            f"{one}/{Step.PEOPLE.value}", save_people, Action.PROPOSE, methods=("POST",),
            most_bytes=UPLOAD_BYTES,
        ),
        guarded(one + "/submit", submit, Action.PROPOSE, methods=("POST",)),
        guarded(one + "/withdraw", withdraw, Action.PROPOSE, methods=("POST",)),
    ]  # fmt: skip
