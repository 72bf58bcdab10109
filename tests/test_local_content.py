"""Local content as a kind of problem, and robustness against noise: theorems, files, and forgeries."""

import copy
import json
import math
from fractions import Fraction

import numpy as np
import pytest

import nsmodels as ns
from nsmodels import checker
from nsmodels.errors import InputError
from nsmodels.files.problem import from_data
from nsmodels.files.result import assemble
from nsmodels.studies import local_content, robustness

CHAIN = {"schema": 1, "kind": "local_content", "settings": {"family": "half_circle", "n": 3}}


def claims(result):
    found = checker.check(json.loads(json.dumps(result)))
    return bool(found) and all(holds for holds, _ in found)


def answered(data):
    problem = from_data(copy.deepcopy(data), "x")
    answer = problem.ask()
    return answer, json.loads(json.dumps(assemble(problem, answer.to_json(), 1.0)))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_singlet_on_a_chain_has_the_local_content_of_the_chained_quantity(n):
    answer = local_content(ns.behaviours.singlet(ns.settings.half_circle(n)))
    assert answer.lower <= n * (1.0 - math.cos(math.pi / (2 * n))) <= answer.upper
    assert answer.upper - answer.lower < 1e-7
    assert answer.verify()


def test_boxes_at_both_ends():
    none = local_content(ns.behaviours.pr_box())
    assert none.lower == 0.0
    assert none.upper < 1e-12
    assert none.verify()
    whole = local_content(ns.Behaviour([[1.0, -1.0]], [1.0], [1.0, -1.0]))
    assert whole.lower > 1.0 - 1e-12
    assert whole.verify()
    mixed = local_content(ns.behaviours.pr_box().mix(ns.behaviours.uniform(2, 2), 0.75))
    assert mixed.lower <= 0.5 <= mixed.upper  # white noise is half a local point of CHSH 2, and 4 V = 2 w + 4 (1 − w)
    assert mixed.verify()


def test_the_file_is_proved_read_again_and_drawn(tmp_path):
    answer, result = answered(CHAIN)
    assert claims(result)
    again = ns.load(answer.save(tmp_path / "x.json"))
    assert (again.lower, again.upper) == (answer.lower, answer.upper)
    np.testing.assert_array_equal(again.alice, answer.alice)
    assert again.verify()
    assert again.plot() is not None


FORGERIES = {
    "a weight": (("certificate", "lower", "weights", 0), "9/10"),
    "a negative weight": (("certificate", "lower", "weights", 0), "-1/10"),
    "an outcome": (("certificate", "lower", "alice", 0, 0), 0.5),
    "multipliers": (("certificate", "upper", "multipliers", 0, 0, 0, 0), 1 << 40),
    "a negative multiplier": (("certificate", "upper", "multipliers", 0, 0, 0, 0), -5),
    "the lower end": (("value", "lower"), 0.41),
    "the upper end": (("value", "upper"), 0.40),
    "what is displayed": (("local_part", 0, "weight"), 0.9),
    "another behaviour": (("problem", "settings", "n"), 4),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name):
    _, result = answered(CHAIN)
    (*path, last), new = FORGERIES[name]
    place = result
    for key in path:
        place = place[key]
    place[last] = new
    assert not claims(result)


@pytest.mark.parametrize(("behaviour", "message"), [
    ({"correlators": [[0.5, 0.5]], "marginals": "free"}, "needs the marginals"),
    ({"name": "pr_box", "noise": {"correlators": [[0, 0], [0, 0]]}}, 'not used by kind = "local_content"'),
    ({"correlators": [[1.0, 1.0]], "alice": [1.0], "bob": [-1.0, 0.0]}, "probability"),
    ({"name": "pr_box", "pairs": [[0, 0]]}, "every correlator"),
])  # fmt: skip
def test_behaviours_that_are_no_boxes_are_refused(behaviour, message):
    with pytest.raises(InputError, match=message):
        from_data({"schema": 1, "kind": "local_content", "behaviour": behaviour}, "x").ask()


@pytest.mark.parametrize(
    ("noise", "exact"), [("white", 1), ("local", Fraction(1, 2)), ("nonsignalling", Fraction(1, 3))]
)
def test_a_pr_box_stands_as_much_noise_as_chsh_says(noise, exact):
    """(4 + r c)/(1 + r) = 2 with c = 0, −2 and −4, the least CHSH of the noise."""
    answer = robustness(ns.behaviours.pr_box(), noise)
    assert answer.exact == exact
    assert answer.verify()


@pytest.mark.parametrize("noise", ["white", "local", "nonsignalling"])
def test_robustness_of_the_singlet_on_a_chain(noise):
    """The chained inequality of three settings: 6 cos 30° where local boxes have 4 and the noise 0, −4 or −6."""
    q, least = 6.0 * math.cos(math.pi / 6.0), {"white": 0.0, "local": -4.0, "nonsignalling": -6.0}[noise]
    answer = robustness(ns.behaviours.singlet(ns.settings.half_circle(3)), noise)
    assert float(answer.exact) == pytest.approx((q - 4.0) / (4.0 - least), abs=1e-14)
    assert answer.verify()


def test_local_boxes_need_no_noise_and_large_ones_are_refused():
    inside = ns.behaviours.werner(ns.settings.chsh(), visibility=0.5)
    assert {robustness(inside, noise).exact for noise in ("white", "local", "nonsignalling")} == {0}
    with pytest.raises(InputError, match="at most 12"):
        robustness(ns.behaviours.uniform(7, 7))
    visibility = ns.decompose(ns.behaviours.pr_box(), ns.Bell((2, 2)))
    assert visibility.lower <= 1 / (1 + robustness(ns.behaviours.pr_box()).exact) <= visibility.upper
