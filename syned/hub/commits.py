"""Which commit of a repository a name stands for: what is pinned, and what the cache holds."""

from __future__ import annotations

import re
from pathlib import Path

from syned.hub.errors import NAME

_COMMIT = re.compile(r"[0-9a-f]{40}")


def split_revision(name: str) -> tuple[str, str | None]:
    """Return repository and revision of `owner/name@revision`, as the Hub's own tools write it.

    A name of anything else, or of what is here, is returned as it is.
    """
    repo, at, revision = name.partition("@")
    pinned = at and revision and NAME.fullmatch(repo) and not Path(name).expanduser().exists()
    return (repo, revision) if pinned else (name, None)


def commit_of(repo: str, revision: str | None = None, kind: str = "model") -> str | None:
    """Return the commit of a repository that was loaded here last; nothing for a folder.

    Args:
        repo: `owner/name`.
        revision: A branch, a tag or a commit; `main` if not given.
        kind: `model` or `dataset`.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    if NAME.fullmatch(repo) is None or Path(repo).expanduser().exists():
        return None
    if revision and _COMMIT.fullmatch(revision):
        return revision
    cached = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type=kind)
    note = cached / "refs" / (revision or "main")
    return note.read_text(encoding="utf-8").strip() if note.is_file() else None
