"""`syned estimate`: what a probe says of a run, and what a large run says of its estimate."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import SMALL, Cli
from typer.testing import CliRunner

from pipelines.estimate_facts import Estimate, StageEstimate, wilson
from syned.cli import app

STEPS = ["00-scan", "01-sample", "02-instruct", "03-edit", "04-score", "05-filter", "dataset"]


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # By hand, and as published for Wilson's interval: 0 of 10, 5 of 10, 81 of 263.
    [(0.0, 10, 0.0, 0.2775), (0.5, 10, 0.2366, 0.7634), (81 / 263, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(share: float, n: int, low: float, high: float) -> None:
    assert wilson(share, n) == pytest.approx((low, high), abs=1e-4)


def stage(**values: float) -> StageEstimate:
    usual = {"rows": 1000, "row_seconds": 0.5, "load_seconds": 20, "workers": 2, "row_bytes": 3.0}
    return StageEstimate.model_validate({"stage": "03-edit", "on_gpu": True} | usual | values)


def test_a_run_is_the_sum_of_its_steps() -> None:
    assert stage().seconds == 20 + 1000 * 0.5 / 2
    assert stage().bytes == 3000
    found = Estimate(
        pairs=1000,
        probed=10,
        stages=(stage(), stage(on_gpu=False, workers=1)),
        probe_seconds=1,
        kept=(0.5, 0.2366, 0.7634),
    )
    assert found.seconds == 270 + 520
    assert found.gpu_hours == pytest.approx(270 * 2 / 3600)
    assert found.kept_pairs() == (500, 237, 763)


def test_a_probe_says_time_disk_and_cost(cli: Cli, tmp_path: Path) -> None:
    args = ("--recipe", "demo", "--n", "3000", *SMALL, "--images", "scenes", "--probe", "60")
    done = cli("estimate", *args, "--price", "3", "--set", "filter.min_changed_area=0.05")
    assert done.returncode == 0, done.stderr
    assert all(step in done.stdout for step in STEPS)
    assert re.search(r"^time +[\d.]+ (s|min|h)$", done.stdout, re.MULTILINE)
    assert re.search(r"^disk +[\d.]+ MB, dataset included$", done.stdout, re.MULTILINE)
    assert re.search(r"^kept +[\d,]+ of 3,000 pairs, 95 % interval", done.stdout, re.MULTILINE)
    assert re.search(r"^cost +[\d.]+ \([\d.]+ hours at 3\)$", done.stdout, re.MULTILINE)
    assert not list(tmp_path.iterdir())


def test_what_is_foretold_comes_true(cli: Cli, tmp_path: Path) -> None:
    args = ("--recipe", "demo", "--n", "400", *SMALL, "--images", "scenes")
    args = (*args, "--set", "filter.max_ssim=0.95")
    said = cli("estimate", *args, "--probe", "240", "--json")
    assert said.returncode == 0, said.stderr
    found = Estimate.model_validate_json(said.stdout)
    assert cli("generate", *args, "--out", "run").returncode == 0
    kept = json.loads((tmp_path / "run/05-filter/funnel.json").read_text())["kept"]
    _, low, high = found.kept_pairs()
    assert low <= kept <= high
    stored = sum(path.stat().st_size for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert found.bytes == pytest.approx(stored, rel=0.25)


def test_what_cannot_run_here_is_said(cli: Cli) -> None:
    done = cli("estimate", "--recipe", "my-own", "--n", "10")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_large_run_is_estimated_first_and_compared_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.foretold.LARGE", 40)
    monkeypatch.setattr("pipelines.estimate.BRIEF", 0.0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    args = ("generate", "--recipe", "demo", "--n", "40", "--images", "scenes", "--out", "run")
    done = CliRunner().invoke(app, [*args, *SMALL])
    assert done.exit_code == 0, done.output
    assert done.output.index("Estimate from") < done.output.index("03-edit: 40/40")
    (line,) = re.findall(r"^estimate .*$", done.output, re.MULTILINE)
    assert re.search(r"time [\d.]+ (s|min) \(said [\d.]+ (s|min)\), kept \d+ \(said", line)
    again = CliRunner().invoke(app, [*args, *SMALL])
    assert again.exit_code == 0
    assert "Estimate from" not in again.output
    (line,) = re.findall(r"^estimate .*$", again.output, re.MULTILINE)
    assert line.startswith("estimate  kept ")
    small = CliRunner().invoke(app, [*args[:4], "39", *args[5:-1], "small", *SMALL])
    assert small.exit_code == 0
    assert "estimate" not in small.output
