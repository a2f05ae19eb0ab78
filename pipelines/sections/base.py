"""What all sections of a recipe share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from syned.rows import Task

Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _some_share(shares: dict[Any, float]) -> dict[Any, float]:
    if not any(shares.values()):
        raise ValueError("at least one share must be above 0")
    return shares


Tasks = Annotated[dict[Task, Share], AfterValidator(_some_share)]
Splits = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Share], AfterValidator(_some_share)
]


class Section(BaseModel):
    """A part of a recipe: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    EXECUTION: ClassVar[frozenset[str]] = frozenset()
    """Keys that say how to run and not what to make; they leave ids as they are."""

    def shape(self) -> dict[str, Any]:
        """Return the values that shape what is made."""
        return self.model_dump(mode="json", exclude=set(self.EXECUTION))
