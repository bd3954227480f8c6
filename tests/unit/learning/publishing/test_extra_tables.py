"""Three seeds of one recipe, measured by ``evaluate`` one after the other, stand side by side."""

import json

import pytest

from tests.support.trials import make_set, put_model
from xai.models import cards
from xai.models.cards import read_card, read_cards

KEY = "toy protocol=product crops=annotated"
LOSSES = {0: 0.31, 1: 0.22, 2: 0.27}


def seeded(folder, seed, **changes):
    course = ({"epoch": 1.0, "loss": 9.0}, {"epoch": 2.0, "loss": LOSSES[seed]})
    folder.mkdir(parents=True, exist_ok=True)
    put_model(
        folder, "net", seed=seed, protocol="product", source="own", data={"train": {"other": {}}},
        recipe={"epochs": 2, "kept_epoch": 2, "seed": seed, "seconds": seed, **changes}, history=course,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The project's own weights: seed 1 ships, the others lie below it."""
    folder = tmp_path / "weights"
    for seed in LOSSES:
        seeded(folder if seed == 1 else folder / "seeds" / str(seed), seed)
    monkeypatch.setattr(cards, "_HOME", folder)
    return folder


@pytest.fixture
def measure(call, home, tmp_path, monkeypatch):
    toy = make_set(tmp_path / "toy")

    def run(folder):
        monkeypatch.setenv("XAI_WEIGHTS", str(folder))
        return call("evaluate", "--data", toy, "--model", "net", "--update", "--json")

    return run


def folders(home):
    return [home / "seeds" / "0", home, home / "seeds" / "2"]


def test_every_seed_and_the_range_stand_in_the_table_of_the_shipped(home, measure):
    for folder in folders(home):
        assert measure(folder)[0] == 0
    found = [read_card(folder / "net.json").metrics[KEY] for folder in folders(home)]
    page = (home / "README.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| {KEY} | 20 |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")][2:]
    for cell, name in zip(cells, ("aca", "accuracy"), strict=False):
        values = [each[name] for each in found]
        assert len(set(values)) > 1
        assert cell == f"{' / '.join(f'{v:.3f}' for v in values)} ({max(values) - min(values):.3f})"
    assert "0.3100 (seed 0, epoch 2), 0.2200 (seed 1, epoch 2), 0.2700 (seed 2, epoch 2)" in page
    assert "Seed 1 ships, which has the lowest." in page
    assert page.count(f"| net | {KEY} |") == 1
    assert not list((home / "seeds").rglob("README.md"))


def test_a_figure_that_one_seed_lacks_is_in_no_row(home, measure):
    for folder in folders(home)[:2]:
        assert measure(folder)[0] == 0
    assert not any(line.startswith(f"| {KEY}") for line in (home / "README.md").read_text().splitlines())


def test_it_is_said_when_another_than_the_best_ships(home, measure, monkeypatch):
    monkeypatch.setitem(LOSSES, 1, 0.29)
    seeded(home, 1)
    assert measure(home)[0] == 0
    assert "Seed 1 ships, which has not the lowest." in (home / "README.md").read_text()


def test_other_seeds_are_no_models_to_choose(home):
    assert [card.name for card in read_cards().cards] == ["net"]
    assert read_cards().cards[0].recipe["seed"] == 1


def test_the_same_seed_twice_is_no_second_opinion(home, measure):
    seeded(home / "seeds" / "2", 1)
    assert "seeds/2/net must come of the recipe" in measure(home)[2]


@pytest.mark.parametrize("change", [{"epochs": 3}, {"fold": 1}])
def test_another_recipe_is_no_second_opinion(home, measure, change):
    seeded(home / "seeds" / "2", 2, **change)
    status, _, told = measure(home)
    assert status != 0
    assert "seeds/2/net must come of the recipe" in told
    assert KEY in json.loads((home / "net.json").read_text())["metrics"]  # what was measured is kept
