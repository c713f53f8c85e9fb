"""A WebSocket server that sends platform sentiment events as fast as the other side reads.

Run as a process of its own: ``python sender.py``; prints its port, then serves one connection
after the other. The path says how many events: ``/1000000``. Frames are made here, unmasked and
without compression, as a server sends them; the work of making them is on another core.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import uuid

CONVERSATIONS = 1000
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK = 50


def templates() -> list[tuple[bytes, bytes, bytes]]:
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
    count = int(lines[0].split(" ")[1].lstrip("/"))
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    digest = hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode()).digest()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    frames = templates()
    for first in range(0, count, _BLOCK):
        block = bytearray()
        for number in range(first, min(first + _BLOCK, count)):
            start, middle, end = frames[number % CONVERSATIONS]
            text = b"%b%.3f%b00000000-0000-4000-8000-%012d%b" % (
                start,
                (number * 7919 % 2001 - 1000) / 1000,
                middle,
                number,
                end,
            )
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
