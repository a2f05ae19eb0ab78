"""Puts files into a repository of the Hub: what is there is not sent again, in few commits.

Files are sent first, one by one; the Hub keeps what it got, so an upload that was stopped goes on.
Then they are committed, the card with the last ones: until that commit the old card stands. A
commit whose answer is lost may have landed, so before it is tried again the branch is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    constants,
    get_token,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from syned.batches import batched
from syned.dataset import CARD
from syned.hub.errors import (
    LOG_IN,
    NAME,
    NO_NAME,
    OFFLINE,
    PASSING,
    HubError,
    may_pass,
)
from syned.hub.remote import Changes, Remote, Target, holds, look

FILES_PER_COMMIT = 50
"""The Hub asks for at most 50 to 100 files in a commit.

See https://huggingface.co/docs/hub/storage-limits.
"""
WAITS = (1.0, 3.0, 9.0)
"""Seconds before a request that failed is made again."""

OnFile = Callable[[str, int], None]
"""Told of each file that is sent, and of its bytes."""
T = TypeVar("T")


def check_ready(target: Target, *, dry_run: bool) -> None:
    """Refuse what cannot succeed, before anything long is begun.

    Raises:
        HubError: The repository's name is none; or, unless it is a dry run, there is no token, or
            the Hub is not to be asked.
    """
    if NAME.fullmatch(target.repo) is None:
        raise HubError(NO_NAME.format(target.repo))
    if not dry_run:
        if constants.HF_HUB_OFFLINE:
            raise HubError(OFFLINE)
        connect()


def connect() -> HfApi:
    """Return the Hub's client, with the token that its own tools use.

    Raises:
        HubError: There is no token.
    """
    disable_progress_bars()
    token = get_token()
    if token is None:
        raise HubError(f"there is no token for the Hub; {LOG_IN}")
    return HfApi(token=token, library_name="syned")


def prepare(api: HfApi, target: Target, *, public: bool) -> tuple[str, Remote]:
    """Create a repository and a branch unless they are there.

    A repository that is there stays as visible as it is, unless it is private and is to be public.

    Returns:
        The repository's URL, and the branch as it is.
    """
    repo, kind, branch = target.repo, target.kind, target.revision
    url = _patiently(
        lambda: api.create_repo(repo, repo_type=kind, private=not public, exist_ok=True)
    )
    remote = _patiently(lambda: look(api, target))
    if remote is None:
        api.create_branch(repo, branch=branch, repo_type=kind, exist_ok=True)
        remote = _patiently(lambda: look(api, target))
    if remote is None:
        raise HubError(f"{target.repo}: the Hub does not show the branch {target.revision}")
    if public and remote.private:
        api.update_repo_settings(target.repo, private=False, repo_type=target.kind)
        remote = Remote(remote.head, False, remote.files)
    return str(url), remote


def upload(
    api: HfApi, target: Target, head: str, changes: Changes, message: str, on_file: OnFile
) -> tuple[str, ...]:
    """Send what is new and commit it, and delete what does not belong any more.

    Args:
        api: The Hub's client.
        target: The branch.
        head: Its last commit; if it is another one by now, nothing is committed.
        changes: What to send and what to delete.
        message: Title of the commits.
        on_file: Told of each file.

    Returns:
        The ids of the commits.
    """
    names = sorted(changes.add, key=lambda name: (name == CARD, name))
    groups = list(batched(names, FILES_PER_COMMIT)) or ([[]] if changes.delete else [])
    commits: list[str] = []
    for number, group in enumerate(groups, start=1):
        gone = changes.delete if number == len(groups) else ()
        part = Changes({name: changes.add[name] for name in group}, (), gone)
        title = message if len(groups) == 1 else f"{message} ({number} of {len(groups)})"
        head = _commit(api, target, head, part, _send(api, target, part, on_file), title)
        commits.append(head)
    return tuple(commits)


def _send(
    api: HfApi, target: Target, part: Changes, on_file: OnFile
) -> Sequence[CommitOperationAdd]:
    """Send files one by one; small ones travel with the commit."""
    operations = []
    for name, path in part.add.items():
        one = CommitOperationAdd(path_in_repo=name, path_or_fileobj=path)
        _patiently(partial(_send_one, api, target, one))
        on_file(name, path.stat().st_size)
        operations.append(one)
    return operations


def _send_one(api: HfApi, target: Target, one: CommitOperationAdd) -> None:
    branch, kind = target.revision, target.kind
    api.preupload_lfs_files(target.repo, [one], repo_type=kind, revision=branch)


def _commit(
    api: HfApi,
    target: Target,
    parent: str,
    part: Changes,
    added: Sequence[CommitOperationAdd],
    title: str,
) -> str:
    """Commit, and return the commit's id.

    Args:
        api: The Hub's client.
        target: The branch.
        parent: Its last commit.
        part: What this commit changes.
        added: The files that were sent for it.
        title: Of the commit.
    """
    operations: list[CommitOperationAdd | CommitOperationDelete | CommitOperationCopy]
    operations = [*added, *(CommitOperationDelete(path_in_repo=name) for name in part.delete)]

    def commit() -> str:
        info = api.create_commit(
            target.repo,
            operations,
            commit_message=title,
            repo_type=target.kind,
            revision=target.revision,
            parent_commit=parent,
        )
        return str(info.oid)

    def landed() -> str | None:
        there = look(api, target)
        moved = there is not None and there.head != parent
        return there.head if there is not None and moved and holds(there, part) else None

    return _patiently(commit, landed)


def _patiently(request: Callable[[], T], done: Callable[[], T | None] = lambda: None) -> T:
    """Make a request, and again after a while if it failed in a way that may pass.

    Args:
        request: Makes it.
        done: Returns its result if it was carried out though it seemed to fail; else nothing.
    """
    failed = False
    for wait in WAITS:
        try:
            return (done() if failed else None) or request()
        except PASSING as error:
            if not may_pass(error):
                raise
            failed = True
            time.sleep(_asked(error) or wait)
    return done() or request()


def _asked(error: Any) -> float:
    """Return the seconds that the Hub asks to wait, at most a minute; 0 if it asks for none."""
    response = getattr(error, "response", None)
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return min(60.0, float(text)) if text.isdigit() else 0.0
