"""The whole expo, composed by ``run.py serve`` itself, with a publisher beside it to be commanded.

``python -m bench.servers.sawt PORT FOLDER SCHEDULE [TEXTS]``; TEXTS a second are allowed a socket
instead of the usual few. Commands: "stage" puts the first session on
the stage with its contest open and answers with the contest and an organiser's link; "once BYTES"
publishes a frame to everybody on a public page; "held" tells who is behind. Its clock begins with
the first session.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from bench import machine
from bench.servers.commands import answer, commands, stamped
from command.assembly import Expo
from command.common import programme_in
from command.serve import serve
from expo.identity.people import Person, PersonId
from expo.rights import Role
from expo.wire.server import server
from expo.wire.viewer import Limits
from sessions.orders import Kind, Order
from sessions.rehearsal.entertainment import organiser
from sessions.sockets import NOTICE
from voting.contests import Contest

_DIRECTOR: Final = Person(PersonId("bench"), Role.ORGANISER, label="bench")


class MeasuredExpo(Expo):
    """An expo that may hold as many connections as its files allow, and hears commands."""

    def __init__(self, *arguments: Any, texts_per_second: float | None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        if texts_per_second is not None:
            limits = Limits(texts_per_second=texts_per_second, text_burst=int(texts_per_second))
            object.__setattr__(self.hub, "limits", limits)
        # The default is a limit for one small machine; what is measured here is where the process ends.
        self.server = server(
            self.application(),
            proxies=self.settings.trusted_proxies,
            limit_concurrency=machine.most_sockets(),
        )

    @override
    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with super().running():
            obeying = asyncio.create_task(self._obey())
            yield
            obeying.cancel()

    async def _obey(self) -> None:
        await self.server.ready.wait()
        answer(ready=True)
        async for word, *more in commands():
            if word == "once":
                self.hub.publish(NOTICE, stamped(int(more[0]), type="notice"))
            elif word == "held":
                answer(**_held(self))
            elif word == "stage":
                await self._stage()
        self.stop()

    async def _stage(self) -> None:
        session = self.programme.sessions[0].id
        await self.show.refresh()
        version = self.show.progress(session).version
        await self._order(Kind.START, version=version, session=session)
        version = self._contest(session).version
        await self._order(Kind.OPEN, version=version, contest=self._contest(session).id)
        contest = self._contest(session)
        answer(
            session=session,
            contest=contest.id,
            options=[option.id for option in contest.options],
            longest=contest.rules.max_ranked,
            code=self.show.progress(session).code,
            organiser=await organiser(self.passes, self.now),
        )

    async def _order(self, kind: Kind, **about: Any) -> None:
        await self.show.act(_DIRECTOR, Order(kind, confirmed=True, **about))
        await self.show.refresh()

    def _contest(self, session: str) -> Contest:
        found = self.show.contest(session)
        if found is None:
            raise LookupError(session)
        return found


def _held(expo: Expo) -> dict[str, int]:
    """How many viewers do not take what they are sent, and the most bytes the process keeps for one."""
    behind = [one for one in expo.hub.viewers() if one.is_behind]
    transports = [getattr(one.outlet, "__self__", None) for one in behind]
    sizes = [
        one.get_write_buffer_size() for one in transports if isinstance(one, asyncio.Transport)
    ]
    return {"behind": len(behind), "measured": len(sizes), "most_bytes": max(sizes, default=0)}


def main(port: int, folder: Path, schedule: Path, texts_per_second: float | None = None) -> int:
    """Serve until the input ends."""
    options = argparse.Namespace(
        host="127.0.0.1",
        port=port,
        data=str(folder),
        schedule=str(schedule),
        now=programme_in(schedule).sessions[0].starts_at,
        audience=0,
    )
    return serve(options, partial(MeasuredExpo, texts_per_second=texts_per_second))


if __name__ == "__main__":
    _port, _folder, _schedule, *_texts = sys.argv[1:]
    raise SystemExit(main(int(_port), Path(_folder), Path(_schedule), *map(float, _texts)))
