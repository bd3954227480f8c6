"""What a card holds is refused where it is not what it should be, in one sentence that says where."""

import json

import pytest

from tests.support.models import make_card
from xai.errors import WeightsUnavailable
from xai.models.card_fields import Field
from xai.models.card_schema import Metric
from xai.models.cards import parse_card

TOY = "toy protocol=seed"
ROW = {
    "n": 3,
    "accuracy": 1.0,
    "aca": 1.0,
    "npv": None,
    "per_class": {"covered": 1.0},
    "confusion": {"covered": {"covered": 3}},
    "intervals": {"aca": [1.0, 1.0], "covered": [None, None]},
    "by": {"size": [{"bin": "from_96", "counts": {"covered": 3}, "aca": 1.0, "intervals": {}}]},
}
RATIO = {"value": 0.5, "interval": [0.4, 0.6]}
JUDGED = {
    "faces": 3, "judged": 2, "followed": RATIO, "place_share": RATIO, "stayed": RATIO,
    "families": {"outside": {"stayed": RATIO}}, "verdict": {"verdict": "mixed"},
}  # fmt: skip
EVERYTHING = {
    "recipe": {"command": "make it", "departures": ["One."], "published": {"aca": 0.5}},
    "data": {"train": {"toy": {"covered": 9}}},
    "metrics": {"chosen on": {"loss": 1.5}, TOY: ROW},
    "history": [{"epoch": 1.0, "loss": 1.5, "aca": 0.5}],
    "verdicts": {"toy donors=set": {"covered": JUDGED}},
}


def refused(tmp_path, *keys, value):
    """The sentence about a card in which one value is another; None where it is taken."""
    card = json.loads(json.dumps({**make_card(35, name="odd").as_dict(), **EVERYTHING}))
    place = card
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(card))
    try:
        parse_card(path)
    except WeightsUnavailable as error:
        return str(error)
    return None


def test_a_card_with_everything_is_taken(tmp_path):
    assert refused(tmp_path, "license", value="MIT") is None


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (["margin"], "wide", "margin must be a number, not 'wide'"),
        (["margin"], 10**400, "margin must be a number, not 1000000"),
        (["margin"], 2.1, "margin must be a number from 0 to 2, not 2.1"),
        (["margin"], float("nan"), "margin must be a number, not nan"),
        (["temperature"], float("nan"), "temperature must be a number, not nan"),
        (["temperature"], 0, "temperature must be a number from 0.01 to 100, not 0"),
        (["temperature"], None, "temperature must be a number, not None"),
        (["temperature"], [1.0], "temperature must be a number, not [1.0]"),
        (["input_size"], 100_000, "input_size must be a whole number from 8 to 1024, not 100000"),
        (["mean"], [123.7, 116.3, 103.5], "mean / 1 must be a number from 0 to 1, not 123.7"),
        (["classes"], ["covered", "covered", "uncovered"], "must be different classes, not 'covered'"),
        (["classes"], ["covered", "Worn correctly"], "'covered' and 'Worn correctly', which are the same"),
        (["classes"], ["hat", "HAT"], "'hat' and 'HAT', which are the same class"),
        (["classes"], ["covered", " "], "classes / 2 must be one line of text with 1 to 80 printable char"),
        (["classes"], ["covered", "un\ncovered"], "classes / 2 must be one line of text"),
        (["classes"], ["covered", 3], "classes / 2 must be text, not 3"),
        (["classes"], "covered", "classes must be a list, not 'covered'"),
        (["license"], "", "license must be one line of text with 1 to 80 printable characters, not ''"),
        (["recipe", "rate"], float("inf"), "recipe / rate must be a number, not inf"),
        (["recipe", "author"], "\ud800", "recipe / author must be text in Unicode, not '\\ud800'"),
        (["metrics", TOY, "confusion"], {"hat": {"covered": 3}}, "must name classes of covered, incorrect"),
        (["metrics", TOY, "per_class"], {"hat": 0.5}, "uncovered, not 'hat'"),
        (["verdicts", "toy donors=set"], {"hat": JUDGED}, "verdicts / toy must name classes of covered"),
        (["margin"], True, "margin must be a number, not True"),
        (["std"], [1, 0, 1], "std / 2 must be a number from 0.001 to 1, not 0"),
        (["limits"], "none", "limits must be a list, not 'none'"),
        (["protocol"], "sead", "protocol must be one of seed, product, not 'sead'"),
        (["recipe", "departures"], [3], "recipe / departures / 1 must be text, not 3"),
        (["recipe", "published", "aca"], 83.6, "published / aca must be a share from 0 to 1, not 83.6"),
        (["data", "train", "toy"], [9], "data / train / toy must be an object, not [9]"),
        (["data", "train", "toy", "covered"], -1, "covered must be a whole number from 0, not -1"),
        (["metrics", TOY, "n"], 2.5, "=seed / n must be a whole number from 0, not 2.5"),
        (["metrics", TOY, "npv"], float("nan"), "/ npv must be a number, not nan"),
        (["metrics", TOY, "intervals", "aca"], [1], "aca must be a list of two numbers, not [1]"),
        (["metrics", "toy seed"], ROW, "metrics / toy seed must be named like 'fmd protocol=seed'"),
        (["metrics", "toy"], {"n": 3, "confusion": [3]}, "toy / confusion must be an object, not [3]"),
        (["metrics", TOY, "by", "size", 0, "aca"], None, "by / size / 1 / aca must be a number"),
        (["history", 0], {"loss": 1}, "the keys epoch are missing in history / 1"),
        (["history", 0, "aca"], "half", "history / 1 / aca must be a number, not 'half'"),
        (["verdicts", "toy"], {"covered": JUDGED}, "must be named like 'ilc donors=set'"),
        (["verdicts", "toy donors=set", "covered", "followed"], {}, "the keys value are missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_where_it_stands(tmp_path, keys, value, says):
    said = refused(tmp_path, *keys, value=value)
    assert said.startswith("The model odd is left out: its card odd.json cannot be read (")
    assert says in said
    assert said.endswith("; correct it, or restore it from the repository).")


def test_an_evaluation_that_counts_faces_and_no_more_is_one(tmp_path):
    path = tmp_path / "mine.json"
    rows = {
        "toy": {"n": 60, "accuracy": 0.9, "intervals": {"accuracy": [0.8, 0.95]}},
        "few": {"n": 9, "aca": 0.5},
    }
    path.write_text(json.dumps(make_card(35, name="mine", metrics=rows).as_dict()))
    toy, few = parse_card(path).evaluations
    assert (toy.dataset, toy.setting, toy.confusion) == ("toy", {}, {})
    assert toy.metrics == {"accuracy": Metric(0.9, 0.8, 0.95)}
    assert few.metrics == {"aca": Metric(0.5)}


def test_a_long_value_is_cut_in_the_sentence():
    assert len(str(Field(["x" * 500], "limits").wrong("text"))) < 100
