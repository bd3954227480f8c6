import numpy as np
from PIL import Image as Pillow

from xai.learning.training.train import LINES, save_curves


def drawn(tmp_path, history, kept):
    save_curves(history, kept, tmp_path / "curves.png")
    with Pillow.open(tmp_path / "curves.png") as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def row(epoch, value):
    return {"epoch": epoch, **{key: value for _, lines in LINES for key, _, _ in lines}}


def test_the_picture_follows_the_history(tmp_path):
    falling = [row(e, 1 / e) for e in range(1, 9)]
    one = drawn(tmp_path, falling, 8)
    assert not np.array_equal(one, drawn(tmp_path, [*falling[:-1], row(8, 0.5)], 8))
    assert not np.array_equal(one, drawn(tmp_path, falling, 5))


def test_one_epoch_is_seen_and_missing_figures_are_no_fault(tmp_path):
    lonely = {key: value for key, value in row(1.0, 0.5).items() if key != "train_accuracy"}
    picture = drawn(tmp_path, [lonely], 1)
    losses = picture[:, : picture.shape[1] // 2]
    assert (losses[..., 2] > losses[..., 0] + 60).sum() > 20  # a blue dot, though no line can be drawn
