"""What all sections of a recipe share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from syned.rows import Task

Device = Literal["cpu", "cuda"]
DType = Literal["float32", "float16", "bfloat16"]
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
        """Return the values that shape what is made, here and in the sections within."""
        names = (name for name in type(self).model_fields if name not in self.EXECUTION)
        return {name: _shape(getattr(self, name)) for name in names}


def _shape(value: Any) -> Any:
    """Return a value of a section as JSON holds it, without what only says how to run."""
    if isinstance(value, Section):
        return value.shape()
    if isinstance(value, dict):
        return {str(name): _shape(item) for name, item in value.items()}
    return [_shape(item) for item in value] if isinstance(value, tuple) else value
