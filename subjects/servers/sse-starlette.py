"""A server with PyPI sse-starlette on uvicorn: a queue for each request."""

import asyncio
import json
import os
import socket
import sys
import threading
from importlib.metadata import version

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.routing import Route

KEEP_ALIVE = os.environ.get("SSE_KEEP_ALIVE_MS")
queues = set()


async def events(request):
    queue = asyncio.Queue()
    queues.add(queue)

    async def stream():
        try:
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    return EventSourceResponse(stream(), ping=int(KEEP_ALIVE) / 1000 if KEEP_ALIVE else None)


def publish(event):
    for queue in queues:
        queue.put_nowait(ServerSentEvent(**event))


def say(line):
    print(json.dumps(line), flush=True)


def obey(server, loop):
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "publish" in command:
                ServerSentEvent(**command["publish"]).encode()  # an error shows here
                asyncio.run_coroutine_threadsafe(call(publish, command["publish"]), loop).result()
            else:
                server.should_exit = True
            say({"ok": True})
        except Exception as error:
            say({"error": repr(error)})
    os._exit(0)


async def call(function, argument):
    function(argument)


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/events", events)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    say({
        "url": f"http://127.0.0.1:{listener.getsockname()[1]}/events",
        "name": "sse-starlette",
        "version": version("sse-starlette"),
        "options": ["ids", "types", "keep-alive", "shutdown"],
    })
    threading.Thread(target=obey, args=(server, asyncio.get_running_loop()), daemon=True).start()
    await serving
    await asyncio.Event().wait()  # the end of the input ends the program


asyncio.run(main())
