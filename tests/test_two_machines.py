"""One training on two machines, each a launch of its own, on loopback and without a GPU."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import run_cli

pytest.importorskip("torch", reason="the trainer needs the extra `train`")
pytestmark = [pytest.mark.models, pytest.mark.slow]

SMALL = (
    *("--set", "model.scratch={width: 32, vision_layers: 1, qformer_layers: 1}"),
    *("--set", "model.scratch.image_size=32", "--set", "model.scratch.patch_size=16"),
    *("--set", "train.batch_size=8", "--set", "train.epochs=1", "--set", "train.eval_every=1"),
    *("--set", "generate.max_new_tokens=8", "--set", "model.device=cpu"),
)


def launch(machine: int, port: int, cwd: Path) -> subprocess.Popen[str]:
    """Start one machine's share of a training."""
    where = ("--nnodes", "2", "--node_rank", str(machine), "--nproc_per_node", "1")
    head = ("--master_addr", "127.0.0.1", "--master_port", str(port))
    train = ("train", "--recipe", "scratch", "--mix", "scenes-real", "--data", "scenes=runs/scenes")
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", *where, *head),
            *("-m", "syned", *train, "--out", "trainings/two", *SMALL),
        ],
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_machines_share_the_batches_and_leave_one_training(tmp_path: Path) -> None:
    scenes = ("--set", "image.resolution=64", "--set", "sample.sources=[{kind: scenes}]")
    out = ("--out", "runs/scenes")
    made = run_cli("generate", "--recipe", "demo", "--n", "60", *out, *scenes, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    machines = [launch(number, port, tmp_path) for number in range(2)]
    said = [machine.communicate(timeout=280)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], said
    (phase,) = json.loads((tmp_path / "trainings/two/training.json").read_text())["phases"]
    assert phase["steps"] == -(-phase["examples_per_pass"] // 16), "eight pairs on each machine"
    assert "testing on" in said[0]
    assert "testing on" not in said[1], "one of them tells and tests"
    assert [path.name for path in (tmp_path / "trainings").iterdir()] == ["two"]
    assert (tmp_path / "trainings/two/model/model.safetensors").is_file()
