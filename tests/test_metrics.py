"""BLEU, ROUGE-L and CIDEr-D against values worked out by hand, and against pycocoevalcap."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trainer.metrics import METRICS, ScoreError, Scores, corpus_bleu, score
from trainer.metrics.ngrams import _sorted

CAPTIONS = Path(__file__).with_name("metrics_tokens.json")


def scored(*samples: tuple[str, list[str]]) -> Scores:
    """Score samples of a prediction and its references, with the ids 0, 1, ..."""
    predictions = {str(i): prediction for i, (prediction, _) in enumerate(samples)}
    references = {str(i): references for i, (_, references) in enumerate(samples)}
    return score(predictions, references, meteor=False)


def close(value: float) -> object:
    return pytest.approx(value, abs=1e-8)


def test_bleu_of_two_captions() -> None:
    # "the cat sat": 3 of 3 words and 2 of 2 pairs are in the reference of 4 words.
    # "a dog": 2 of 2 words, 0 of 1 pairs; references of 3 words and of 1 are equally close, and of
    # two the shorter counts. All in all 5 of 5 words, 2 of 3 pairs, 5 words against 4 + 1.
    found = scored(("the cat sat", ["the cat sat down"]), ("a dog", ["a big dog", "dog"]))
    assert found.corpus["Bleu_1"] == close(1)
    assert found.corpus["Bleu_2"] == close(math.sqrt(2 / 3))
    assert found.bleu.match[:, :2].tolist() == [[3, 2], [2, 0]]
    assert found.bleu.referenced_words.tolist() == [4, 1]


def test_bleu_counts_a_word_as_often_as_one_reference_has_it() -> None:
    # "red" stands twice in no reference, though once in each of two.
    found = scored(("red red", ["red kite", "red boat"]))
    assert found.corpus["Bleu_1"] == close(1 / 2)


def test_bleu_of_a_short_caption_is_cut() -> None:
    found = scored(("a b", ["a b c d"]))
    assert found.corpus["Bleu_1"] == close(math.exp(1 - 4 / 2))


def test_rouge_l() -> None:
    # The longest common subsequence of "a b c" and "a x c" is "a c": 2 of 3 words either way.
    # "a b" is all in "a b c d", which has 2 of 4: 2.44 * 1 * 0.5 / (0.5 + 1.44 * 1).
    found = scored(("a b c", ["a x c"]), ("a b", ["a b c d"]), ("a b", ["c d"]))
    assert found.per_sample["ROUGE_L"].tolist() == [close(2 / 3), close(1.22 / 1.94), 0]


def test_rouge_l_takes_precision_and_recall_from_the_best_reference_each() -> None:
    # Precision 1 from "a b c d", recall 1 from "a".
    assert scored(("a b", ["a b c d", "a"])).corpus["ROUGE_L"] == close(1)


def test_cider_of_two_samples() -> None:
    # With two samples every n-gram weighs log 2. "red kite" equals its reference in words and
    # pairs, and neither has three words: 10 * (1 + 1 + 0 + 0) / 4. The other shares nothing.
    found = scored(("red kite", ["red kite"]), ("blue boat", ["green tree"]))
    assert found.per_sample["CIDEr"].tolist() == [close(5), 0]
    assert found.corpus["CIDEr"] == close(2.5)


def test_cider_clips_counts_and_penalizes_length() -> None:
    # Words: (2, 1) against (1, 1), clipped to 1 + 1 over lengths sqrt(5) and sqrt(2).
    # Pairs: "red kite" of two against one. The prediction has one pair of words more.
    found = scored(("red red kite", ["red kite"]), ("blue boat", ["green tree"]))
    words, pairs = 2 / math.sqrt(10), 1 / math.sqrt(2)
    expected = 10 * (words + pairs) / 4 * math.exp(-1 / (2 * 6**2))
    assert found.per_sample["CIDEr"][0] == close(expected)


def test_cider_weighs_words_by_how_few_samples_have_them() -> None:
    # "a" is in the references of both samples and weighs nothing; "b" and "a b" weigh log 2.
    found = scored(("a b", ["a b", "a a"]), ("c", ["a c"]))
    # Against "a b": 1 + 1; against "a a": nothing in common that weighs.
    assert found.per_sample["CIDEr"][0] == close(10 * (1 + 1) / 4 / 2)


def test_one_sample_has_no_cider_and_says_so() -> None:
    found = scored(("red kite", ["red kite"]))
    assert found.corpus["CIDEr"] == 0
    assert any("One sample" in note or "one sample" in note for note in found.notes)


def test_empty_predictions_score_next_to_nothing_and_are_counted() -> None:
    found = scored(("", ["red kite"]), ("...", ["blue boat"]), ("a tree", ["a tree"]))
    for name, values in found.per_sample.items():
        assert values[:2] == pytest.approx([0, 0], abs=1e-5), name
    assert "2 predictions hold no words, and score next to 0: '0', '1'." in found.notes


def test_all_empty() -> None:
    found = scored(("", ["?"]), ("!", ["."]))
    assert all(np.isfinite(values).all() for values in found.per_sample.values())


def test_blank_references_are_left_out_and_counted() -> None:
    samples = [("red kite", ["red kite", " ", ""]), ("a", ["b"])]
    found = scored(*samples)
    assert found.references == 2
    assert "2 blank references were left out: '0'." in found.notes
    assert found.corpus == scored(("red kite", ["red kite"]), ("a", ["b"])).corpus


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_line_break_shifts_no_caption(line_break: str) -> None:
    broken = scored((f"red{line_break}kite", ["red kite"]), ("blue boat", ["blue boat"]))
    assert broken.corpus == scored(("red kite", ["red kite"]), ("blue boat", ["blue boat"])).corpus
    assert "1 captions had line breaks, which were read as spaces: '0'." in broken.notes


def test_a_line_break_at_the_end_is_counted() -> None:
    found = scored(("red kite", ["red kite"]), ("blue boat", ["blue boat\n"]))
    assert "1 captions had line breaks, which were read as spaces: '1'." in found.notes
    assert found.corpus["Bleu_1"] == close(1)


@pytest.mark.parametrize("scale", [1, 2**60])
def test_keys_are_sorted_with_their_places(scale: int) -> None:
    # Small keys are sorted packed with their places, and large ones, which do not fit, are not.
    keys, places = _sorted(np.array([3, 1, 3, 1, 2]) * scale)
    assert (keys // scale).tolist() == [1, 1, 2, 3, 3]
    assert places.tolist() == [1, 3, 4, 0, 2]


def test_ids_join_whatever_their_order() -> None:
    predictions = {"x": "red kite", "y": "blue boat", "z": "a tree"}
    references = {"z": ["a tree"], "y": ["red kite"], "x": ["red kite", "kite"]}
    one = score(predictions, references, meteor=False)
    other = score(predictions, dict(reversed(references.items())), meteor=False)
    assert one.ids == ("z", "y", "x")
    assert other.ids == ("x", "y", "z")
    for name, values in one.per_sample.items():
        assert values.tolist() == other.per_sample[name][::-1].tolist()
    assert one.corpus == pytest.approx(other.corpus, abs=1e-12)


def test_all_ids_that_do_not_join_are_told_at_once() -> None:
    predictions = {"a": "x", "b": "x", **{f"extra{i}": "x" for i in range(7)}}
    with pytest.raises(ScoreError) as error:
        score(predictions, {"a": ["x"], "b": [" "], "c": ["x"]})
    told = str(error.value)
    assert "1 of 3 ids have no prediction: 'c'" in told
    assert "7 of 9 predictions have no references: 'extra0'" in told
    assert "and 2 more" in told
    assert "1 ids have no reference that is not blank: 'b'" in told
    assert "Give one prediction for each id" in told
    assert "Leave ids that have no reference out of both files." in told


def test_no_references_at_all() -> None:
    with pytest.raises(ScoreError, match="no references"):
        score({}, {})


def test_bleu_of_a_resample_needs_no_captions() -> None:
    samples = [("the cat sat", ["the cat sat down"]), ("a dog", ["a big dog", "dog"])]
    samples.append(("one two three", ["one two", "four"]))
    drawn = [0, 2, 2, 2]
    again = scored(*(samples[i] for i in drawn))
    weights = np.bincount(drawn, minlength=3)
    resampled = corpus_bleu(scored(*samples).bleu, weights)
    assert resampled.tolist() == [close(again.corpus[f"Bleu_{n}"] or 0) for n in range(1, 5)]


def test_names_are_those_of_the_field() -> None:
    found = scored(("a", ["a"]), ("b", ["b"]))
    assert tuple(found.corpus) == METRICS
    assert METRICS == ("Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "METEOR", "ROUGE_L", "CIDEr")
    assert found.corpus["METEOR"] is None
    assert "METEOR" not in found.per_sample


def own_captions() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the captions of the tokenizer's fixture as predictions and references."""
    texts = [text for text, tokens in json.loads(CAPTIONS.read_text(encoding="utf-8")) if tokens]
    groups = [texts[i : i + 4] for i in range(0, len(texts) - 3, 4)]
    shuffled = np.random.default_rng(0).permuted(texts[: len(groups)])
    predictions = {str(i): groups[i][0] + " " + text for i, text in enumerate(shuffled)}
    return predictions, {str(i): group for i, group in enumerate(groups)}


@pytest.mark.parametrize("kind", ["bleu", "rouge", "cider"])
def test_scores_equal_those_of_pycocoevalcap(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    module = pytest.importorskip(
        f"pycocoevalcap.{kind}.{kind}",
        reason="NOT COMPARED with pycocoevalcap: pip install 'syned[meteor]'",
    )
    from trainer.metrics.tokenize import tokenize

    predictions, references = own_captions()
    ours = score(predictions, references, meteor=False)
    tokens = tokenize([text for group in references.values() for text in group])
    gts = {name: tokens[4 * i : 4 * i + 4] for i, name in enumerate(references)}
    said = tokenize([predictions[name] for name in references])
    res = {name: [text] for name, text in zip(references, said, strict=True)}
    scorer: Callable[[], object] = {"bleu": "Bleu", "rouge": "Rouge", "cider": "Cider"}[kind]
    corpus, each = getattr(module, scorer)().compute_score(gts, res)
    capfd.readouterr()
    names = {"bleu": METRICS[:4], "rouge": ["ROUGE_L"], "cider": ["CIDEr"]}[kind]
    assert np.atleast_1d(corpus) == pytest.approx([ours.corpus[n] for n in names], abs=1e-9)
    expected = np.stack([ours.per_sample[name] for name in names])
    assert np.atleast_2d(each) == pytest.approx(expected, abs=1e-9)
