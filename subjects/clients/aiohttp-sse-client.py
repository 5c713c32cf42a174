"""Driver of the PyPI package aiohttp-sse-client."""

import asyncio, json, os, sys
from datetime import timedelta

from aiohttp_sse_client.client import READY_STATE_CLOSED, EventSource

say = lambda **line: print(json.dumps(line), flush=True)


async def main():
    options = {}
    if "SSE_RETRY_MS" in os.environ:
        options["reconnection_time"] = timedelta(milliseconds=int(os.environ["SSE_RETRY_MS"]))
    lost = lambda: source.ready_state == READY_STATE_CLOSED or say(error=True)
    source = EventSource(sys.argv[1], timeout=None, on_open=lambda: say(open=True), on_error=lost, **options)
    task = asyncio.ensure_future(read(source))
    if "SSE_CLOSE_AFTER_MS" in os.environ:
        await asyncio.wait([task], timeout=int(os.environ["SSE_CLOSE_AFTER_MS"]) / 1000)
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
