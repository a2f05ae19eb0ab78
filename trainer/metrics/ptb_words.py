"""Words that keep their full stop, and words that show that a full stop ended a sentence.

Found by asking the reference tokenizer about every word of up to four letters and the beginnings
of 50,000 longer ones.
"""

from __future__ import annotations

ABBREVIATIONS = (
    "adj adm adv alex assoc asst atty ave brig capt cf cie cmdr col comdr cpl dept det dr drs "
    "elec ens ft gen gov govs hon insp invt jos lieut lt maj messrs mlle mme mr mrs ms msgr mt "
    "natl pfc ph pres prof profs pvt rep reps rev sen sens sfc sgt spc st ste supt supts treas vs "
    "wm"
)
"""In any case."""

ABBREVIATIONS_AT_ENDS = (
    "al ala apr ariz assn aug bancorp bhd bldg blvd bros calif co colo conn corp cos ct dak dec "
    "esq est etc ext feb fla fri ga inc ind intl jan jr jul jun kan kans ky ltd mar md mich minn "
    "mo mon mont neb nev nov oct okla penn plc rd rt sep seq sept sq sr sys tel tenn thu thurs "
    "tue tues univ va vt wed wis wisc wyo"
)
"""The same, of those that often end a sentence; `Co.x` is two tokens, `Mr.x` is one."""

SMALL_ABBREVIATIONS = "mfg mtg ppte ppty pte ptes pty ptys"
"""Not in capitals, but for the first letter."""

CAPITAL_ABBREVIATIONS = "ark az del ill la mass miss ore pa tex wash"
"""Of the same kind, but words when they have no capital."""

NUMBERED = "art ca fig figs no nos op pp prop"
"""Abbreviations only before a digit."""

STARTERS = (
    "a about additionally after an as at but earlier he her here however if in it last many more "
    "mr. ms. now once one other our she since so some such that the their then there these they "
    "this we what when while yet you"
)
"""With a capital and a space after them, a full stop after a single letter ended a sentence."""
