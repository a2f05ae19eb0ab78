"""What stores of objects say when something is wrong, in words that say what to do."""

from __future__ import annotations

from syned.errors import StorageError

_LIBRARIES = {"aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "s3fs"}
_CREDENTIALS = {
    "NoCredentialsError": "there are no credentials",
    "PartialCredentialsError": "the credentials are incomplete",
    "TokenRetrievalError": "the credentials have expired",
    "DefaultCredentialsError": "there are no credentials",
    "RefreshError": "the credentials have expired",
}
_HOW = (
    "For s3:// set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile in ~/.aws or a role of "
    "the machine (AWS_ENDPOINT_URL for other stores than Amazon's); for gs:// run "
    "`gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS."
)


def explained(error: BaseException) -> StorageError | None:
    """Return an error of a store in words for a user, or nothing if it is none.

    Args:
        error: What was raised, by fsspec or by a library under it.
    """
    chain = _chain(error)
    own = next((link for link in chain if _is_of_store(link)), None)
    if own is None:
        return None
    name, text = type(own).__name__, _line(error)
    if name in _CREDENTIALS:
        return StorageError(f"the object store: {_CREDENTIALS[name]}. {_HOW}")
    if isinstance(error, FileNotFoundError) and "bucket" in text.lower():
        return StorageError(f"the object store: {text}. Make the bucket, or name another.")
    if isinstance(error, PermissionError):
        return StorageError(
            f"the object store: {text}. These credentials do not allow it: they need to list, "
            f"read, write and delete there. {_HOW}"
        )
    return StorageError(
        f"the object store: {text}. It was tried several times. Look at the address and at the "
        "network; finished parts are kept: give the same command again to go on."
    )


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what it was raised from."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    return chain


def _is_of_store(error: BaseException) -> bool:
    """Say whether an error is of a library for stores."""
    return any(kind.__module__.split(".")[0] in _LIBRARIES for kind in type(error).__mro__)


def _line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    strerror = getattr(error, "strerror", None)
    text = str(strerror or error).strip() or type(error).__name__
    return text.splitlines()[0][:300].rstrip(".")
