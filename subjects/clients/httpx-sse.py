"""Driver of the PyPI package httpx-sse with stamina: `iter_sse_retrying` is from its README, and `say` was added."""

import time
from importlib.metadata import version

import httpx
from httpx_sse import connect_sse
from stamina import retry
from stamina.instrumentation import set_on_retry_hooks

from driver import URL, say, start

start("httpx-sse", version=f"{version('httpx-sse')} (stamina {version('stamina')})")
set_on_retry_hooks([lambda details: say(error=repr(details.caused_by))])


def iter_sse_retrying(client, method, url):
    last_event_id = ""
    reconnection_delay = 0.0

    @retry(on=httpx.ReadError)
    def _iter_sse():
        nonlocal last_event_id, reconnection_delay

        time.sleep(reconnection_delay)

        headers = {"Accept": "text/event-stream"}

        if last_event_id:
            headers["Last-Event-ID"] = last_event_id

        with connect_sse(client, method, url, headers=headers) as event_source:
            say(open=True)
            for sse in event_source.iter_sse():
                last_event_id = sse.id

                if sse.retry is not None:
                    reconnection_delay = sse.retry / 1000

                yield sse

    return _iter_sse()


try:
    with httpx.Client() as client:
        for sse in iter_sse_retrying(client, "GET", URL):
            say(type=sse.event, data=sse.data, lastEventId=sse.id)
except Exception as error:
    say(told=repr(error))
say(closed=True)
time.sleep(3600)
