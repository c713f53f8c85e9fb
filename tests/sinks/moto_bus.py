"""A real EventBridge client's other side: moto in a process, behind a proxy that fails entries.

moto does not throttle, does not count bytes and never fails, so a proxy on a real socket does:
what it refuses never reaches moto, and what it lets through does.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

KEY, SECRET, REGION = "AKIACANARYCANARYCANA", "canary-secret-key-4111", "eu-west-1"
_RUNNING = re.compile(rb"Running on (http://127\.0\.0\.1:\d+)")


def session() -> Any:
    """Credentials that only moto takes."""
    return boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name=REGION)


@contextmanager
def moto(log: Path) -> Iterator[str]:
    """The URL of a moto server, which writes to ``log``."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60.0
        while (found := _RUNNING.search(log.read_bytes())) is None:
            running = process.poll() is None and time.monotonic() < until
            assert running, f"moto did not start: {log.read_text(errors='replace')}"
            time.sleep(0.05)
        yield found[1].decode()
    finally:
        process.kill()
        process.wait()


class Target:
    """A bus with a rule that sends what comes from one source to a queue."""

    def __init__(self, url: str, name: str, source: str) -> None:
        self.name = name
        made = session()
        self._events = made.client("events", endpoint_url=url)
        self._sqs = made.client("sqs", endpoint_url=url)
        self._events.create_event_bus(Name=name)
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        wanted = ["QueueArn"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=wanted)
        pattern = json.dumps({"source": [source]})
        self._events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
        targets = [{"Id": "1", "Arn": found["Attributes"]["QueueArn"]}]
        self._events.put_targets(Rule=name, EventBusName=name, Targets=targets)

    def received(self) -> list[dict[str, Any]]:
        """All events in the queue, which is empty afterwards."""
        events: list[dict[str, Any]] = []
        while True:
            # The visibility timeout keeps what was received from coming twice.
            found = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
            )
            messages = found.get("Messages", [])
            if not messages:
                return events
            events += [json.loads(each["Body"]) for each in messages]

    def close(self) -> None:
        self._events.close()
        self._sqs.close()


class Proxy:
    """In front of moto. ``codes``: errors for an entry by its record's id, one for each try.
    ``whole``: answers to whole requests, first come; a status of 0 drops the connection.
    ``largest``: bytes of a body above which it says 413. ``hold``: requests wait for it."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self.codes: dict[str, list[str]] = defaultdict(list)
        self.whole: list[tuple[int, str]] = []
        self.largest: int | None = None
        self.hold: asyncio.Event | None = None
        self.requests: list[list[dict[str, Any]]] = []
        self.accepted: list[str] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        entries = json.loads(body)["Entries"]
        self.requests.append(entries)
        if self.hold is not None:
            await self.hold.wait()
        if self.whole:
            status, code = self.whole.pop(0)
            if not status:
                assert request.transport is not None
                request.transport.abort()
            # AWS quotes the signature's header in some of its messages.
            said = {"__type": code, "message": request.headers["Authorization"]}
            return web.json_response(said, status=status or 500)
        if self.largest is not None and len(body) > self.largest:
            return web.Response(status=413)
        return await self._put(request, entries)

    async def _put(self, request: web.Request, entries: list[dict[str, Any]]) -> web.StreamResponse:
        answers: list[dict[str, Any] | None] = []
        passing = []
        for each in entries:
            codes = self.codes[id_of(each)]
            answers.append({"ErrorCode": codes.pop(0), "ErrorMessage": "no"} if codes else None)
            if answers[-1] is None:
                passing.append(each)
        if passing:
            headers = {
                name: value
                for name, value in request.headers.items()
                if name.startswith(("X-Amz", "Content-Type", "Authorization"))
            }
            async with ClientSession() as client:
                async with client.post(
                    self._behind, data=json.dumps({"Entries": passing}), headers=headers
                ) as answer:
                    found = await answer.json(content_type=None)
                    if answer.status != 200:
                        return web.json_response(found, status=answer.status)
            told = iter(found["Entries"])
            answers = [next(told) if each is None else each for each in answers]
            self.accepted += [
                id_of(entry)
                for entry, told_of in zip(entries, answers, strict=True)
                if told_of is not None and "EventId" in told_of
            ]
        failed = sum("ErrorCode" in (each or {}) for each in answers)
        return web.json_response({"FailedEntryCount": failed, "Entries": answers})


def id_of(fields: dict[str, Any]) -> str:
    """The id of the record in an entry of a request."""
    detail = json.loads(fields["Detail"])
    return str(detail.get("id") or detail.get("forwardingId"))


@asynccontextmanager
async def proxy(behind: str) -> AsyncIterator[Proxy]:
    """One on a socket of its own."""
    made = Proxy(behind)
    application = web.Application(client_max_size=2**24)
    application.router.add_post("/", made.handle)
    async with TestServer(application, host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made
