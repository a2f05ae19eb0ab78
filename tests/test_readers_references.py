"""References that a language model wrote: what is mended, and what is left out."""

from __future__ import annotations

import pytest

from trainer.readers.references import DEFECTS, MENDINGS, cleaned, mend

INSTRUCTION = "Add the word 'EXIT' to the door."


@pytest.mark.parametrize(
    ("text", "plain", "kinds"),
    [
        ('"Put a goat here."', "Put a goat here.", ["quotes"]),
        ("“Put a goat here.”", "Put a goat here.", ["quotes"]),
        ('"Put a goat here', "Put a goat here", ["quotes"]),
        ('Put a goat here."', "Put a goat here.", ["quotes"]),
        ("'Take the man's hat.'", "Take the man's hat.", ["quotes"]),
        ('"Write "EXIT" on it."', 'Write "EXIT" on it.', ["quotes"]),
        ("Remove all fences. (10 words)", "Remove all fences.", ["count_of_words"]),
        ("2. Remove all fences.", "Remove all fences.", ["numbering"]),
        ("- Remove all fences.", "Remove all fences.", ["numbering"]),
        ('3) "Remove it." (2 words)', "Remove it.", ["count_of_words", "numbering", "quotes"]),
        # What only looks like a defect.
        ('"EXIT" becomes "ENTER"', '"EXIT" becomes "ENTER"', []),
        ("'EXIT' becomes 'ENTER'", "'EXIT' becomes 'ENTER'", []),
        ("'EXIT' is on the door", "'EXIT' is on the door", []),
        ('Write "EXIT"', 'Write "EXIT"', []),
        ("Cut the text to 3 words", "Cut the text to 3 words", []),
        ("2 dogs run", "2 dogs run", []),
        ("  Two\n dogs  run ", "Two dogs run", []),
    ],
)
def test_mended(text: str, plain: str, kinds: list[str]) -> None:
    assert mend(text) == (plain, kinds)
    assert set(kinds) <= set(MENDINGS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ('" "', "empty"),
        ("As a responsible AI language model, I will not.", "refusal"),
        ("I'm just an AI, my purpose is to help.", "refusal"),
        ("Instead, I suggest focusing on something else.", "refusal"),
        ("If you have any other questions, ask.", "refusal"),
        ("INSTRUCTION :  <INSTRUCT> Change the apples.", "leaked_prompt"),
        ("{Dadaist variation}", "leaked_prompt"),
        ("Here are four variations of the user prompt:", "talk_about_itself"),
        ("Rephrase the instruction to be short.", "talk_about_itself"),
        ("Try the new [Product Name] now!", "talk_about_itself"),
        ("Fill the room with", "cut_off"),
        ('As menacing: "the object', "cut_off"),
        ("add the word “exit” to the door", "copy"),
    ],
)
def test_left_out(text: str, kind: str) -> None:
    assert cleaned([text], INSTRUCTION) == ((), (kind,))
    assert kind in DEFECTS


@pytest.mark.parametrize(
    "text",
    [
        "Add color variations to the flower.",
        "Turn the lights on.",
        "Add an instruction sheet to the wall.",
        "Include an ethnic pattern.",
    ],
)
def test_kept(text: str) -> None:
    assert cleaned([text], INSTRUCTION) == ((text,), ())


def test_a_reference_is_kept_once() -> None:
    texts = ['"Write EXIT on it"', "Write EXIT on it.", "Put EXIT there"]
    kept, kinds = cleaned(texts, INSTRUCTION)
    assert kept == ("Write EXIT on it", "Put EXIT there")
    assert kinds == ("quotes", "copy")
