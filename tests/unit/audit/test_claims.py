"""Claims: their file and digest, and what becomes of them on simulated rows whose right answer is known."""

import dataclasses
import hashlib
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from xai.audit.claims.definitions import (
    ALL_MODELS,
    DEFAULT_CLAIMS,
    NOT_ESTABLISHED,
    Claim,
    digest,
    parse_claims,
)
from xai.audit.claims.estimates import Difference, holm, share
from xai.audit.claims.judge import COLOUR_FAMILIES, RESULTS, judge
from xai.audit.rows import SCHEMA
from xai.errors import DataRejected, UnknownName
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.validation.verdict_rates import SET_LIMITS

STAY = [name for name, family in FAMILIES.items() if family.asks == "stay" and family.named]

CLAIMS_FILE = """
[[claim]]
kind = "rests_on_nose_and_mouth"
model = "all"
threshold = 0.7
least_n = 100

[[claim]]
kind = "accuracy_per_class"
model = "default"
threshold = 0.95
least_n = 50
"""


def row(photo, face=0, **changes):
    """A face on which the model looks at nose and mouth and is right."""
    name = f"{photo:05}.jpg"
    label = changes.pop("label", ("covered", "incorrect", "uncovered")[photo % 3])
    stayed = dict.fromkeys(STAY, 1.0) | changes.pop("stayed", {})
    if label == "uncovered":
        stayed.pop("mask_look")
    held = {name: round(4 * rate) for name, rate in stayed.items()}
    return {
        "photo": name,
        "photo_sha256": hashlib.sha256(name.encode()).hexdigest(),
        "group": hashlib.sha256(name.encode()).hexdigest(),
        "face": face,
        "box": [0, 0, 100, 100],
        "face_width": 100,
        "turn": 0,
        "light": 0.5,
        "label": label,
        "model": "default",
        "prediction": label,
        "confidence": 0.9,
        "verdict": "supported",
        "reason": "",
        "follow_held": 6,
        "follow_of": 6,
        "stay_held": sum(held.values()),
        "stay_of": 4 * len(held),
        "families": [
            {"family": "lower_face", "asks": "follow", "held": 6, "of": 6},
            *({"family": name, "asks": "stay", "held": n, "of": 4} for name, n in held.items()),
        ],
        "shares": [],
    } | changes


def table(rows):
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def only(kind, threshold=0.7, least_n=30, model=ALL_MODELS):
    return (Claim(kind, model, threshold, least_n),)


def verdicts(share_supported, count, seed=0):
    random = np.random.default_rng(seed)
    return ["supported" if hit else "not supported" for hit in random.random(count) < share_supported]


# The file


def test_a_file_gives_its_claims_in_order():
    assert parse_claims(CLAIMS_FILE, "c.toml") == (
        Claim("rests_on_nose_and_mouth", "all", 0.7, 100),
        Claim("accuracy_per_class", "default", 0.95, 50),
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_claims(CLAIMS_FILE, "c.toml")[0].threshold = 0.1


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("0.95", "1.5", r"^c\.toml, claim 2: threshold should be a number over 0 and under 1; it is 1\.5\.$"),
        ("0.95", "nan", r"claim 2: threshold .* it is nan\.$"),
        ("0.95", "1", r"claim 2: threshold .* it is 1\.$"),
        ("0.95", '"high"', r"claim 2: threshold .* it is 'high'\.$"),
        ("= 50", "= 0", r"claim 2: least_n should be a whole number of at least 1; it is 0\.$"),
        ("= 50", "= true", r"claim 2: least_n .* it is True\.$"),
        ("= 50", "= 2.5", r"claim 2: least_n .* it is 2\.5\.$"),
        ('"default"', "3", r"claim 2: model should be a name or 'all'; it is 3\.$"),
        ('"default"', '""', r"claim 2: model .* it is ''\.$"),
        ("accuracy_per_class", "is_good", r"claim 2: kind should be one of rests_on.*; it is 'is_good'\.$"),
        ("least_n = 50", "", r"claim 2: its keys should be kind, .*; they are kind, model, threshold\.$"),
        (
            "= 50",
            "= 50\nnote = 1",
            r"claim 2: its keys should be .* kind, least_n, model, note, threshold\.$",
        ),
        ("= 50", "= = 50", r"^c\.toml should be a TOML file of claims; .*line 12.*\.$"),
        ("[[claim]]", "[[claims]]", r"^c\.toml should hold tables \[\[claim\]\] .* are 'claims'\.$"),
        (CLAIMS_FILE, "", r"its keys are nothing\.$"),
        (CLAIMS_FILE, "claim = [3]", r"claim 1: its keys should be .*; they are 3\.$"),
        (CLAIMS_FILE, "claim = 3", r"its keys are 'claim'\.$"),
        (CLAIMS_FILE, CLAIMS_FILE * 2, r"claim 3: each claim should be made once; it repeats 1\.$"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(old, new, sentence):
    with pytest.raises(DataRejected, match=sentence) as refused:
        parse_claims(CLAIMS_FILE.replace(old, new), "c.toml")
    assert "\n" not in str(refused.value)


def test_the_digest_is_that_of_the_canonical_json():
    written = (
        '[{"kind":"rests_on_nose_and_mouth","least_n":100,"model":"all","threshold":0.7},'
        '{"kind":"accuracy_per_class","least_n":50,"model":"default","threshold":0.95}]'
    )
    claims = parse_claims(CLAIMS_FILE, "c.toml")
    assert digest(claims) == hashlib.sha256(written.encode()).hexdigest()
    assert digest(claims) != digest(claims[::-1])
    assert digest(claims) != digest((dataclasses.replace(claims[0], threshold=0.71), claims[1]))


def test_every_kind_has_a_limit_and_a_default():
    thresholds = {claim.kind: claim.threshold for claim in DEFAULT_CLAIMS}
    assert set(thresholds) == set(NOT_ESTABLISHED)
    assert thresholds["rests_on_lower_face"] == SET_LIMITS.followed
    assert thresholds["not_on_mask_colour"] == SET_LIMITS.stayed
    assert all(text.startswith("It does not establish") for text in NOT_ESTABLISHED.values())
    assert all(FAMILIES[name].asks == "stay" for name in COLOUR_FAMILIES)


# The statistics, each against a literal re-implementation


def literal_wilson(values, photos):
    """The interval of a share in plain loops: design effect, effective number, Wilson's two roots."""
    n, mean = len(values), sum(values) / len(values)
    sums = {}
    for value, photo in zip(values, photos, strict=True):
        sums[photo] = sums.get(photo, 0.0) + value - mean
    clusters = len(sums)
    variance = clusters / (clusters - 1) * sum(s * s for s in sums.values()) / n**2
    if mean in (0, 1):
        effective = clusters
    else:
        design_effect = variance / (mean * (1 - mean) / n)
        effective = n / max(1.0, design_effect)
    t = stats.t.ppf(0.975, clusters - 1)
    # (mean - p)^2 = t^2 p (1 - p) / effective, a quadratic in p.
    a, b, c = 1 + t * t / effective, -2 * mean - t * t / effective, mean * mean
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def clustered(random, photos, most, rate, spread=0.3):
    """Faces of photos that each have a rate of their own: (values, photos); ``spread`` is their ICC."""
    values, of = [], []
    for photo in range(photos):
        own = random.beta(rate * (1 - spread) / spread, (1 - rate) * (1 - spread) / spread)
        faces = random.integers(1, most + 1)
        values += [float(hit) for hit in random.random(faces) < own]
        of += [photo] * faces
    return np.array(values), np.array(of)


def of_shares(values, photos, count=None):
    return share(values, photos, count or photos.max() + 1, np.ones(len(values)))


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.9, 1.0])
def test_the_interval_of_a_share_is_the_literal_one(rate):
    random = np.random.default_rng(3)
    for most in (1, 5):
        values, photos = clustered(random, 25, most, min(rate, 0.999))
        values = np.ones_like(values) if rate == 1 else values
        found = of_shares(values, photos).interval()
        assert found == pytest.approx(literal_wilson(values.tolist(), photos.tolist()), abs=1e-9)


def test_the_interval_is_near_that_of_a_cluster_bootstrap():
    random = np.random.default_rng(5)
    values, photos = clustered(random, 150, 6, 0.6)
    members = [values[photos == photo] for photo in range(150)]
    drawn = [np.concatenate([members[i] for i in random.integers(0, 150, 150)]).mean() for _ in range(3000)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert of_shares(values, photos).interval() == pytest.approx((low, high), abs=0.012)


def test_a_share_is_of_the_faces_that_have_a_value():
    values, photos = np.array([1, np.nan, 0, 1, np.nan]), np.array([0, 0, 1, 2, 3])
    found, plain = of_shares(values, photos), of_shares(np.array([1.0, 0, 1]), np.array([0, 1, 2]), 4)
    assert (found.value, found.effective, found.freedom) == (plain.value, plain.effective, plain.freedom)
    with pytest.raises(ValueError, match="faces of two photos, not of 1"):
        of_shares(np.array([1.0, 0]), np.array([2, 2]))


def test_the_tests_invert_the_interval():
    random = np.random.default_rng(7)
    one = of_shares(*clustered(random, 40, 4, 0.8))
    other = of_shares(*clustered(random, 40, 4, 0.3))
    low, high = one.interval()
    assert one.p_holds(low) == pytest.approx(0.025)
    assert one.p_fails(high) == pytest.approx(0.025)
    both = Difference(one, other)
    low, high = both.interval()
    assert 0 < low < both.value < high
    assert both.p_fails(low) == pytest.approx(0.025, abs=1e-6)
    assert both.p_holds(high) == pytest.approx(0.025, abs=1e-6)
    assert Difference(other, one).p_holds(high) == pytest.approx(0.025, abs=1e-6)
    assert both.p_holds(both.value) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rate", "photos", "most", "least"),
    [
        (0.5, 40, 10, 0.925),
        (0.7, 100, 8, 0.925),
        (0.9, 120, 6, 0.925),
        (0.7, 20, 1, 0.925),
        (0.95, 40, 12, 0.85),  # the stated weakness: few photos, much alike, a share near 1
    ],
)
def test_the_interval_of_a_share_covers_the_truth_95_times_in_100(rate, photos, most, least):
    random = np.random.default_rng(11)
    covered = naive = 0
    for _ in range(500):
        values, of = clustered(random, photos, most, rate)
        low, high = of_shares(values, of).interval()
        covered += low <= rate <= high
        half = 1.96 * math.sqrt(values.mean() * (1 - values.mean()) / len(values))
        naive += abs(values.mean() - rate) <= half
    assert least <= covered / 500 <= 0.985, f"measured coverage {covered / 500}"
    assert most == 1 or naive / 500 < 0.9  # clustering matters here


def test_the_interval_of_a_share_of_edits_covers_the_truth_95_times_in_100():
    random = np.random.default_rng(43)
    covered = 0
    for _ in range(400):
        of = np.repeat(np.arange(80), 3)
        own = np.repeat(random.beta(0.8 * 4, 0.2 * 4, 80), 3)
        followed = random.binomial(6, own) / 6
        low, high = share(followed, of, 80, np.full(len(of), 6.0)).interval()
        covered += low <= 0.8 <= high
    assert 0.92 <= covered / 400 <= 0.985, f"measured coverage {covered / 400}"


def test_the_interval_of_a_difference_covers_the_truth_where_photos_have_faces_of_both_kinds():
    random = np.random.default_rng(13)
    covered = 0
    for _ in range(400):
        values, of = clustered(random, 80, 8, 0.7)
        first = random.random(len(values)) < 0.4
        both = Difference(*(of_shares(np.where(those, values, np.nan), of, 80) for those in (first, ~first)))
        low, high = both.interval()
        covered += low <= 0 <= high
    assert 0.925 <= covered / 400 <= 0.985


@pytest.mark.parametrize("threshold", [0.7, 0.9])
def test_the_detectable_shortfall_is_found_nine_times_in_ten(threshold):
    random, level = np.random.default_rng(17), 0.025
    typical = of_shares(*clustered(random, 4000, 4, threshold))
    planned = dataclasses.replace(typical, effective=typical.effective * 150 / 4000, freedom=149)
    true = threshold - planned.detectable(threshold, level)
    found = [of_shares(*clustered(random, 150, 4, true)).p_fails(threshold) <= level for _ in range(500)]
    assert 0.86 <= np.mean(found) <= 0.94


def test_the_detectable_excess_of_a_difference_is_found_nine_times_in_ten():
    random, level, margin = np.random.default_rng(19), 0.025, 0.1
    first, second = (of_shares(*clustered(random, 150, 4, rate)) for rate in (0.45, 0.75))
    excess = Difference(first, second).detectable(margin, level)
    found = 0
    for _ in range(400):
        pair = [of_shares(*clustered(random, 150, 4, rate)) for rate in (0.75 - margin - excess, 0.75)]
        found += Difference(*pair).p_fails(margin) <= level
    assert 0.84 <= found / 400 <= 0.95


def test_what_no_share_can_show_has_no_detectable_effect():
    few = of_shares(np.array([1.0] * 6 + [0.0] * 6), np.arange(12))
    assert few.detectable(0.2, 0.0001) is None
    others = dataclasses.replace(few, pull=few.pull[np.arange(12) % 6 * 2 + np.arange(12) // 6])
    assert Difference(few, others).detectable(0.9, 0.025) is None


def literal_holm(probabilities, level):
    """Which hypotheses Holm's procedure rejects, as the paper steps."""
    left, rejected = dict(enumerate(probabilities)), set()
    while left:
        smallest = min(left, key=left.get)
        if left[smallest] > level / len(left):
            break
        rejected.add(smallest)
        del left[smallest]
    return rejected


def test_holm_rejects_what_the_literal_steps_reject():
    random = np.random.default_rng(23)
    for _ in range(300):
        probabilities = (random.random(random.integers(1, 8)) ** 4).tolist()
        adjusted = holm(probabilities)
        for level in (0.01, 0.05, 0.2):
            assert {i for i, p in enumerate(adjusted) if p <= level} == literal_holm(probabilities, level)
        more = holm([*probabilities, float(random.random() ** 4)])
        assert all(before <= after for before, after in zip(adjusted, more, strict=False))
    assert holm([]) == ()


# What becomes of claims


def test_a_model_that_always_looks_there_and_is_right_passes_all_default_claims():
    rows = [row(photo, face_width=60 if photo % 2 else 120) for photo in range(600)]
    results = judge(table(rows), DEFAULT_CLAIMS)
    assert [each.result for each in results] == ["holds"] * 5
    assert [each.value for each in results] == [1, 1, 0, 1, 1]
    assert all(each.n == 600 and each.unjudged == 0 and 0 < each.power < 0.3 for each in results)
    assert all(each.interval[0] <= each.value <= each.interval[1] for each in results)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ("not supported", "follows_not"),
        ("cannot tell", "nothing_moves"),
        ("cannot tell", "not_among_changes"),
    ],
)
def test_a_model_that_cheats_on_small_faces_only_is_named(verdict, reason):
    """It follows something else, or reads what no edit touches."""
    cheats = {"verdict": verdict, "reason": reason}
    rows = [
        row(photo, face_width=width, **(cheats if 48 <= width <= 80 else {}))
        for photo, width in enumerate([40, 48, 64, 80, 81, 300] * 60)
    ]
    (result,) = judge(table(rows), only("same_for_small_faces", 0.1))
    assert (result.result, result.value, result.n) == ("does not hold", -1, 300)
    assert result.unjudged == 0
    honest = [each | {"verdict": "supported", "reason": ""} for each in rows]
    assert judge(table(honest), only("same_for_small_faces", 0.1))[0].result == "holds"
    few = [each | {"reason": "no_mesh"} if each["verdict"] == "cannot tell" else each for each in rows]
    unjudged = 180 if verdict == "cannot tell" else 0
    assert judge(table(few), only("same_for_small_faces", 0.1))[0].unjudged == unjudged


def test_a_model_at_exactly_the_threshold_is_not_decided_more_than_once_in_twenty():
    decided = []
    for seed in range(300):
        names = verdicts(0.7, 120, seed)
        rows = [row(photo, verdict=name) for photo, name in enumerate(names)]
        decided.append(judge(table(rows), only("rests_on_nose_and_mouth"))[0].result != RESULTS[3])
    assert np.mean(decided) <= 0.075


def test_a_model_short_by_the_stated_power_is_named_nine_times_in_ten():
    claims, random = only("rests_on_nose_and_mouth"), np.random.default_rng(47)
    rows = table([row(photo) for photo in range(212)])
    place = rows.column_names.index("verdict")

    def result(rate):
        drawn = np.where(random.random(212) < rate, "supported", "mixed").tolist()
        return judge(rows.set_column(place, "verdict", pa.array(drawn)), claims)[0]

    power = np.mean([result(0.7).power for _ in range(20)])
    found = np.mean([result(0.7 - power).result == "does not hold" for _ in range(1000)])
    assert 0.09 < power < 0.12
    assert 0.87 <= found <= 0.93  # three standard errors of 1000 draws


def test_too_few_photos_or_faces_are_not_enough():
    nine = [row(photo, face) for photo in range(9) for face in range(40)]
    (result,) = judge(table(nine), only("rests_on_nose_and_mouth"))
    assert (result.result, result.value, result.interval, result.power) == (RESULTS[3], None, None, None)
    few = [row(photo) for photo in range(29)]
    assert judge(table(few), only("rests_on_nose_and_mouth"))[0].value is None
    assert judge(table([*few, row(29)]), only("rests_on_nose_and_mouth"))[0].value == 1
    assert {each.result for each in judge(table([]), DEFAULT_CLAIMS)} == {RESULTS[3]}


def test_all_cannot_tell_is_not_enough_and_says_why():
    blank = {"verdict": "cannot tell", "follow_held": 0, "follow_of": 0, "families": []}
    rows = [row(photo, reason="turned" if photo % 4 else "too_dark", **blank) for photo in range(200)]
    for result in judge(table(rows), DEFAULT_CLAIMS[:4]):
        assert result.result == RESULTS[3]
        assert (result.n, result.unjudged, result.value) == (200, 200, None)
        assert list(result.reasons.items()) == [("turned", 150), ("too_dark", 50)]
    told = {"result", "about", "value", "interval", "of", "n", "unjudged", "lack"}
    assert set(result.as_dict()) == {*told, "models", "power", "reasons"}
    assert [set(each) for each in result.as_dict()["models"].values()] == [told]


def test_what_is_missing_is_counted():
    few = [row(photo) for photo in range(29)]
    (result,) = judge(table(few), only("rests_on_nose_and_mouth"))
    assert vars(result.lack) == {"about": few[0]["model"], "code": "faces", "there": 29, "needed": 30}
    blank = [row(photo, verdict="cannot tell") for photo in range(30, 101)]
    (result,) = judge(table([*few, row(29), *blank]), only("rests_on_nose_and_mouth"))
    assert (result.lack.code, result.lack.there, result.lack.needed) == ("judged", 30, 51)
    nine = [row(photo, face) for photo in range(9) for face in range(40)]
    (result,) = judge(table(nine), only("rests_on_nose_and_mouth"))
    assert (result.lack.code, result.lack.there, result.lack.needed) == ("groups", 9, 10)
    (result,) = judge(table([*few, row(29)]), only("rests_on_nose_and_mouth"))
    assert (result.lack, result.of) == (None, (30,))


def test_a_claim_about_every_model_is_told_of_each_by_itself():
    """A claim about one model alone comes to the same, where no other claim is made."""
    good, bad = (
        [row(photo, model=model, verdict="supported" if photo < kept else "mixed") for photo in range(200)]
        for model, kept in (("good", 195), ("bad", 60))
    )
    few = [row(photo, model="few") for photo in range(20)]
    (result,) = judge(table([*good, *bad, *few]), only("rests_on_nose_and_mouth"))
    assert result.result == "mixed"
    found = {name: (each.result, each.of) for name, each in result.models.items()}
    assert found == {"bad": ("does not hold", (200,)), "few": (RESULTS[3], ()), "good": ("holds", (200,))}
    for rows, model in ((good, "good"), (bad, "bad"), (few, "few")):
        (alone,) = judge(table(rows), only("rests_on_nose_and_mouth"))
        assert (alone.result, alone.value) == (result.models[model].result, result.models[model].value)
    (both,) = judge(
        table([*good, *({**each, "model": "twin"} for each in good)]), only("rests_on_nose_and_mouth")
    )
    assert {each.result for each in both.models.values()} == {both.result} == {"holds"}


def test_fewer_than_half_judged_is_not_enough():
    rows = [row(photo, verdict="supported" if photo < 90 else "cannot tell") for photo in range(200)]
    (result,) = judge(table(rows), only("rests_on_nose_and_mouth"))
    assert (result.result, result.unjudged, result.reasons) == (RESULTS[3], 110, {"not_stated": 110})
    half = [each | {"verdict": "supported"} if number < 100 else each for number, each in enumerate(rows)]
    assert judge(table(half), only("rests_on_nose_and_mouth"))[0].result == "holds"


def test_many_faces_of_one_photo_are_not_many_observations():
    random = np.random.default_rng(29)
    odd = random.permutation(30) < 6
    rows = [
        row(photo, face, verdict="not supported" if odd[photo] else "supported")
        for photo in range(30)
        for face in range(20)
    ]
    apart = [
        each | {"photo_sha256": f"{number:064x}", "group": f"{number:064x}", "photo": f"{number}"}
        for number, each in enumerate(rows)
    ]
    claims = only("rests_on_nose_and_mouth")
    assert judge(table(rows), claims)[0].result == RESULTS[3]
    assert judge(table(apart), claims)[0].result == "holds"
    low, high = judge(table(rows), claims)[0].interval
    assert high - low > 4 * np.diff(judge(table(apart), claims)[0].interval)[0]
    crops = [each | {"group": one["group"]} for each, one in zip(apart, rows, strict=True)]
    assert judge(table(crops), claims)[0].interval == (low, high), "crops of one photo are that photo"


def test_one_photo_under_two_names_is_one_photo():
    names = verdicts(0.8, 80)
    rows = [row(photo, verdict=name) for photo, name in enumerate(names)]
    twice = rows + [each | {"photo": f"copy {each['photo']}"} for each in rows]
    once, both = (judge(table(each), only("rests_on_nose_and_mouth"))[0] for each in (rows, twice))
    assert both.interval == pytest.approx(once.interval)
    assert (once.n, both.n) == (80, 160)


@pytest.mark.parametrize(
    ("changes", "result", "about"),
    [
        ({}, "holds", None),
        ({"stayed": {"background": 0.25}}, "mixed", "background"),
        ({"follow_held": 3}, "mixed", "followed"),
        ({"follow_held": 0}, "mixed", "followed"),
        ({"follow_held": 0, "stayed": {"outside": 0.0}}, "does not hold", None),
    ],
)
def test_the_lower_face_is_judged_by_the_rule_for_sets(changes, result, about):
    rows = [row(photo, **changes) for photo in range(180)]
    (found,) = judge(table(rows), only("rests_on_lower_face"))
    assert found.result == result
    assert about is None or found.about.endswith(f": {about}")


def test_a_mark_read_for_one_class_alone_is_named():
    rows = [row(photo, stayed={"background": float(photo % 3 != 1)}) for photo in range(300)]
    (found,) = judge(table(rows), only("rests_on_lower_face"))
    assert (found.result, found.about, found.value) == ("mixed", "default: incorrect: background", 0)


def test_a_model_that_reads_the_colour_of_the_mask_is_named():
    rows = [row(photo, stayed={"mask_look": 0.25}) for photo in range(150)]
    (found,) = judge(table(rows), only("not_on_mask_colour", 0.75))
    assert (found.result, found.about, found.value) == ("does not hold", "default: mask_look", 0.25)
    plain = [row(photo) for photo in range(150)]
    assert judge(table(plain), only("not_on_mask_colour", 0.75))[0].result == "holds"


def test_accuracy_is_that_of_the_worst_class():
    rows = [row(photo, prediction="covered") if photo % 3 < 2 else row(photo) for photo in range(300)]
    (found,) = judge(table(rows), only("accuracy_per_class", 0.9))
    assert (found.result, found.about, found.value) == ("does not hold", "default: incorrect", 0)
    unlabelled = [each | {"label": None} if number % 2 else each for number, each in enumerate(rows)]
    (found,) = judge(table(unlabelled), only("accuracy_per_class", 0.9))
    assert (found.n, found.unjudged, found.reasons) == (300, 150, {"no_label": 150})


def test_spellings_and_two_classes_count_as_what_they_mean():
    spelled = {"covered": "With Mask", "incorrect": "with_mask", "uncovered": "No mask"}
    rows = [each | {"prediction": spelled[each["label"]]} for each in map(row, range(300))]
    (found,) = judge(table(rows), only("accuracy_per_class", 0.9))
    assert (found.result, found.reasons) == ("holds", {"incorrect_not_stated": 100})
    strange = [each | {"prediction": "happy"} for each in rows]
    (found,) = judge(table(strange), only("accuracy_per_class", 0.9))
    assert (found.result, found.reasons) == (RESULTS[3], {"unknown_class": 300})


def test_a_claim_about_all_models_needs_each_of_them():
    honest = [row(photo) for photo in range(100)]
    cheat = [row(photo, model="cheat", verdict="not supported") for photo in range(100)]
    claims = (*only("rests_on_nose_and_mouth"), *only("rests_on_nose_and_mouth", model="default"))
    both, one = judge(table(honest + cheat), claims)
    assert (both.result, both.about, both.value, both.n) == ("mixed", "cheat", 0, 200)
    assert (one.result, one.about, one.value, one.n) == ("holds", "default", 1, 100)
    cheats = cheat + [each | {"model": "other"} for each in cheat]
    assert judge(table(cheats), only("rests_on_nose_and_mouth"))[0].result == "does not hold"


def test_a_model_without_labelled_faces_proves_nothing_beside_one_that_does():
    rows = [row(photo) for photo in range(200)]
    blank = [row(photo, model="other", label=None, prediction="covered") for photo in range(200)]
    (found,) = judge(table(rows + blank), only("accuracy_per_class", 0.9))
    assert (found.result, found.power, found.reasons) == (RESULTS[3], None, {"no_label": 200})
    wrong = [each | {"prediction": "uncovered"} for each in rows]
    assert judge(table(wrong + blank), only("accuracy_per_class", 0.9))[0].result == "does not hold"


def test_a_class_whose_answers_mostly_mean_nothing_is_not_judged_by_the_rest():
    rows = [row(photo, **({"prediction": "happy"} if photo % 5 else {})) for photo in range(400)]
    (found,) = judge(table(rows), only("accuracy_per_class", 0.7, least_n=20))
    assert (found.result, found.value, found.reasons) == (RESULTS[3], None, {"unknown_class": 320})


def simulated(seed):
    """Rows of two models with everything drawn, some of it unjudged."""
    random = np.random.default_rng(seed)
    rows = []
    for photo in range(60):
        for face in range(random.integers(1, 5)):
            for model, rate in (("a", 0.8), ("b", 0.6)):
                verdict = random.choice(["supported", "mixed", "cannot tell"], p=[rate, 0.9 - rate, 0.1])
                told = {"follow_held": int(random.integers(2, 7)), "reason": "turned"}
                stayed = {name: random.integers(1, 5) / 4 for name in STAY}
                width = int(random.integers(40, 150))
                said = str(random.choice(["covered", "incorrect", "uncovered"]))
                rows.append(
                    row(photo, face, model=model, verdict=str(verdict), stayed=stayed, face_width=width)
                    | told
                    | ({"prediction": said} if random.random() < 0.1 else {})
                )
    return rows


@pytest.mark.parametrize(
    ("threshold", "result"), [(0.8, "holds"), (0.97, RESULTS[3]), (0.995, "does not hold")]
)
def test_p_and_power_of_several_shares_are_the_literal_ones(threshold, result):
    rows = [each for each in simulated(41) if each["model"] == "a"]
    claims = (Claim("accuracy_per_class", "a", threshold, 20), Claim("rests_on_nose_and_mouth", "a", 0.1, 20))
    found, other = judge(table(rows), claims)
    photo = np.array([int(each["photo"][:5]) for each in rows])
    right = np.array([float(each["prediction"] == each["label"]) for each in rows])
    label = np.array([each["label"] for each in rows])
    names = ["covered", "incorrect", "uncovered"]
    parts = [of_shares(np.where(label == name, right, np.nan), photo) for name in names]
    holds = max(part.p_holds(threshold) for part in parts)
    fails = 3 * min(part.p_fails(threshold) for part in parts)
    alone = min(1.0, 2 * min(holds, fails))
    assert other.adjusted < alone / 1000  # so the other claim goes first, and this one is Holm's last
    assert found.adjusted == pytest.approx(alone)
    assert found.power == pytest.approx(max(part.detectable(threshold, 0.025 / 2 / 3) for part in parts))
    assert found.result == result
    worst = min(range(3), key=lambda place: parts[place].p_fails(threshold))
    assert (found.about, found.value) == (f"a: {names[worst]}", parts[worst].value)


def test_the_order_of_the_rows_changes_nothing():
    rows = simulated(31)
    first = judge(table(rows), DEFAULT_CLAIMS)
    for seed in range(5):
        shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
        assert judge(table(shuffled), DEFAULT_CLAIMS) == first


def test_another_claim_never_makes_a_claim_hold():
    pool = [
        Claim(kind, model, threshold, 20)
        for kind in NOT_ESTABLISHED
        for model in ("all", "a", "b")
        for threshold in (0.2, 0.5, 0.7)
    ]
    random, changed = np.random.default_rng(37), 0
    for seed in range(12):
        rows = table(simulated(seed))
        drawn = [pool[i] for i in random.permutation(len(pool))[:14]]
        few, many = judge(rows, drawn[:4]), judge(rows, drawn)
        for before, after in zip(few, many, strict=False):
            assert before.adjusted <= after.adjusted
            assert after.result in (before.result, RESULTS[3])
            assert before.power is None or after.power is None or before.power <= after.power
            changed += before.result != after.result
    assert changed  # or the adjustment was never seen at work


def test_false_claims_hold_at_most_once_in_forty_sets():
    """Four claims, none of them true, each at its boundary: Holm keeps the chance of any that holds."""
    claims = tuple(
        claim for model in "abcd" for claim in only("rests_on_nose_and_mouth", model=model, least_n=20)
    )
    wrong = 0
    for seed in range(300):
        rows = [
            row(photo, model=model, verdict=name)
            for number, model in enumerate("abcd")
            for photo, name in enumerate(verdicts(0.7, 60, 4 * seed + number))
        ]
        wrong += any(each.result == "holds" for each in judge(table(rows), claims))
    assert wrong / 300 <= 0.045


# What is refused


def test_rows_that_cannot_be_judged_are_refused():
    rows = [row(photo) for photo in range(20)]
    with pytest.raises(DataRejected, match="should have a column 'label'"):
        judge(table(rows).drop_columns(["label"]), DEFAULT_CLAIMS)
    with pytest.raises(DataRejected, match="one row for each model"):
        judge(table([*rows, rows[3]]), DEFAULT_CLAIMS)
    with pytest.raises(DataRejected, match="or empty; one is 'mask'"):
        judge(table([*rows, row(99, label="mask")]), DEFAULT_CLAIMS)
    with pytest.raises(DataRejected, match="in the column 'verdict'; one is empty"):
        judge(table([*rows, row(99, verdict=None)]), DEFAULT_CLAIMS)
    with pytest.raises(UnknownName, match="no model 'other'; choose one of: default"):
        judge(table(rows), only("accuracy_per_class", model="other"))
    with pytest.raises(ValueError, match="at least one claim"):
        judge(table(rows), ())
