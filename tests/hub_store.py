"""What the stand-in for the Hugging Face Hub keeps: users, repositories, commits and files."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha1, sha256
from pathlib import PurePosixPath
from typing import Any

Json = dict[str, Any]
Files = dict[str, "Entry"]
Answer = tuple[int, dict[str, str], bytes]

USER, ORG, OTHER = "tester", "test-lab", "stranger"
TOKEN, READ_TOKEN, OTHER_TOKEN = "hf_test_write", "hf_test_read", "hf_test_other"
"""A token of the user (who is in the organisation), one that may only read, one of another."""
ANONYMOUS = "Invalid username or password."
LFS_SUFFIXES = tuple(".parquet .arrow .safetensors .bin .zip .tar .jpg .jpeg .png .webp".split())


class HubError(Exception):
    """An answer of the Hub that is an error."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        super().__init__(message)
        headers = {"X-Error-Message": message, "X-Error-Code": code, **headers}
        self.answer: Answer = (status, headers, json.dumps({"error": message}).encode())


@dataclass(frozen=True)
class Entry:
    """A file of a commit."""

    data: bytes
    lfs: bool = False

    @cached_property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()

    @property
    def kept(self) -> bytes:
        """What git keeps: the file, or the pointer to it."""
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
        return f"{text}size {len(self.data)}\n".encode() if self.lfs else self.data

    @cached_property
    def blob_id(self) -> str:
        return sha1(b"blob %d\0" % len(self.kept) + self.kept).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.blob_id

    def info(self, path: str) -> Json:
        size, names = len(self.data), {"path": path, "rfilename": path}
        lfs = {"oid": self.sha256, "sha256": self.sha256, "size": size}
        info = {"type": "file", "size": size, "oid": self.blob_id, "blobId": self.blob_id, **names}
        return info | ({"lfs": lfs | {"pointerSize": len(self.kept)}} if self.lfs else {})


GITATTRIBUTES = Entry("".join(f"*{end} filter=lfs -text\n" for end in LFS_SUFFIXES).encode())


@dataclass(frozen=True)
class Commit:
    """A state of a branch."""

    id: str
    title: str
    message: str
    date: str
    files: Files
    parent: Commit | None

    def info(self) -> Json:
        what = {"title": self.title, "message": self.message, "authors": [{"user": USER}]}
        return {"id": self.id, "date": self.date, **what}


def _is_private(wanted: dict[str, Any]) -> bool:
    """Say what a client asks for: of huggingface_hub 2 by `visibility`, of 1 by `private`."""
    return wanted.get("visibility") == "private" or wanted.get("private") is True


class Repo:
    """A repository in memory: of the kind "datasets" or "models"."""

    def __init__(self, kind: str, name: str, private: bool) -> None:
        self.kind, self.name, self.private = kind, name, private
        self.objects: dict[str, bytes] = {}
        self.branches: dict[str, Commit] = {}
        self._all: dict[str, Commit] = {}
        self._add("main", None, {"summary": "initial commit"}, {".gitattributes": GITATTRIBUTES})

    def files(self, revision: str = "main") -> dict[str, bytes]:
        return {path: entry.data for path, entry in self.at(revision).files.items()}

    def commits(self, revision: str = "main") -> list[Commit]:
        """Return the commits of a branch, the last one first."""
        commits = [self.at(revision)]
        while parent := commits[-1].parent:
            commits.append(parent)
        return commits

    def at(self, revision: str, branch: bool = False) -> Commit:
        """Return the commit that a branch or an id names, or a branch alone."""
        if commit := self.branches.get(revision) or (not branch and self._all.get(revision)):
            return commit
        raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def log(self, revision: str) -> list[Json]:
        return [commit.info() for commit in self.commits(revision)]

    def settings(self, wanted: Json) -> Json:
        self.private = _is_private(wanted)
        return {"private": self.private}

    def branch(self, name: str, wanted: Json) -> Json:
        if name in self.branches:
            raise HubError(409, f"Reference already exists: refs/heads/{name}")
        self.branches[name] = self.at(wanted.get("startingPoint", "main"))
        return {}

    def refs(self) -> Json:
        heads = [(name, commit.id) for name, commit in self.branches.items()]
        infos = [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": sha} for n, sha in heads]
        return {"branches": infos, "converts": [], "tags": [], "pullRequests": []}

    def commit(self, branch: str, lines: list[Json]) -> Commit:
        """Put a commit on a branch, as the lines of the request say; it may change nothing."""
        head = self.at(branch, branch=True)
        header = next(line["value"] for line in lines if line["key"] == "header")
        if not head.id.startswith(header.get("parentCommit", "")):
            raise HubError(412, "A commit has happened since. Please refresh and try again.")
        files = dict(head.files)
        for line in lines:
            self._change(files, line["key"], line["value"])
        return self._add(branch, head, header, files)

    def _add(self, branch: str, parent: Commit | None, header: Json, files: Files) -> Commit:
        title, message = header["summary"], header.get("description", "")
        key = sha1(f"{self.kind}/{self.name}/{len(self._all)}/{title}".encode()).hexdigest()
        date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self._all[key] = self.branches[branch] = Commit(key, title, message, date, files, parent)
        return self._all[key]

    def _change(self, files: Files, key: str, value: Json) -> None:
        if key == "file":
            files[value["path"]] = Entry(base64.b64decode(value["content"]))
        elif key == "lfsFile" and value["oid"] not in self.objects:
            raise HubError(400, "LFS pointer pointed to a file that does not exist")
        elif key == "lfsFile":
            files[value["path"]] = Entry(self.objects[value["oid"]], lfs=True)
        elif key != "header":
            path = value["path"].rstrip("/") + "/" * (key == "deletedFolder")
            gone = [p for p in files if p == path or (path[-1] == "/" and p.startswith(path))]
            if not gone:
                raise HubError(404, "A file with this name doesn't exist", "EntryNotFound")
            for name in gone:
                del files[name]

    def tree(self, revision: str, path: str, recursive: bool, expand: bool) -> list[Json]:
        top, files = PurePosixPath(path), sorted(self.at(revision).files)
        inside = [file for file in files if top in PurePosixPath(file).parents]
        if path and not inside:
            raise HubError(404, f"{path} does not exist on '{revision}'", "EntryNotFound")
        folders = {str(up): 0 for file in inside for up in reversed(PurePosixPath(file).parents)}
        deep = None if recursive else 1
        below = [p for p in [*folders, *inside] if top in PurePosixPath(p).parents[:deep]]
        return self.paths_info(revision, below, expand)

    def paths_info(self, revision: str, paths: list[str], expand: bool) -> list[Json]:
        files, infos = self.at(revision).files, []
        for path in paths:
            inside = [entry.blob_id for p, entry in files.items() if p.startswith(f"{path}/")]
            if entry := files.get(path):
                same = [c for c in self.commits(revision) if c.files.get(path) == entry]
                infos.append(entry.info(path) | ({"lastCommit": same[-1].info()} if expand else {}))
            elif inside:
                oid = sha1("".join(inside).encode()).hexdigest()
                infos.append({"type": "directory", "oid": oid, "size": 0, "path": path})
        return infos

    def info(self, revision: str) -> Json:
        commit, first = self.at(revision), self.commits(revision)[-1]
        when = {"sha": commit.id, "lastModified": commit.date, "createdAt": first.date}
        what = {"private": self.private, "gated": False, "disabled": False, "tags": []}
        files = [entry.info(path) for path, entry in sorted(commit.files.items())]
        return {"id": self.name, **when, **what, "siblings": files}

    def modes(self, branch: str, wanted: Json) -> Json:
        """Say of files how they are to be uploaded, and what is there in their place."""
        commit, modes = self.at(branch, branch=True), []
        for file in wanted["files"]:
            there = commit.files.get(file["path"])
            binary = b"\0" in base64.b64decode(file["sample"]) or file["size"] > 10 * 2**20
            mode = "lfs" if binary or file["path"].endswith(LFS_SUFFIXES) else "regular"
            oid = {"oid": there.etag if there else None, "shouldIgnore": False}
            modes.append({"path": file["path"], "uploadMode": mode, **oid})
        return {"files": modes, "commitOid": commit.id}


def _user(name: str, role: str, *orgs: str) -> Json:
    """Return what whoami says: whom a token belongs to, and what it is good for."""
    auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
    infos = [{"type": "org", "name": org, "roleInOrg": "write"} for org in orgs]
    return {"type": "user", "name": name, "orgs": infos, "auth": auth}


class Store:
    """All repositories, and who may do what with them."""

    def __init__(self) -> None:
        self.users = {TOKEN: _user(USER, "write", ORG), READ_TOKEN: _user(USER, "read", ORG)}
        self.users[OTHER_TOKEN] = _user(OTHER, "write")
        self.repos: dict[tuple[str, str], Repo] = {}

    def user(self, token: str, known: bool = False) -> Json:
        """Return whom a token belongs to; without one nobody, unless somebody must be known."""
        if token not in self.users and (token or known):
            why = "Invalid credentials in Authorization header"
            raise HubError(401, why if token else ANONYMOUS)
        return self.users.get(token, _user("", ""))

    def allowed(self, kind: str, name: str, token: str, write: bool) -> Repo:
        """Return a repository to whom may see it, or change it."""
        user, repo = self.user(token), self.repos.get((kind, name))
        if not repo or (repo.private and not _owns(user, name)) or (write and not token):
            status, why = (404, "Repository not found") if token else (401, ANONYMOUS)
            raise HubError(status, why, "RepoNotFound")
        if write and not _owns(user, name, "write"):
            raise HubError(403, "Authorization error.")
        return repo

    def create(self, token: str, wanted: Json) -> tuple[Repo, bool]:
        """Return a repository of the user's, and whether it is a new one."""
        user, what = self.user(token, known=True), wanted.get("type") or "model"
        owner = wanted["organization"] or user["name"]
        key = (f"{what}s", f"{owner}/{wanted['name']}")
        if not _owns(user, key[1], "write"):
            why = f'You don\'t have the rights to create a {what} under the namespace "{owner}"'
            raise HubError(403, why)
        new = Repo(*key, private=_is_private(wanted))
        return (repo := self.repos.setdefault(key, new)), repo is new


def _owns(user: Json, name: str, role: str = "") -> bool:
    owners = [user["name"], *(org["name"] for org in user["orgs"])]
    return name.partition("/")[0] in owners and role in user["auth"]["accessToken"]["role"]
