"""Captions about the background; see claims_scenes.py."""

from __future__ import annotations

from claims_scenes import rule
from claims_scenes_facts import (
    ground_is,
    grounds_are,
    marked,
)

# the background is another


@rule("the background has changed from <ground> to <ground>")
def _(pair, was, now):
    return grounds_are(pair, was, now)


@rule("the background is <ground> now")
def _(pair, now):
    return ground_is(now, pair.grounds[1]) and not ground_is(now, pair.grounds[0])


@rule("the (?:(object is)|objects are) the same, but now (they lie|it lies) on <ground> background")
def _(pair, single, they, now):
    right = (len(pair.first) == 1) == bool(single) == (they == "it lies")
    true = ground_is(now, pair.grounds[1]) and not ground_is(now, pair.grounds[0])
    return right and true and pair.first == pair.second


@rule("the first image has <ground> background, and the second has <ground> background")
def _(pair, was, now):
    return grounds_are(pair, was, now)


@rule("<ground> background has replaced the <ground> background")
def _(pair, now, was):
    return grounds_are(pair, was, now)


@rule("nothing differs but the background, which was <ground> and is <ground> now")
def _(pair, was, now):
    return grounds_are(pair, was, now)


@rule("behind the objects? there is <ground> background instead of <ground>")
def _(pair, now, was):
    return grounds_are(pair, was, now)


@rule("what used to be <ground> behind the objects? is <ground> in the second image")
def _(pair, was, now):
    return grounds_are(pair, was, now)


@rule("the background has turned from <hue> to <hue>")
def _(pair, was, now):
    return (pair.grounds[0]["colour"], pair.grounds[1]["colour"]) == (was, now) and was != now


@rule("<hue> is the colour of the background now")
def _(pair, now):
    return pair.grounds[0]["colour"] != now == pair.grounds[1]["colour"]


@rule("the background is still <hue>, but it has another pattern")
def _(pair, hue):
    first, second = pair.grounds
    return first["colour"] == second["colour"] == hue and first["pattern"] != second["pattern"]


@rule("the background has <marks> now")
def _(pair, marks):
    return marked(marks, pair.grounds[1]) and not marked(marks, pair.grounds[0])


@rule("the background has lost its <marks>")
def _(pair, marks):
    return marked(marks, pair.grounds[0]) and not marked(marks, pair.grounds[1])


@rule("the background has kept its <marks> but not its colour")
def _(pair, marks):
    first, second = pair.grounds
    kept = marked(marks, first) and marked(marks, second)
    return kept and first["colour"] != second["colour"]
