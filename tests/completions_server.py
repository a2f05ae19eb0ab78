"""A server on loopback that answers chat completions as a test tells it to, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], str]
"""What the model says to the body of a request."""
Fault = Callable[[BaseHTTPRequestHandler], None]
"""What is done with a request in the place of an answer."""


class CompletionsServer(ThreadingHTTPServer):
    """Answers requests in turn: by the faults first, then by the answer."""

    daemon_threads = True

    def __init__(self, answer: Answer, faults: Sequence[Fault]) -> None:
        self.answer = answer
        self.faults = list(faults)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.open_now = 0
        self.most_open = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: CompletionsServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.keys.append(self.headers["Authorization"])
            self.server.open_now += 1
            self.server.most_open = max(self.server.most_open, self.server.open_now)
            fault = self.server.faults.pop(0) if self.server.faults else None
        try:
            if fault:
                fault(self)
            else:
                reply(self, 200, completion(self.server.answer(body)))
        finally:
            with self.server.lock:
                self.server.open_now -= 1

    def log_message(self, *args: Any) -> None:
        pass


def reply(handler: BaseHTTPRequestHandler, status: int, body: str, **headers: str) -> None:
    """Send a whole response."""
    data = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def status(code: int, message: str = "no", **headers: str) -> Fault:
    """Return a fault that answers with an error."""
    body = json.dumps({"error": {"message": message, "type": "fault"}})
    return lambda handler: reply(handler, code, body, **headers)


def drop(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True
    handler.connection.close()


def completion(text: str, finish_reason: str = "stop") -> str:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    )


@contextmanager
def serving(answer: Answer, *faults: Fault) -> Iterator[CompletionsServer]:
    """Serve while the block runs."""
    server = CompletionsServer(answer, faults)
    thread = threading.Thread(target=lambda: server.serve_forever(0.05))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
