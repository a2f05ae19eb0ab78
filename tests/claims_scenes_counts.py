"""Captions that count objects, or say that one has gone or come; see claims_scenes.py."""

from __future__ import annotations

from claims_scenes import rule
from claims_scenes_facts import (
    EXTREMES,
    at_place,
    found,
    gained,
    indefinite,
    lies,
    lost,
    number,
    one,
)

# counting


@rule("there (is|are) now <num> <nouns> instead of <num>")
def _(pair, verb, now, nouns, was):
    singular = nouns.endswith("cross") or not nouns.endswith("s")
    right = (verb == "is") == (now == "one") == singular
    true = (number(nouns, pair.first), number(nouns, pair.second)) == (was, now)
    return right and true and was != now and "no" not in (was, now)


@rule("the second image has one <nouns>, while the first has none")
def _(pair, nouns):
    return (number(nouns, pair.first), number(nouns, pair.second)) == ("no", "one")


@rule("there is no <nouns> in the picture any more")
def _(pair, nouns):
    return number(nouns, pair.first) != "no" and number(nouns, pair.second) == "no"


@rule("only <num> of the <num> <nouns> (is|are) left")
def _(pair, now, was, nouns, verb):
    right = (verb == "is") == (now == "one")
    true = (number(nouns, pair.first), number(nouns, pair.second)) == (was, now)
    return right and true and not pair.new and len(pair.gone) == 1


# something is gone


@rule("<ref> (?:is gone|has been removed|has disappeared|has vanished)")
def _(pair, ref):
    return lost(pair, ref)


@rule("what the second image lacks is <ref>")
def _(pair, ref):
    return lost(pair, ref)


@rule("somebody has taken <ref> away")
def _(pair, ref):
    return lost(pair, ref)


@rule("of the <num> objects, <ref> is missing in the second image")
def _(pair, was, ref):
    return lost(pair, ref) and number("objects", pair.first) == was


@rule("only the background is left <at>, where there was <a>")
def _(pair, at, a):
    was = at_place(pair.first, at)
    return len(was) == 1 and indefinite(a, was[0]) and not at_place(pair.second, at)


@rule("the first image has <a> <at>, and the second has nothing there")
def _(pair, a, at):
    was = at_place(pair.first, at)
    return len(was) == 1 and indefinite(a, was[0]) and not at_place(pair.second, at)


@rule("<place> is empty now")
def _(pair, place):
    return bool(at_place(pair.first, place)) and not at_place(pair.second, place)


@rule("<ref>, <a>, has vanished")
def _(pair, ref, a):
    return ref in EXTREMES and lost(pair, ref) and indefinite(a, pair.gone[0])


@rule("<ref>, which was <rel> <ref>, is no longer there")
def _(pair, ref, rel, mark):
    return lost(pair, ref) and lies(pair.gone[0], rel, one(mark, pair.first, pair.second))


@rule("nothing lies <rel> <ref> any more")
def _(pair, rel, ref):
    mark = one(ref, pair.second, pair.first)
    far = {
        "to the left of": lambda t: mark["x"] - t["x"],
        "to the right of": lambda t: t["x"] - mark["x"],
        "above": lambda t: mark["y"] - t["y"],
        "below": lambda t: t["y"] - mark["y"],
    }[rel]
    return any(far(t) > 150 for t in pair.first) and not any(far(t) > 0 for t in pair.second)


# something is new


@rule("<a> has appeared <at>")
def _(pair, a, at):
    return gained(pair, a, at)


@rule("<a> has been added")
def _(pair, a):
    return gained(pair, a)


@rule("the picture has gained <a>")
def _(pair, a):
    return gained(pair, a)


@rule("<place>, empty before, now holds <a>")
def _(pair, place, a):
    return gained(pair, a, place) and not at_place(pair.first, place)


@rule("the second image shows <a> <at> that the first one lacks")
def _(pair, a, at):
    return gained(pair, a, at)


@rule("what is new is <ref>")
def _(pair, ref):
    return gained(pair) and [one(ref, pair.second)] == pair.new and not found(ref, pair.first)


@rule("there is <a> <at> now, where nothing was before")
def _(pair, a, at):
    return gained(pair, a, at) and not at_place(pair.first, at)


@rule("compared with the first image, the second has one more object: <a>")
def _(pair, a):
    return gained(pair, a)


@rule("<a> has joined the (?:<num> objects|(only object)) of the first image")
def _(pair, a, were, only):
    return gained(pair, a) and number("objects", pair.first) == ("one" if only else were)


@rule("<ref> is new: <a>")
def _(pair, ref, a):
    return ref in EXTREMES and gained(pair, a) and [one(ref, pair.second)] == pair.new


@rule("(an?|another) <nouns> now lies <rel> <ref>")
def _(pair, article, nouns, rel, ref):
    mark = one(ref, pair.second, pair.first)
    return gained(pair, f"{article} {nouns}") and lies(pair.new[0], rel, mark)
