"""A run on three Ray nodes, one of which is killed in the middle: the bytes of the local runner."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import SMALL, run_cli

ARGS = ("generate", "--recipe", "demo", "--n", "48", *SMALL, "--set", "part_size=4")
ENV = {"RAY_AUTH_MODE": "disabled"}
Node = subprocess.Popen[bytes]


def ray_start(*args: str) -> Node:
    """Start a node; it runs until it is killed."""
    return subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("ray")), "start", "--block"),
            *("--num-cpus=1", "--num-gpus=0", "--disable-usage-stats", *args),
        ],
        env=os.environ | ENV,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(node: Node) -> None:
    """Kill a node and all that belongs to it, as when a machine loses its power."""
    family = psutil.Process(node.pid).children(recursive=True) if node.poll() is None else []
    for process in [psutil.Process(node.pid)] if node.poll() is None else []:
        process.kill()
    for child in family:
        if child.is_running():
            child.kill()
    node.wait()
    psutil.wait_procs(family, timeout=30)


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, list[Node]]]:
    """Three nodes of one core each."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"127.0.0.1:{port}"
    nodes = [
        ray_start(
            *("--head", f"--port={port}", "--node-ip-address=127.0.0.1"),
            "--include-dashboard=false",
        )
    ]
    try:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        nodes += [ray_start(f"--address={address}") for _ in range(2)]
        yield address, nodes
    finally:
        for node in reversed(nodes):
            kill(node)


def contents(run: Path) -> dict[str, bytes]:
    """Return what a run holds, but for logs and notes with times in them."""
    found = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    kept = (".parquet", ".md", ".yaml")
    return {name: path.read_bytes() for name, path in found.items() if path.suffix in kept}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_node_that_is_lost_costs_its_part_alone(
    cluster: tuple[str, list[Node]], tmp_path: Path
) -> None:
    address, nodes = cluster
    local = run_cli(*ARGS, "--out", "local", cwd=tmp_path)
    assert local.returncode == 0, local.stderr
    command = [sys.executable, "-m", "syned", *ARGS, "--out", "run"]
    process = subprocess.Popen(
        [*command, "--engine", "ray", "--address", address],
        cwd=tmp_path,
        env=os.environ | ENV | {"NO_COLOR": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    end = time.monotonic() + 300
    while not (tmp_path / "run/03-edit/part-00001.json").exists() and time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    kill(nodes[1])
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output
    assert "03-edit: 48/48 pairs, done" in output
    assert contents(tmp_path / "run") == contents(tmp_path / "local")
    assert not list((tmp_path / "run").rglob(".tmp-*"))


def test_a_cluster_that_is_not_there_is_one_message(tmp_path: Path) -> None:
    args = ("--engine", "ray", "--address", "127.0.0.1:9")
    done = run_cli(*ARGS, *args, "--out", "run", cwd=tmp_path, **ENV)
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
