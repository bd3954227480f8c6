"""Two faces of the gallery, brought to the place that the models with a known answer expect."""

import pytest

from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.ground_truth import aligned_face
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

TRUTH = {"astronaut-red": "covered", "admiral-plain": "uncovered"}


@pytest.fixture(scope="package")
def faces():
    return {name: aligned_face(find_faces(load_sample(name))[0]) for name in TRUTH}


@pytest.fixture(scope="package")
def edits(faces):
    return {name: FaceEdits(face) for name, face in faces.items()}
