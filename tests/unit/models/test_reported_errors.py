"""What kinds of faces a model gets wrong: checked when a card is read, kept when it is written."""

import json

import pytest

from tests.support.trials import put_model
from xai.errors import WeightsUnavailable
from xai.models.card_fields import Field
from xai.models.cards import read_card
from xai.models.reported_errors import KnownError, read_errors


def put_errors(folder, errors):
    path = put_model(folder, "mine").path.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "errors": errors}))
    return path


def test_a_card_keeps_its_errors_the_most_frequent_first(tmp_path):
    rare = {"kind": "beard", "count": 2, "of": 20, "note": "Grey ones.", "on": "fmd"}
    frequent = {"kind": "low_mask", "count": 9, "of": 20, "note": "", "on": "fmd"}
    card = read_card(put_errors(tmp_path, [rare, frequent]))
    assert card.errors == (KnownError(**frequent), KnownError(**rare))
    assert json.loads(json.dumps(card.as_dict()))["errors"] == [frequent, rare]


def test_a_card_without_them_is_a_card(tmp_path):
    path = put_model(tmp_path, "mine").path.with_suffix(".json")
    raw = json.loads(path.read_text())
    del raw["errors"]
    path.write_text(json.dumps(raw))
    assert read_card(path).errors == ()


def test_what_nobody_counted_may_be_left_out():
    assert read_errors(Field([{"kind": "scarf", "count": 3}])) == (KnownError("scarf", 3),)


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        (
            [{"kind": "hats", "count": 3}],
            "errors / 1 / kind must be one of low_mask, profile, .*, not 'hats'",
        ),
        ([{"kind": "beard", "count": 0}], "whole number from 1"),
        ([{"kind": "beard", "count": 2.5}], "whole number from 1"),
        ([{"kind": "beard", "count": True}], "whole number from 1"),
        ([{"kind": "beard", "count": 5, "of": 4}], "errors / 1 / of must be a whole number from 5, not 4"),
        ([{"kind": "beard", "count": 5, "note": 3}], "must be text"),
        ([{"kind": "beard", "count": 5, "colour": "red"}], "colour"),
        ([{"kind": "beard"}], "count"),
        (
            [{"kind": "beard", "count": 1}, {"kind": "beard", "count": 2}],
            "errors must name each kind once for a set, not twice",
        ),
        (["beards"], "errors / 1 must be an object, not 'beards'"),
        ({"beard": 3}, "errors must be a list, not"),
    ],
)
def test_what_is_no_list_of_errors_is_refused_with_the_reason(tmp_path, errors, says):
    with pytest.raises(WeightsUnavailable, match=says):
        read_card(put_errors(tmp_path, errors))
