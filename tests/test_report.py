"""The audit of a dataset: facts that a reader can count, and the page that shows them."""

import json
import re
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_pairs import brighter, encoded, photo, with_disc

from pipelines.report.facts import Threshold, histogram, lengths, repeats
from pipelines.report.make import audit
from pipelines.report.page import plain, render
from pipelines.report.run_facts import run_audit
from pipelines.report.table_facts import table_audit
from pipelines.sources.layouts import KNOWN, layout_of
from syned.errors import SynedError
from syned.run import RunFolder


def test_a_histogram_counts_every_pair_and_reaches_to_its_thresholds():
    bound = Threshold(rule="min_ssim", value=0.0)
    nan = float("nan")
    found = histogram("ssim", [0.2, 0.4, 0.4, 1.0, nan], [True, True, False, True, True], [bound])
    assert (sum(found.kept), sum(found.away)) == (3, 1)
    assert (found.edges[0], found.edges[-1], len(found.edges)) == (0.0, 1.0, 41)
    assert found.mean == 0.5
    # 0.4 is the beginning of bar 16 of 40.
    assert (found.kept[16], found.away[16]) == (1, 1)
    assert histogram("ssim", [nan], [True]) is None
    assert sum(histogram("ssim", [0.5, 0.5], [True, True]).kept) == 2


def test_lengths_and_repeats_are_counted():
    assert lengths(["one two", "one", "a b"]) == (0, 1, 2)
    assert lengths([]) == ()
    found = repeats(["Add a hat", "Put a hat", "Make it red", "add hats"], None)
    assert (found.groups, found.instructions, found.largest) == (1, 3, {"Add a hat": 3})


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table as InstructPix2Pix has it: one edit, one pair without a change, one damaged."""
    folder = tmp_path_factory.mktemp("table")
    before = {"bytes": encoded(photo("coffee", 96)).bytes, "path": None}
    after = {"bytes": encoded(brighter(photo("coffee", 96))).bytes, "path": None}
    broken = {"bytes": b"no picture", "path": None}
    rows = [
        (before, "Brighten it", after, "a cup", "a bright cup"),
        (before, "Change nothing", before, "a cup", "a cup"),
        (before, "Brighten it", broken, "a cup", "a bright cup"),
    ]
    names = ("original_image", "edit_prompt", "edited_image", "original_prompt", "edited_prompt")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    pq.write_table(pa.table(columns), folder / "pairs.parquet")
    return folder / "pairs.parquet"


def test_a_known_layout_is_recognised_and_told(table):
    found = table_audit(str(table), {}, 500)
    assert found.notes[0].startswith("Columns (InstructPix2Pix): image = original_image, ")
    assert "1 of them have a picture that cannot be read." in found.notes
    assert "There are no captions of the difference." in found.notes
    assert (found.pairs, found.diversity.instructions, found.diversity.distinct) == (3, 3, 2)
    area = next(h for h in found.histograms if h.name == "changed_area")
    # Two pairs could be looked at: all of one has changed, and nothing of the other.
    assert sum(area.kept) == 2
    assert area.edges[0] == 0.0
    assert area.kept[0] == 1


@pytest.mark.parametrize("layout", KNOWN, ids=lambda layout: layout.name)
def test_each_known_layout_has_what_an_audit_needs(layout):
    columns = [c for c in layout.model_dump().values() if isinstance(c, str)]
    columns += [*layout.captions, *layout.scores.values()]
    found = layout_of(columns, {}, "somewhere")
    assert found.name == layout.name
    assert (found.image, found.edited_image) == (layout.image, layout.edited_image)


def test_columns_can_be_named(tmp_path):
    picture = {"bytes": encoded(photo("coffee", 64)).bytes, "path": None}
    other = {"bytes": encoded(with_disc(photo("coffee", 64))).bytes, "path": None}
    told = ["The disc is new.", "A red disc has come."]
    columns = {"a": [picture], "b": [other], "say": ["Add a disc"], "caps": [json.dumps(told)]}
    pq.write_table(pa.table({**columns, "ssim": [0.25]}), tmp_path / "t.parquet")
    named = ["image=a", "edited_image=b", "instruction=say", "captions=caps"]
    found = audit(str(tmp_path / "t.parquet"), named, 10)
    assert found.diversity.caption_words == (4.5, 4, 5)
    # The table's own score goes before one that would be computed.
    assert next(h for h in found.histograms if h.name == "ssim").mean == 0.25
    # Three of the five captions are missing, and none breaks a rule.
    assert next(h for h in found.histograms if h.name == "caption_defects").mean == 3


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["imge=a"], "--column imge=…: unknown; did you mean image?"),
        (["image=bb"], r"no column 'bb'"),
        (["image"], "expected FIELD=COLUMN"),
        ([], "not clear which columns hold both pictures and the instruction"),
    ],
)
def test_a_wrong_column_is_told_with_those_that_there_are(tmp_path, columns, message):
    pq.write_table(pa.table({"a": [b"x"], "b": [b"y"]}), tmp_path / "t.parquet")
    with pytest.raises(SynedError, match=re.escape(message)):
        audit(str(tmp_path / "t.parquet"), columns, 10)


def test_what_is_no_dataset_is_told_at_once(tmp_path):
    with pytest.raises(SynedError, match="no such file or folder"):
        audit("nowhere", [], 10)
    with pytest.raises(SynedError, match="neither a run of syned"):
        audit(str(tmp_path), [], 10)


@pytest.fixture(scope="module")
def strict_run(demo_run, tmp_path_factory):
    """The demo run with a rule that decides something."""
    from conftest import run_cli

    folder = tmp_path_factory.mktemp("strict") / "run"
    shutil.copytree(demo_run, folder)
    done = run_cli("filter", folder, "--set", "min_changed_area=0.05", cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_is_counted_as_its_own_files_say(strict_run):
    found = run_audit(RunFolder(strict_run))
    decided = pd.read_parquet(strict_run / "05-filter" / "decisions.parquet")
    assert (found.pairs, found.kept) == (len(decided), int(decided["kept"].sum()))
    assert sum(found.tasks.values()) == found.kept
    assert sum(found.wanted.values()) == pytest.approx(1)
    area = next(h for h in found.histograms if h.name == "changed_area")
    assert [t.value for t in area.thresholds] == [0.05]
    scored = decided[decided["stage"] != "03-edit"]
    assert sum(area.kept) + sum(area.away) == len(scored)
    [edge] = found.edges
    assert all(example.value < 0.05 and not example.kept for example in edge.outside)
    assert all(example.kept for example in edge.inside)
    assert edge.outside[0].before.startswith("data:image/jpeg;base64,")
    costs = {stage.stage: stage for stage in found.cost.stages}
    assert costs["04-score"].rows == len(scored)
    assert costs["04-score"].seconds > 0
    assert found.cost.attempts == 1.0


def test_the_page_is_whole_and_the_same_each_time(cli, strict_run, tmp_path):
    done = cli("report", strict_run, "--out", "a.html")
    assert done.returncode == 0, done.stderr
    assert cli("report", strict_run, "--out", "b.html").returncode == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "b.html").read_text(encoding="utf-8")
    for heading in ("Overview", "Funnel", "Composition", "Scores", "Words", "Cost"):
        assert f"<h2>{heading}" in page
    assert "min_changed_area" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)


def test_a_run_and_a_table_stand_side_by_side(strict_run, table):
    page = render([run_audit(RunFolder(strict_run)), table_audit(str(table), {}, 10)])
    assert "run and pairs.parquet" in page
    assert page.count("<h2>Funnel") == 1
    assert "no captions" in page


def test_two_runs_tell_where_their_recipes_differ(strict_run, demo_run):
    page = render([run_audit(RunFolder(demo_run)), run_audit(RunFolder(strict_run))])
    assert "filter.min_changed_area:  None → 0.05" in page


def test_facts_as_json(cli, strict_run):
    done = cli("report", strict_run, "--json")
    [found] = json.loads(done.stdout)
    assert found["kind"] == "run"
    assert found["funnel"]["kept"] == found["kept"]
    outside = [pair for edge in found["edges"] for pair in edge["outside"]]
    assert outside
    assert all(pair["pair_id"] and "before" not in pair for pair in outside)


def test_two_tables_each_have_columns_of_their_own(cli, tmp_path):
    picture = {"bytes": encoded(photo("coffee", 64)).bytes, "path": None}
    for name, columns in (("one", "abc"), ("other", "xyz")):
        values = ([picture], [picture], ["Add a hat"])
        pq.write_table(
            pa.table(dict(zip(columns, values, strict=True))), tmp_path / f"{name}.parquet"
        )
    fields = ("image", "edited_image", "instruction")
    first = [f"--column={f}={c}" for f, c in zip(fields, "abc", strict=True)]
    second = [f"--other-column={f}={c}" for f, c in zip(fields, "xyz", strict=True)]
    done = cli("report", "one.parquet", "other.parquet", *first, *second, "--json")
    one, other = json.loads(done.stdout)
    assert "image = a" in one["notes"][0]
    assert "image = x" in other["notes"][0]
    # The two pictures are the same one, so the hash distance of each pair is 0.
    [distances] = [h for h in one["histograms"] if h["name"] == "phash_distance"]
    assert distances["mean"] == 0


def test_each_name_within_a_page_is_there_once(strict_run):
    names = re.findall(r'\bid="([^"]+)"', render([run_audit(RunFolder(strict_run))]))
    assert len(names) == len(set(names))


def test_what_is_not_among_the_first_of_one_dataset_is_bounded(tmp_path):
    picture = {"bytes": encoded(photo("coffee", 64)).bytes, "path": None}
    found = []
    for name, words in (("a", ["Add a hat"] * 3), ("b", ["Turn it red"] * 2)):
        rows = len(words)
        columns = {"image": [picture] * rows, "edited_image": [picture] * rows}
        pq.write_table(pa.table(columns | {"instruction": words}), tmp_path / f"{name}.parquet")
        found.append(audit(str(tmp_path / f"{name}.parquet"), [], 1))
    page = re.sub(r"\s+", "", render(found))
    assert "<thscope=row>add</th><td>3</td><td>atmost2</td>" in page
    assert "<thscope=row>turn</th><td>atmost3</td><td>2</td>" in page


def test_an_unfinished_run_is_told(cli, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.yaml").write_text("name: x\n")
    done = cli("report", "run")
    assert done.returncode == 2
    assert "run/recipe.yaml: 3 faults" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unfinished_run_tells_how_far_it_came(cli, strict_run, tmp_path):
    shutil.copytree(strict_run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "05-filter")
    for file in (tmp_path / "run").glob("04-score/part-*"):
        file.unlink()
    done = cli("report", "run")
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "3 of 02-instruct, 3 of 03-edit; nothing is filtered" in told
    assert "04-score" not in told


def test_labels_of_plots_are_text_and_no_formulas(tmp_path):
    picture = {"bytes": encoded(photo("coffee", 64)).bytes, "path": None}
    tasks = ["$\\frac$", "add\u202e", *(f"kind {i}" for i in range(30))]
    columns = {
        "image": [picture] * 32,
        "edited_image": [picture] * 32,
        "instruction": ["Add a hat"] * 32,
        "task": tasks,
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    found = audit(str(tmp_path / "t.parquet"), ["task=task"], 2)
    assert len(found.tasks) == 21
    assert found.tasks["others"] == 12
    page = render([found])
    assert "\u202e" not in page
    assert "kind 1" in page


def test_what_a_model_wrote_cannot_change_the_page():
    odd = "a<script>alert(1)</script>\u202eb\x1b[31m"
    assert plain(odd).startswith("a<script>")
    assert "\u202e" not in plain(odd)
    assert "\x1b" not in plain(odd)
    assert "[RIGHT-TO-LEFT OVERRIDE]" in plain(odd)
