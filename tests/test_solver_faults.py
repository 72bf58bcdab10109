"""Whatever a solver does, nothing false is displayed: what is said is proved, or there is no answer, and a reason.

Faults are injected at the gate that every call of a solver passes (`engines.solvers.gate.run`), for each kind of
solver. A kind comes with a question that uses it and the true answer.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import nsmodels as ns
from nsmodels import checker
from nsmodels.cli import app
from nsmodels.engines.solvers import gate, integer_program, lp, simplex
from nsmodels.engines.solvers.gate import Status
from nsmodels.engines.solvers.interior_point import interior_point
from nsmodels.errors import SolverError
from nsmodels.files.loading import answer_of
from nsmodels.files.problem import load
from nsmodels.files.result import assemble, verdict
from nsmodels.studies import joint_bias as joint_module
from nsmodels.studies.finite_sets import finite_set
from nsmodels.studies.joint_bias import joint_marginals
from nsmodels.studies.local_weight import local_content
from nsmodels.studies.sums_of_squares import relax

# -- kinds of solvers --------------------------------------------------------------------------------------------------

LEGGETT = """
schema = 1
kind = "visibility"
model = {name = "leggett", eta = 1.0}
settings = {family = "leggett_triads", phi_deg = 70.0}
options = {tolerance = 1e-4, time_limit_s = 3.0}
"""
BELL = """
schema = 1
kind = "visibility"
model = {name = "bell"}
settings = {family = "chsh"}
options = {time_limit_s = 3.0}
"""
I3322 = """
schema = 1
kind = "bound"
model = {name = "nonsignalling"}
[functional]
correlators = [[0.25, 0.25, 0.25], [0.25, 0.25, -0.25], [0.25, -0.25, 0.0]]
alice = [-0.25, -0.25, 0.0]
bob = [0.25, 0.25, 0.0]
constant = -1.0
"""
QUANTUM = """
schema = 1
kind = "bound"
model = {name = "quantum"}
settings = {family = "half_circle", n = %d}
functional = {name = "chained", n = %d}
"""


def chained(n):
    return QUANTUM % (n, n), 2 * n * np.cos(np.pi / (2 * n))


KINDS = {
    "linear program": ("HiGHS", I3322, 1.0),
    "simplex": ("the simplex method of HiGHS", BELL, np.sqrt(0.5)),
    "simplex at the end": ("the simplex method of HiGHS", LEGGETT, 0.9395775),
    "interior point": ("the interior-point method", LEGGETT, 0.9395775),
    "CLARABEL": ("CLARABEL", *chained(3)),
    "SCS": ("SCS", *chained(16)),
}
"""Name at the gate, a problem that needs it, and its answer."""
PROPOSING = {"simplex", "simplex at the end", "interior point"}
"""Kinds of which early and inaccurate points are looked at, because what becomes of them is proved."""

# -- faults ------------------------------------------------------------------------------------------------------------


def ends_with(status: Status) -> Callable[..., object]:
    return lambda call: replace(call(), status=status, words=status.name)


def everywhere(change: Callable[[np.ndarray], object], *, dual: bool) -> Callable[..., object]:
    """Change the arrays in place, because CVXPY's variables hold them as well."""

    def fault(call):
        reply = call()
        for array in reply.dual if dual else (*reply.primal, *reply.dual):
            array.setflags(write=True)
            array[...] = change(array)
        return reply

    return fault


def leaves_nothing(call):
    return replace(call(), status=Status.TIME_LIMIT, words="time limit", primal=(), dual=())


def raises(call):
    raise ZeroDivisionError("pivot 3 vanished\nsecond line")


def loses_a_process(call):
    raise BrokenProcessPool("a process was terminated abruptly")


def loses_a_thread(call):
    def work(index):
        raise MemoryError

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(4)))


REFUSED = {
    "infeasible": ends_with(Status.INFEASIBLE),
    "unbounded": ends_with(Status.UNBOUNDED),
    "failed": ends_with(Status.FAILED),
    "exception": raises,
    "NaN": everywhere(lambda x: np.nan, dual=False),
    "infinite dual": everywhere(lambda x: np.inf, dual=True),
    "time-out without a point": leaves_nothing,
    "killed process": loses_a_process,
    "killed thread": loses_a_thread,
}
"""Nobody may use what is left."""
EARLY = {
    "inaccurate": ends_with(Status.INACCURATE),
    "user limit": ends_with(Status.USER_LIMIT),
    "time-out": ends_with(Status.TIME_LIMIT),
}
"""No answers, but proposals."""
WRONG = {
    "wrong-sign dual": everywhere(np.negative, dual=True),
    "swapped dual": everywhere(lambda y: y.ravel()[::-1].reshape(y.shape).copy(), dual=True),
    "vanishing dual": everywhere(np.zeros_like, dual=True),
    "point that does not fit": everywhere(lambda x: x.ravel()[::-1].reshape(x.shape) * 1.5, dual=False),
    "vanishing point": everywhere(np.zeros_like, dual=False),
}
"""Claimed to be optimal."""
FAULTS = {**REFUSED, **EARLY, **WRONG}


@pytest.fixture
def inject(monkeypatch):
    """``inject(solver, fault)``: from now on calls of this solver have the fault; returns the list of faulty calls."""

    def start(solver, fault):
        calls = []

        def run(name, call):
            if name != solver:
                return call()
            calls.append(name)
            return fault(call)

        monkeypatch.setattr(gate, "run", run)
        return calls

    return start


def check(result, truth):
    """Nothing that is displayed is false, and where nothing is there is a reason."""
    assert result["reason"]
    assert "\n" not in result["reason"]
    if result["value"] is None:
        assert result["status"] == "no_answer"
        return
    lower, upper = result["value"]["lower"], result["value"]["upper"]
    assert lower - 1e-6 <= truth <= upper + 1e-6
    assert result["status"] == "certified"
    claims = checker.check(result)
    assert claims
    assert all(holds for holds, _ in claims), [text for holds, text in claims if not holds]


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_without_faults(tmp_path, inject, kind):
    """Each question meets the kind of solver that it stands for, and has the answer stated above."""
    solver, text, truth = KINDS[kind]
    (tmp_path / "p.toml").write_text(text)
    calls = inject(solver, lambda call: call())
    answer = load(str(tmp_path / "p.toml")).ask()
    assert calls
    assert answer.value.lower - 1e-6 <= truth <= answer.value.upper + 1e-6
    assert answer.value.width <= 1e-4


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # arithmetic with what faults leave is the point
def test_faults_never_reach_a_proved_field(tmp_path, inject, kind, fault):
    """In Python and at the command line: proved, or no answer with a reason and exit code 3."""
    solver, text, truth = KINDS[kind]
    (tmp_path / "p.toml").write_text(text)
    problem = load(str(tmp_path / "p.toml"))
    calls = inject(solver, FAULTS[fault])
    result = assemble(problem, problem.ask().to_json(), 0.0)
    assert calls
    check(result, truth)
    if fault in REFUSED or (fault in EARLY and kind not in PROPOSING):
        if kind in ("CLARABEL", "SCS"):
            assert result["value"] is None
        if kind != "simplex at the end":  # the interior point may have said all there is
            assert solver in result["reason"]

    done = CliRunner().invoke(app, ["run", str(tmp_path / "p.toml"), "--out", str(tmp_path)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    written = json.loads((tmp_path / "p.json").read_text())
    check(written, truth)
    assert done.exit_code == verdict(problem, answer_of(written, problem, "p.json"))[0]
    if written["value"] is None:
        assert done.exit_code == 3
        assert written["reason"] in done.stderr


# -- questions that are asked in Python only ---------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("solver", ["HiGHS", "the branch and bound of HiGHS"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_joint_marginals_keep_what_is_proved(monkeypatch, inject, solver, fault):
    frustrated = ns.Behaviour(np.random.default_rng(0).choice([-0.9, 0.9], size=(4, 4)))
    truth = joint_marginals(frustrated, np.ones(8)).value
    if solver != "HiGHS":
        monkeypatch.setattr(joint_module, "LARGEST_ENUMERATION", 0)
    calls = inject(solver, FAULTS[fault])
    answer = joint_marginals(frustrated, np.ones(8), time_limit_s=5.0).value
    assert calls
    assert answer.reason
    assert answer.lower <= truth.upper + 1e-9
    if answer.status == "certified":
        assert answer.upper >= truth.lower - 1e-9
    if fault in REFUSED:
        assert solver in answer.reason


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_local_content_keeps_what_is_proved(inject, fault):
    calls = inject("HiGHS", FAULTS[fault])
    answer = local_content(ns.behaviours.singlet(ns.settings.half_circle(3))).value
    assert calls
    truth = 3 * (1 - np.cos(np.pi / 6))
    assert answer.lower <= truth + 1e-9
    assert answer.upper >= truth - 1e-9
    if fault in REFUSED or fault in EARLY:
        assert "HiGHS" in answer.reason


@pytest.mark.parametrize("fault", [*REFUSED, *EARLY, "wrong-sign dual", "swapped dual"])
def test_finite_sets_refuse_or_are_right(inject, fault):
    target = ns.behaviours.singlet(ns.settings.half_circle(3))
    states = np.random.default_rng(1).uniform(-0.1, 0.1, size=(20, 6))
    truth = finite_set(target, states[:, :3], states[:, 3:])
    calls = inject("HiGHS", FAULTS[fault])
    if fault != "swapped dual":  # which can be an optimum of so symmetric a problem
        with pytest.raises(SolverError, match="HiGHS"):
            finite_set(target, states[:, :3], states[:, 3:])
        return
    try:
        answer = finite_set(target, states[:, :3], states[:, 3:])
    except SolverError:
        return
    assert calls
    assert answer.reproducible == truth.reproducible
    assert answer.value.upper >= truth.value.lower - 1e-9


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_sums_of_squares_refuse_or_are_right(inject, order, fault):
    s = ns.settings.leggett_triads(1.0)
    calls = inject("CLARABEL", FAULTS[fault])
    if fault in REFUSED or fault in EARLY:
        with pytest.raises(SolverError, match="CLARABEL"):
            relax(ns.functionals.leggett3(s), ns.Leggett(s), order=order)
        return
    try:
        answer = relax(ns.functionals.leggett3(s), ns.Leggett(s), order=order)
    except SolverError:
        return
    assert calls
    assert answer.upper >= 2 - 2 / 3 * np.sin(0.5)


# -- the gate ----------------------------------------------------------------------------------------------------------


def grown():
    program = simplex.VertexProgram()
    program.add_rows(np.zeros((1, 0)), np.ones(1))
    program.add_columns(np.ones((1, 2)), np.ones(2))
    return program.solve()


def integer():
    return integer_program.minimise(
        np.array([-1.0, -2.0]), np.array([[1.0, 1.0]]), np.array([1.5]),
        upper=np.ones(2), integer=np.array([True, True]), time_limit_s=5.0,
    )  # fmt: skip


def central():
    return interior_point(np.ones((2, 3)), np.ones(2), np.arange(3.0), 1, tolerance=1e-8)


ADAPTERS = {
    "HiGHS": lambda: lp.solve([1.0, 1.0], [[-1.0, -2.0]], [-1.0]),
    "the simplex method of HiGHS": grown,
    "the branch and bound of HiGHS": integer,
    "the interior-point method": central,
    "CLARABEL": lambda: ns.Quantum((2, 2)).enclose_by("CLARABEL", ns.functionals.chsh()),
    "SCS": lambda: ns.Quantum((2, 2)).enclose_by("SCS", ns.functionals.chsh()),
}


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("solver", ADAPTERS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_adapter_passes_the_gate(inject, solver, fault):
    ADAPTERS[solver]()
    calls = inject(solver, REFUSED[fault])
    with pytest.raises(SolverError, match=solver) as caught:
        ADAPTERS[solver]()
    assert calls
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("solver", ["HiGHS", "the branch and bound of HiGHS", "CLARABEL", "SCS"])
@pytest.mark.parametrize("fault", ["wrong-sign dual", "point that does not fit"])
def test_claims_of_an_optimum_are_verified(inject, solver, fault):
    inject(solver, WRONG[fault])
    with pytest.raises(SolverError, match=r"verification|violates|multipliers|value"):
        ADAPTERS[solver]()


@pytest.mark.parametrize("solver", ADAPTERS)
def test_ctrl_c_passes_through(inject, solver):
    def interrupt(call):
        raise KeyboardInterrupt

    inject(solver, interrupt)
    if solver in ("CLARABEL", "SCS"):  # the oracle turns it into what is proved without a solver
        assert ADAPTERS[solver]().value.reason == "interrupted"
    else:
        with pytest.raises(KeyboardInterrupt):
            ADAPTERS[solver]()
