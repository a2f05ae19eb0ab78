"""Both runners: workers that die cost their part; one that kills all is set aside; same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from odd_stages import (
    NAME,
    ROWS,
    odd_stage,
    start,
    start_never,
    start_refused,
    start_slow,
    start_together,
    start_wrong,
)
from odd_stages import rows as odd_rows

from syned.errors import EngineError, RowError, SynedError, WorkerDied
from syned.events import Event, RowsDone
from syned.fork_server import preload
from syned.parts import Summary, read_part, write_part
from syned.ray_cluster import connected
from syned.ray_runner import RayRunner
from syned.ray_sizes import Size, read_sizes
from syned.reasons import Reason, Status
from syned.rows import EditRow, turned_away
from syned.run import RunFolder
from syned.runner import Runner, run_here
from syned.stage import Stage
from syned.temporary import ANYWHERE, scratch_folder
from syned.work import TRIES, Queue, Work
from syned.worker import WorkerFailure

PARTS = 8


@pytest.fixture(scope="module", params=["local", "ray"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    if request.param == "local":
        preload([odd_stage(start_never)], Path())
        yield run_here
        return
    # The actors import the odd stages from here.
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    with connected(None):
        assert len(sessions()) == 1
        yield RayRunner({NAME: Size(cpus=0.5, actors=2)})
    del os.environ["PYTHONPATH"]
    assert sessions() == []


def sessions() -> list[Path]:
    """Return the folders of Ray's sessions of this process."""
    return [
        path
        for folder in {scratch_folder(), ANYWHERE}
        for path in folder.glob(f"syned-*-{os.getpid()}-*-ray")
    ]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.save_recipe({"name": "odd"})
    return folder


def make(runner: Runner, stage: Stage, run: RunFolder) -> tuple[dict[int, Summary], list[Event]]:
    events: list[Event] = []
    made = runner(stage, run, [Work(i, f"before-{i}") for i in range(PARTS)], events.append)
    return made, events


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_part_whose_worker_dies_is_made_by_another(
    runner: Runner, run: RunFolder, lanes: int
) -> None:
    made, events = make(runner, odd_stage(partial(start, once=(0, 5), always=()), lanes), run)
    assert sorted(made) == list(range(PARTS))
    rows = [row for i in range(PARTS) for row in read_part(run.stage(NAME), i, EditRow)]
    assert [row.pair_id for row in rows] == [f"{i}-{j}" for i in range(PARTS) for j in range(ROWS)]
    assert {row.status for row in rows} == {Status.OK}
    assert made[3].before == "before-3"
    assert sum(event.rows for event in events if isinstance(event, RowsDone)) == PARTS * ROWS
    assert not list(run.local.rglob(".tmp-*"))


def test_a_worker_makes_as_many_parts_at_once_as_it_has_lanes(
    runner: Runner, run: RunFolder
) -> None:
    made, _ = make(runner, odd_stage(partial(start_together, count=3), lanes=3), run)
    assert all(made[i].statuses == {Status.OK: ROWS} for i in range(PARTS))


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_part_that_kills_every_worker_is_set_aside(
    runner: Runner, run: RunFolder, lanes: int
) -> None:
    made, events = make(runner, odd_stage(partial(start, once=(), always=(2,)), lanes), run)
    assert sorted(made) == list(range(PARTS))
    assert made[2].statuses == {Status.FAILED: ROWS}
    rows = list(read_part(run.stage(NAME), 2, EditRow))
    assert {row.reason for row in rows} == {Reason.WORKER_DIED}
    assert f"{TRIES} workers died of this part" in rows[0].message
    assert all(made[i].statuses == {Status.OK: ROWS} for i in range(PARTS) if i != 2)
    told = [event.reasons for event in events if isinstance(event, RowsDone) and event.reasons]
    assert [dict(reasons) for reasons in told] == [{Reason.WORKER_DIED: ROWS}]


def test_a_part_that_comes_to_no_end_is_set_aside(runner: Runner, run: RunFolder) -> None:
    stage = odd_stage(partial(start_slow, hangs=(3,)))
    if isinstance(runner, RayRunner):
        quick: Runner = RayRunner({NAME: Size(cpus=0.5, actors=2)}, limit=3)
    else:
        quick = partial(run_here, limit=3)
    made, _ = make(quick, stage, run)
    assert sorted(made) == list(range(PARTS))
    assert made[3].statuses == {Status.FAILED: ROWS}
    row = next(iter(read_part(run.stage(NAME), 3, EditRow)))
    assert row.reason is Reason.WORKER_DIED
    assert "no end within 0.05 minutes" in row.message


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
    "text",
    ["edit", "edit=8", "edit=x1gpu", "edit=0x1gpu", "edit=0gpu", "edit=1.5gpu", "paint=1gpu"],
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


def test_a_machine_that_takes_many_workers_with_it_is_no_reason_to_end() -> None:
    lost = Queue([Work(i, "") for i in range(100)])
    out = [lost.take() for _ in range(16)]
    for work in out:
        assert work is not None
        assert not lost.died(work)
    assert not lost.is_hopeless()
    assert lost.left() == 100


def test_many_parts_that_kill_are_all_set_aside_in_the_end() -> None:
    deadly = {3, 4, 5, 50, 51, 97, 98}
    parts, aside = Queue([Work(i, "") for i in range(100)]), set()
    while (work := parts.take()) is not None:
        if work.index not in deadly:
            parts.made(work)
        elif parts.died(work):
            aside.add(work.index)
        assert not parts.is_hopeless()
    assert aside == deadly


def test_rows_that_were_good_stay_when_a_retry_kills(run: RunFolder) -> None:
    stage = odd_stage(partial(start, once=(), always=(0,)))
    good, bad, *_ = odd_rows(0)
    cause = RowError(Reason.UNREADABLE, "before")
    (run.local / NAME).mkdir()
    write_part(run.stage(NAME), 0, [good, turned_away(bad, cause)], EditRow, stage.fingerprint)
    run_here(stage, run, [Work(0, "", keep=True)], lambda _event: None)
    rows = list(read_part(run.stage(NAME), 0, EditRow))
    assert [row.reason for row in rows] == [None, Reason.WORKER_DIED, Reason.WORKER_DIED]
    assert rows[0] == good
