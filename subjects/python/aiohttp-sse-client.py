"""esse subject: PyPI aiohttp-sse-client, over a session of aiohttp that answers with the chunks.
Lines are cut by the stream reader of aiohttp, as they are for its users."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from unittest import mock

from aiohttp.streams import StreamReader
from aiohttp_sse_client import client
from protocol import serve
from yarl import URL


class Ended(Exception):
    """It sleeps, then connects again, when the stream has ended."""


client.asyncio = SimpleNamespace(sleep=mock.AsyncMock(side_effect=Ended))


async def feed(reader, chunks):
    for chunk in chunks:
        reader.feed_data(chunk)
        for _ in range(3):  # all that comes of it has come before the next one is there
            await asyncio.sleep(0)
    reader.feed_eof()


async def run(chunks, clock):
    default = timedelta(microseconds=1)
    reader = StreamReader(mock.Mock(_reading_paused=False), limit=2**30, loop=asyncio.get_running_loop())
    response = SimpleNamespace(
        status=200, content_type="text/event-stream", content=reader, real_url=URL("http://localhost")
    )
    session = SimpleNamespace(request=mock.AsyncMock(return_value=response))
    source = client.EventSource("http://localhost", session=session, reconnection_time=default)
    await source.connect()
    feeding, events = asyncio.create_task(feed(reader, clock.chunks(chunks))), []
    try:
        async for event in source:
            events.append(clock.event(event.type or "message", event.data, event.last_event_id))
    except Ended:
        source._reconnection_time /= 2  # it has just been doubled
    await feeding
    time = source._reconnection_time
    retry = None if time == default else time // timedelta(milliseconds=1)
    return {"events": events, "lastEventId": source._last_event_id, "reconnectionTime": retry}


capabilities = ["chunks", "afterChunk", "lastEventId", "reconnectionTime"]
serve("aiohttp-sse-client", capabilities, lambda chunks, clock: asyncio.run(run(chunks, clock)))
