"""Slow, literal re-implementations: what the definitions say, one step at a time."""

import numpy as np
import torch


def full_precision():
    """Float32 that is float32 on a GPU too, where cuDNN would round to ten bits."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False)


def occlusion_by_loop(classifier, values, windows, fill):
    """One forward per position; per pixel the mean over the positions that cover it."""
    classes, side = len(classifier.card.classes), values.shape[-1]
    total = np.zeros((classes, side, side))
    count = np.zeros((side, side))
    answers = {}
    for top, bottom in windows:
        for left, right in windows:
            hidden = values.clone()
            hidden[:, top:bottom, left:right] = fill[:, top:bottom, left:right]
            with torch.no_grad(), full_precision():
                answer = classifier.probabilities(classifier.normalise(hidden)[None])[0].cpu().numpy()
            answers[top, left] = answer
            total[:, top:bottom, left:right] += answer[:, None, None]
            count[top:bottom, left:right] += 1
    return total / count, answers


def smooth_occlusion_by_loop(classifier, values, rows, size, fill):
    """Greydanus et al. 2018 with signed drops: a Gaussian mask and a forward per centre, pixel by pixel."""
    side = values.shape[-1]

    def answer(picture):
        with torch.no_grad(), full_precision():
            return classifier.probabilities(classifier.normalise(picture)[None])[0].cpu().numpy()

    whole = answer(values).astype(float)
    total, weight = np.zeros((len(whole), side, side)), np.zeros((side, side))
    for i in range(rows):
        for j in range(rows):
            down, right = ((k + 0.5) * side / rows - 0.5 for k in (i, j))
            mask = np.zeros((side, side))
            for y in range(side):
                for x in range(side):
                    away = (y - down) ** 2 + (x - right) ** 2
                    mask[y, x] = np.exp(-away / (2 * (size * side) ** 2))
            soft = torch.from_numpy(mask).to(values)
            drop = whole - answer(values * (1 - soft) + fill * soft)
            total += drop[:, None, None] * mask
            weight += mask
    return total / weight


def region_shares_by_hand(values, masks):
    share = {}
    for name, mask in masks.items():
        share[name] = 0.0
        for y in range(values.shape[0]):
            for x in range(values.shape[1]):
                if mask[y, x] and values[y, x] > 0:
                    share[name] += float(values[y, x])
    whole = sum(share.values())
    return {name: part / whole for name, part in share.items()}


def calibration_error_by_loop(confidence, correct, bins):
    gap = 0.0
    for b in range(bins):
        inside = [
            i
            for i, c in enumerate(confidence)
            if b / bins <= c < (b + 1) / bins or (b == bins - 1 and c == 1.0)
        ]
        if inside:
            mean = sum(confidence[i] for i in inside) / len(inside)
            right = sum(bool(correct[i]) for i in inside) / len(inside)
            gap += abs(mean - right) * len(inside) / len(confidence)
    return gap


def gaussian_blur_by_loop(picture, sigma):
    """Separable blur with edges repeated, kernel cut at three standard deviations; picture (3, n, n)."""
    reach = int(3 * sigma)
    weights = np.array([np.exp(-0.5 * (d / sigma) ** 2) for d in range(-reach, reach + 1)])
    weights /= weights.sum()
    side = picture.shape[-1]

    def along(rows):
        out = np.zeros_like(rows)
        for i in range(side):
            for d, w in zip(range(-reach, reach + 1), weights, strict=True):
                out[..., i] += w * rows[..., min(max(i + d, 0), side - 1)]
        return out

    return np.swapaxes(along(np.swapaxes(along(picture.astype(float)), -1, -2)), -1, -2)
