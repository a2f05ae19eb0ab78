"""Both runners: workers that die cost their part; one that kills all is set aside; same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from odd_stages import NAME, ROWS, odd_stage, start, start_never, start_refused, start_wrong

from syned.errors import EngineError, SynedError, WorkerDied
from syned.events import Event, RowsDone
from syned.parts import Summary, read_part
from syned.ray_runner import RayRunner, connected
from syned.ray_sizes import Size, read_sizes
from syned.reasons import Reason, Status
from syned.rows import EditRow
from syned.run import RunFolder
from syned.runner import Runner, preload, run_here
from syned.stage import Stage
from syned.work import TRIES, Work
from syned.worker import WorkerFailure

PARTS = 8


@pytest.fixture(scope="module", params=["local", "ray"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    if request.param == "local":
        preload([odd_stage(start_never)])
        yield run_here
        return
    # The actors import the odd stages from here.
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    with connected(None):
        yield RayRunner({NAME: Size(cpus=0.5, actors=2)})
    del os.environ["PYTHONPATH"]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.save_recipe({"name": "odd"})
    return folder


def make(runner: Runner, stage: Stage, run: RunFolder) -> tuple[dict[int, Summary], list[Event]]:
    events: list[Event] = []
    made = runner(stage, run, [Work(i, f"before-{i}") for i in range(PARTS)], events.append)
    return made, events


def test_a_part_whose_worker_dies_is_made_by_another(runner: Runner, run: RunFolder) -> None:
    made, events = make(runner, odd_stage(partial(start, once=(0, 5), always=())), run)
    assert sorted(made) == list(range(PARTS))
    rows = [row for i in range(PARTS) for row in read_part(run.stage(NAME), i, EditRow)]
    assert [row.pair_id for row in rows] == [f"{i}-{j}" for i in range(PARTS) for j in range(ROWS)]
    assert {row.status for row in rows} == {Status.OK}
    assert made[3].before == "before-3"
    assert sum(event.rows for event in events if isinstance(event, RowsDone)) == PARTS * ROWS
    assert not list(run.local.rglob(".tmp-*"))


def test_a_part_that_kills_every_worker_is_set_aside(runner: Runner, run: RunFolder) -> None:
    made, events = make(runner, odd_stage(partial(start, once=(), always=(2,))), run)
    assert sorted(made) == list(range(PARTS))
    assert made[2].statuses == {Status.FAILED: ROWS}
    rows = list(read_part(run.stage(NAME), 2, EditRow))
    assert {row.reason for row in rows} == {Reason.WORKER_DIED}
    assert f"{TRIES} workers died of this part" in rows[0].message
    assert all(made[i].statuses == {Status.OK: ROWS} for i in range(PARTS) if i != 2)
    told = [event.reasons for event in events if isinstance(event, RowsDone) and event.reasons]
    assert [dict(reasons) for reasons in told] == [{Reason.WORKER_DIED: ROWS}]


def test_workers_that_never_begin_end_the_run(runner: Runner, run: RunFolder) -> None:
    with pytest.raises(WorkerDied, match="end without a word"):
        make(runner, odd_stage(start_never), run)
    assert not list(run.stage(NAME).glob("part-*"))


def test_an_error_of_the_environment_is_passed_on_as_it_is(runner: Runner, run: RunFolder) -> None:
    with pytest.raises(EngineError, match="the model is not there"):
        make(runner, odd_stage(start_refused), run)


def test_a_bug_ends_the_run_with_its_own_traceback(runner: Runner, run: RunFolder) -> None:
    with pytest.raises(WorkerFailure, match="ZeroDivisionError: a bug"):
        make(runner, odd_stage(start_wrong), run)


@pytest.mark.parametrize(
    ("texts", "gpus", "expected"),
    [
        ((), False, {"01-sample": Size(1, 0), "03-edit": Size(1, 0)}),
        ((), True, {"01-sample": Size(1, 0), "03-edit": Size(1, 1)}),
        (("edit=8x1gpu",), True, {"01-sample": Size(1, 0), "03-edit": Size(1, 1, 8)}),
        (
            ("03-edit=0.25GPU", "sample=4x2cpus"),
            True,
            {"01-sample": Size(2, 0, 4), "03-edit": Size(1, 0.25)},
        ),
    ],
)
def test_sizes_are_read(texts: tuple[str, ...], gpus: bool, expected: dict[str, Size]) -> None:
    assert read_sizes(texts, {"01-sample": False, "03-edit": True}, gpus=gpus) == expected


@pytest.mark.parametrize(
    "text", ["edit", "edit=8", "edit=x1gpu", "edit=0x1gpu", "edit=0gpu", "paint=1gpu"]
)
def test_a_size_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SynedError, match="--size"):
        read_sizes([text], {"03-edit": True}, gpus=True)


@pytest.mark.parametrize(
    ("size", "resources", "actors"),
    [
        (Size(1, 0), {"CPU": 16.0}, 16),
        (Size(1, 1), {"CPU": 16.0, "GPU": 8.0}, 8),
        (Size(1, 0.25), {"CPU": 16.0, "GPU": 2.0}, 8),
        (Size(1, 1), {"CPU": 4.0, "GPU": 8.0}, 4),
        (Size(4, 0), {"CPU": 2.0}, 1),
        (Size(1, 1, 3), {"CPU": 4.0, "GPU": 8.0}, 3),
    ],
)
def test_a_stage_has_as_many_actors_as_fit(
    size: Size, resources: dict[str, float], actors: int
) -> None:
    assert size.count(resources) == actors
