"""Driver of the PyPI package launchdarkly-eventsource. By default the end of the first connection is its end: the
strategy is the one that its documentation names for a client that connects again."""

import threading
import time

from ld_eventsource import SSEClient
from ld_eventsource.actions import Event, Fault, Start
from ld_eventsource.config import ErrorStrategy

from driver import URL, say, seconds, start

start("launchdarkly-eventsource", "retryMs", "closeAfterMs")
options = {}
if (retry := seconds("SSE_RETRY_MS")) is not None:
    options["initial_retry_delay"] = retry
client = SSEClient(URL, error_strategy=ErrorStrategy.always_continue(), **options)
if (close := seconds("SSE_CLOSE_AFTER_MS")) is not None:
    threading.Timer(close, client.close).start()
try:
    for action in client.all:
        if isinstance(action, Start):
            say(open=True)
        elif isinstance(action, Fault):
            say(error=repr(action.error))
        elif isinstance(action, Event):
            say(type=action.event, data=action.data, lastEventId=action.last_event_id or "")
except Exception as error:
    say(told=repr(error))
say(closed=True)
time.sleep(3600)
