"""Captions that say that an object has another place or shape; see claims_scenes.py."""

from __future__ import annotations

from claims_scenes import rule
from claims_scenes_facts import (
    cell,
    changed,
    here,
    indefinite,
    lies,
    moved,
    number,
    one,
    reshaped,
    went,
)

# a place is another


@rule("<ref> has moved <way>")
def _(pair, ref, way):
    return changed(pair, ref) and went(pair, way)


@rule("<ref> is not where it was: it has gone <way>")
def _(pair, ref, way):
    return changed(pair, ref) and went(pair, way)


@rule("what was <ref> has been shifted <way>")
def _(pair, ref, way):
    return changed(pair, ref) and went(pair, way)


@rule(
    "unlike the other (?:<num> objects|(object)), <ref> has changed its place: it has moved <way>"
)
def _(pair, others, other, ref, way):
    right = (len(pair.first) == 2) if other else number("objects", pair.first[1:]) == others
    return right and changed(pair, ref) and went(pair, way)


@rule("<ref> has left <place> and lies <at> now")
def _(pair, ref, start, end):
    return changed(pair, ref) and moved(pair, start, end)


@rule("<a> has left <place> and lies <at> now")
def _(pair, a, start, end):
    return moved(pair, start, end) and indefinite(a, pair.gone[0])


@rule("<ref> has been moved to <place>")
def _(pair, ref, end):
    return changed(pair, ref) and cell(pair.gone[0]) != here(end) == cell(pair.new[0])


@rule("<place> is empty now, and <a> lies <at> instead")
def _(pair, start, a, end):
    return moved(pair, start, end) and indefinite(a, pair.new[0])


@rule("the first image has <a> <at>; in the second one it is <at>")
def _(pair, a, start, end):
    return moved(pair, start, end) and indefinite(a, pair.gone[0])


@rule("the position of <ref> has changed: it lies <at> now")
def _(pair, ref, end):
    same = changed(pair, ref) and pair.kept("shape", "colour", "size")
    return same and cell(pair.gone[0]) != cell(pair.new[0]) == here(end)


@rule("<ref> is now <at> instead of <at>")
def _(pair, ref, end, start):
    return changed(pair, ref) and moved(pair, start, end)


@rule("<at>, where nothing was before, there is <a> now, shifted from <place>")
def _(pair, end, a, start):
    return moved(pair, start, end) and indefinite(a, pair.new[0])


@rule("the <nouns> now lies <rel> <ref>")
def _(pair, nouns, rel, other):
    mark = one(other, pair.first, pair.second)
    true = changed(pair, f"the {nouns}") and pair.kept("shape", "colour", "size")
    return true and lies(pair.new[0], rel, mark) and not lies(pair.gone[0], rel, mark)


@rule("<ref> used to be <rel> <ref> and is now <rel> it")
def _(pair, ref, was, other, now):
    mark = one(other, pair.first, pair.second)
    true = changed(pair, ref) and pair.kept("shape", "colour", "size") and was != now
    return true and lies(pair.gone[0], was, mark) and lies(pair.new[0], now, mark)


# a shape is another


@rule("<ref> has (?:become|been replaced by) <a>")
def _(pair, ref, a):
    return changed(pair, ref) and reshaped(pair, a)


@rule("<ref> is <a> now and no longer <a>")
def _(pair, ref, now, was):
    return changed(pair, ref) and reshaped(pair, now) and indefinite(was, pair.gone[0])


@rule("instead of <a> there is <a> <at>")
def _(pair, was, now, at):
    true = reshaped(pair, now) and indefinite(was, pair.gone[0])
    return true and cell(pair.gone[0]) == here(at)


@rule("the first image shows <a> <at>, the second <a>")
def _(pair, was, at, now):
    true = reshaped(pair, now) and indefinite(was, pair.gone[0])
    return true and cell(pair.gone[0]) == here(at)


@rule("the shape of <ref> has changed from <a> to <a>")
def _(pair, ref, was, now):
    return changed(pair, ref) and reshaped(pair, now) and indefinite(was, pair.gone[0])


@rule("where <a> was, <a> lies now")
def _(pair, was, now):
    return reshaped(pair, now) and indefinite(was, pair.gone[0])


@rule("only one thing differs: <ref> has turned into <a> of the same colour")
def _(pair, ref, now):
    return pair.grounds[0] == pair.grounds[1] and changed(pair, ref) and reshaped(pair, now)


@rule("<a> has taken the place of <ref>")
def _(pair, now, ref):
    return changed(pair, ref) and reshaped(pair, now)


@rule("the only <nouns> used to be <a> and is <a> now")
def _(pair, nouns, was, now):
    unique = changed(pair, f"the {nouns}") and number(nouns, pair.second) == "one"
    return unique and reshaped(pair, now) and indefinite(was, pair.gone[0])


@rule("<ref> is <a> rather than <a> now")
def _(pair, ref, now, was):
    return changed(pair, ref) and reshaped(pair, now) and indefinite(was, pair.gone[0])


@rule("<ref>, <rel> <ref>, is <a> in the second image")
def _(pair, ref, rel, mark, now):
    true = changed(pair, ref) and reshaped(pair, now)
    return true and lies(pair.gone[0], rel, one(mark, pair.first, pair.second))
