"""The tokenizer against answers of the Java one, kept in `metrics_tokens.json`."""

from __future__ import annotations

import json

import pytest

from tests.metrics_java import TOKENS, java_tokens, missing
from trainer.metrics.ptb_lexer import Lexer
from trainer.metrics.ptb_rules import RULES
from trainer.metrics.tokenize import tokenize

LINES, ANSWERS = zip(*json.loads(TOKENS.read_text(encoding="utf-8")), strict=True)


def lexed(rules: list[tuple[str, str]]) -> list[str]:
    """Return the tokens of all lines, by some rules and without the short cut for plain text."""
    lexer = Lexer(rules)
    followed = ["\n" + "\n".join(LINES[place + 1 :][:20]) for place in range(len(LINES))]
    return [" ".join(lexer.tokens(*pair)) for pair in zip(LINES, followed, strict=True)]


def test_tokens_equal_those_of_java() -> None:
    assert len(LINES) > 300
    for line, found, answer in zip(LINES, tokenize(LINES), ANSWERS, strict=True):
        assert found == answer, line


def test_the_short_cut_for_plain_text_changes_nothing() -> None:
    assert lexed(list(RULES)) == list(ANSWERS)


@pytest.mark.parametrize("index", range(len(RULES)))
def test_no_rule_can_break_unseen(index: int) -> None:
    assert lexed([*RULES[:index], *RULES[index + 1 :]]) != list(ANSWERS)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The dog isn't on James' mat.", "the dog is n't on james mat"),
        ("Add 1 1/2 cups", "add 1\xa01/2 cups"),
        ("(left) [right]", "-lrb- left -rrb- -lsb- right -rsb-"),
        ("What?! No!", "what ?! no"),
        ("a\U0001f600b", "a b"),
        ("\ud83d alone", "alone"),
        ("", ""),
        (" ", ""),
        ("...", ""),
    ],
)
def test_what_a_reader_can_check(text: str, tokens: str) -> None:
    assert tokenize([text]) == [tokens]


def test_a_full_stop_depends_on_the_next_caption() -> None:
    assert tokenize(["plan B.", "the car"]) == ["plan b.", "the car"]
    assert tokenize(["plan B.", "The car"]) == ["plan b", "the car"]
    assert tokenize(["plan B.", "", "The car"]) == ["plan b", "", "the car"]
    assert tokenize(["plan B."]) == ["plan b."]


def test_java_gives_the_frozen_answers() -> None:
    if reason := missing():
        pytest.skip(f"NOT COMPARED with Java: {reason}")
    assert java_tokens(LINES) == list(ANSWERS)
