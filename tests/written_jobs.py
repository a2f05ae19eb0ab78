"""A job for a writer, and what a good model answers to each of its requests."""

from __future__ import annotations

import json
from typing import Any

from pipelines.engines import WriteJob
from syned.rows import EncodedImage, Task

JOB = WriteJob(
    image=EncodedImage(b""),
    scene=None,
    task=Task.COLOR,
    source_caption="a photo of a red fox sitting on a rock",
    given_instruction=None,
    given_edited_caption=None,
    seed=0,
)
CAPTIONS = {
    "brief": "The fox has turned blue.",
    "action": "Somebody dyed the coat of the fox in a blue tone.",
    "contrast": "Its fur was red and has become blue.",
    "after": "A blue animal sits on the rock in the later picture.",
    "detail": "From its ears to its tail, blue hair covers the fox.",
}
PLAN = {
    "source_caption": "A red fox sits on a rock.",
    "instruction": "Make the fox blue.",
    "edited_caption": "a photo of a blue fox sitting on a rock",
}
COMMANDS = {
    "brief": "Paint the fox blue.",
    "verb": "Dye the fur of this fox in a blue tone.",
    "order": "In blue, show the animal that sits on the rock.",
    "detail": "Give the fox on the rock a coat of blue hair from head to tail.",
}
BACK = {"instruction": "Make the fox red again."}
CAPTIONS_BACK = {
    "brief": "The fox is red.",
    "action": "Somebody gave a red coat to the animal.",
    "contrast": "Blue fur covered it before, and now its fur is red.",
    "after": "In the second picture, a red fox sits there.",
    "detail": "Red hair grows on the fox from head to tail.",
}


def asked_fields(schema: dict[str, Any]) -> list[str]:
    """Return the fields of an answer."""
    return list(schema["properties"])


def good_answer(schema: dict[str, Any], chat: list[dict[str, Any]]) -> str:
    """Return a good answer to a request about `JOB`, or about its way back."""
    fields = schema["properties"]
    question = str(chat[-1]["content"])
    back = "undoes" in question or "again" in question
    texts = {**PLAN, **(CAPTIONS_BACK if back else CAPTIONS), **(BACK if back else {})}
    if "verb" in fields:
        texts |= COMMANDS
    return json.dumps({name: texts[name] for name in fields})
