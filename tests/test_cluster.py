"""`syned cluster`: files that the launchers can read, for the run that was asked for."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import yaml
from conftest import Cli

OUT = "s3://bucket/run"


def test_rays_own_launcher_gets_a_cluster_and_the_command(cli: Cli) -> None:
    more = ("--n", "100", "--nodes", "3", "--images", "scenes")
    done = cli("cluster", "default", "--for", "ray", *more, "--out", OUT)
    assert done.returncode == 0, done.stderr
    assert "ray exec cluster.yaml" in done.stdout
    sizes = "--size instruct=1gpu --size edit=1gpu --size score=1gpu"
    command = f"--n 100 --images scenes --engine ray --address auto {sizes} --out {OUT}"
    assert command in done.stdout
    values = yaml.safe_load(done.stdout)
    assert values["max_workers"] == 3
    assert values["head_node_type"] in values["available_node_types"]
    assert values["available_node_types"]["head"]["resources"] == {"CPU": 0}
    assert values["available_node_types"]["worker"]["max_workers"] == 3
    assert values["setup_commands"] == ["pip install 'syned[gpu,ray,storage]'"]


def test_a_recipe_without_models_asks_for_no_gpu(cli: Cli) -> None:
    for launcher in ("ray", "slurm", "kuberay"):
        done = cli("cluster", "demo", "--for", launcher, "--out", OUT, "--gpus", "4")
        assert done.returncode == 0, done.stderr
        assert "gpu" not in done.stdout.lower().replace("# ", "")


def test_slurm_gets_a_script_that_bash_can_read(cli: Cli, tmp_path: Path) -> None:
    more = ("--nodes", "8", "--gpus", "4", "--images", "/data/my pictures", "--set", "seed=7")
    done = cli("cluster", "default", "--for", "slurm", *more, "--out", "/shared/run")
    assert done.returncode == 2, "there are no pictures"
    (tmp_path / "my pictures").mkdir()
    (tmp_path / "my pictures" / "a.jpg").write_bytes(b"")
    more = ("--nodes", "8", "--gpus", "4", "--images", "my pictures", "--set", "seed=7")
    done = cli("cluster", "default", "--for", "slurm", *more, "--out", "/shared/run")
    assert done.returncode == 0, done.stderr
    script = tmp_path / "run.sbatch"
    script.write_text(done.stdout)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert "#SBATCH --nodes=8\n" in done.stdout
    assert "#SBATCH --gpus-per-node=4\n" in done.stdout
    command = done.stdout[done.stdout.index("syned generate") :]
    words = shlex.split(command)
    assert words[words.index("--images") + 1] == "my pictures"
    assert words[words.index("--address") + 1] == "$head:$port"
    assert words[words.index("--set") + 1] == "seed=7"


def test_kubernetes_gets_a_job(cli: Cli) -> None:
    more = ("--n", "3000000", "--nodes", "16", "--gpus", "2", "--images", "scenes")
    done = cli("cluster", "default", "--for", "kuberay", *more, "--out", OUT)
    assert done.returncode == 0, done.stderr
    job = yaml.safe_load(done.stdout)
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert "--n 3000000 --images scenes --engine ray --address auto" in job["spec"]["entrypoint"]
    assert job["spec"]["entrypoint"].endswith(f"--out {OUT}")
    odd = ("--set", "filter.by_task={none: {max_ssim: 1}}")
    done = cli("cluster", "default", "--for", "kuberay", *more, *odd, "--out", OUT)
    words = shlex.split(yaml.safe_load(done.stdout)["spec"]["entrypoint"])
    assert words[words.index("--set") + 1] == odd[1]
    (workers,) = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert (workers["replicas"], workers["maxReplicas"]) == (16, 16)
    (container,) = workers["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2


def test_a_folder_that_no_other_machine_sees_is_refused(cli: Cli) -> None:
    done = cli("cluster", "demo", "--for", "kuberay", "--out", "runs/mine")
    assert done.returncode == 2
    assert "the machines of this cluster share no folder" in done.stderr
    done = cli("cluster", "demo", "--for", "ray", "--out", OUT, "--images", ".")
    assert done.returncode == 2
    done = cli("cluster", "demo", "--for", "nomad", "--out", OUT)
    assert done.returncode == 2
    assert "one of ray, slurm, kuberay" in done.stderr
