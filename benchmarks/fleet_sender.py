"""The platform's end of many channels: WebSockets that send conversations' events.

Run as a process of its own: ``python fleet_sender.py``; prints its port. Then a line on standard
input for each run: ``SOCKETS KIND EVENTS RATE``. It waits for so many connections, says ``open``,
waits for another line, sends, and closes all of them. ``KIND`` is ``readings``, or ``mixed``: every
other event is an utterance. ``RATE`` is events a second over all sockets, 0 as fast as they are
read. Afterwards it prints when each event was sent: how many bytes follow, and those, doubles of
``time.perf_counter``, which on Linux is one clock for all processes.

Nothing else is here, no REST and no rules: what it costs is on another core, and little.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import sys
import time
from array import array
from collections.abc import Callable, Sequence

from fleet_calls import frame

CONVERSATIONS = 1_000
"""That something is said in; each on a channel of its own choice, which it keeps."""
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK = 50
_STAMP = 1e-9
_UTTERANCE, _READING = 3, 7


def number_of(trend: float | None, utterance: str | None) -> int:
    """Which event it was: a reading's trend or an utterance's id says so."""
    if utterance is not None:
        return int(utterance[-12:])
    return round((trend or 0.0) / _STAMP)


def readings() -> Callable[[int], bytes]:
    """The platform's sentiment, of one conversation after the other."""
    templates = _templates(_READING, "sentimentTrendScore", "0.18")

    def made(number: int) -> bytes:
        start, middle, end = templates[number % CONVERSATIONS]
        return b"%b%.9f%b%012d%b" % (start, number * _STAMP, middle, number, end)

    return made


def mixed() -> Callable[[int], bytes]:
    """The same, and what was said: one of each in turns."""
    reading, templates = readings(), _templates(_UTTERANCE, "utteranceId", None)

    def made(number: int) -> bytes:
        if number % 2:
            return reading(number)
        start, middle, end = templates[number % CONVERSATIONS]
        return b"%b%012d%b%012d%b" % (start, number, middle, number, end)

    return made


def _templates(step: int, field: str, value: str | None) -> list[tuple[bytes, bytes, bytes]]:
    """For each conversation: what comes before the field's value, then before the last id's end."""
    cut = []
    for each in range(CONVERSATIONS):
        text = frame(each, step)[1].decode()
        name = json.loads(text)["metadata"]["CorrelationId"]
        head, _, tail = text.partition(f'"{field}":')
        if value is None:
            old = tail[1:37]
            head, tail = f'{head}"{field}":"{old[:24]}', tail[25 + 12 :]
        else:
            head, tail = f'{head}"{field}":', tail[len(value) :]
        middle, _, end = tail.partition(name[24:])
        cut.append((head.encode(), middle.encode(), end.encode()))
    return cut


def accepted(listener: socket.socket) -> socket.socket:
    """The next connection, after its handshake."""
    connection, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    lines = request.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    digest = hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode()).digest()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def framed(text: bytes) -> bytes:
    """A text frame of 126 to 65,535 bytes, unmasked, as a server sends it."""
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


def flood(sockets: Sequence[socket.socket], made: Callable[[int], bytes], events: int) -> None:
    """As fast as they are read, in blocks, one socket after the other."""
    for first in range(0, events, _BLOCK * len(sockets)):
        beyond = min(first + _BLOCK * len(sockets), events)
        for place, one in enumerate(sockets):
            numbers = range(first + place, beyond, len(sockets))
            one.sendall(b"".join(framed(made(number)) for number in numbers))


def pace(
    sockets: Sequence[socket.socket], made: Callable[[int], bytes], events: int, rate: int
) -> array[float]:
    """Evenly, each event on its own; when each was sent."""
    sent = array("d")
    began = time.perf_counter() + 0.01
    for number in range(events):
        data = framed(made(number))
        while (early := began + number / rate - time.perf_counter()) > 0:
            time.sleep(early)
        sent.append(time.perf_counter())
        sockets[number % len(sockets)].sendall(data)
    return sent


def main() -> None:
    """Until standard input ends."""
    made = {"readings": readings(), "mixed": mixed()}
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        count, kind, events, rate = line.split()
        sockets = [accepted(listener) for _ in range(int(count))]
        print("open", flush=True)
        sys.stdin.readline()
        sent = array("d")
        if int(rate):
            sent = pace(sockets, made[kind], int(events), int(rate))
        else:
            flood(sockets, made[kind], int(events))
        for one in sockets:
            one.sendall(b"\x88\x02\x03\xe8")
        for one in sockets:
            one.recv(4096)
            one.close()
        print(len(sent) * sent.itemsize, flush=True)
        sys.stdout.buffer.write(sent.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
