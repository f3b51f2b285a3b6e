"""`assistant tune` on the real base model: train, judge, switch, go back."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta

import numpy as np
import pytest

from assistant import cli
from index import Index
from index.bundled import BUNDLED_NAME, adapter_name, load_base
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelUnavailable
from index.models import embedder_for, made_with
from index.tuning import judging, lora
from index.tuning.pairs import Pair
from index.tuning.training import Recipe, train

from .fakes import make_record

THINGS = "bridges schools otters trains farms courts clinics roads ports parks".split()


def records(count: int = 80):
    return [
        make_record(
            str(n),
            heading=THINGS[n % 10].title(),
            question=f"To ask the Secretary of State, how many {THINGS[n % 10]} area {n} has.",
            text=f"Area {n} has {3 * n} {THINGS[n % 10]}, as the survey of last spring shows.",
            answered=date(2024, 1, 1) + timedelta(days=n),
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    data = tmp_path_factory.mktemp("tuned") / "data"
    embedder = SentenceTransformerEmbedder(BUNDLED_NAME)
    with Index.open_or_create(data, embedder=embedder) as index:
        index.add(records())
    return data


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("assistant.settings.default_config_file", lambda: tmp_path / "none.toml")
    for variable in ("ASSISTANT_MODEL", "ASSISTANT_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)

    def told(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["assistant", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        return status, *capsys.readouterr()

    return told


def better(monkeypatch) -> None:
    """Let any model pass: what is tested is what happens then."""
    verdict = judging.Verdict(0.1, 0.05, 0.15, ())
    monkeypatch.setattr(judging, "compare", lambda *_: verdict)


def test_a_worse_adapter_is_not_switched_to(folder, run) -> None:
    # Steps so large that the model is ruined.
    status, out, err = run(
        "tune", "--data-dir", folder, "--batch", 8, "--rate", 0.5, "--minutes", 0.5
    )
    assert (status, err) == (0, "")
    assert "68 pairs to train on; the latest 12 are kept apart" in out
    assert "at most 0.5 minutes and about 1.5 GB of memory" in out
    assert f"the index stays with {BUNDLED_NAME}" in out
    assert made_with(folder) == BUNDLED_NAME
    assert not list(folder.glob("adapter-*"))


def test_a_better_one_is_switched_to_and_undone(folder, run, monkeypatch, tmp_path) -> None:
    better(monkeypatch)
    kept = tmp_path / "mine.safetensors"
    status, out, err = run(
        *("tune", "--data-dir", folder, "--batch", 8, "--strength", 0.5),
        *("--runs", 2, "--minutes", 0.5, "--output", kept),
    )
    assert (status, err) == (0, "")
    name = adapter_name(kept)
    assert f"The index now uses {name}." in out
    assert (folder / f"{name}.safetensors").read_bytes() == kept.read_bytes()
    with Index.open(folder) as index:
        assert index.embedder.name == index.status().model == name
        assert index.retrieve("how many otters has area 12", k=1)[0].record.id == "12"
    assert "otters" in run("ask", "How many otters has area 12?", "--data-dir", folder)[1]
    status, out, _ = run("tune", "--undo", "--data-dir", folder)
    assert status == 0
    assert made_with(folder) == BUNDLED_NAME
    assert f"To return to {name}" in out
    # An adapter file can be moved to by its path, and the folder then holds it.
    (folder / f"{name}.safetensors").unlink()
    status, out, _ = run("index", "reembed", "--model", kept, "--data-dir", folder)
    assert (status, made_with(folder)) == (0, name)
    assert run("tune", "--undo", "--data-dir", folder)[0] == 0


def test_there_is_nothing_to_undo_at_first(run, tmp_path) -> None:
    status, out, err = run("tune", "--undo", "--data-dir", tmp_path)
    assert (status, out) == (2, "")
    assert "nothing to undo" in err


def test_too_few_records_are_refused(run, tmp_path) -> None:
    embedder = SentenceTransformerEmbedder(BUNDLED_NAME)
    with Index.open_or_create(tmp_path / "few", embedder=embedder) as index:
        index.add(records(9))
    status, _, err = run("tune", "--data-dir", tmp_path / "few")
    assert status == 2
    assert "only 8 question-answer pairs" in err


def test_a_file_of_pairs_makes_an_adapter_and_touches_no_index(run, tmp_path) -> None:
    file, made = tmp_path / "pairs.jsonl", tmp_path / "made.safetensors"
    lines = [{"questionText": r.question, "answerText": f"<p>{r.text}</p>"} for r in records(60)]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    excluded = tmp_path / "excluded.jsonl"
    excluded.write_text(records(1)[0].model_dump_json(exclude={"content_hash"}), "utf-8")
    home = tmp_path / "home"
    words = ("--pairs", file, "--exclude", excluded, "--batch", 8, "--data-dir", home)
    status, out, err = run("tune", *words, "--output", made)
    assert (status, err) == (0, "")
    assert "59 pairs; 1 that the excluded records hold were dropped." in out
    assert not home.exists()
    embedder = SentenceTransformerEmbedder(str(made))
    assert embedder.encode(["a text"]).shape == (1, 384)
    status, _, err = run("tune", *words)
    assert status == 2
    assert "--output" in err


def test_a_model_is_trained_further_on_what_people_asked(run, tmp_path, monkeypatch) -> None:
    better(monkeypatch)
    data, asked = tmp_path / "data", tmp_path / "questions.jsonl"
    with Index.open_or_create(data) as index:
        index.add(records())
    lines = [
        {"q": "any otters round area two", "id": "2", "gold": ["x"]},
        {"q": "and trains?", "id": "3", "history": ["How many otters has area two?"]},
        {"q": "not here", "id": "999"},
        {"id": "4"},
    ]
    asked.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    words = ("--data-dir", data, "--batch", 8, "--minutes", 0.5, "--questions", asked)
    status, out, err = run("tune", *words, "--strength", 0)
    assert status == 0
    assert "line 4 is left out" in err
    assert "2 questions of the file are answered there and learnt from." in out
    assert "The present model is trained further (all-MiniLM-L6-v2 and its adapter)" in out
    # Nothing of what was learnt is used: the model is what it was, but for rounding.
    tuned, shipped = embedder_for(data), SentenceTransformerEmbedder()
    assert tuned.name != shipped.name
    texts = ["How many otters has area 12?", "trains"]
    assert (tuned.encode(texts) * shipped.encode(texts)).sum(axis=1).min() > 0.995
    status, out, _ = run("tune", *words, "--afresh")
    assert status == 0
    assert "A new adapter is trained on the base (all-MiniLM-L6-v2)" in out


@pytest.mark.parametrize("afresh", [(), ("--afresh",)])
def test_what_is_stopped_can_be_used(run, tmp_path, monkeypatch, afresh) -> None:
    file, made = tmp_path / "pairs.jsonl", tmp_path / "made.safetensors"
    lines = [{"questionText": r.question, "answerText": r.text} for r in records(60)]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    def stopped(model, pairs, recipe, target, notes, on_step) -> None:
        train(model, pairs, Recipe(batch=8), target, notes)
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.tuning.train", stopped)
    status, _, _ = run("tune", "--pairs", file, "--output", made, *afresh)
    assert status == 130
    # Hardly anything was learnt: it is near the model that it went on from, and only near that.
    texts = ["How many otters has area 12?", "what are the waiting times for a driving test"]
    now, shipped, base = (
        SentenceTransformerEmbedder(name).encode(texts) for name in (str(made), None, BUNDLED_NAME)
    )
    near, far = (base, shipped) if afresh else (shipped, base)
    assert ((now * near).sum(axis=1) > (now * far).sum(axis=1)).all()


def test_adapters_are_added_to_each_other(tmp_path) -> None:
    from safetensors.numpy import save_file

    chance = np.random.default_rng(2)
    files, changes = [], []
    for number, scale in enumerate((2.0, 0.5)):
        up, down = (chance.normal(size=s).astype(np.float16) for s in ((8, 2), (2, 6)))
        parts = {"m.up": up, "m.down": down}
        if number:
            parts |= {"other.up": up, "other.down": down}
        files.append(tmp_path / f"{number}.safetensors")
        save_file(parts, files[-1], metadata={"scale": str(scale)})
        changes.append(scale * (up.astype(np.float32) @ down.astype(np.float32)))
    lora.added(*files, 0.5, tmp_path / "sum.safetensors")
    weights = {f"{name}.weight": np.zeros((8, 6), np.float32) for name in ("m", "other")}
    lora.merge_arrays(weights, tmp_path / "sum.safetensors")
    assert np.allclose(weights["m.weight"], changes[0] + changes[1] / 2, atol=0.03)
    assert np.allclose(weights["other.weight"], changes[1] / 2, atol=0.03)


def test_an_adapter_merged_is_the_adapter_trained(tmp_path) -> None:
    model = load_base("cpu")
    pairs = [Pair(r.question, r.text) for r in records(24)]
    texts = [pair.answer for pair in pairs[:4]]
    base = model.encode(texts)
    file, half = tmp_path / "a.safetensors", tmp_path / "half.safetensors"
    recipe = Recipe(batch=6, epochs=2, rate=5e-3)
    hooked: list[np.ndarray] = []
    saved = lora.Adapter.save

    def save(self, *given) -> None:
        model.eval()
        hooked.append(model.encode(texts))
        saved(self, *given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lora.Adapter, "save", save)
        train(model, pairs, recipe, file, {})
    np.testing.assert_allclose(model.encode(texts), base, atol=1e-6)  # left as it was
    assert np.abs(hooked[-1] - base).max() > 0.01
    lora.merge(model[0].auto_model, file)
    np.testing.assert_allclose(model.encode(texts), hooked[-1], atol=1e-3)
    lora.weakened(file, 0.0, half)
    other = load_base("cpu")
    lora.merge(other[0].auto_model, half)
    np.testing.assert_allclose(other.encode(texts), base, atol=1e-6)
    assert adapter_name(half) != adapter_name(file)


def test_the_mean_of_adapters_changes_weights_by_the_mean(tmp_path) -> None:
    from safetensors.numpy import save_file

    chance = np.random.default_rng(1)
    files, changes = [], []
    shared = chance.normal(size=(2, 6)).astype(np.float16)  # so that the mean is of rank 2 too
    for number, scale in enumerate((2.0, 0.5)):
        up = chance.normal(size=(8, 2)).astype(np.float16)
        file = tmp_path / f"{number}.safetensors"
        save_file({"m.up": up, "m.down": shared}, file, metadata={"scale": str(scale)})
        files.append(file)
        changes.append(scale * (up.astype(np.float32) @ shared.astype(np.float32)))
    lora.averaged(files, tmp_path / "mean.safetensors")
    weights = {"m.weight": np.zeros((8, 6), np.float32)}
    lora.merge_arrays(weights, tmp_path / "mean.safetensors")
    assert np.allclose(weights["m.weight"], (changes[0] + changes[1]) / 2, atol=0.02)


def test_what_is_no_adapter_is_refused_in_words(tmp_path) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(b"nothing of the sort")
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        SentenceTransformerEmbedder(str(file)).encode(["x"])
    with pytest.raises(ModelUnavailable, match="There is no adapter file"):
        embedder_for(tmp_path, str(tmp_path / "missing.safetensors"))
