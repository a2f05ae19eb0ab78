"""Brings a dataset of the Hub here."""

from __future__ import annotations

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
    disable_progress_bars()
    try:
        return _snapshot(repo, revision)
    except HubError as error:
        raise HubError(f"{error} (There is no folder of that name here, either.)") from error


def _snapshot(repo: str, revision: str | None) -> Path:
    with hub_errors(repo):
        return Path(
            snapshot_download(
                repo,
                repo_type="dataset",
                revision=revision,
                allow_patterns=["*.parquet", CARD],
            )
        )
