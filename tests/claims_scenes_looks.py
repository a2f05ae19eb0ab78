"""Captions that say that an object has another colour or size; see claims_scenes.py."""

from __future__ import annotations

from claims_scenes import rule
from claims_scenes_facts import (
    at_place,
    changed,
    fits,
    found,
    indefinite,
    lies,
    number,
    one,
    recoloured,
    resized,
    sizes,
)

# a colour is another


@rule("<ref> (?:is now|has turned) <colour>")
def _(pair, ref, colour):
    return changed(pair, ref) and recoloured(pair, pair.gone[0]["colour"], colour)


@rule("the colour of <ref> has changed from <colour> to <colour>")
def _(pair, ref, old, new):
    return changed(pair, ref) and recoloured(pair, old, new)


@rule("<at> there is <a>, where <a> was before")
def _(pair, at, now, was):
    first, second = at_place(pair.first, at), at_place(pair.second, at)
    return first != second and indefinite(was, first[0]) and indefinite(now, second[0])


@rule("<ref> was <colour> and is <colour> now")
def _(pair, ref, old, new):
    return changed(pair, ref) and recoloured(pair, old, new)


@rule("the first image shows <a> <at>; in the second one it is <colour>")
def _(pair, a, at, colour):
    was = at_place(pair.first, at)
    return was == pair.gone and indefinite(a, was[0]) and recoloured(pair, was[0]["colour"], colour)


@rule("only one thing differs: <ref> has been painted <colour>")
def _(pair, ref, colour):
    same = pair.grounds[0] == pair.grounds[1]
    return same and changed(pair, ref) and recoloured(pair, pair.gone[0]["colour"], colour)


@rule("<colour> has replaced <colour> as the colour of <ref>")
def _(pair, new, old, ref):
    return changed(pair, ref) and recoloured(pair, old, new)


@rule("the second image has <a> in place of an? <colour> one")
def _(pair, now, old):
    if not pair.new or not indefinite(now, pair.new[0]):
        return False
    return recoloured(pair, old, pair.new[0]["colour"])


@rule("<ref> has gone from <colour> to <colour>")
def _(pair, ref, old, new):
    return changed(pair, ref) and recoloured(pair, old, new)


@rule("<ref>, <rel> <ref>, has become <colour>")
def _(pair, ref, rel, mark, new):
    true = changed(pair, ref) and recoloured(pair, pair.gone[0]["colour"], new)
    return true and lies(pair.gone[0], rel, one(mark, pair.first, pair.second))


@rule("<ref> has the same colour as <ref> now")
def _(pair, ref, other):
    one_now, other_now = one(ref, pair.second), one(other, pair.second)
    before = one(ref, pair.first)["colour"] != one(other, pair.first)["colour"]
    return before and one_now != other_now and one_now["colour"] == other_now["colour"]


# a size is another


@rule("<ref> (?:is now|has become) (?:(larger)|smaller)")
def _(pair, ref, larger):
    return changed(pair, ref) and resized(pair, 1 if larger else -1) and unsized(ref)


def unsized(ref: str) -> bool:
    return "small" not in ref and "large" not in ref


@rule("<ref> has (?:(grown)|shrunk) from <size> to <size>")
def _(pair, ref, grown, old, new):
    return changed(pair, ref) and sizes(pair, old, new) and (new == "large") == bool(grown)


@rule("a <nouns> has become a <size> one")
def _(pair, was, new):
    return sizes(pair, was.split()[0], new) and fits(was, pair.gone[0])


@rule("the first image shows a <nouns> <at>, the second a <size> one")
def _(pair, was, at, new):
    true = at_place(pair.first, at) == pair.gone and fits(was, pair.gone[0])
    return true and sizes(pair, was.split()[0], new)


@rule("the size of <ref> has changed: it is <size> now")
def _(pair, ref, new):
    return changed(pair, ref) and resized(pair, 1 if new == "large" else -1)


@rule("in the second image <ref> takes up much (?:(more)|less) space")
def _(pair, ref, more):
    return changed(pair, ref) and resized(pair, 1 if more else -1)


@rule("<ref> has been (?:(enlarged)|made smaller)")
def _(pair, ref, enlarged):
    return changed(pair, ref) and resized(pair, 1 if enlarged else -1)


@rule("<ref> was <size> before and is <size> now")
def _(pair, ref, old, new):
    return changed(pair, ref) and sizes(pair, old, new)


@rule("only one thing differs: <ref> is much (?:(larger)|smaller)")
def _(pair, ref, larger):
    same = pair.grounds[0] == pair.grounds[1]
    return same and changed(pair, ref) and resized(pair, 1 if larger else -1)


@rule("<at>, <ref> has given way to a <size> one of the same colour")
def _(pair, at, ref, new):
    (was,) = at_place(pair.first, at) or [None]
    true = was is not None and pair.gone == [was] and bool(found(ref, [was]))
    return true and resized(pair, 1 if new == "large" else -1)


@rule("<ref>, <rel> <ref>, has changed from <size> to <size>")
def _(pair, ref, rel, mark, old, new):
    true = changed(pair, ref) and sizes(pair, old, new)
    return true and lies(pair.gone[0], rel, one(mark, pair.first, pair.second))


@rule("unlike the other (?:<num> objects|(object)), <ref> has become (?:(larger)|smaller)")
def _(pair, others, other, ref, larger):
    right = (len(pair.first) == 2) if other else number("objects", pair.first[1:]) == others
    return right and changed(pair, ref) and resized(pair, 1 if larger else -1)
