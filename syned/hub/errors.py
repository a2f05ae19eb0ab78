"""Errors of the Hub as a user meets them: what happened, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from syned.errors import SynedError

HTTPError: Any = HfHubHTTPError.__bases__[0]
"""What whichever HTTP library the client uses raises."""
PASSING: Any = (HTTPError, ConnectionError, TimeoutError)
"""Errors among which are those that pass; the client's storage raises the system's own."""

LOG_IN = "log in with `hf auth login`, or set HF_TOKEN to a token of https://hf.co/settings/tokens"
AGAIN = "Give the same command again later."
KEPT = "What was uploaded is kept: give the same command again, and it goes on from there."
NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
"""What a repository is called: owner and name."""
NO_NAME = "{!r} is no name of a repository on the Hub; expected owner/name"
OFFLINE = "HF_HUB_OFFLINE is set, so the Hub is not asked; unset it"
_QUOTA = ("quota", "storage limit", "storage usage", "exceeded your", "payment")


class HubError(SynedError):
    """The Hub cannot be reached, or does not allow what was asked."""


@contextmanager
def hub_errors(repo: str, again: str = AGAIN) -> Iterator[None]:
    """Turn what the Hub's client raises into one message.

    Args:
        repo: The repository that it is about.
        again: What to do about an error that may pass.

    Raises:
        HubError: With what happened and what to do.
    """
    try:
        yield
    except (HTTPError, HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled) as error:
        raise HubError(told(error, repo, again)) from error
    except (LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise HubError(_unreachable(error, again)) from error
    except (ValueError, RuntimeError) as error:
        # What its storage answers, where files are sent to, the client wraps in words of its own.
        if isinstance(error.__cause__, HTTPError):
            raise HubError(told(error.__cause__, repo, again)) from error
        raise HubError(f"{repo}: {_one_line(error)}. {again}") from error


def told(error: Exception, repo: str, again: str) -> str:
    """Return the message for an error of the Hub's client.

    Args:
        error: What it raised.
        repo: The repository that it was about.
        again: What to do about an error that may pass.
    """
    if isinstance(error, HFValidationError):
        return NO_NAME.format(repo)
    if isinstance(error, LocalTokenNotFoundError):
        return f"there is no token for the Hub; {LOG_IN}"
    if isinstance(error, OfflineModeIsEnabled):
        return OFFLINE
    if isinstance(error, HfHubHTTPError):
        return _answered(error, repo, again)
    return _unreachable(error, again)


def _unreachable(error: Exception, again: str) -> str:
    cause = _one_line(error.__cause__ or error)
    return f"the Hub at {constants.ENDPOINT} cannot be reached ({cause}). {again}"


def _answered(error: HfHubHTTPError, repo: str, again: str) -> str:
    """Return the message for an answer of the Hub that is an error."""
    if isinstance(error, GatedRepoError):
        return f"{repo} is gated; ask for access on https://hf.co/{repo}, then {LOG_IN}"
    if isinstance(error, RevisionNotFoundError):
        return f"{repo} has no revision of that name on the Hub"
    status = error.response.status_code
    said = " ".join((error.server_message or "").split()) or f"status {status}"
    if status == 401 and _refused(said):
        return f"the Hub refuses the token ({said}); {LOG_IN}"
    if isinstance(error, RepositoryNotFoundError):
        return f"{repo}: the Hub knows no such repository, or the token may not see it; {LOG_IN}"
    return f"{repo}: {_status(status, said, again)}"


def _status(status: int, said: str, again: str) -> str:
    """Return the message for the status of an answer, and what the Hub says with it."""
    if status == 413 or any(word in said.lower() for word in _QUOTA):
        more = "Free or buy storage (https://hf.co/settings/billing) first."
        return f"the Hub takes no more: {said}. {more} {again}"
    if status in (401, 403):
        return f"the token may not write there ({said}); {LOG_IN}"
    if status in (409, 412):
        return f"somebody else has changed it meanwhile ({said}). {again}"
    if status == 429:
        return f"too many requests for the Hub ({said}); wait some minutes. {again}"
    return f"the Hub answers with an error ({status}: {said}). {again}"


def _refused(said: str) -> bool:
    """Say whether an answer is about the token itself."""
    return any(word in said.lower() for word in ("credentials", "token", "username or password"))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def may_pass(error: Exception) -> bool:
    """Say whether the same request may succeed a little later."""
    if isinstance(error, HfHubHTTPError):
        status: int = error.response.status_code
        return status == 429 or status >= 500
    return isinstance(error, PASSING)
