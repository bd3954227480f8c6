"""The program that compares a GPU with the CPU, with two classifiers on the CPU in place of the devices."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from tests.performance.methods.gpu_check import Scarce, differences, halved, main
from tests.support.models import make_face


@pytest.fixture
def face(noise_crop):
    return make_face(noise_crop)


def test_equal_devices_agree_and_what_both_refuse_is_left_out(small_cnn, face):
    found = differences(small_cnn, small_cnn, face, ("occlusion", "gradcam", "region_ablation"))
    assert found == {"occlusion": 0.0, "gradcam": 0.0}


def test_a_device_that_computes_otherwise_is_found_out(small_cnn, face):
    network = deepcopy(small_cnn.network)
    for weights in network.parameters():
        weights.data *= 1.01
    found = differences(small_cnn, replace(small_cnn, network=network), face, ("occlusion", "gradcam"))
    assert min(found.values()) > 1e-3


def test_where_memory_runs_out_batches_are_halved_and_the_map_is_the_same(small_cnn, face):
    found = halved(small_cnn, face)
    assert found.refused >= 1
    assert found.apart < 1e-6
    with pytest.raises(torch.OutOfMemoryError):
        Scarce(small_cnn.network, 1)(torch.zeros(2, 3, 35, 35))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_sentence_says_so(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == "torch sees no GPU on this machine, so nothing was checked.\n"
