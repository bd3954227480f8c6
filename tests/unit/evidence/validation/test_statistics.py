import numpy as np
import pytest

from xai.evidence.validation.statistics import Figure, ResamplingConfig, means, shares


def test_a_share_of_none_is_not_known_to_be_zero():
    column, groups = {"never": np.zeros(80), "always": np.ones(80)}, np.repeat(np.arange(40), 2).astype(str)
    found = shares(column, groups, ResamplingConfig(rounds=120))
    low, high = found["never"].interval
    assert low == 0
    assert (1 - high) ** 40 == pytest.approx(0.025)  # forty photos without one, at the upper end
    assert found["always"].interval == (pytest.approx(1 - high), 1)
    plain = means(column, groups, ResamplingConfig(rounds=120))
    assert plain["never"].interval == (
        0,
        0,
    )  # a mean of zeros is not a share


def test_no_interval_is_given_of_too_few():
    columns = {"nobody": np.full(90, np.nan), "all": np.ones(90)}
    groups = np.repeat(np.arange(9), 10).astype(str)
    found = shares(columns, groups, ResamplingConfig(rounds=60))
    assert found == {"nobody": Figure(None, None, 0, 0), "all": Figure(1.0, None, 90, 9)}
    assert means({"none": np.zeros(0)}, np.zeros(0, np.str_), ResamplingConfig())["none"] == Figure(
        None, None, 0, 0
    )
