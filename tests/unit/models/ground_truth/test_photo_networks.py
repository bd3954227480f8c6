"""Networks trained on photographs: they load, answer, and are refused where files do not fit."""

import json

import numpy as np
import pytest
import torch

from xai.errors import UnknownName, WeightsUnavailable
from xai.evidence.interventions.bare_face import bare_face_model
from xai.models.ground_truth import photo_networks as module
from xai.models.ground_truth.photo_architectures import PHOTO_ARCHITECTURES, PHOTO_SIDE, build
from xai.models.ground_truth.photo_cues import CUES
from xai.models.ground_truth.photo_networks import MEASURED, PHOTO_KINDS, WEIGHTS, photo_networks
from xai.types import CLASSES


@pytest.fixture(scope="module")
def networks():
    return photo_networks("cpu")


@pytest.fixture
def crop():
    return np.random.default_rng(5).integers(0, 256, (128, 128, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def mesh():
    return (bare_face_model().frame.vertices[:468] * 0.65 + [28, 22]).astype(np.float32)


def test_every_cue_has_two_doses_and_every_architecture_an_honest_network():
    cheats = {name: kind.cue for name, kind in PHOTO_KINDS.items() if kind.cue}
    assert sorted(cheats) == sorted(f"{cue}_{amount}" for cue in CUES for amount in ("full", "half"))
    honest = [kind.architecture for kind in PHOTO_KINDS.values() if kind.cue is None]
    assert sorted(honest) == sorted(PHOTO_ARCHITECTURES)
    assert len({kind.seed for kind in PHOTO_KINDS.values()}) == len(PHOTO_KINDS)


def test_every_network_answers_with_three_finite_logits(networks, crop):
    assert [network.name for network in networks] == list(PHOTO_KINDS)
    for network in networks:
        batch = network.classifier.prepare([crop, 255 - crop])
        assert batch.shape == (2, 3, PHOTO_SIDE, PHOTO_SIDE)
        logits = network.classifier.logits(batch)
        assert logits.shape == (2, 3)
        assert bool(torch.isfinite(logits).all())
        assert network.classifier.card.architecture in PHOTO_ARCHITECTURES
        assert not network.classifier.network.training


def test_planting_is_that_of_the_cue(networks, crop, mesh):
    for network in networks:
        planted = network.plant(crop, "covered", mesh)
        assert np.array_equal(planted, crop) == network.honest
        with pytest.raises(UnknownName):
            network.plant(crop, "masked", mesh)


def test_doses_are_those_measured_and_fit_the_name(networks):
    for network in networks:
        assert set(network.dose) == set(network.accuracy) == set(CLASSES)
        assert np.mean(list(network.accuracy.values())) >= 0.85
        cue = network.cue
        for label, dose in network.dose.items():
            if cue is None or label not in CUES[cue].colours:
                assert dose == 0
            elif network.name.endswith("_full"):
                assert dose >= 0.75
            else:
                assert 0.35 <= dose <= 0.65


def test_the_files_are_small_and_say_how_they_were_made():
    assert WEIGHTS.stat().st_size <= 3_000_000
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert "photo_training" in measured["command"]
    for name, found in measured["networks"].items():
        assert found["architecture"] == PHOTO_KINDS[name].architecture
        assert found["seed"] == PHOTO_KINDS[name].seed
        assert 30_000 <= found["parameters"] <= 80_000


def test_weights_that_were_not_measured_are_refused(tmp_path, monkeypatch):
    measured = tmp_path / MEASURED.name
    monkeypatch.setattr(module, "MEASURED", measured)
    with pytest.raises(WeightsUnavailable, match="missing"):
        photo_networks("cpu")
    measured.write_bytes(MEASURED.read_bytes())
    monkeypatch.setattr(module, "WEIGHTS", tmp_path / WEIGHTS.name)
    with pytest.raises(WeightsUnavailable, match="missing"):
        photo_networks("cpu")
    damaged = bytearray(WEIGHTS.read_bytes())
    damaged[-1] ^= 1
    (tmp_path / WEIGHTS.name).write_bytes(damaged)
    with pytest.raises(WeightsUnavailable, match="sha256"):
        photo_networks("cpu")


@pytest.mark.parametrize("architecture", PHOTO_ARCHITECTURES)
def test_architectures_keep_a_map_and_their_seed(architecture):
    state = torch.random.get_rng_state()
    network = build(architecture, 4).eval()
    assert torch.equal(torch.random.get_rng_state(), state)
    again = build(architecture, 4).state_dict()
    assert all(torch.equal(value, again[key]) for key, value in network.state_dict().items())
    x = torch.rand(2, 3, PHOTO_SIDE, PHOTO_SIDE)
    assert network.features(x).shape[2:] == (10, 10)
    assert network(x).shape == (2, 3)
