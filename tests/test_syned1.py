"""The recipe `syned1`: the paper's counts, from the recipe and from files of instructions."""

import re

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.plan import make_plan
from pipelines.recipe import Recipe, builtin_recipes
from pipelines.sections.sources import EmuEditSource
from pipelines.sources.open import open_source
from syned.errors import SourceError
from syned.recipes import check, read_yaml, set_values
from tests.broken_pictures import whole_files


def recipe(*assignments):
    values = set_values(read_yaml(builtin_recipes()["syned1"]), assignments)
    return check(Recipe, values, "syned1")


def instructions(path, rows):
    """Write a file as the authors released: shuffled rows, a marker, an instruction."""
    lines = [f"{(row * 7) % rows} <INSTRUCT>  Add a hat number {row}" for row in range(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def emu_table(tmp_path, monkeypatch):
    """Return a table of three rows in the layout of Emu Edit."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    picture = {"bytes": whole_files()["whole.jpg"], "path": None}
    rows = [
        {
            "image": picture,
            "instruction": f"Do {i}",
            "task": "add",
            "input_caption": f"picture {i}",
            "output_caption": f"edited {i}",
        }
        for i in range(3)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "emu.parquet")
    return tmp_path / "emu.parquet"


def test_a_dry_run_prints_the_counts_of_the_paper(cli):
    done = cli("generate", "--recipe", "syned1", "--dry-run")
    # 16 candidates of 3,589 + 2,022 instructions
    assert "89,776 before filtering, from 5,611 instructions" in done.stdout
    assert re.search(r"3,589 +3,589 +train", done.stdout)
    assert re.search(r"2,022 +2,022 +test", done.stdout)
    assert "kept      at most 28,720 train, 2,022 test" in done.stdout
    assert done.returncode == (0 if not done.stderr else 2)


def test_counts_come_from_the_files_of_instructions(tmp_path):
    train, test = instructions(tmp_path / "a.txt", 3589), instructions(tmp_path / "b.txt", 2022)
    files = (f"sample.sources.0.instructions={train}", f"sample.sources.1.instructions={test}")
    plan = make_plan(recipe(*files))
    assert [source.found for source in plan.sources] == [3589, 2022]
    assert plan.most_kept == {"train": 28720, "test": 2022}


def test_a_file_of_the_other_split_is_refused(tmp_path):
    test = instructions(tmp_path / "b.txt", 2022)
    with pytest.raises(SourceError, match=r"b\.txt: 2022 rows, and the recipe expects 3589"):
        make_plan(recipe(f"sample.sources.0.instructions={test}"))


def test_too_few_instructions_are_told(tmp_path):
    short = instructions(tmp_path / "a.txt", 100)
    values = (f"sample.sources.0.instructions={short}", "sample.sources.0.rows=null")
    with pytest.raises(SourceError, match=r"asked for 89776 pairs, but 2122 pictures"):
        make_plan(recipe(*values))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no instruction"),
        ("5 Add a hat\n", r"line 1: expected `ROW <INSTRUCT> TEXT`, found '5 Add a hat'"),
        ("5 <INSTRUCT>  \n", "line 1: expected"),
        ("\n5 <INSTRUCT> Add\n5 <INSTRUCT> Remove\n", "line 3: row 5 is there twice"),
    ],
)
def test_a_damaged_file_is_told_by_its_line(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        make_plan(recipe(f"sample.sources.0.instructions={tmp_path / 'a.txt'}"))
    with pytest.raises(SourceError, match="cannot be read"):
        make_plan(recipe(f"sample.sources.0.instructions={tmp_path}"))


def test_rows_of_the_file_are_used_with_its_instructions(tmp_path, emu_table):
    text = "2 <INSTRUCT>  Remove the cup\n0 <INSTRUCT> Add a spoon\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    config = EmuEditSource(path=str(emu_table), instructions=str(tmp_path / "a.txt"))
    source = open_source(config, seed=0)
    found = [source.read(i) for i in range(len(source))]
    assert [(p.key, p.instruction) for p in found] == [
        ("2", "Remove the cup"),
        ("0", "Add a spoon"),
    ]
    assert [p.caption for p in found] == ["picture 2", "picture 0"]


def test_a_row_that_the_table_lacks_is_told(tmp_path, emu_table):
    (tmp_path / "a.txt").write_text("3 <INSTRUCT> Add a spoon\n", encoding="utf-8")
    config = EmuEditSource(path=str(emu_table), instructions=str(tmp_path / "a.txt"))
    with pytest.raises(SourceError, match=r"names row 3, but .* has 3 rows"):
        open_source(config, seed=0)


def test_a_table_with_another_number_of_rows_is_refused(emu_table):
    with pytest.raises(SourceError, match="3 rows, and the recipe expects 4"):
        open_source(EmuEditSource(path=str(emu_table), rows=4), seed=0)
