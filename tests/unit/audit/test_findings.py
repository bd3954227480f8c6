"""Findings: figures by plain loops, planted faults that are named, and clean sets that are quiet."""

import itertools
import json
import math
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tests.support.audits import face_row
from xai.audit.claims.estimates import share
from xai.audit.findings import duplicates
from xai.audit.findings.answers import answers_by_model
from xai.audit.findings.class_signs import areas_under_curve
from xai.audit.findings.collect import FINDINGS_FILE, find, write_findings
from xai.audit.findings.comparison import p_of_pairs
from xai.audit.findings.duplicates import near_duplicates
from xai.audit.findings.remarks import CODES
from xai.audit.findings.slices import difference, slices_of
from xai.audit.findings.worst import WHYS
from xai.audit.ledger import Outcome
from xai.audit.rows import SCHEMA
from xai.errors import DataRejected, UnknownName
from xai.evidence_types import VERDICTS
from xai.types import CLASSES

NAMES = ("first", "second")


def table(rows):
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def drawn_rows(faces=120, models=NAMES, seed=0, **more):
    """Rows by chance: two faces of a photo, some without label, mesh or verdict."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(faces):
        label = [*CLASSES, None][rng.choice(4, p=[0.4, 0.2, 0.3, 0.1])]
        of_face = {
            "label": label,
            "face_width": int(rng.integers(20, 220)),
            "light": float(rng.random()),
            "yaw": None if rng.random() < 0.2 else float(rng.normal(0, 25)),
            "mask_colour": None if label == "uncovered" else ["blue", "dark"][rng.integers(2)],
            "dhash": int(rng.integers(0, 2**63)),
            "surround": rng.integers(0, 256, 432, dtype=np.uint8),
        }
        for model in models:
            said = label if label and rng.random() < 0.7 else CLASSES[rng.integers(3)]
            cells = rng.normal(0, 0.2, (24, 24)).astype(np.float16)
            cells[: rng.integers(0, 3)] = np.nan
            of_model = {
                "prediction": said,
                "confidence": float(np.float32(rng.uniform(0.4, 1))),
                "verdict": VERDICTS[rng.integers(4)],
                "aligned_map": None if of_face["yaw"] is None else cells.ravel(),
            }
            made.append(face_row(number // 2, number % 2, model, **of_face, **of_model, **more))
    return made


def right(row):
    return None if row["label"] is None else row["label"] == row["prediction"]


def told(row):
    return None if row["verdict"] == "cannot tell" else row["verdict"] == "supported"


def mean(values):
    known = [value for value in values if value is not None]
    return (sum(known) / len(known), len(known)) if known else (None, 0)


def codes(found):
    return {finding["code"] for finding in found.as_dict()["findings"]}


# Figures


@pytest.fixture(scope="module")
def rows():
    return drawn_rows()


@pytest.fixture(scope="module")
def found(rows):
    return find(table(rows), [], NAMES).as_dict()


@pytest.mark.parametrize("model", NAMES)
def test_counts_and_shares_are_those_of_a_plain_loop(rows, found, model):
    own, figures = [row for row in rows if row["model"] == model], found["models"][model]
    assert figures["faces"] == 120
    assert figures["labelled"] == sum(row["label"] is not None for row in own)
    for measure, of in (("accuracy", right), ("supported", told)):
        value, n = mean(map(of, own))
        assert figures[measure]["value"] == pytest.approx(value)
        assert figures[measure]["n"] == n
        low, high = figures[measure]["interval"]
        assert 0 <= low < value < high <= 1
    for each in figures["classes"]:
        of_class = [row for row in own if row["label"] == each["class"]]
        assert each["n"] == len(of_class)
        assert each["accuracy"]["value"] == pytest.approx(mean(map(right, of_class))[0])
        assert each["verdicts"] == {v: sum(row["verdict"] == v for row in of_class) for v in VERDICTS}
    for name, value in (("right", True), ("wrong", False), ("unlabelled", None)):
        counted = Counter(row["verdict"] for row in own if right(row) is value)
        assert figures["places"][name] == {verdict: counted[verdict] for verdict in VERDICTS}


def test_an_interval_takes_a_group_as_one(rows, found):
    own = [row for row in rows if row["model"] == "first"]
    groups = {name: number for number, name in enumerate(sorted({row["group"] for row in own}))}
    values = np.array([math.nan if right(row) is None else float(right(row)) for row in own])
    places = np.array([groups[row["group"]] for row in own])
    wanted = share(values, places, len(groups), np.ones(len(values))).interval()
    assert found["models"]["first"]["accuracy"]["interval"] == pytest.approx(wanted)


def test_the_cells_of_the_confusion_hold_every_labelled_face_once(rows, found):
    confusion = found["models"]["second"]["confusion"]
    assert confusion["labels"] == confusion["predictions"] == list(CLASSES)
    cells = defaultdict(list)
    for row in rows:
        if row["model"] == "second" and row["label"]:
            cells[row["label"], row["prediction"]].append([row["photo"], row["face"]])
    for i, j in itertools.product(range(3), repeat=2):
        assert confusion["cells"][i][j] == sorted(cells[CLASSES[i], CLASSES[j]])


def slice_level(row, factor):
    """The level of a face, written out."""
    width, yaw, light = row["face_width"], row["yaw"], row["light"]
    if factor == "size":
        return (
            "under_48" if width < 48 else "48_80" if width <= 80 else "81_160" if width <= 160 else "over_160"
        )
    if factor == "turn":
        if yaw is None:
            return "not_known"
        return "frontal" if abs(yaw) < 15 else "slight" if abs(yaw) < 30 else "turned"
    if factor == "light":
        return "dark" if light < 0.3 else "medium" if light < 0.55 else "bright"
    return row[factor]


def test_slices_are_those_of_a_plain_loop(rows, found):
    own = [row for row in rows if row["model"] == "first"]
    listed = found["models"]["first"]["slices"]
    counted = Counter()
    for each in listed:
        inside = [row for row in own if slice_level(row, each["factor"]) == each["level"]]
        assert each["n"] == len(inside) > 0
        assert each["accuracy"]["value"] == pytest.approx(mean(map(right, inside))[0])
        assert each["supported"]["n"] == mean(map(told, inside))[1]
        counted[each["factor"]] += each["n"]
    colourless = sum(row["mask_colour"] is None for row in own)
    unlabelled = sum(row["label"] is None for row in own)
    assert counted == {
        "size": 120, "turn": 120, "light": 120, "mask_colour": 120 - colourless, "label": 120 - unlabelled,
    }  # fmt: skip


def test_mean_maps_are_those_of_a_plain_loop(rows, found):
    own = [row for row in rows if row["model"] == "first"]
    for each in found["models"]["first"]["maps"]:
        wanted = {"all": (True, False, None), "right": (True,), "wrong": (False,)}[each["answer"]]
        maps = [
            np.asarray(row["aligned_map"], float).reshape(24, 24)
            for row in own
            if row["prediction"] == each["class"] and right(row) in wanted and row["aligned_map"] is not None
        ]
        assert each["n"] == len(maps)
        for i, j in ((0, 0), (1, 5), (12, 12), (23, 23)):
            known = [cells[i, j] for cells in maps if not math.isnan(cells[i, j])]
            assert each["values"][i][j] == pytest.approx(sum(known) / len(known), abs=1e-5)


def test_a_cell_that_no_face_has_is_empty_and_so_is_a_map_without_faces():
    cells = np.full((24, 24), 0.25, np.float16)
    cells[0] = np.nan
    made = [face_row(i, aligned_map=cells.ravel(), label="covered") for i in range(3)]
    maps = find(table(made), [], ["default"]).as_dict()["models"]["default"]["maps"]
    by_answer = {each["answer"]: each for each in maps}
    assert by_answer["right"]["values"] == [[None] * 24] + [[0.25] * 24] * 23
    assert by_answer["wrong"] == {"class": "covered", "answer": "wrong", "of": 0, "n": 0, "values": None}


def test_maps_of_two_models_are_subtracted_over_the_faces_of_one_answer(rows, found):
    (comparison,) = found["comparisons"]
    by_face = defaultdict(dict)
    for row in rows:
        by_face[row["photo"], row["face"]][row["model"]] = row
    for each in comparison["maps"]:
        pairs = [
            [np.asarray(pair[model]["aligned_map"], float).reshape(24, 24) for model in NAMES]
            for pair in by_face.values()
            if all(pair[m]["prediction"] == each["class"] and pair[m]["yaw"] is not None for m in NAMES)
        ]
        assert each["n"] == len(pairs)
        one, other = (np.nanmean([pair[i] for pair in pairs], axis=0) for i in (0, 1))
        assert np.array(each["values"], float) == pytest.approx(one - other, abs=1e-5)


def test_worst_come_by_kind_and_then_by_confidence(rows, found):
    own = [row for row in rows if row["model"] == "first"]

    def why(row):
        if right(row) is False:
            return "confident_wrong" if row["confidence"] >= 0.9 else "wrong"
        if row["verdict"] == "not supported":
            return "right_elsewhere" if right(row) else "elsewhere"
        return None

    wanted = sorted(
        (WHYS.index(why(row)), -row["confidence"], row["photo"], row["face"]) for row in own if why(row)
    )
    listed = found["models"]["first"]["worst"]
    assert [(each["photo"], each["face"]) for each in listed] == [each[2:] for each in wanted]
    assert found["models"]["first"]["worst_counts"] == {
        name: sum(why(row) == name for row in own) for name in WHYS
    }


# Comparisons


@pytest.mark.parametrize("seed", range(6))
def test_p_of_pairs_is_the_share_of_all_choices_of_signs(seed):
    rng = np.random.default_rng(seed)
    gained, groups = rng.integers(-1, 2, 20), rng.integers(0, 9, 20)
    sums = [int(gained[groups == group].sum()) for group in range(9)]
    totals = [
        abs(sum(sign * one for sign, one in zip(signs, sums, strict=True)))
        for signs in itertools.product((-1, 1), repeat=9)
    ]
    wanted = sum(total >= abs(sum(sums)) for total in totals) / len(totals)
    assert p_of_pairs(gained, groups) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 0), (12, 3), (40, 41), (300, 250)])
def test_without_groups_it_is_mcnemars_exact_test(only_first, only_second):
    gained = np.array([1] * only_first + [-1] * only_second + [0] * 50)
    both = only_first + only_second
    wanted = stats.binomtest(only_first, both).pvalue if both else 1.0
    assert p_of_pairs(gained, np.arange(len(gained))) == pytest.approx(wanted, rel=1e-9)


def test_copies_of_a_face_are_no_more_evidence():
    """Each pair five times over, in one group: the p of the pairs alone."""
    gained = np.array([1, 1, 1, 1, -1, 0])
    many = p_of_pairs(np.repeat(gained, 5), np.repeat(np.arange(6), 5))
    assert many == pytest.approx(p_of_pairs(gained, np.arange(6)))


def test_a_comparison_counts_the_faces_that_only_one_got_right(rows, found):
    (comparison,) = found["comparisons"]
    by_face = defaultdict(dict)
    for row in rows:
        by_face[row["photo"], row["face"]][row["model"]] = row
    for measure, of in (("accuracy", right), ("supported", told)):
        pairs = [(of(pair["first"]), of(pair["second"])) for pair in by_face.values()]
        pairs = [pair for pair in pairs if None not in pair]
        each = comparison[measure]
        assert each["n"] == len(pairs)
        assert each["only_first"] == pairs.count((True, False))
        assert each["only_second"] == pairs.count((False, True))
        apart = (each["only_first"] - each["only_second"]) / len(pairs)
        assert each["difference"] == pytest.approx(apart)
        assert each["interval"][0] <= apart <= each["interval"][1]
        assert each["p"] <= each["adjusted"] <= 1
    assert comparison["n"] == 120


def test_faces_that_one_model_lacks_are_not_compared():
    made = drawn_rows(60)
    kept = [row for row in made if row["model"] == "first" or row["photo"] >= "00010"]
    found = find(table(kept), [], NAMES).as_dict()
    assert found["comparisons"][0]["n"] == 60 - 20
    assert found["models"]["second"]["faces"] == 40


# What an auditor must know


def planted_set(count=300, seed=0, change=None):
    """Faces without any faults; ``change`` gets the row and its random numbers."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        label = CLASSES[number % 3]
        cells = rng.normal(120, 30, 3) + rng.normal(0, 25, (12, 12, 3))
        verdict = "supported" if rng.random() < 0.85 else "mixed"
        row = {
            "label": label,
            "prediction": label,
            "surround": cells.clip(0, 255),
            "dhash": int(rng.integers(0, 2**63)),
            "face_width": [60, 120][number % 2],
            "light": 0.5,
            "yaw": 0.0,
            "verdict": verdict,
            "confidence": 0.8,
        }
        if change is not None:
            change(row, rng)
        row["surround"] = row["surround"].clip(0, 255).astype(np.uint8).ravel()
        made.append(face_row(number, **row))
    return made


def test_a_set_without_faults_is_quiet():
    for seed in range(6):
        assert codes(find(table(planted_set(seed=seed)), [], ["default"])) <= {"slice_worse"}


@pytest.mark.parametrize("colour", [(230, 40, 200), (128, 128, 128), (0, 0, 0)])
def test_a_mark_in_one_class_is_named_with_its_place_and_colour(colour):
    def change(row, rng):
        if row["label"] == "covered":
            row["surround"][0, 11] = colour

    found = find(table(planted_set(change=change)), [], ["default"]).as_dict()["findings"]
    mark = next(each for each in found if each["code"] == "class_mark")
    assert mark["values"]["class"] == "covered"
    assert mark["values"]["box"] == pytest.approx([11 / 12, 0, 1, 1 / 12])
    assert mark["values"]["colour"] == list(colour)
    assert mark["values"]["area"] > 0.95
    assert len(mark["faces"]) == 5


def test_a_mark_beyond_the_photo_is_the_photo_mirrored():
    """Two columns of every crop lie beyond the photo and repeat those before them, down to the mask."""

    def change(row, rng):
        row["seen"] = [0, 0, 10, 12]
        if row["label"] == "covered":
            row["surround"][6:, 8:12] = (60, 110, 200)

    assert "class_mark" not in codes(find(table(planted_set(change=change)), [], ["default"]))


def test_a_mark_in_one_of_two_classes_is_named_after_the_class_that_has_it():
    for marked in ("incorrect", "uncovered"):

        def change(row, rng, marked=marked):
            row["label"] = row["prediction"] = {"covered": "uncovered"}.get(row["label"], row["label"])
            if row["label"] == marked:
                row["surround"][1, 1] = (20, 160, 40)

        found = find(table(planted_set(change=change)), [], ["default"]).as_dict()["findings"]
        assert [each["values"]["class"] for each in found if each["code"] == "class_mark"] == [marked]


def test_a_mark_on_the_mask_is_none():
    def change(row, rng):
        if row["label"] == "covered":
            row["surround"][5:, 2:10] = (230, 40, 200)

    assert "class_mark" not in codes(find(table(planted_set(change=change)), [], ["default"]))


def test_a_darker_class_is_named_and_is_no_mark():
    def change(row, rng):
        if row["label"] == "incorrect":
            row["surround"] *= 0.75

    found = find(table(planted_set(change=change)), [], ["default"]).as_dict()["findings"]
    assert {each["code"] for each in found} - {"slice_worse"} == {"class_light"}
    values = found[0]["values"]
    assert values["class"] == "incorrect"
    assert values["area"] < 0.2
    assert values["median"] == pytest.approx(0.75 * values["others"], rel=0.05)


def test_faces_saved_again_are_found_across_groups_and_only_there():
    made = planted_set()
    shift = (np.arange(432) % 3 == 0).astype(np.uint8)
    for copy, original in ((10, 200), (11, 201), (12, 202)):
        made[copy]["surround"] = made[original]["surround"] // 2 * 2 + shift
        made[copy]["dhash"] = made[original]["dhash"] ^ 0b1001
    made[12]["group"] = made[202]["group"]
    found = find(table(made), [], ["default"]).as_dict()["findings"]
    near = next(each for each in found if each["code"] == "near_duplicates")
    assert near["values"]["pairs"] == 2
    assert near["values"]["faces"] == 4
    assert near["values"]["contradicted"] == 2  # 10 and 200 are of other classes, as 11 and 201 are
    assert sorted(near["photos"]) == ["00010.jpg", "00011.jpg", "00200.jpg", "00201.jpg"]


def test_of_many_faces_that_look_alike_the_most_alike_pairs_are_kept(monkeypatch):
    made = planted_set()
    for place, row in enumerate(made):
        row["dhash"] = 5
        row["surround"] = [100 + (cell + place // 2) % 2 * (place // 2 % 7) for cell in range(432)]
    (faces,) = answers_by_model(table(made)).values()
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 10**6)
    every, total = near_duplicates(faces)
    assert total == len(every) > 1000
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 300)
    assert near_duplicates(faces) == (every[:300], total)


def test_a_hash_alone_makes_no_near_duplicate():
    made = planted_set()
    for row in made:
        row["dhash"] = 5
    assert "near_duplicates" not in codes(find(table(made), [], ["default"]))


def test_the_same_bytes_are_named_with_the_photo_they_repeat():
    outcomes = [
        Outcome("00000.jpg", "read", "a", 1),
        Outcome("00001.jpg", "read", "b", 1),
        Outcome("again.jpg", "duplicate", "a", sentence="It has the same bytes as 00000.jpg."),
        Outcome(
            "lie.jpg", "duplicate", "a", sentence="It has the same bytes as 00000.jpg, and other labels."
        ),
    ]
    found = find(table(planted_set(2)), outcomes, ["default"]).as_dict()["findings"]
    shown = {"model": None, "faces": [["00000.jpg", 0]], "photos": ["00000.jpg", "again.jpg", "lie.jpg"]}
    assert found[:2] == [
        {"code": "label_conflict", "values": {"photos": 1}, **shown},
        {"code": "duplicates", "values": {"photos": 1, "repeats": 2, "contradicted": 1}, **shown},
    ]


def test_nothing_rests_on_verdicts_where_the_controls_do_not_hold(rows):
    """The same rows without any verdict say the same of answers and labels."""
    withheld = find(table(rows), [], NAMES, verdicts=False).as_dict()
    blank = [{**row, "verdict": "cannot tell", "reason": ""} for row in rows]
    blind = find(table(blank), [], NAMES).as_dict()
    assert withheld["withheld"]
    assert withheld["findings"] == blind["findings"]
    assert codes(find(table(rows), [], NAMES)) - {each["code"] for each in withheld["findings"]}
    for name in NAMES:
        one, other = (found["models"][name] for found in (withheld, blind))
        assert (one["supported"], one["places"]) == (None, None)
        assert {each["verdicts"] for each in one["classes"]} == {None}
        assert {each["supported"] and 1 for each in one["slices"]} == {None}
        assert (one["accuracy"], one["confusion"]) == (other["accuracy"], other["confusion"])
        assert "supported" not in json.dumps(one["worst"])
    assert [each["supported"] for each in withheld["comparisons"]] == [None]


@pytest.mark.parametrize(
    ("how", "measure"), [("wrong", "accuracy"), ("elsewhere", "supported"), ("unmoved", "supported")]
)
def test_a_model_that_cheats_on_small_faces_is_named(how, measure):
    """It is wrong on them, follows something else, or reads what no edit touches."""

    def change(row, rng):
        if row["face_width"] == 60 and rng.random() < 0.7:
            if how == "wrong":
                row["prediction"] = CLASSES[rng.integers(3)]
            elif how == "elsewhere":
                row["verdict"] = "not supported"
            else:
                row["verdict"], row["reason"] = "cannot tell", "nothing_moves"

    found = find(table(planted_set(change=change)), [], ["default"]).as_dict()["findings"]
    named = [each for each in found if each["code"] == "small_faces"]
    assert [(each["model"], each["values"]["measure"]) for each in named] == [("default", measure)]
    assert len(named[0]["faces"]) == 5
    worse = {(e["values"]["factor"], e["values"]["level"]) for e in found if e["code"] == "slice_worse"}
    assert (("size", "48_80") in worse) == (how != "unmoved")  # of those that can be told, none is worse


@pytest.mark.parametrize(
    ("labels", "searched"),
    [
        ({"covered": 40, "incorrect": 30, "uncovered": 29}, ["covered", "incorrect"]),
        ({"covered": 40, "incorrect": 0, "uncovered": 29}, []),
        ({"covered": 30, "incorrect": 20, "uncovered": 10}, ["covered"]),
        ({}, []),
    ],
)
def test_it_is_said_in_which_classes_marks_and_light_were_looked_for(labels, searched):
    given = [label for label, count in labels.items() for _ in range(count)] + [None] * 40
    rows = [face_row(photo, label=label) for photo, label in enumerate(given)]
    assert find(table(rows), [], ["default"]).as_dict()["signs"] == {"classes": searched, "needed": 30}


def test_a_label_that_every_model_contradicts_is_doubted():
    def change(row, rng):
        if row["label"] == "incorrect" and row["face_width"] == 60:
            row["prediction"], row["confidence"] = "covered", 0.97

    one = planted_set(60, change=change)
    agreeing = [{**row, "model": "second"} for row in one]
    refuting = [{**row, "model": "second", "prediction": row["label"]} for row in one]
    for other, doubted in ((agreeing, True), (refuting, False)):
        for row in (*one, *other):
            row["verdict"] = "supported"
        found = find(table([*one, *other]), [], ["default", "second"])
        assert ("label_doubt" in codes(found)) == doubted
        assert "confident_wrong" in codes(found)


def test_findings_come_worst_first():
    def change(row, rng):
        row["verdict"] = "not supported"
        if row["label"] == "covered":
            row["surround"][0, 0] = (230, 40, 200)
            row["prediction"], row["confidence"] = "uncovered", 0.99

    outcomes = [Outcome("00000.jpg", "read", "a", 1), Outcome("again.jpg", "duplicate", "a")]
    found = find(table(planted_set(change=change)), outcomes, ["default"]).as_dict()["findings"]
    named = [each["code"] for each in found]
    assert named == sorted(named, key=CODES.index)
    assert named[0] == "class_mark"
    assert {"duplicates", "confident_wrong", "right_elsewhere"} <= set(named)


# Tests


@pytest.mark.parametrize("tied", [False, True])
def test_area_under_the_curve_counts_pairs(tied):
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (40, 2)).round(0 if tied else 9)
    positive = rng.random(40) < 0.4
    areas, p = areas_under_curve(values, positive, np.arange(40))
    for column in range(2):
        ones, others = values[positive, column], values[~positive, column]
        wins = [(a > b) + (a == b) / 2 for a in ones for b in others]
        assert areas[column] == pytest.approx(sum(wins) / len(wins))
        usual = stats.mannwhitneyu(ones, others, use_continuity=False, method="asymptotic").pvalue
        assert p[column] == pytest.approx(usual, abs=0.03)


def test_copies_of_a_face_make_no_class_stand_out():
    """Ten faces five times over: p as of the ten; taken for fifty it would be far smaller."""
    rng = np.random.default_rng(5)
    values, positive = rng.normal(0, 1, (20, 200)), np.arange(20) < 10
    _, once = areas_under_curve(values, positive, np.arange(20))
    _, grouped = areas_under_curve(
        np.repeat(values, 5, 0), np.repeat(positive, 5), np.repeat(np.arange(20), 5)
    )
    assert grouped == pytest.approx(once, abs=0.02)
    assert (once < 0.05).mean() < 0.1


def test_a_slice_of_chance_differs_rarely():
    """The same share everywhere, faces of a photo alike: in at most about 5 of 100 sets any slice differs."""
    differing = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        made = drawn_rows(240, ("default",), seed=1000 + seed)
        for pair in range(0, 240, 2):
            hit = rng.random() < 0.8
            for row in made[pair : pair + 2]:
                row["label"] = row["label"] or "covered"
                row["prediction"] = row["label"] if hit else CLASSES[CLASSES.index(row["label"]) - 1]
                row["verdict"] = "supported" if rng.random() < 0.7 else "mixed"
        (answers,) = answers_by_model(table(made)).values()
        differing += any(each.differs for each in slices_of(answers))
    assert differing <= 7  # P(more | .05) = .01


def test_a_difference_needs_ten_groups_on_each_side():
    (answers,) = answers_by_model(table(drawn_rows(40, ("default",)))).values()
    few = answers.groups < 5
    assert difference(answers, answers.supported, few, ~few) is None


# The whole


def test_the_order_of_the_rows_and_their_blocks_do_not_matter(rows, found, tmp_path):
    shuffled = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    whole = pa.concat_tables([table(shuffled[:50]), table(shuffled[50:])])
    again = find(whole, [], NAMES)
    assert json.dumps(again.as_dict(), sort_keys=True) == json.dumps(found, sort_keys=True)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_findings(tmp_path / name, again)
    assert (tmp_path / "a" / FINDINGS_FILE).read_bytes() == (tmp_path / "b" / FINDINGS_FILE).read_bytes()
    assert json.loads((tmp_path / "a" / FINDINGS_FILE).read_text()) == json.loads(json.dumps(found))


def test_a_set_without_faces_has_no_figures():
    outcomes = [Outcome("a.jpg", "no_face", "a"), Outcome("b.jpg", "duplicate", "a")]
    found = find(table([]), outcomes, NAMES).as_dict()
    assert found["models"] == {}
    assert found["comparisons"] == []
    assert [(each["code"], each["faces"], each["photos"]) for each in found["findings"]] == [
        ("duplicates", [], ["a.jpg", "b.jpg"])
    ]


def test_two_classes_and_unknown_ones_are_figured_without_guessing():
    said = {"covered": "with_mask", "incorrect": "with_mask", "uncovered": "visor"}
    made = [face_row(i, label=CLASSES[i % 3], prediction=said[CLASSES[i % 3]]) for i in range(60)]
    figures = find(table(made), [], ["default"]).as_dict()["models"]["default"]
    assert figures["accuracy"]["n"] == 20  # covered; where incorrect belongs and what a visor is are not told
    assert figures["places"]["unlabelled"]["supported"] == 40
    assert figures["confusion"]["predictions"] == ["with_mask", "visor"]


def test_rows_that_cannot_be_read_are_refused():
    made = drawn_rows(10)
    with pytest.raises(DataRejected, match="column 'yaw'"):
        find(table(made).drop_columns(["yaw"]), [], NAMES)
    with pytest.raises(DataRejected, match="one row for each model"):
        find(table([*made, made[0]]), [], NAMES)
    with pytest.raises(UnknownName, match="second"):
        find(table(made), [], ["first"])
