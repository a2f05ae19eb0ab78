"""An S3 server on loopback (moto's, behind a front that plants faults), for the real clients."""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import s3fs
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "pictures"
Environ = dict[str, Any]


@dataclass
class Fault:
    """What happens to requests of a kind.

    Attributes:
        method: Of the requests.
        match: Text that their path contains.
        times: To how many of them.
        after: How many pass before.
        status: Answered instead; 0 to break the connection.
        code: S3's name of the error.
        done: Whether the request is carried out all the same, and only the answer is lost.
        stall: Seconds before the answer.
    """

    method: str = ""
    match: str = ""
    times: int = 1
    after: int = 0
    status: int = 0
    code: str = "InternalError"
    done: bool = False
    stall: float = 0


@dataclass
class S3:
    """The server: where it is, what it was asked, and the faults to come."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def env(self) -> dict[str, str]:
        """Return the environment of a process that uses it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self) -> Any:
        """Return a client of boto3."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return the objects below a prefix, by their keys without it."""
        pages = (
            self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        get = self.client().get_object
        return {
            key.removeprefix(prefix): get(Bucket=BUCKET, Key=key)["Body"].read() for key in keys
        }

    def plant(self, fault: Fault) -> None:
        """Have something go wrong."""
        with self.lock:
            self.faults.append(fault)

    def due(self, method: str, path: str) -> Fault | None:
        """Return the fault that a request meets."""
        with self.lock:
            self.asked.append((method, path))
            for fault in self.faults:
                if fault.method not in ("", method) or fault.match not in path or not fault.times:
                    continue
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None


class Front:
    """A WSGI application before moto's."""

    def __init__(self, server: S3) -> None:
        self._server = server
        self._app = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, or do what was planted."""
        fault = self._server.due(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if fault is None:
            return self._app(environ, start)
        time.sleep(fault.stall)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault.done:
            list(self._app(environ | {"wsgi.input": io.BytesIO(body)}, lambda *_: lambda _: None))
        if not fault.status:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        text = f"<Error><Code>{fault.code}</Code><Message>planted by a test</Message></Error>"
        start(f"{fault.status} planted", [("Content-Type", "application/xml")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [text.encode()]


@contextmanager
def serve() -> Iterator[S3]:
    """Run a server with one empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = S3()
    http = make_server("127.0.0.1", 0, Front(server), threaded=True)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    # Clients are kept by what they were made with, and the address comes from the environment.
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        server.client().create_bucket(Bucket=BUCKET)
        yield server
    finally:
        http.shutdown()
        thread.join()
