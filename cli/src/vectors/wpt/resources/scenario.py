"""Plays the server of a scenario to one EventSource, and records its requests.

scenario.py?group=G&id=I&run=R[&path=P]   the responses in the order of the requests; 204 after the last
scenario.py?run=R&report                  the requests so far, as JSON
scenario.py?run=R&over                    the same, and the record is removed
"""

import base64
import json
import os
import re
import time
from urllib.parse import urlencode

NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
# Seconds that a connection is held open at most.
LONGEST_HOLD = 30
# Seconds between two looks whether the scenario is over.
MOMENT = 0.05


def main(request, response):
    arrived = time.monotonic()
    run = request.GET.first(b"run")
    if b"report" in request.GET or b"over" in request.GET:
        return report(request, run)
    response.add_required_headers = False
    response.close_connection = True
    index = record(request, run, arrived)
    play(request, response, answer(read_scenario(request), index), run, index)


def read_scenario(request):
    group = request.GET.first(b"group").decode("ascii")
    if not re.fullmatch("[a-z0-9-]+", group):
        raise ValueError("not a group: " + group)
    path = os.path.join(os.path.dirname(__file__), group + ".json")
    with open(path, "r", encoding="utf-8") as file:
        scenarios = json.load(file)["scenarios"]
    name = request.GET.first(b"id").decode("ascii")
    return next(scenario for scenario in scenarios if scenario["id"] == name)


def answer(scenario, index):
    """The last response may be that to all further requests. A request that should not come gets 204."""
    responses = scenario["server"]
    if index < len(responses):
        return responses[index]
    return responses[-1] if responses[-1]["repeat"] else None


def play(request, response, answer, run, index):
    if answer is None:
        ended(request, run, index)
        response.writer.write(NO_CONTENT)
        return
    steps = answer["steps"]
    for at, step in enumerate(steps):
        # A client may begin to wait as soon as it has the last bytes, so this comes before them.
        if at == len(steps) - 1:
            ended(request, run, index)
        if "pauseMs" in step:
            time.sleep(step["pauseMs"] / 1000)
        else:
            response.writer.write(filled_in(base64.b64decode(step["send"]), request))
    if answer["hold"]:
        hold(request, run)


def filled_in(data, request):
    """Where a redirect leads is known only now: to this handler, with the path of the scenario in the query."""
    parts = request.url_parts
    query = [(name, request.GET.first(name)) for name in (b"group", b"id", b"run")]
    for mark, value in [
        (b"{{origin}}", "%s://%s" % (parts.scheme, parts.netloc)),
        (b"{{handler}}", parts.path),
        (b"{{query}}", urlencode(query)),
    ]:
        data = data.replace(mark, value.encode("ascii"))
    return data


def hold(request, run):
    """Keeps the connection open until the scenario is over."""
    end = time.monotonic() + LONGEST_HOLD
    while time.monotonic() < end:
        with request.server.stash.lock:
            requests = request.server.stash.take(run)
            if requests is None:
                return
            request.server.stash.put(run, requests)
        time.sleep(MOMENT)


def record(request, run, arrived):
    headers = {
        name.decode("latin-1"): value.decode("utf-8", "backslashreplace")
        for name, value in ((name, request.headers[name]) for name in request.headers)
    }
    path = request.GET.first(b"path", b"").decode("utf-8", "backslashreplace")
    made = {"at": arrived, "method": request.method, "path": path, "headers": headers, "ended": None}
    stash = request.server.stash
    with stash.lock:
        requests = stash.take(run) or []
        requests.append(made)
        stash.put(run, requests)
    return len(requests) - 1


def ended(request, run, index):
    stash = request.server.stash
    with stash.lock:
        requests = stash.take(run)
        # None if the scenario is over.
        if requests is not None:
            requests[index]["ended"] = time.monotonic()
            stash.put(run, requests)


def report(request, run):
    """Each request with the time since the end of the response before it."""
    stash = request.server.stash
    with stash.lock:
        requests = stash.take(run) or []
        if requests and b"over" not in request.GET:
            stash.put(run, requests)
    before = None
    reported = []
    for made in requests:
        after = None if before is None else 1000 * (made["at"] - before)
        before = made["ended"]
        reported.append({"afterMs": after, **{name: made[name] for name in ("method", "path", "headers")}})
    return [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")], json.dumps(reported)
