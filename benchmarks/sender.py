"""A WebSocket server that sends platform sentiment events as fast as the other side reads.

Run as a process of its own: ``python sender.py``; prints its port, then serves one connection
after the other. The path says what and how many: ``/readings/1000000`` or ``/interactions/1000``.
Frames are made here, unmasked and
without compression, as a server sends them; the work of making them is on another core.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import uuid
from collections.abc import Callable

CONVERSATIONS = 1000
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK = 50
_BEGAN = 1_763_668_200_000
_EMOTIONS = (b"joy", b"anger", b"fear", b"sadness", b"disgust", b"surprise", b"calm")
_COMPLAINT = (
    "I have been waiting for this delivery for two weeks now and nobody has told me anything,"
    " this is really not what I have paid for"
)
_QUESTION = (
    "I am very sorry to hear that, let me see where your parcel is at the moment, could you please"
    " give me the number of the order"
)
_ANSWER = (
    "thank you, it is on the letter that I have here somewhere, just a second please while I"
    " look for it in all these papers"
)
_LINES = (("customer", _COMPLAINT), ("agent", _QUESTION), ("customer", _ANSWER))


def readings() -> Callable[[int], bytes]:
    """The platform's overall sentiment."""
    frames = _reading_templates()

    def frame(number: int) -> bytes:
        start, middle, end = frames[number % CONVERSATIONS]
        return b"%b%.3f%b00000000-0000-4000-8000-%012d%b" % (
            start,
            (number * 7919 % 2001 - 1000) / 1000,
            middle,
            number,
            end,
        )

    return frame


def interactions() -> Callable[[int], bytes]:
    """A tutorial's: each conversation's last three segments, 5 s apart, and what they mean."""
    starts = [
        f'{{"type":"v2.interaction","data":{{"id":{_quoted(each)},"language":"en-US",'
        '"segments":['.encode()
        for each in range(CONVERSATIONS)
    ]
    segments = [
        f'{{"id":"00000000-0000-4000-8000-%012d","timestamp":%d,"participant":"{side}",'
        f'"text":"{text}"}}'.encode()
        for side, text in _LINES
    ]
    pattern = (
        b"%b" + b",".join(segments) + b'],"sentiment":{"polarity":%.3f,"confidence":0.87,'
        b'"label":"neutral"},"emotion":{"label":"%b","confidence":0.74}}}'
    )

    def frame(number: int) -> bytes:
        at = _BEGAN + number // CONVERSATIONS * 5000
        return pattern % (
            starts[number % CONVERSATIONS],
            number,
            at,
            number + CONVERSATIONS,
            at + 5000,
            number + 2 * CONVERSATIONS,
            at + 10_000,
            (number * 7919 % 2001 - 1000) / 1000,
            _EMOTIONS[number % len(_EMOTIONS)],
        )

    return frame


def _reading_templates() -> list[tuple[bytes, bytes, bytes]]:
    """For each live conversation: the frame's text before the score and after it, twice cut."""
    made = []
    for number in range(CONVERSATIONS):
        conversation = uuid.UUID(int=number + (4 << 76) + (8 << 62))
        lists = "".join(
            f',"{name}":[{",".join(_quoted(number * 10 + each) for each in range(count))}]'
            for name, count in (("queueIds", 2), ("divisionIds", 2), ("flowIds", 2))
        )
        start = (
            f'{{"topicName":"v2.speechandtextanalytics.conversation.{conversation}.sentiment",'
            f'"version":"2","eventBody":{{"conversationId":"{conversation}",'
            '"sentimentOverallScore":'
        )
        middle = f',"sentimentTrendScore":0.18{lists}}},"metadata":{{"CorrelationId":"'
        made.append((start.encode(), middle.encode(), b'"}}'))
    return made


def _quoted(number: int) -> str:
    return f'"{uuid.UUID(int=number + (4 << 76) + (8 << 62) + (1 << 100))}"'


def serve(connection: socket.socket) -> None:
    """Answer the handshake, send what the path asks for, then a closing frame."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    lines = request.decode().split("\r\n")
    _, what, count = lines[0].split(" ")[1].split("/")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    digest = hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode()).digest()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    make = {"readings": readings, "interactions": interactions}[what]()
    for first in range(0, int(count), _BLOCK):
        block = bytearray()
        for number in range(first, min(first + _BLOCK, int(count))):
            text = make(number)
            block += b"\x81\x7e" + len(text).to_bytes(2, "big") + text
        connection.sendall(block)
    connection.sendall(b"\x88\x02\x03\xe8")
    connection.recv(4096)  # the other side's goodbye
    connection.close()


def main() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        serve(connection)


if __name__ == "__main__":
    main()
