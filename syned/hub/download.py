"""Brings datasets and models of the Hub here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.utils.tqdm import disable_progress_bars

from syned.dataset import CARD
from syned.hub.errors import NAME, HubError, hub_errors


def is_repo(name: str) -> bool:
    """Say whether a name can be `owner/name` on the Hub and is nothing here."""
    return NAME.fullmatch(name) is not None and not Path(name).expanduser().exists()


def download(repo: str, revision: str | None = None) -> Path:
    """Bring card and shards of a dataset here, and return their folder; what is here is kept.

    Raises:
        HubError: There is none of that name, or the Hub cannot be reached.
    """
    try:
        return fetch(repo, revision, "dataset", ("*.parquet", CARD))
    except HubError as error:
        raise HubError(f"{error} (There is no folder of that name here, either.)") from error


def fetch(repo: str, revision: str | None, kind: str, files: Sequence[str]) -> Path:
    """Bring files of a repository here, and return their folder; what is here is kept.

    Args:
        repo: `owner/name`.
        revision: A branch, a tag or a commit; `main` if not given.
        kind: `model` or `dataset`.
        files: Patterns of their names.

    Raises:
        HubError: There is none of that name, or the Hub cannot be reached.
    """
    disable_progress_bars()
    with hub_errors(repo):
        return Path(
            snapshot_download(repo, repo_type=kind, revision=revision, allow_patterns=list(files))
        )
