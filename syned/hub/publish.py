"""Publishes a folder's files, and tells what is sent and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from huggingface_hub import HfApi, get_token
from rich.console import Console
from rich.table import Table
from rich.text import Text

from syned.bars import bar
from syned.dataset import CARD
from syned.hub.errors import KEPT, HubError, hub_errors
from syned.hub.remote import Changes, Remote, Target, compare, look
from syned.hub.upload import connect, prepare, upload
from syned.progress import size

SHARDS = re.compile(r"(data|raw_scored|strict)/[\w.-]+\.parquet|card/(funnel|scores|examples)\.png")
"""Files of a dataset that an earlier upload made; those that do not belong any more are deleted."""
TAG = re.compile(r"^ *- syned$", re.MULTILINE)
"""Stands in the front matter of each card that syned writes."""


def put(
    target: Target, files: Mapping[str, Path], console: Console, *, public: bool, dry_run: bool
) -> None:
    """Make a branch of the Hub hold some files, and tell of it.

    Args:
        target: The branch.
        files: By their path there.
        console: Where it is told.
        public: Whether everybody may see a new repository.
        dry_run: Only tell what would be done.

    Raises:
        HubError: The Hub cannot be reached or does not allow it.
    """
    if dry_run:
        _print(target, compare(files, _there(target, console), _ours(target)), console)
        _say("Nothing was uploaded: this was a dry run.", console)
        return
    api = connect()
    with hub_errors(target.repo, KEPT):
        url, remote = prepare(api, target, public=public)
        if CARD in remote.files and _is_ours(files[CARD]):
            _refuse_foreign(api, target, remote)
        changes = compare(files, remote, _ours(target))
        _print(target, changes, console)
        total = changes.bytes
        with bar("uploading", of_bytes=True) as advance:
            commits = upload(
                api,
                target,
                remote.head,
                changes,
                f"Upload {target.kind} with syned",
                lambda _name, count: advance(count, total),
            )
    seen = "private" if remote.private else "public"
    made = f"in {len(commits)} commit{'s' * (len(commits) != 1)}" if commits else "already there"
    _say(f"{url} ({seen}), {made}", console)
    if target.kind == "dataset":
        at = f', revision="{target.revision}"' if target.revision != "main" else ""
        _say(f'load      datasets.load_dataset("{target.repo}"{at})', console)


def _ours(target: Target) -> Callable[[str], bool]:
    """Return what says of a file of the Hub whether an earlier upload may have left it."""
    return lambda name: target.kind == "dataset" and SHARDS.fullmatch(name) is not None


def _refuse_foreign(api: HfApi, target: Target, remote: Remote) -> None:
    """Raise if the card of a repository is one that syned did not write.

    Raises:
        HubError: It is.
    """
    path = api.hf_hub_download(target.repo, CARD, repo_type=target.kind, revision=remote.head)
    if not _is_ours(Path(path)):
        raise HubError(
            f"{target.repo} is there already, with a {CARD} that syned did not write; nothing was "
            "changed. Publish under another name, or delete that file there first"
        )


def _is_ours(card: Path) -> bool:
    """Say whether syned wrote a card."""
    return TAG.search(card.read_text(encoding="utf-8", errors="replace")) is not None


def _there(target: Target, console: Console) -> Remote | None:
    """Return what the Hub holds, as far as it can be asked."""
    try:
        with hub_errors(target.repo):
            return look(HfApi(token=get_token()), target)
    except HubError as error:
        _say(f"What is there already is not known: {error}", console)
        return None


def _print(target: Target, changes: Changes, console: Console) -> None:
    """Print what is sent, what is there and what goes."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for name, path in sorted(changes.add.items()):
        table.add_row(Text("send", style="green"), size(path.stat().st_size), name)
    for name in changes.same:
        table.add_row(Text("same", style="dim"), "", Text(name, style="dim"))
    for name in changes.delete:
        table.add_row(Text("delete", style="red"), "", name)
    _say(f"{target.kind} {target.repo}, {target.revision}:", console)
    console.print(table)
    _say(f"{len(changes.add)} files to send, {size(changes.bytes)}", console)


def _say(text: str, console: Console) -> None:
    console.print(text, highlight=False, soft_wrap=True)
