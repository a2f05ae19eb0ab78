"""How instructions are given to pictures and laid out in parts."""

from __future__ import annotations

import pytest

from pipelines import layout as layouts
from pipelines.layout import Layout, shares
from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from syned.arrow import to_table
from syned.errors import SourceError
from syned.reasons import Reason, Status
from syned.rows import ScanRow


def pictures(number: int, source: int = 0, *, given: bool = False) -> list[ScanRow]:
    names = [f"{source}-{i}" for i in range(number)]
    return [
        ScanRow(source="s", source_number=source, index=i, key=n, image_id=n, has_instruction=given)
        for i, n in enumerate(names)
    ]


def lay_out(recipe: Recipe, rows: list[ScanRow]) -> Layout:
    return layouts.lay_out(recipe, to_table(rows, ScanRow))


def recipe(n: int, **values: object) -> Recipe:
    assignments = [f"{key}={value}" for key, value in values.items()]
    return resolve("demo", "builtin:photos", n, assignments)


def test_shares_are_split_into_whole_numbers() -> None:
    assert shares(48, [1, 1]) == [24, 24]
    assert shares(7, [1, 2]) == [2, 5]
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(1, [1, 1]) == [1, 0]


def test_each_picture_gets_one_instruction_before_any_gets_two() -> None:
    layout = lay_out(recipe(7), pictures(3))
    assert layout.ends.tolist() == [3, 5, 7]


def test_pictures_that_were_turned_away_get_none() -> None:
    rows = pictures(3)
    rows[1] = ScanRow(
        source="s",
        source_number=0,
        index=1,
        key="x",
        status=Status.FAILED,
        reason=Reason.UNREADABLE,
    )
    layout = lay_out(recipe(4), rows)
    assert layout.pictures["image_id"].to_pylist() == ["0-0", "0-2"]
    assert layout.ends.tolist() == [2, 4]


def test_a_part_holds_a_range_of_instructions_and_a_picture_may_lie_in_two() -> None:
    layout = lay_out(recipe(7, part_size=4), pictures(3))
    placed = [
        [
            (p.picture.image_id, p.first_instruction, p.num_instructions, p.first_number)
            for p in part
        ]
        for part in (layout.part(i) for i in range(layout.parts))
    ]
    assert placed == [
        [("0-0", 0, 3, 0), ("0-1", 0, 1, 3)],
        [("0-1", 1, 1, 4), ("0-2", 0, 2, 5)],
    ]
    assert layout.placed == 4


def test_a_picture_with_its_own_instruction_gets_no_other() -> None:
    rows = [*pictures(1, given=True), *pictures(1)]
    assert lay_out(recipe(4), rows).ends.tolist() == [1, 4]


def test_candidates_fill_the_pairs() -> None:
    layout = lay_out(resolve("tiny", None, 5, ["part_size=4"]), pictures(2))
    assert layout.instructions == 3
    assert layout.per_part == 2


def test_too_few_pictures_are_told_with_what_to_do() -> None:
    rule = {"sample.max_instructions_per_image": 2}
    with pytest.raises(SourceError) as caught:
        lay_out(recipe(9, **rule), pictures(3))
    assert "asked for 9 pairs, but 3 usable pictures at 2 instructions each" in str(caught.value)
    assert "Ask for --n 6" in str(caught.value)
    assert "raise sample.max_instructions_per_image" in str(caught.value)


def test_no_picture_at_all_is_told() -> None:
    with pytest.raises(SourceError, match="0 usable pictures"):
        lay_out(recipe(4), [])
