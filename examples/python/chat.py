"""Says the lines of its input in a room of outcry, and prints what is said there.

    python chat.py ws://localhost:1337/ws lobby ann

The third argument is the token; a gateway without keys takes it for the name. See docs/PROTOCOL.md for every number here.
"""

import asyncio
import contextlib
import itertools
import random
import secrets
import sys

import msgpack
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

JOIN, PUBLISH = 2, 4
WELCOME, ACK, ERROR, JOINED, MESSAGE, RESET = 32, 33, 34, 35, 36, 44
MAX_WAITING = 100
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0


class Room:
    """One room, across connections: everything that is said there once, and everything that is said here stored once."""

    def __init__(self, url, name, token):
        self.url, self.name, self.token = url, name, token
        self.lines = asyncio.Queue(maxsize=1)
        self.position = None  # (epoch, seq) of the last message that was printed
        self.waiting = {}  # publishes without an answer, by id, in order
        self.is_joined, self.has_space = asyncio.Event(), asyncio.Event()
        self.ids = itertools.count(1)
        self.losses = 0  # since the room was last joined

    async def stay(self):
        """Returns when the gateway says that coming back makes no sense."""
        while True:
            try:
                await self.session()
            except ConnectionClosed as lost:
                code = lost.rcvd.code if lost.rcvd else 1006
                log(f"closed: {code} {lost.rcvd.reason if lost.rcvd else ''}")
                if 4000 <= code < 4100:
                    return
                at_once = 4200 <= code < 4300
            except InvalidStatus as refused:
                log(f"refused: HTTP {refused.response.status_code}")
                if refused.response.status_code not in (429, 503):
                    return
                at_once = False
            except (OSError, WebSocketException) as lost:
                log(f"no connection: {lost}")
                at_once = False
            longest = 0.25 if at_once else min(FIRST_WAIT_S * 2**self.losses, LONGEST_WAIT_S)
            self.losses += 1
            await asyncio.sleep(random.uniform(0, longest))

    async def session(self):
        """From a handshake to the end of its connection. The library answers the gateway's pings, and sends its own."""
        subprotocols = ["outcry.v1.msgpack", f"bearer.{self.token}"]
        async with connect(self.url, subprotocols=subprotocols, ping_interval=20, ping_timeout=10) as socket:
            writer = asyncio.create_task(self.write(socket))
            try:
                while True:
                    self.hear(*msgpack.unpackb(await socket.recv()))
            finally:
                writer.cancel()

    async def write(self, socket):
        """Joins from where the room was, repeats what has no answer yet under its old keys, and goes on with new lines."""
        with contextlib.suppress(ConnectionClosed):
            self.is_joined.clear()
            await socket.send(msgpack.packb([JOIN, 0, self.name, self.position, 0]))
            await self.is_joined.wait()
            for frame in list(self.waiting.values()):
                await socket.send(frame)
            while True:
                self.has_space.set()
                if len(self.waiting) >= MAX_WAITING:
                    self.has_space.clear()
                    await self.has_space.wait()
                text, request, key = await self.lines.get(), next(self.ids), secrets.token_hex(16)
                self.waiting[request] = msgpack.packb([PUBLISH, request, self.name, {"text": text}, key])
                await socket.send(self.waiting[request])

    def hear(self, tag, *fields):
        """One frame. Those of an unknown tag are passed over, and so are fields past the known ones."""
        if tag == MESSAGE and fields[0] == self.name:
            _, sender, _, data, seq = fields[:5]
            print(seq, sender, data["text"] if isinstance(data, dict) and "text" in data else data, flush=True)
            self.position = (self.position[0], seq)
        elif tag == JOINED and fields[1] == self.name:
            _, _, epoch, recovered, _, seq = fields[:6]
            if self.position is not None and not recovered:
                log("messages are missing here: they are not kept any more")
            if not recovered:
                self.position = (epoch, seq)
            self.losses = 0
            self.is_joined.set()
            log(f"joined at {self.position[1]}")
        elif tag == RESET and fields[0] == self.name:
            self.position = (fields[1], fields[2])
            log("the room is numbered anew")
        elif tag == ACK and self.waiting.pop(fields[0], None):
            self.has_space.set()
        elif tag == ERROR:
            request, code, message, retryable = fields[:4]
            log(f"error: {code}: {message}")
            # What may be stored later is said again after the next join. It has its key, so it is stored once.
            if not retryable and self.waiting.pop(request, None):
                self.has_space.set()


def log(text):
    print(text, file=sys.stderr, flush=True)


async def main(url, room, token):
    room = Room(url, room, token)
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)

    async def read_lines():
        while line := await stdin.readline():
            await room.lines.put(line.decode().rstrip("\n"))

    reading = asyncio.create_task(read_lines())
    await room.stay()
    reading.cancel()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("expected: chat.py <url> <room> <token>")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
