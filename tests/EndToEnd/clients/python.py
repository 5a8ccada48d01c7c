"""python-socketio's clients, sync and asyncio, driven by lines of JSON as those of Node.js are (socketio.mjs, which see):
   { id, do: "open", client, url, transport, kind, auth }     kind: "sync" or "asyncio"; the url's path is the namespace
   { id, do: "call", client, method, args }; { id, do: "transport", client }; { id, do: "reconnected", client }; { id, do: "close", client }
It ends with its standard input."""
import asyncio
import base64
import json
import sys
import threading
from urllib.parse import urlsplit

import socketio

LIMIT = 20
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
clients = {}
writing = threading.Lock()


def tell(message):
    with writing:
        print(json.dumps(message), flush=True)


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return value


def live(value):
    if isinstance(value, list):
        return [live(item) for item in value]
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"]) if isinstance(value.get("bytes"), str) else {name: live(member) for name, member in value.items()}
    return value


class Listeners:
    """What a client does with what it hears. Its handlers are functions, or coroutines where they have to be."""

    def __init__(self, client, socket, namespace, is_async):
        self.client, self.socket, self.namespace, self.refused = client, socket, namespace, None
        for name in ("said", "ask", "connect", "connect_error", "disconnect"):
            handler = getattr(self, name)
            socket.on(name, self.awaitable(handler) if is_async else handler, namespace=namespace)

    @staticmethod
    def awaitable(handler):
        async def call(*args):
            return handler(*args)
        return call

    def said(self, payload):
        tell({"client": self.client, "said": plain(payload)})

    def ask(self, question):
        tell({"client": self.client, "asked": question})
        return {"question": question, "of": self.client}

    def connect(self):
        self.refused = None
        self.connected.set()

    def connect_error(self, error):
        if isinstance(error, dict):  # else nobody is there, and it tries again
            self.refused = error["message"]
            self.connected.set()

    def disconnect(self, *reason):
        self.connected.clear()
        tell({"client": self.client, "closed": "disconnected"})


def prepare(command, socket, event, is_async):
    parts = urlsplit(command["url"])
    namespace = parts.path or "/"
    listeners = Listeners(command["client"], socket, namespace, is_async)
    listeners.connected = event
    clients[command["client"]] = listeners
    return listeners, f"{parts.scheme}://{parts.netloc}", {
        "namespaces": [namespace], "transports": TRANSPORTS[command["transport"]], "auth": command.get("auth"), "wait": False}


def sid(listeners):
    if listeners.refused:
        raise RuntimeError(listeners.refused)
    return listeners.socket.get_sid(listeners.namespace)


def run(command):
    if command["do"] == "open":
        socket = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1)
        listeners, url, options = prepare(command, socket, threading.Event(), False)
        socket.connect(url, **options)
        listeners.connected.wait(LIMIT)
        return sid(listeners)
    listeners = clients[command["client"]]
    if command["do"] == "call":
        return plain(listeners.socket.call(
            command["method"], tuple(live(command["args"])), namespace=listeners.namespace, timeout=LIMIT))
    if command["do"] == "transport":
        return listeners.socket.transport()
    if command["do"] == "reconnected":
        if not listeners.connected.wait(LIMIT):
            raise RuntimeError("It does not come back.")
        return sid(listeners)
    return listeners.socket.disconnect()


async def run_async(command):
    if command["do"] == "open":
        socket = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
        listeners, url, options = prepare(command, socket, asyncio.Event(), True)
        await socket.connect(url, **options)
        await asyncio.wait_for(listeners.connected.wait(), LIMIT)
        return sid(listeners)
    listeners = clients[command["client"]]
    if command["do"] == "call":
        return plain(await listeners.socket.call(
            command["method"], tuple(live(command["args"])), namespace=listeners.namespace, timeout=LIMIT))
    if command["do"] == "transport":
        return listeners.socket.transport()
    if command["do"] == "reconnected":
        await asyncio.wait_for(listeners.connected.wait(), LIMIT)
        return sid(listeners)
    return await listeners.socket.disconnect()


def is_async(command):
    if command["do"] == "open":
        return command["kind"] == "asyncio"
    return isinstance(clients[command["client"]].socket, socketio.AsyncClient)


def answer(command, outcome):
    try:
        tell({"id": command["id"], "result": outcome()})
    except Exception as error:  # whatever it is, the test is told
        tell({"id": command["id"], "error": f"{error}" or type(error).__name__})


def main():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        if is_async(command):
            outcome = asyncio.run_coroutine_threadsafe(run_async(command), loop).result
        else:
            outcome = lambda command=command: run(command)
        threading.Thread(target=answer, args=(command, outcome), daemon=True).start()


main()
