"""What the tests of audits share."""

import pytest
from torch import nn

from tests.support.models import make_classifier


@pytest.fixture
def models():
    return [make_classifier(nn.Identity(), 8, name=name) for name in ("first", "second")]
