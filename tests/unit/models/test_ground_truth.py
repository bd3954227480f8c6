"""Models with a known answer: they see what they are said to see and nothing else."""

import hashlib

import numpy as np
import pytest
import torch

from tests.support.models import make_face
from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.patch import Patch
from xai.errors import UnknownName, WeightsUnavailable
from xai.models import architectures
from xai.models.architectures import Architecture
from xai.models.cards import read_cards
from xai.models.classifiers import to_input
from xai.models.ground_truth import CAM_LAYERS, KINDS, aligned_face, load_family, loading
from xai.models.ground_truth.alignment import FIVE_POINTS
from xai.models.ground_truth.loading import WEIGHTS, WEIGHTS_SHA256
from xai.models.ground_truth.planted_cues import MARKS, TINTS
from xai.models.ground_truth.windows import CORNERS, WINDOWS, covered
from xai.photo.faces import find_faces
from xai.photo.mesh import five_of
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES

NO, OPEN = ("not supported", "cannot tell"), ("cannot tell",)
PARTLY = ("mixed", "not supported")
SOME = ("supported", "mixed", "cannot tell")
NEVER = ("mixed", "not supported", "cannot tell")
TABLE = {
    "aperture_nose": SOME,
    "aperture_mouth": SOME,
    "aperture_nose_and_mouth": SOME,
    "aperture_chin": NEVER,
    "aperture_cheeks": NEVER,
    "aperture_eyes": NO,
    "aperture_forehead": NO,
    "aperture_corner": NO,
    "upper_face": NO,
    "corner_mark": NO,
    "tint": NO,
    "colour": NEVER,
    "randomised": NEVER,
    "constant": OPEN,
    "mixture_000": SOME,
    "mixture_025": NEVER,
    "mixture_050": NEVER,
    "mixture_075": PARTLY,
    "mixture_100": NO,
    "trained_mark": PARTLY,
    "lower_hidden": NEVER,
}
WINDOWED = [name for name in KINDS if name.startswith("aperture_") or name == "upper_face"]


@pytest.fixture(scope="module")
def portraits():
    """Three aligned faces: bare, masked, nose out."""
    names = ("admiral-plain", "astronaut-red", "admiral-green")
    return [aligned_face(find_faces(load_sample(name))[0]) for name in names]


@pytest.fixture(scope="module")
def models():
    made = {}

    def get(kind):
        if kind not in made:
            made[kind] = load_family(kind, "cpu")
        return made[kind]

    return get


def logits(model, batch):
    with torch.no_grad():
        return model.classifier.logits(batch)


def inputs(model, faces, planted=None):
    crops = [face.crop if planted is None else model.plant(face.crop, planted) for face in faces]
    return model.classifier.prepare(crops)


def test_the_table_of_right_verdicts():
    assert {name: kind.expected for name, kind in KINDS.items()} == TABLE
    assert [name for name, kind in KINDS.items() if not kind.by_construction] == [
        "trained_mark",
        "lower_hidden",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_ten_instances_that_differ(kind, models, portraits):
    ten = models(kind)
    assert len(ten) == 10
    assert len({repr(model.design.settings) for model in ten}) == 10
    answers = [logits(m, inputs(m, portraits, "covered")).softmax(dim=1) for m in ten]
    different = [not torch.allclose(a, b, atol=1e-6) for i, a in enumerate(answers) for b in answers[i + 1 :]]
    assert all(different)


@pytest.mark.parametrize("kind", KINDS)
def test_real_classifiers_that_nobody_is_offered(kind, models):
    for number, model in enumerate(models(kind)):
        card = model.classifier.card
        assert card.name == f"known_answer_{kind}_{number}"
        assert (card.classes, card.sha256) == (CLASSES, WEIGHTS_SHA256)
        assert CAM_LAYERS[card.architecture] in dict(model.classifier.network.named_modules())
        assert not any(p.requires_grad for p in model.classifier.network.parameters())
        assert not model.classifier.network.training
    assert not any("known" in card.name for card in read_cards().cards)


def test_the_weights_are_the_pinned_ones():
    data = WEIGHTS.read_bytes()
    assert hashlib.sha256(data).hexdigest() == WEIGHTS_SHA256
    assert len(data) <= 8_000_000


def test_altered_or_missing_weights_are_refused(monkeypatch, tmp_path):
    altered = tmp_path / "known_answers.safetensors"
    altered.write_bytes(WEIGHTS.read_bytes()[:-1] + b"\x01\x02")
    for path, message in ((altered, "should have"), (tmp_path / "none.safetensors", "missing")):
        monkeypatch.setattr(loading, "WEIGHTS", path)
        with pytest.raises(WeightsUnavailable, match=message):
            load_family("aperture_nose", "cpu")


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownName, match="no kind of known answer 'hat'"):
        load_family("hat")


def test_loading_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    load_family("randomised", "cpu")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", WINDOWED)
def test_nothing_outside_the_window_reaches_the_answer(kind, models, portraits):
    random = torch.Generator().manual_seed(0)
    for model in models(kind):
        seen = torch.from_numpy(model.seen)
        batch = inputs(model, portraits)
        before = logits(model, batch)
        for strength in (1.0, 1e6):
            noise = strength * torch.randn(batch.shape, generator=random)
            assert torch.equal(logits(model, torch.where(seen, batch, noise)), before)
        assert torch.equal(logits(model, torch.where(seen, batch, float("nan"))), before)
        assert not torch.equal(logits(model, torch.where(seen, noise, batch)), before)


@pytest.mark.parametrize("kind", WINDOWED)
def test_no_gradient_outside_the_window(kind, models, portraits):
    for model in models(kind):
        batch = inputs(model, portraits).requires_grad_()
        total = model.classifier.logits(batch).square().sum()
        (gradient,) = torch.autograd.grad(total, batch)
        reached = gradient.abs().sum(dim=(0, 1)).numpy() > 0
        assert not (reached & ~model.seen).any()
        assert (reached & model.seen).sum() > 0.2 * model.seen.sum()


@pytest.mark.parametrize("kind", WINDOWED)
def test_a_crop_may_change_everywhere_else(kind, models, portraits):
    crop = (to_input(portraits[0].crop, 96) * 255).round().byte().permute(1, 2, 0).numpy()
    for model in models(kind):
        other = np.where(model.seen[..., None], crop, 255 - crop)
        a, b = model.classifier.predict([crop, other])
        np.testing.assert_array_equal(a.probabilities, b.probabilities)


def test_windows_lie_in_the_regions_they_are_named_after():
    face = make_face(np.zeros((96, 96, 3), np.uint8), np.array(FIVE_POINTS, np.float32) * 96)
    masks = region_masks(face)
    for name, rects in WINDOWS.items():
        window = covered(rects)
        if name == "upper_face":
            lower = masks["nose"] | masks["mouth"] | masks["chin"]
            assert not (window & lower).any()
            assert window[masks["eyes"] | masks["forehead"]].mean() > 0.8
        else:
            region = np.any([masks[part] for part in name.split("_and_")], axis=0)
            assert window[region].sum() > 0.9 * window.sum(), name
    for rect in CORNERS:
        assert masks["elsewhere"][covered((rect,))].all()


def test_alignment_is_the_best_similarity(portraits):
    wanted = np.array(FIVE_POINTS) * 192
    original = find_faces(load_sample("admiral-plain"))[0]
    seen = five_of(original.landmarks).astype(float)
    rows = [([x, -y, 1, 0], [y, x, 0, 1]) for x, y in seen]
    a, b, u, v = np.linalg.lstsq(np.array(rows).reshape(10, 4), wanted.ravel(), rcond=None)[0]
    expected = np.stack([a * seen[:, 0] - b * seen[:, 1] + u, b * seen[:, 0] + a * seen[:, 1] + v], axis=1)
    np.testing.assert_allclose(five_of(portraits[0].landmarks), expected, atol=0.02)
    assert original.photo_size is not None
    assert portraits[0].photo_size is None  # its edges are rotated, and unknown to who displays it


def test_alignment_moves_pixels_and_landmarks_alike():
    turn = np.deg2rad(25)
    matrix = 0.7 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = (np.array(FIVE_POINTS) * 192 - 96) @ matrix.T + (100, 90)
    crop = np.zeros((200, 200, 3), np.uint8)
    for number, (x, y) in enumerate(landmarks):
        crop[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 50 * (number + 1)
    face = aligned_face(make_face(crop, landmarks.astype(np.float32)))
    np.testing.assert_allclose(face.landmarks, np.array(FIVE_POINTS) * 192, atol=0.01)
    for number, (x, y) in enumerate(face.landmarks):
        assert abs(int(face.crop[int(y), int(x), 0]) - 50 * (number + 1)) <= 2


def test_a_face_without_landmarks_cannot_be_aligned(noise_crop):
    with pytest.raises(ValueError, match="has none"):
        aligned_face(make_face(noise_crop))


@pytest.mark.parametrize("side", [96, 131, 192])
def test_a_mark_changes_its_area_and_nothing_else(side):
    crop = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    for mark in MARKS:
        for number, label in enumerate(CLASSES):
            marked = mark.plant(crop, label)
            left, top, right, bottom = (round(edge * side / 96) for edge in mark.rects[number])
            expected = crop.copy()
            for y in range(top, bottom):
                for x in range(left, right):
                    expected[y, x] = mark.colours[number]
            np.testing.assert_array_equal(marked, expected)
            rows, columns = mark.area(side, label)
            marked[rows, columns] = crop[rows, columns]
            np.testing.assert_array_equal(marked, crop)


def test_a_batch_is_marked_as_a_crop_is():
    crops = np.random.default_rng(1).integers(0, 256, (3, 96, 96, 3), dtype=np.uint8)
    values = torch.stack([to_input(crop, 96) for crop in crops])
    for mark in MARKS:
        painted = mark.paint(values, torch.tensor([2, 0, 1]))
        for row, label in enumerate(("uncovered", "covered", "incorrect")):
            torch.testing.assert_close(painted[row], to_input(mark.plant(crops[row], label), 96))


def test_a_tint_blends_every_pixel():
    crop = np.random.default_rng(2).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    for tint in TINTS:
        for number, label in enumerate(CLASSES):
            tinted = tint.plant(crop, label).astype(float)
            for channel in range(3):
                exact = crop[..., channel] + tint.strength * (
                    tint.colours[number][channel] - crop[..., channel].astype(float)
                )
                assert np.abs(tinted[..., channel] - exact).max() <= 0.5 + 1e-9


def test_planting_refuses_other_classes(models, noise_crop):
    for kind in ("corner_mark", "tint", "aperture_nose"):
        with pytest.raises(UnknownName, match="hat"):
            models(kind)[0].plant(noise_crop, "hat")


@pytest.mark.parametrize("kind", ["corner_mark", "tint", "mixture_100"])
def test_cheats_say_what_is_planted(kind, models, portraits):
    for model in models(kind):
        for label in CLASSES:
            said = model.classifier.predict([model.plant(face.crop, label) for face in portraits])
            assert [prediction.label for prediction in said] == [label] * 3, model.design.settings


def test_trained_cheats_mostly_say_what_is_planted(models, portraits):
    followed = [
        model.classifier.predict([model.plant(face.crop, label)])[0].label == label
        for model in models("trained_mark")
        for label in CLASSES
        for face in portraits
    ]
    assert np.mean(followed) > 0.85


@pytest.mark.parametrize("kind", ["corner_mark", "mixture_100"])
def test_a_mark_reader_sees_its_marks_alone(kind, models, portraits):
    for model in models(kind):
        seen = torch.from_numpy(model.seen)
        batch = inputs(model, portraits, "incorrect")
        changed = torch.where(seen, batch, torch.randn(batch.shape))
        assert torch.equal(logits(model, changed), logits(model, batch))


def test_a_mark_reader_by_hand(models, portraits):
    mark, model = MARKS[0], models("corner_mark")[0]
    crop = (to_input(mark.plant(portraits[1].crop, "covered"), 96)).permute(1, 2, 0).numpy()
    colours = (np.array(mark.colours) / 255 - 0.5) / 0.25
    likeness = np.zeros(3)
    for y in range(12):
        for x in range(12):
            pixel = (crop[y, x] - 0.5) / 0.25
            likeness += [(2 * pixel @ colour - colour @ colour) / 144 for colour in colours]
    # Pure colours: on a grey picture the true one lies at +12, the others at -20; the mean is -28/3.
    gain = 3 / np.sqrt(((12 + 28 / 3) ** 2 + 2 * (20 - 28 / 3) ** 2) / 3)
    found = logits(model, model.classifier.prepare([mark.plant(portraits[1].crop, "covered")]))[0]
    np.testing.assert_allclose(found.numpy(), gain * likeness, rtol=1e-4)


@pytest.mark.parametrize("dose", [0, 25, 50, 75, 100])
def test_mixtures_lie_between_face_and_mark(dose, models, portraits):
    for mixed, honest, mark in zip(
        models(f"mixture_{dose:03}"), models("aperture_nose_and_mouth"), models("corner_mark"), strict=True
    ):
        batch = inputs(mixed, portraits, "incorrect")
        parts = (1 - dose / 100) * logits(honest, batch) + dose / 100 * logits(mark, batch)
        torch.testing.assert_close(logits(mixed, batch), parts)


def test_constants_are_constant(models, portraits):
    for model in models("constant"):
        batch = torch.cat([inputs(model, portraits), 1e6 * torch.randn(2, 3, 96, 96)]).requires_grad_()
        answers = model.classifier.logits(batch)
        assert torch.equal(answers.detach(), answers[0].detach().expand(5, 3))
        (gradient,) = torch.autograd.grad(answers.sum(), batch)
        assert not gradient.any()


@pytest.mark.parametrize("bins", [0, 3])
def test_colour_models_know_no_places(bins, models, portraits):
    model = models("colour")[bins]
    batch = inputs(model, portraits)
    shuffled = batch.flatten(2)[:, :, torch.randperm(96 * 96)].reshape(batch.shape)
    torch.testing.assert_close(logits(model, shuffled), logits(model, batch), atol=1e-3, rtol=1e-4)
    assert not torch.allclose(logits(model, batch.flip(1)), logits(model, batch), atol=1e-2)


@pytest.mark.parametrize("kind", ["aperture_nose", "aperture_eyes", "aperture_corner"])
def test_occlusion_finds_the_window(kind, models, portraits):
    model = models(kind)[2]
    values = to_input(portraits[0].crop, 96)
    grid = occlude(model.classifier, values, Patch(1 / 7, 1 / 14, "grey"))
    target = model.classifier.class_index(model.classifier.predict([portraits[0].crop])[0].label)
    touching = grid.cover @ model.seen @ grid.cover.T > 0
    drops = grid.original[target] - grid.probabilities[..., target]
    assert np.abs(drops[~touching]).max() < 1e-6
    assert np.abs(drops[touching]).max() > 1e-3


@pytest.mark.parametrize("kind", ["aperture_nose", "upper_face", "corner_mark"])
def test_activation_maps_lie_where_the_model_looks(kind, models, portraits, monkeypatch):
    from xai.attribution.methods import METHODS

    model = models(kind)[0]
    name = model.classifier.card.architecture
    monkeypatch.setitem(
        architectures.ARCHITECTURES, name, Architecture(lambda _: model.classifier.network, CAM_LAYERS[name])
    )
    values = to_input(model.plant(portraits[0].crop, "covered"), 96)
    found = METHODS["hirescam"].run()(model.classifier, values, 0, {}, lambda *_: None).values
    cell = 96 // found.shape[0]
    rows, columns = (np.flatnonzero(model.seen.any(axis=axis)) // cell for axis in (1, 0))
    near = np.zeros(found.shape, bool)
    near[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    assert found[near].any()
    assert not found[~near].any()
