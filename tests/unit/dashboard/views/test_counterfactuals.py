"""What is said and drawn of a cover, from values that were made by hand."""

import numpy as np

from dashboard.charts.curves import height_curve
from dashboard.i18n import messages
from dashboard.views.counterfactuals import text
from dashboard.views.counterfactuals.smallest_cover import worth_showing
from dashboard.worker.counterfactual_jobs import ProbeResult
from xai.evidence.counterfactuals.probes import Rectangle
from xai.types import REGIONS, Prediction

CLASSES = ("covered", "incorrect", "uncovered")


def found_by_hand(labels, values=(1.0, 0.5, 0.0), **more):
    answers = tuple(Prediction(CLASSES, np.eye(3, dtype=np.float32)[CLASSES.index(name)]) for name in labels)
    flips = next((v for v, name in zip(values, labels, strict=True) if name != labels[0]), None)
    return ProbeResult(answers[0], values, answers, (b"",) * len(values), more.get("cover", ()), flips)


def test_the_sentence_about_the_pulled_mask_says_when_the_answer_comes_back():
    there = text.pulled_sentence(found_by_hand(["covered", "incorrect", "covered"]))
    assert "down to 50% of its height" in there
    assert there.endswith("at 0%, it is “mask worn correctly” again.")
    assert "every height" in text.pulled_sentence(found_by_hand(["covered"] * 3))


def test_the_alt_text_of_the_curve_holds_every_number():
    found = found_by_hand(["covered", "incorrect", "covered"])
    alt = text.alt_curve(found)
    assert alt.count("100%") == 4
    figure = height_curve(found)
    assert [line.x0 for line in figure.layout.shapes] == [0.5]
    assert [list(trace.y) for trace in figure.data] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_where_a_cover_lies_is_counted():
    regions = np.full((8, 8), REGIONS.index("elsewhere"), np.int8)
    regions[:, 4:] = REGIONS.index("nose")
    found = found_by_hand(["covered"] * 3, cover=(Rectangle(0, 0, 8, 1), Rectangle(4, 1, 8, 2)))
    said = text.where_sentence(found, regions)
    assert said.index("67% lies on the nose") < said.index("33% lies on hair")


ONE, FAR = (Rectangle(0, 0, 4, 2),), (Rectangle(0, 0, 2, 2), Rectangle(4, 4, 6, 6))


def flipped_by(cover, share):
    return found_by_hand(["covered", "incorrect"], (0.0, share), cover=cover)


def test_the_cover_in_one_piece_is_preferred_and_a_smaller_one_in_pieces_is_shown_with_it():
    nothing = found_by_hand(["covered"], (0.5,))
    one, far = flipped_by(ONE, 0.02), flipped_by(FAR, 0.01)
    assert worth_showing(far, one) == (one, far)
    assert worth_showing(flipped_by(FAR, 0.02), one) == (one,)
    smaller = flipped_by(ONE, 0.01)
    assert worth_showing(smaller, one) == (smaller,)
    assert worth_showing(far, nothing) == (far,)
    assert worth_showing(nothing, one) == (one,)
    assert worth_showing(nothing, nothing) == (nothing,)


def test_the_sentence_about_a_cover_says_how_many_pieces_it_is():
    one, far = flipped_by(ONE, 0.02), flipped_by(FAR, 0.01)
    assert "It is one piece" in text.pieces_sentence(one, "grey", alone=True)
    assert "2 places" in text.pieces_sentence(far, "grey", alone=False)
    assert "falls into 2 pieces" in text.pieces_sentence(far, "grey", alone=True)
    assert "covered with blur" in text.pieces_sentence(one, "blur", alone=False)


def test_both_languages_have_a_word_for_every_fill_and_value():
    for language in ("en", "es"):
        assert {f"cover_colour.{name}" for name in ("blue", "navy")} <= set(messages(language))
