"""Driver of the PyPI package sseclient-py, over requests, as its README shows. The end of the response is its end."""

import time

import requests
import sseclient

from driver import URL, say, start

start("sseclient-py")
try:
    response = requests.get(URL, stream=True)
    say(open=True)
    last_event_id = ""
    for event in sseclient.SSEClient(response).events():
        # Its events have only IDs of their own: users keep the last.
        last_event_id = event.id if event.id is not None else last_event_id
        say(type=event.event, data=event.data, lastEventId=last_event_id)
except Exception as error:
    say(told=repr(error))
say(closed=True)
time.sleep(3600)
