"""No key, password or signed address is kept or shown: planted ones are sought in every byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from completions_server import CompletionsServer, completion, reply, serving
from conftest import run_cli
from hub_server import hub
from made_pairs import encoded, photo, with_disc
from typer.testing import CliRunner
from written_jobs import good_answer

from syned.cli import app
from syned.errors import RecipeError, RunError
from syned.recipes import check
from syned.secrets import has_secret, hidden, secret_places
from syned.storage import to_place
from trainer.recipe import TrainRecipe

PASSWORD, SIGNATURE = "PlantedPassword9", "PlantedSignature9"
KEYS = {
    "OPENAI_API_KEY": "sk-PlantedOpenAI-9",
    "HF_TOKEN": "hf_PlantedHubToken9",
    "AWS_ACCESS_KEY_ID": "PLANTEDACCESSID9",
    "AWS_SECRET_ACCESS_KEY": "PlantedAwsSecret9",
    "WANDB_API_KEY": "PlantedWandbKey9",
}
PLANTED = (PASSWORD, SIGNATURE, *KEYS.values())
URL = f"https://user:{PASSWORD}@host.example/v1"
STORE = f"s3://AKIA:{PASSWORD}@bucket/run"
SIGNED = f"https://host.example/x.parquet?X-Amz-Signature={SIGNATURE}&b=1"


def leaked(*places: Path | str) -> set[str]:
    """Return what was planted and stands in some texts, or in any file below some folders."""
    texts = [place.encode() for place in places if isinstance(place, str)]
    for place in places:
        for path in place.rglob("*") if isinstance(place, Path) else ():
            texts += [str(path).encode(), path.read_bytes() if path.is_file() else b""]
            if path.suffix == ".parquet":
                # Pages are compressed.
                texts.append(str(pq.read_table(path).to_pydict()).encode())
    return {secret for secret in PLANTED for text in texts if secret.encode() in text}


# ---- addresses ----


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (URL, "https://***@host.example/v1"),
        (f"cannot open {STORE}: no", "cannot open s3://***@bucket/run: no"),
        (f"{SIGNED}: expired", "https://host.example/x.parquet?X-Amz-Signature=***&b=1: expired"),
        ("gs://b/x?access_token=abc", "gs://b/x?access_token=***"),
        ("https://h/?q=red&page=2", "https://h/?q=red&page=2"),
        ("hf://datasets/owner/name@main/x", "hf://datasets/owner/name@main/x"),
        ("s3://bucket/me@example/x", "s3://bucket/me@example/x"),
        ("mail me@host.example", "mail me@host.example"),
    ],
)
def test_what_only_its_owner_should_know_is_hidden(text, shown):
    assert hidden(text) == shown
    assert has_secret(text) == (text != shown)


def test_keys_of_the_environment_are_hidden(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MY_KEY", "short")
    told = hidden(f"refused {KEYS['HF_TOKEN']} and {KEYS['WANDB_API_KEY']}, short")
    assert told == "refused (HF_TOKEN) and (WANDB_API_KEY), short"


def test_a_recipe_names_the_places_of_its_secrets():
    values = {"a": [{"b": URL}, {"b": "fine"}], "c": SIGNED, "d": 3}
    assert list(secret_places(values)) == ["a.0.b", "c"]


def test_an_address_with_a_password_is_no_place():
    with pytest.raises(RunError, match=r"^s3://\*\*\*@bucket/run: .*AWS_ACCESS_KEY_ID") as caught:
        to_place(STORE)
    assert not leaked(str(caught.value))


def test_a_training_recipe_with_a_password_is_refused():
    component = {"data": "std", "path": STORE}
    values = {"name": "x", "mix": {"phases": [{"components": [component]}]}}
    with pytest.raises(RecipeError, match=r"mix\.phases\.0\.components\.0\.path: ") as caught:
        check(TrainRecipe, values, "x")
    assert not leaked(str(caught.value))


WRITER = "instruct.writer={engine: openai, model: m, tasks: {color: 1}, %s}"
GENERATE = ("generate", "--recipe", "demo", "--n", "4", "--out", "run")


@pytest.mark.parametrize(
    "args",
    [
        (*GENERATE, "--set", WRITER % f"base_url: '{URL}'"),
        (*GENERATE, "--set", WRITER % f"base_url: '{SIGNED}'"),
        (*GENERATE, "--set", WRITER % f"api_key_variable: {KEYS['OPENAI_API_KEY']}"),
        (*GENERATE, "--set", f"instruct.writer.api_key={KEYS['OPENAI_API_KEY']}"),
        (*GENERATE, "--set", f"score.clip={{model: '{URL}'}}"),
        (*GENERATE, "--images", URL),
        (*GENERATE, "--images", STORE),
        ("generate", "--recipe", "demo", "--n", "4", "--out", STORE),
        ("estimate", "--recipe", "demo", "--images", STORE),
        ("verify", STORE),
        ("verify", SIGNED),
        ("preview", STORE),
        ("report", STORE),
        ("filter", STORE),
        ("export", STORE, "--to", "coco", "--out", "out"),
        ("publish", STORE, "--repo", "a/b"),
        ("card", STORE, "--repo", URL),
        ("import", STORE),
        ("cluster", "demo", "--for", "ray", "--out", STORE),
    ],
    ids=lambda args: " ".join(args)[:60],
)
def test_a_command_with_a_secret_is_one_message_without_it(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 2, done.output
    assert "syned:" in done.output
    assert not leaked(done.output, tmp_path)


# ---- a whole run ----


def tells_the_key(handler) -> None:
    """Answer as a server of the worst manners: with the key, in an error."""
    body = json.dumps({"error": {"message": f"bad {handler.headers['Authorization']} {URL}"}})
    reply(handler, 400, body)


def says_the_key(handler) -> None:
    """Answer with the key in the place of captions."""
    reply(handler, 200, completion(f"not JSON, but {handler.headers['Authorization']}"))


def pairs_file(folder: Path) -> Path:
    """Write two pairs that need a writer."""
    before, after = photo("coffee", 96), with_disc(photo("coffee", 96), (20, 15, 60, 55))
    cells = [{"bytes": encoded(picture).bytes, "path": None} for picture in (before, after)]
    texts = ["Make the fox blue.", "Put a disc on it."]
    table = pa.table(
        {"source_img": cells[:1] * 2, "instruction": texts, "target_img": cells[1:] * 2}
    )
    pq.write_table(table, folder / "pairs.parquet")
    return folder / "pairs.parquet"


def make_run(folder: Path, server: CompletionsServer) -> str:
    """Import pairs whose captions a server writes; return what was printed."""
    writer = f"instruct.writer={{engine: openai, model: m, base_url: '{server.url}'"
    writer += ", max_retries: 0, temperatures: [0.1], tasks: {color: 1}}"
    done = run_cli(
        *("import", pairs_file(folder), "--out", "run", "--set", writer),
        *("--set", "image.resolution=64", "--set", "score.clip=null", "--set", "score.dino=null"),
        *("--set", "filter={}"),
        cwd=folder,
        **KEYS,
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    return done.stdout + done.stderr


def test_no_byte_of_a_run_holds_a_key(tmp_path):
    def answer(body):
        return good_answer(body["response_format"]["json_schema"]["schema"], body["messages"])

    with serving(answer, tells_the_key, says_the_key) as server:
        printed = make_run(tmp_path, server)
        assert f"Bearer {KEYS['OPENAI_API_KEY']}" in server.keys
    rows = pq.read_table(tmp_path / "run" / "02-instruct" / "part-00000.parquet").to_pylist()
    assert {row["reason"] for row in rows} == {"no_answer", "bad_json"}
    assert any("(key)" in (row["raw_answer"] or "") for row in rows)
    for command in (("preview", "run"), ("report", "run"), ("card", "run", "--repo", "a/b")):
        done = run_cli(*command, cwd=tmp_path, **KEYS)
        printed += done.stdout + done.stderr
    assert not leaked(printed, tmp_path)


def test_a_hub_that_repeats_the_token_does_not_get_it_printed(demo_run, tmp_path):
    token = KEYS["HF_TOKEN"]
    with hub() as server:
        server.fail("create", times=9, status=403, message=f"token {token} of {URL} is no good")
        env = server.env(tmp_path / "home", token)
        done = run_cli("publish", demo_run, "--repo", "tester/pairs", cwd=tmp_path, **env)
    assert done.returncode == 2, done.stdout + done.stderr
    assert not leaked(done.stdout, done.stderr, demo_run)


def test_no_library_tells_its_maker_of_each_use(tmp_path):
    """onnxruntime notes an id of the machine and events to send when it is imported."""
    pytest.importorskip("onnxruntime", reason="needs the extra `safety`")
    env = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    env = {**os.environ, **env}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    loading = [sys.executable, "-c", "import syned, onnxruntime; onnxruntime.get_all_providers()"]
    subprocess.run(loading, env=env, check=True)
    assert list(tmp_path.iterdir()) == []
