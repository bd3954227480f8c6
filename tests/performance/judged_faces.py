"""How many faces get a verdict, and how good it is by how eyes, nose and mouth were located.

``python -m tests.performance.judged_faces --data DIR...`` prints three tables: the share of labelled faces
whose edits are feasible, by set and size, with the reasons of the rest; how far the mesh that is estimated
from five points lies from the network's; and the verdicts on networks whose right verdict is known, by turn
and by mesh or five points, with the gallery's donors.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns, read_labelled
from xai.evidence.validation.population import CARRIES, FULL, judge_networks
from xai.evidence_types import VERDICTS
from xai.models.ground_truth.photo_networks import photo_networks
from xai.photo.centerface import detect
from xai.photo.face_shape import fit_head, fit_of
from xai.photo.mesh import eye_distance, five_of, has_mesh
from xai.types import Face

__all__ = ["main"]

SIZES = ((32, 48), (48, 10_000))
TURNS = ((0, 35), (35, 50), (50, 60))
PARTS = {
    "all": range(468),
    "nose and mouth": (1, 2, 98, 327, 61, 291, 0, 13, 14, 17),
    "jaw": (361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132),
}


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--data", type=Path, nargs="+", required=True, help="labelled sets")
    asked.add_argument("--faces", type=int, default=45, help="asked of each kind (default 45)")
    args = asked.parse_args()
    faces = []
    for folder in args.data:
        found = read_labelled(folder, lambda _: None, min_side=SIZES[0][0]).faces
        _feasible(folder.name, found)
        faces += [face for face in found if len(face.face.landmarks)]
    _errors([face for face in faces if has_mesh(face.face)])
    _verdicts([face for face in faces if _side(face.face) >= SIZES[1][0]], args.faces)


def _feasible(name: str, faces: Sequence[LabelledFace]) -> None:
    for least, below in SIZES:
        codes = [_code(face.face) for face in faces if least <= _side(face.face) < below]
        seen = sum(code != "not_detected" for code in codes)
        judged = codes.count("")
        why = ", ".join(f"{code} {n}" for code, n in Counter(filter(None, codes)).most_common())
        print(f"{name} from {least} px: {judged} of {len(codes)} ({judged / len(codes):.1%}; of the detected "
              f"{judged / seen:.1%}); {why}")  # fmt: skip


def _code(face: Face) -> str:
    if not len(face.landmarks):
        return "not_detected"
    return FaceEdits(face).feasibility(reveal=False).code


def _errors(faces: Sequence[LabelledFace]) -> None:
    apart = defaultdict(list)
    for each in faces:
        found = detect(each.face.crop)
        if not len(found):
            continue
        mesh = each.face.landmarks
        near = np.linalg.norm(found.points.mean(axis=1) - mesh.mean(axis=0), axis=1).argmin()
        head = fit_head(found.points[near])
        away = np.linalg.norm(head.points - mesh, axis=1) / eye_distance(five_of(mesh))
        turn = _turn(abs(head.yaw))
        if turn:
            apart[each.label, turn].append([away[list(points)].mean() for points in PARTS.values()])
    for (label, turn), errors in sorted(apart.items()):
        told = zip(PARTS, np.median(errors, axis=0), strict=True)
        print(
            f"{label}, {turn}: n {len(errors)}, " + ", ".join(f"{part} {error:.3f}" for part, error in told)
        )


def _verdicts(faces: Sequence[LabelledFace], count: int) -> None:
    kinds = defaultdict(list)
    for face in faces:
        if turn := _turn(abs(fit_of(face.face).yaw)):
            kind = f"{'mesh' if has_mesh(face.face) else 'five points'}, {turn}"
            kinds[kind].append(replace(face, group=f"{kind}|{face.group}"))
    chosen = [face for own in kinds.values() for face in in_turns(own, 0)[:count]]
    networks = {network.name: network for network in photo_networks("auto")}
    told: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, judged in judge_networks(chosen, list(networks.values()), print, sources=("gallery",)):
        network = networks[judged.model]
        dose = network.dose[judged.target] if not network.honest else 0.0
        what = "full dose" if dose >= FULL else "half dose" if dose >= CARRIES else "low dose"
        told[judged.group.split("|")[0], "honest" if network.honest else what][judged.verdict] += 1
    for (kind, what), verdicts in sorted(told.items()):
        print(f"{kind}, {what}: " + ", ".join(f"{verdict} {verdicts[verdict]}" for verdict in VERDICTS))


def _turn(yaw: float) -> str:
    return next((f"{least} to {below} degrees" for least, below in TURNS if least <= yaw < below), "")


def _side(face: Face) -> int:
    return min(face.box.width, face.box.height)


if __name__ == "__main__":
    main()
