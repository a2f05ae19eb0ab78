"""A stand-in for the Hugging Face Hub on loopback, for the real clients; faults can be planted."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from hub_store import TOKEN, Answer, HubError, Json, Repo, Store


@dataclass
class Fault:
    """What happens to requests of a kind; see Hub.fail."""

    kind: str = ""
    times: int = 1
    after: int = 0
    match: str = ""
    status: int = 0
    message: str = "planted by a test"
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    landed: bool = False
    stall: float = 0


class Hub(ThreadingHTTPServer):
    """The repositories behind an address, with a record of the requests and faults to come."""

    def __init__(self) -> None:
        self.store = Store()
        self.requests: list[tuple[str, str]] = []
        self.uploads: list[str] = []
        self.held, self.released = threading.Semaphore(0), threading.Event()
        self.lock = threading.RLock()
        self._faults: list[Fault] = []
        super().__init__(("127.0.0.1", 0), Call)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def repo(self, kind: str, name: str) -> Repo:
        """Return a repository that is there, such as "datasets", "owner/name"."""
        return self.store.repos[kind, name]

    def fail(self, kind: str, times: int = 1, after: int = 0, **what: Any) -> None:
        """Plant a fault in requests of a kind, such as "commit", as often as said, after some.

        With `status`, `message` and `headers` the answer is an error. With `cut`, "request" or
        "response", the connection ends in its middle. With `stall` the request is held for so
        many seconds or until `released`, which `held` counts; then it is given up if the client
        has gone. With `landed` it is carried out first, and its answer is lost, or is the error.
        With `match` only requests that have that in their path are struck.
        """
        assert kind in {route[0] for route in ROUTES}, kind
        self._faults.append(Fault(kind, times, after, **what))

    def forgive(self) -> None:
        """Plant no fault any more."""
        self._faults.clear()

    def take(self, kind: str, path: str) -> Fault:
        """Return the fault that strikes a request, or one that does nothing."""
        with self.lock:
            self.requests.append((kind, path))
            for fault in self._faults:
                if fault.kind == kind and fault.match in path and fault.times:
                    if not fault.after:
                        fault.times -= 1
                        return fault
                    fault.after -= 1
        return Fault()

    def env(self, home: Path, token: str = TOKEN) -> dict[str, str]:
        """Return the environment of a client with a home, and caches, of its own."""
        ours = re.compile("HF_|HUGGING|TRANSFORMERS_OFFLINE|NO_PROXY", re.IGNORECASE)
        env = {name: value for name, value in os.environ.items() if not ours.match(name)}
        off = ("DISABLE_XET", "DISABLE_TELEMETRY", "DISABLE_PROGRESS_BARS", "DISABLE_UPDATE_CHECK")
        env |= {"HF_ENDPOINT": self.url, "HF_TOKEN": token, "NO_PROXY": "127.0.0.1"}
        env |= {"HF_HOME": str(home), "HF_DATASETS_CACHE": str(home / "datasets")}
        return env | {f"HF_HUB_{name}": "1" for name in off} | {"HF_UPDATE_DOWNLOAD_COUNTS": "0"}


class Call(BaseHTTPRequestHandler):
    """A request: `at` has the `kind` and `name` of the repository, `rev` and `path`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Hub

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        asked = ((route, re.fullmatch(route[1], f"{self.command} {path}")) for route in ROUTES)
        (kind, _, self.act), parts = next((route, m.groupdict()) for route, m in asked if m)
        there = {name: unquote(part) for name, part in parts.items() if part}
        self.at = {"kind": "models", "rev": "main", "path": "", **there}
        self.query, self.rev = parse_qs(query), self.at["rev"]
        self.token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.close_connection = True
        with suppress(ConnectionError):
            self._play(self.server.take(kind, path))
            self.close_connection = False

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815

    def _play(self, fault: Fault) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length // 2 if fault.cut == "request" else length)
        if fault.cut == "request" or len(self.body) < length:
            raise ConnectionAbortedError
        answer = self._act() if fault.landed else None
        self._hold(fault.stall)
        if fault.status:
            answer = HubError(fault.status, fault.message, **fault.headers).answer
        elif fault.landed:
            raise ConnectionAbortedError
        self._send(answer or self._act(), half=fault.cut == "response")

    def _hold(self, seconds: float) -> None:
        if seconds:
            self.server.held.release()
            self.server.released.wait(seconds)
            with suppress(BlockingIOError):
                if not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    raise ConnectionAbortedError

    def _act(self) -> Answer:
        try:
            with self.server.lock:
                answer = self.act(self)
        except HubError as error:
            return error.answer
        return answer if isinstance(answer, tuple) else (200, {}, json.dumps(answer).encode())

    def _send(self, answer: Answer, half: bool) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            raise ConnectionAbortedError

    def log_message(self, *args: Any) -> None:
        pass

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def repo(self) -> Repo:
        writes = self.command in {"POST", "PUT"} and "/paths-info/" not in self.path
        return self.server.store.allowed(self.at["kind"], self.at["name"], self.token, writes)

    def on_create(self) -> Json | Answer:
        repo, new = self.server.store.create(self.token, self.json)
        page = f"{self.server.url}/{'datasets/' * (repo.kind == 'datasets')}{repo.name}"
        again = {"url": page, "error": f"You already created this repo: {repo.name}"}
        return {"url": page} if new else (409, {}, json.dumps(again).encode())

    def on_tree(self) -> list[Json]:
        flags = [self.query.get(name) == ["true"] for name in ("recursive", "expand")]
        return self.repo.tree(self.rev, self.at["path"], *flags)

    def on_paths(self) -> list[Json]:
        form = parse_qs(self.body.decode())
        return self.repo.paths_info(self.rev, form["paths"], form["expand"] == ["true"])

    def on_batch(self) -> Json:
        repo, objects = self.repo, self.json["objects"]
        for item in objects:
            if item["oid"] not in repo.objects:
                href = f"{self.server.url}/lfs/{repo.kind}/{repo.name}/{item['oid']}"
                item["actions"] = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
        return {"transfer": "basic", "objects": objects}

    def on_lfs_put(self) -> Json:
        if sha256(self.body).hexdigest() != self.rev:
            raise HubError(400, "The content is not what was announced")
        self.server.repo(self.at["kind"], self.at["name"]).objects[self.rev] = self.body
        self.server.uploads.append(self.rev)
        return {}

    def on_commit(self) -> Json:
        repo, lines = self.repo, self.body.splitlines()
        commit = repo.commit(self.rev, [json.loads(line) for line in lines])
        url = f"{self.server.url}/{repo.kind}/{repo.name}/commit/{commit.id}"
        return {"success": True, "commitOid": commit.id, "commitUrl": url}

    def on_resolve(self) -> Answer:
        commit = self.repo.at(self.rev)
        headers = {"X-Repo-Commit": commit.id, "Accept-Ranges": "bytes"}
        if not (entry := commit.files.get(self.at["path"])):
            raise HubError(404, "Entry not found", "EntryNotFound", **headers)
        headers["ETag"], data = f'"{entry.etag}"', entry.data
        if entry.lfs:
            headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(len(data))}
        return self._part(headers, data)

    def _part(self, headers: dict[str, str], data: bytes) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return 200, headers, data
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        span = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        return 206, headers | span, data[first : last + 1]


API, REV = "/api/(?P<kind>datasets|models)/(?P<name>[^/]+/[^/]+)", "/(?P<rev>[^/]+)"
LFS, PAGE = API.replace("api", "lfs"), "/((?P<kind>datasets)/)?(?P<name>[^/]+/[^/]+?)"
ROUTES: list[tuple[str, str, Callable[[Call], Any]]] = [
    ("whoami", "GET /api/whoami-v2", lambda call: call.server.store.user(call.token, known=True)),
    ("create", "POST /api/repos/create", Call.on_create),
    ("validate", "POST /api/validate-yaml", lambda _: {"errors": [], "warnings": []}),
    ("info", f"GET {API}(/revision{REV})?", lambda call: call.repo.info(call.rev)),
    ("settings", f"PUT {API}/settings", lambda call: call.repo.settings(call.json)),
    ("branch", f"POST {API}/branch{REV}", lambda call: call.repo.branch(call.rev, call.json)),
    ("refs", f"GET {API}/refs", lambda call: call.repo.refs()),
    ("commits", f"GET {API}/commits{REV}", lambda call: call.repo.log(call.rev)),
    ("tree", f"GET {API}/tree{REV}(/(?P<path>.+))?", Call.on_tree),
    ("paths", f"POST {API}/paths-info{REV}", Call.on_paths),
    ("preupload", f"POST {API}/preupload{REV}", lambda call: call.repo.modes(call.rev, call.json)),
    ("batch", rf"POST {PAGE}\.git/info/lfs/objects/batch", Call.on_batch),
    ("lfs_put", f"PUT {LFS}{REV}", Call.on_lfs_put),
    ("verify", f"POST {LFS}{REV}/verify", lambda _: {}),
    ("commit", f"POST {API}/commit{REV}", Call.on_commit),
    ("resolve", f"(GET|HEAD) {PAGE}/resolve{REV}/(?P<path>.+)", Call.on_resolve),
    ("unknown", ".*", lambda _: (404, {}, b"{}")),
]


@contextmanager
def hub() -> Iterator[Hub]:
    """Serve an empty hub while the block runs."""
    with Hub() as server:
        threading.Thread(target=lambda: server.serve_forever(0.05)).start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
