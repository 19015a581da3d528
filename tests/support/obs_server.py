"""A faithful fake of OBS's own server: obs-websocket 5 with its handshake, scenes and events."""

import asyncio
import base64
import hashlib
import secrets
from contextlib import suppress
from typing import Any, Self

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

AUTHENTICATION_FAILED = 4009
NOT_IDENTIFIED = 4007
NOT_FOUND = 600
UNKNOWN_REQUEST = 204


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class FakeObs:
    """OBS with a few scenes, on a real port; `stop` and `start` are a restart on the same port."""

    def __init__(self, password: str, *scenes: str) -> None:
        self.password = password
        self.scenes = scenes
        self.scene = scenes[0]
        self.port = 0
        self.refused = 0
        self.asked: list[str] = []
        self.skipped = 0
        self._moved = asyncio.Condition()
        self._let_in: set[ServerConnection] = set()
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            subprotocols=[Subprotocol("obswebsocket.json")],
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Close everything, as a quitting OBS does."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def shows(self, scene: str) -> None:
        """Wait until a scene is on air."""
        await self.until(lambda: self.scene == scene)

    async def until(self, is_so: Any) -> None:
        """Wait until something about it is so."""
        async with asyncio.timeout(10), self._moved:
            await self._moved.wait_for(is_so)

    async def operator(self, scene: str) -> None:
        """Somebody at the computer picks a scene."""
        await self._show(scene)

    async def _show(self, scene: str) -> None:
        async with self._moved:
            self.scene = scene
            self._moved.notify_all()
        data = {"eventType": "CurrentProgramSceneChanged", "eventIntent": 4}
        event = {"op": 5, "d": {**data, "eventData": {"sceneName": scene}}}
        for one in tuple(self._let_in):
            with suppress(ConnectionClosed):
                await one.send(msgspec.json.encode(event).decode())

    async def _talk(self, socket: ServerConnection) -> None:
        salt, challenge = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        hello = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        hello["authentication"] = {"challenge": challenge, "salt": salt}
        try:
            await socket.send(msgspec.json.encode({"op": 0, "d": hello}).decode())
            said = msgspec.json.decode(await socket.recv())
            if said["op"] != 1:
                await socket.close(NOT_IDENTIFIED)
                return
            expected = _digest(_digest(self.password + salt) + challenge)
            if said["d"].get("authentication") != expected:
                await self._refuse(socket)
                return
            await socket.send('{"op":2,"d":{"negotiatedRpcVersion":1}}')
            self._let_in.add(socket)
            async with self._moved:
                self._moved.notify_all()
            async for text in socket:
                await self._answer(socket, msgspec.json.decode(text)["d"])
        except ConnectionClosed:
            pass
        finally:
            self._let_in.discard(socket)

    @property
    def connected(self) -> int:
        """How many have been let in."""
        return len(self._let_in)

    async def _refuse(self, socket: ServerConnection) -> None:
        async with self._moved:
            self.refused += 1
            self._moved.notify_all()
        await socket.close(AUTHENTICATION_FAILED, "Authentication failed.")

    async def _answer(self, socket: ServerConnection, asked: dict[str, Any]) -> None:
        kind, data = asked["requestType"], asked.get("requestData", {})
        async with self._moved:
            self.asked.append(kind)
            self._moved.notify_all()
        code, switched = 100, None
        found: dict[str, Any] = {}
        match kind:
            case "GetCurrentProgramScene":
                found = {"currentProgramSceneName": self.scene}
            case "GetStreamStatus":
                found = {"outputActive": True, "outputSkippedFrames": self.skipped}
                found["outputTotalFrames"] = 900
            case "SetCurrentProgramScene" if data["sceneName"] in self.scenes:
                switched = data["sceneName"]
            case "SetCurrentProgramScene":
                code = NOT_FOUND
            case _:
                code = UNKNOWN_REQUEST
        status: dict[str, Any] = {"result": code == 100, "code": code}
        answer = {"requestType": kind, "requestId": asked["requestId"], "requestStatus": status}
        frame = {"op": 7, "d": {**answer, "responseData": found}}
        if switched is not None and switched != self.scene:
            await self._show(switched)
        await socket.send(msgspec.json.encode(frame).decode())
