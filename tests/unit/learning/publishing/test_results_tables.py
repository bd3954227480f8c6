"""``evaluate --update`` as users call it: where figures go, and the tables that are made of them."""

import json

import pytest

from tests.support.trials import make_set, put_model
from xai.errors import WeightsUnavailable
from xai.learning.evaluation.metrics import wilson
from xai.learning.publishing.results_tables import write_table
from xai.learning.training.recipe import BINARY
from xai.models import cards
from xai.models.cards import read_card, read_cards, read_measured

F1 = {"precision": 0.75, "recall": 0.97, "specificity": 0.44, "npv": 0.92, "f1": 0.85}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The project's own weights folder, empty but for a page; XAI_WEIGHTS names another."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "README.md").write_text("# Weights\n\nKept.\n\n## Results\n\nstale\n")
    monkeypatch.setattr(cards, "_HOME", folder)
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "far"))
    (tmp_path / "far").mkdir()
    return folder


@pytest.fixture
def toy(tmp_path):
    return make_set(tmp_path / "toy")


def published(**more):
    return {"published": {"aca": 0.8, "covered": 0.9}, "departures": ["Ours is smaller."], **more}


def measure(call, toy, *arguments):
    status, out, err = call("evaluate", "--data", toy, "--protocol", "seed", *arguments, "--json")
    assert status == 0, err
    return json.loads(out), err


def table_rows(home):
    lines = (home / "README.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| 0")]


def test_folds_are_pooled_kept_without_weights_and_put_in_the_table(call, home, toy, tmp_path):
    for k in range(2):
        put_model(
            tmp_path / "far", f"net_fold{k}_toy", seed=k,
            recipe=published(fold=k, command=f"python -m xai train net --fold {k} --out DIR"),
        )  # fmt: skip
    told, notes = measure(call, toy, "--published", "--update")
    found = told["net_folds_toy"]
    assert (found["n"], found["folds"]) == (40, [0, 1])
    assert "net_folds_toy: the folds 2 have no model here" in notes
    assert not list(home.glob("*.json"))
    (card,) = read_measured().cards
    assert card.name == "net_folds_toy"
    assert card.metrics["toy protocol=seed crops=annotated"].items() <= found.items()
    assert set(card.recipe["weights"]) == {"net_fold0_toy", "net_fold1_toy"}
    assert sum(card.data["test"]["toy"].values()) == 40
    (row,) = table_rows(home)
    low, high = found["intervals"]["aca"]
    assert row[:8] == [
        "003", "net_folds_toy (2 folds)", "random", "toy protocol=seed crops=annotated", "40", "aca",
        "0.800", f"{found['aca']:.3f} ({low:.3f} to {high:.3f})",
    ]  # fmt: skip
    low, high = found["intervals"]["covered"]
    assert row[8] == f"covered 0.900 / {found['per_class']['covered']:.3f} ({low:.3f} to {high:.3f})"
    page = (home / "README.md").read_text()
    assert page.startswith("# Weights\n\nKept.\n\n## Results\n\n### Product protocol\n")
    assert "1. Ours is smaller." in page
    assert "    python -m xai train net --fold K --out DIR  # K = 0, 1\n" in page
    assert "stale" not in page


def test_figures_stay_when_the_weights_go_and_are_no_model(call, home, toy, tmp_path):
    card = put_model(tmp_path / "far", "net_toy", recipe=published())
    measure(call, toy, "--model", "net_toy", "--update")
    measure(call, toy, "--model", "net_toy", "--label", "covered", "--update")
    own = read_card(card.path.with_suffix(".json"))
    for path in (tmp_path / "far").iterdir():
        path.unlink()
    assert read_cards().cards == ()
    assert read_cards().problems == ()
    (kept,) = read_measured().cards
    assert kept == own
    assert set(kept.metrics) == {
        "toy protocol=seed crops=annotated",
        "toy protocol=seed crops=annotated label=covered",
    }
    assert call("evaluate", "--data", toy, "--model", "net_toy")[0] == 2
    whole, part = table_rows(home)
    assert (whole[5:7], part[5:7]) == (["aca", "0.800"], ["aca", "–"])


def test_other_weights_make_other_figures(call, home, toy, tmp_path):
    """Figures of folds are kept from call to call, but not past a new training."""
    for k in range(2):
        put_model(tmp_path / "far", f"net_fold{k}_toy", seed=k, recipe={"fold": k})
    measure(call, toy, "--published", "--update")
    measure(call, toy, "--published", "--label", "covered", "--update")
    assert len(read_measured().cards[0].metrics) == 2
    put_model(tmp_path / "far", "net_fold1_toy", seed=9, recipe={"fold": 1})
    measure(call, toy, "--published", "--update")
    assert list(read_measured().cards[0].metrics) == ["toy protocol=seed crops=annotated"]


def test_study_001_is_read_both_ways(call, home, toy, tmp_path):
    put_model(
        tmp_path / "far", "pair_toy", seed=2, classes=BINARY, source="001",
        recipe={"published": F1, "departures": []}, data={"train": {"toy": {}}, "val": {}},
    )  # fmt: skip
    told, _ = measure(call, toy, "--published", "--update")
    found = told["pair_toy"]
    assert found["positive"] == "with_mask"
    assert found["skipped"] == 4
    (row,) = table_rows(home)
    assert row[5:7] == ["f1", "0.850"]
    others = row[8].split("; ")
    for said, figure, printed, exchanged in zip(
        others, list(F1), ("0.750", "0.970", "0.440", "0.920"), ("0.970", "0.750", "0.920", "0.440"),
        strict=False,
    ):  # fmt: skip
        assert said.startswith(f"{figure} {printed} (exchanged {exchanged}) / {found[figure]:.3f}")


def test_own_models_keep_their_figures_at_home(call, home, toy, tmp_path):
    put_model(home, "mine", protocol="product", source="own", data={"train": {"other": {}}})
    status, out, _ = call("evaluate", "--data", toy, "--model", "mine", "--update", "--json")
    assert status == 0
    found = json.loads(out)["mine"]
    kept = read_card(home / "mine.json").metrics["toy protocol=product crops=annotated"]
    assert kept.items() <= found.items()
    assert not (home / "measured").exists()
    page = (home / "README.md").read_text()
    assert f"| mine | toy protocol=product crops=annotated | 20 | {found['accuracy']:.3f} | " in page
    assert "Seed protocol" not in page


def test_the_course_of_an_older_training_is_taken_from_beside_its_card(call, home, toy, tmp_path):
    put_model(tmp_path / "far", "net_toy")
    row = {"epoch": 1.0, "train_loss": 0.98765, "loss": 0.5, "accuracy": 0.75, "aca": 0.7, "score": -0.5}
    (tmp_path / "far" / "net_toy.history.json").write_text(json.dumps([row]))
    measure(call, toy, "--model", "net_toy", "--update")
    (card,) = read_measured().cards
    assert card.history == ({"epoch": 1.0, "train_loss": 0.9877, "loss": 0.5, "accuracy": 0.75, "aca": 0.7},)


def test_damaged_pictures_and_rows_are_said_once(call, home, toy, tmp_path):
    put_model(tmp_path / "far", "net_toy")
    with (toy / "labels.csv").open("a") as file:
        file.write("x.png,hat,g,0,test,,40,40\n")
    for name in ("0-0.png", "3-1.png"):
        (toy / name).write_bytes(b"no picture")
    told, notes = measure(call, toy, "--model", "net_toy")
    assert (told["net_toy"]["n"], told["net_toy"]["unreadable"]) == (18, 2)
    assert [line.split(",")[0] for line in notes.splitlines() if line.startswith("Left out")] == [
        "Left out 1 entries of the sets",
        "Left out 2 faces",
    ]


def test_published_without_weights_says_what_to_do(call, home, toy):
    status, out, err = call("evaluate", "--data", toy, "--published", "fmd", "--json")
    assert (status, out) == (2, "")
    assert "No weights of a published row (fmd)" in err


def test_a_damaged_measured_card_is_a_problem_and_no_end(home):
    (home / "measured").mkdir()
    (home / "measured" / "bad.json").write_text("{")
    assert read_measured().cards == ()
    assert "bad.json cannot be read" in read_measured().problems[0]
    with pytest.raises(WeightsUnavailable, match=r"bad\.json cannot be read"):
        write_table()
    (home / "experiments.json").write_text("[]")
    assert read_cards().problems == ()


def test_a_damaged_head_of_reasons_is_said(home):
    (home / "reasons").mkdir()
    (home / "reasons" / "mine.safetensors").write_bytes(b"no head")
    with pytest.raises(WeightsUnavailable, match=r"reasons in .*mine\.safetensors cannot be read"):
        write_table()


def test_wilson_against_its_definition():
    """The ends are the shares for which the observed one lies 1.96 standard errors away."""
    for hits, of in ((9, 13), (0, 7), (7, 7), (120, 400)):
        for end in wilson(hits, of):
            distance = abs(hits / of - end)
            assert distance**2 == pytest.approx(1.959964**2 * end * (1 - end) / of, abs=1e-9)
    with pytest.raises(ValueError, match="at least one face"):
        wilson(0, 0)
