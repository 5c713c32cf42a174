"""Driver of the PyPI package aiohttp-sse-client."""

import asyncio
from datetime import timedelta

from aiohttp_sse_client.client import READY_STATE_CLOSED, EventSource

from driver import URL, say, seconds, start

start("aiohttp-sse-client", "retryMs", "closeAfterMs")


async def main():
    options = {}
    if (retry := seconds("SSE_RETRY_MS")) is not None:
        options["reconnection_time"] = timedelta(seconds=retry)
    lost = lambda: source.ready_state == READY_STATE_CLOSED or say(error=True)
    source = EventSource(URL, timeout=None, on_open=lambda: say(open=True), on_error=lost, **options)
    task = asyncio.ensure_future(read(source))
    if (close := seconds("SSE_CLOSE_AFTER_MS")) is not None:
        await asyncio.wait([task], timeout=close)
        task.cancel()
        await source.close()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception as error:
        say(told=repr(error))
    say(closed=True)
    await asyncio.Event().wait()


async def read(source):
    async with source:
        async for event in source:
            say(type=event.type or "message", data=event.data, lastEventId=event.last_event_id)


asyncio.run(main())
