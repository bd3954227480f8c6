"""Whatever stands on a card, it is a card or is refused in one sentence that names it."""

import copy
import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import make_card
from xai.errors import WeightsUnavailable
from xai.models.cards import Card, parse_card, read_card

RATIO = {"value": 0.5, "interval": [0.4, 0.6]}
CARD = {
    **make_card(35, name="odd").as_dict(),
    "recipe": {"command": "make it", "departures": ["One."], "published": {"aca": 0.5}, "fold": 1},
    "data": {"train": {"toy": {"covered": 9}}, "val": {"toy": {"covered": 2}}},
    "metrics": {
        "toy protocol=seed": {
            "n": 3, "accuracy": 1.0, "aca": 1.0, "per_class": {"covered": 1.0}, "groups": {"covered": 12},
            "confusion": {"covered": {"covered": 3}},
            "intervals": {"aca": [0.9, 1.0], "covered": [None, None]},
            "by": {"size": [{"bin": "from_96", "counts": {"covered": 3}, "aca": 1.0, "intervals": {}}]},
        }
    },
    "history": [{"epoch": 1.0, "loss": 1.5, "aca": 0.5}],
    "errors": [{"kind": "beard", "count": 2, "of": 3, "note": "", "on": "toy"}],
    "verdicts": {
        "toy donors=set": {
            "covered": {
                "faces": 3, "judged": 2, "followed": RATIO, "place_share": RATIO, "stayed": RATIO,
                "families": {"outside": {"stayed": RATIO}}, "verdict": {"verdict": "mixed"},
            }
        }
    },
}  # fmt: skip

NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.sampled_from([0, -1, 1e-9, 1e300]))
TEXTS = st.one_of(
    st.text(), st.characters(categories=["Cs", "Cc", "Cf"]), st.sampled_from(["", " ", "covered"])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inside: st.one_of(st.lists(inside, max_size=4), st.dictionaries(TEXTS, inside, max_size=4)),
    max_leaves=8,
)


def places(value, at=()):
    """The path of every value on a card."""
    yield at
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    for key, inside in entries:
        yield from places(inside, (*at, key))


PLAIN = json.loads(json.dumps(CARD))
PLACES = [place for place in places(PLAIN) if place]


@st.composite
def changed_cards(draw):
    """A card with up to three values changed, dropped, or added beside others."""
    card = copy.deepcopy(PLAIN)
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        inside = card
        try:
            for key in place[:-1]:
                inside = inside[key]
            if draw(st.booleans()):
                inside[place[-1]] = draw(VALUES)
            elif isinstance(inside, dict):
                del inside[place[-1]]
                inside[draw(TEXTS)] = draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return json.dumps(card).encode()


@st.composite
def damaged_cards(draw):
    """The bytes of a card, some of them overwritten or cut off."""
    data = bytearray(json.dumps(PLAIN).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("cards") / "odd.json"


def outcome(path):
    """The card, or what is said instead."""
    try:
        return parse_card(path), ""
    except WeightsUnavailable as refusal:
        return None, str(refusal)


@given(data=st.one_of(changed_cards(), damaged_cards(), st.binary(max_size=60)))
def test_a_card_is_read_or_refused_in_one_sentence(path, data):
    path.write_bytes(data)
    card, said = outcome(path)
    if card is None:
        assert said.startswith("The model odd is left out: its card odd.json cannot be read (")
        assert said.isprintable()
        assert len(said) < 900
        return
    assert isinstance(card, Card)
    json.dumps(card.as_dict(), allow_nan=False).encode()
    assert len(set(card.classes)) == len(card.classes) >= 2
    assert all(value == value for value in (*card.mean, *card.std, card.margin, card.temperature))
    for each in fields(card):
        assert getattr(card, each.name) is not None
    with pytest.raises(WeightsUnavailable):  # no weights lie beside it
        read_card(path)
