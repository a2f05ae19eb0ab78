"""What lies in a repository of the Hub, compared with what should."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile

from syned.ids import file_sha256

Kind = Literal["dataset", "model"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where files go.

    Attributes:
        repo: As `owner/name`.
        kind: What the repository is of.
        revision: The branch.
    """

    repo: str
    kind: Kind
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class Remote:
    """A branch of a repository as it is.

    Attributes:
        head: Its last commit.
        private: Whether only its owner sees it.
        files: All of its files by path.
    """

    head: str
    private: bool
    files: Mapping[str, RepoFile]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an upload changes.

    Attributes:
        add: Files that are new or different, by their path in the repository.
        same: Paths of files that are there already.
        delete: Paths of files that an earlier upload left and that do not belong any more.
    """

    add: Mapping[str, Path]
    same: tuple[str, ...]
    delete: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Return how many bytes are new or different."""
        return sum(path.stat().st_size for path in self.add.values())


def look(api: HfApi, target: Target) -> Remote | None:
    """Return what a branch holds; nothing if there is no such repository or branch."""
    repo, kind, branch = target.repo, target.kind, target.revision
    try:
        info = api.repo_info(repo, repo_type=kind, revision=branch)
        tree = api.list_repo_tree(repo, recursive=True, repo_type=kind, revision=branch)
        entries = list(tree)
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        if error.response.status_code == 401 and api.token is None:
            raise
        return None
    files = {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}
    return Remote(str(info.sha), bool(info.private), files)


def compare(
    files: Mapping[str, Path], remote: Remote | None, ours: Callable[[str], bool]
) -> Changes:
    """Return what has to change in a branch.

    Args:
        files: What should be there, by path.
        remote: What is there.
        ours: Says of a path whether a file there that is not among `files` is to go.
    """
    there = remote.files if remote is not None else {}
    same = {name for name, path in files.items() if name in there and _is(there[name], path)}
    add = {name: path for name, path in files.items() if name not in same}
    gone = tuple(sorted(name for name in there if name not in files and ours(name)))
    return Changes(add, tuple(sorted(same)), gone)


def _is(entry: RepoFile, path: Path) -> bool:
    """Say whether a file of the Hub has the bytes of a file here."""
    if entry.lfs is not None:
        return entry.lfs.size == path.stat().st_size and entry.lfs.sha256 == file_sha256(path)
    return entry.size == path.stat().st_size and entry.blob_id == _git_id(path)


def _git_id(path: Path) -> str:
    """Return git's name for a file: SHA-1 of a header and its bytes."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def holds(remote: Remote | None, changes: Changes) -> bool:
    """Say whether a branch has all that some changes make of it."""
    if remote is None:
        return False
    there = remote.files
    added = all(name in there and _is(there[name], path) for name, path in changes.add.items())
    return added and not any(name in there for name in changes.delete)
