# SPDX-License-Identifier: MIT
"""Functions of one's own as objectives, against closed forms and the built-in network."""
import gc
import math
import threading
import time
import weakref

import numpy as np
import pytest
from conftest import SMALL

import spinodal
from spinodal._library import Context


def well(**words):
    """t^4/4 - t^2/2: with the ridge beta t^2 the minima +-sqrt(1 - 2 beta) meet at beta = 1/2."""
    return spinodal.Objective(lambda t: t[0] ** 4 / 4 - t[0] ** 2 / 2, lambda t: t ** 3 - t,
                              hessian=lambda t: np.array([[3 * t[0] ** 2 - 1]]), dimension=1, **words)


def round_well(**words):
    """The function of examples/curvature.c: log(1 + |t|^2) / 2 of three variables."""
    def hvp(t, v):
        scale = 1 / (1 + t @ t)
        return scale * v - 2 * scale ** 2 * (t @ v) * t

    return spinodal.Objective(lambda t: 0.5 * math.log1p(t @ t), lambda t: t / (1 + t @ t), hvp=hvp, dimension=3,
                              **words)


@pytest.mark.parametrize("r", [0.5, 2.0])
def test_curvature_of_the_example_in_c(r):
    theta = np.array([2, -1, 2]) * r / 3
    found = round_well(regularise=False).geometry(theta)
    first, second = r / (1 + r * r), (1 - r * r) / (1 + r * r) ** 2
    root = math.sqrt(1 + first ** 2)
    profile, circle = second / root ** 3, first / (r * root)
    for surface in (found.error, found.loss):
        for name, expected in (("scalar_curvature", 2 * (2 * profile * circle + circle ** 2)),
                               ("mean_curvature", (profile + 2 * circle) / 3), ("principal_curvature_min", profile),
                               ("principal_curvature_max", circle), ("gauss_kronecker_sign", np.sign(profile)),
                               ("gauss_kronecker_log", math.log(abs(profile) * circle ** 2))):
            assert surface[name] == pytest.approx(expected, rel=1e-12, abs=1e-12), name
    np.testing.assert_allclose(found.eigenvalues, np.sort([second, first / r, first / r]), rtol=1e-12)
    estimated = round_well(regularise=False).curvature(theta, method="stochastic", probes=64)
    assert estimated.error["method"] == "stochastic"
    exact = round_well(regularise=False).curvature(theta, method="dense")
    assert exact.error["scalar_curvature"]["value"] == pytest.approx(found.error["scalar_curvature"], rel=1e-12)


def test_value_gradient_products_and_hessian():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 4))
    a = a + a.T
    quadratic = {"value": lambda t: 0.5 * t @ a @ t, "gradient": lambda t: a @ t}
    theta, v = rng.normal(size=4), rng.normal(size=(3, 4))
    spared = np.array([1.0, 0, 2, 0])
    for words, c in (({}, np.ones(4)), ({"regularise": spared}, spared), ({"regularise": False}, np.zeros(4))):
        for second in ({"hessian": lambda t: a}, {"hvp": lambda t, u: a @ u},
                       {"hvp": lambda t, u: u @ a, "batched": True}, {"hvp": lambda t, u: a @ u, "hessian": lambda t: a}):
            objective = spinodal.Objective(**quadratic, **second, dimension=4, **words)
            h = a + 2 * 0.3 * np.diag(c)
            assert objective.value(theta, 0.3) == pytest.approx(0.5 * theta @ a @ theta + 0.3 * c @ theta ** 2)
            np.testing.assert_allclose(objective.gradient(theta, 0.3), h @ theta, rtol=1e-13, atol=1e-13)
            np.testing.assert_allclose(objective.hessian(theta, 0.3), h, rtol=1e-13, atol=1e-13)
            np.testing.assert_allclose(objective.hvp(theta, v, 0.3), v @ h, rtol=1e-13, atol=1e-13)
            np.testing.assert_allclose(objective.hvp(theta, v[0], 0.3), h @ v[0], rtol=1e-13, atol=1e-13)
            values = np.linalg.eigvalsh(h)
            ends = objective.eigenvalues(theta, beta=0.3, smallest=1, largest=1)
            np.testing.assert_allclose(ends.values, values[[0, -1]], rtol=1e-10)
            assert ends.converged and ends.vectors.shape == (2, 4)
    density = spinodal.Objective(**quadratic, hessian=lambda t: a, dimension=4, regularise=False).density(theta)
    np.testing.assert_allclose(np.sort(density.points.ravel()), np.linalg.eigvalsh(a), rtol=1e-10)
    x = np.linspace(-20, 20, 4001)
    assert density.at(x, 0.5).sum() * (x[1] - x[0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("second", ["hvp", "hessian", "both"])
def test_a_gauss_newton_part_of_ones_own(second):
    """E = |A t - (t_0^2, 0)|^2 / 2: the Gauss-Newton part is J^T J, the rest -2 r_0 e e^T with r = A t - (t_0^2, 0)."""
    a = np.array([[1.0, 2.0], [0.5, -1.0]])

    def parts(t):
        r, j = a @ t - [t[0] ** 2, 0], a - np.array([[2 * t[0], 0], [0, 0]])
        return r, j, j.T @ j, np.diag([-2 * r[0], 0])

    functions = {"hvp": lambda t, v: (parts(t)[2] + parts(t)[3]) @ v, "hessian": lambda t: parts(t)[2] + parts(t)[3]}
    chosen = functions if second == "both" else {second: functions[second]}
    own = spinodal.Objective(lambda t: 0.5 * parts(t)[0] @ parts(t)[0], lambda t: parts(t)[1].T @ parts(t)[0], **chosen,
                             gauss_newton=lambda t, v: parts(t)[2] @ v, dimension=2, fisher_scale=2.0)
    theta, beta = np.array([0.7, -0.4]), 0.1
    assert own.check(theta)
    _, _, model, rest = parts(theta)
    np.testing.assert_allclose(own.hessian(theta, beta, part="gauss_newton"), model + 2 * beta * np.eye(2), rtol=1e-13)
    np.testing.assert_allclose(own.hessian(theta, beta, part="residual"), rest, atol=1e-13)
    np.testing.assert_allclose(own.hvp(theta, [1.0, 2.0], part="gauss_newton"), model @ [1, 2], rtol=1e-13)
    error = own.geometry(theta).error
    assert error["fisher_trace"] == pytest.approx(2 * np.trace(model))
    sizes = np.linalg.norm(rest), np.linalg.norm(model)
    assert error["residual_share"] == pytest.approx(sizes[0] / sum(sizes))


def test_minima_and_their_sweep():
    objective = well(name="a well")
    for method in ("newton", "lbfgs", "newton_cg"):
        end = objective.minimize([2.0], beta=0.1, method=method, tolerance=1e-10)
        assert end.converged and end.theta[0] == pytest.approx(math.sqrt(1 - 0.2), rel=1e-8)
        assert end.value == pytest.approx(-(1 - 0.2) ** 2 / 4, rel=1e-12)
    run = objective.sweep([1.0], beta={"from": 0.01, "to": 0.7, "points": 12}, direction="up")
    points = run.tables["points"]
    expected = np.maximum(0, 1 - 2 * points["beta"])
    np.testing.assert_allclose(points["weight_norm"] ** 2, expected, atol=1e-7)
    assert run.tables["jumps"]["beta"][0] == pytest.approx(0.5, abs=1e-5)
    assert repr(objective) == "<spinodal objective 'a well': 1 parameters>"
    assert run.attributes["objective"] == "a well" and "model:" not in run.configuration
    assert run.fault() is None
    assert run.at(beta=0.1).theta.shape == (1,) and run.at(beta=0.1).weights == {}
    assert run.answer()
    quick = objective.sweep([1.0], beta=[0.1, 0.2], direction="up", refine=False, geometry={"method": "none"},
                            solver="newton_cg")
    assert np.isnan(quick.tables["points"]["scalar_curvature_error"]).all()
    np.testing.assert_allclose(quick.tables["points"]["weight_norm"] ** 2, [0.8, 0.6], rtol=1e-6)
    with pytest.raises(spinodal.InputError, match="geometry.method"):
        objective.sweep([1.0], geometry={"method": "nothing"})


def test_branches_of_an_objective():
    run = well().branches([1.0], beta={"from": 0.01, "to": 0.7})
    specials = run.tables["specials"]
    assert specials["beta"][np.argmin(abs(specials["beta"] - 0.5))] == pytest.approx(0.5, abs=1e-7)


def test_several_starts_and_threads():
    objective = well()
    one = objective.sweep([[1.0], [-1.0]], beta={"from": 0.01, "to": 0.4, "points": 5}, direction="up", threads=1)
    two = objective.sweep([[1.0], [-1.0]], beta={"from": 0.01, "to": 0.4, "points": 5}, direction="up", threads=2)
    assert one.image() == two.image()
    signs = [np.sign(one.arrays["theta"][one.tables["points"]["seed"] == seed]) for seed in (0, 1)]
    assert (signs[0] == 1).all() and (signs[1] == -1).all()


def test_the_network_as_functions_of_numpy():
    """A tanh network written in NumPy is the built-in one, and its sweep the same path."""
    experiment = spinodal.Experiment(SMALL, model={"activation": "tanh"}, sweep={"direction": "up", "refine": False})
    data, built_in = experiment.data(), experiment.objective()
    x, y = data["x"], data["y"]

    def forward(theta):
        w, u = theta[:6].reshape(2, 3), theta[6:].reshape(2, 2)
        h = np.tanh(x @ w.T)
        return w, u, h, h @ u.T - y

    def both(theta):
        _, u, h, r = forward(theta)
        d = 2 * r / len(x)
        return (r ** 2).sum() / len(x), np.concatenate([(((d @ u) * (1 - h ** 2)).T @ x).ravel(), (d.T @ h).ravel()])

    def hvp(theta, v):
        step = 1e-5
        return (both(theta + step * v)[1] - both(theta - step * v)[1]) / (2 * step)

    own = spinodal.Objective(value_and_gradient=both, hvp=hvp, dimension=10)
    theta = experiment.initial()
    assert own.value(theta, 0.1) == pytest.approx(built_in.value(theta, 0.1), rel=1e-14)
    np.testing.assert_allclose(own.gradient(theta, 0.1), built_in.gradient(theta, 0.1), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(own.hessian(theta), built_in.hessian(theta), rtol=1e-6, atol=1e-8)
    ours = own.sweep(theta, beta={"from": 0.05, "to": 1.0, "points": 8}, direction="up", refine=False)
    np.testing.assert_allclose(ours.tables["points"]["error"], experiment.sweep().tables["points"]["error"], atol=1e-6)


class Own(Exception):
    pass


def raising(after, problem):
    """A function that works so many times."""
    left = [after]

    def value(t):
        left[0] -= 1
        if left[0] < 0:
            raise problem
        return t[0] ** 4 / 4 - t[0] ** 2 / 2

    return value


@pytest.mark.parametrize("after", [0, 1, 3, 20])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_function_raises_comes_out(after, threads):
    problem = Own("mine")
    objective = spinodal.Objective(raising(after, problem), lambda t: t ** 3 - t,
                                   hessian=lambda t: np.array([[3 * t[0] ** 2 - 1]]), dimension=1)
    with pytest.raises(Own) as caught:
        objective.sweep([[1.0], [-1.0]], beta={"from": 0.01, "to": 0.4, "points": 20}, threads=threads)
    assert caught.value is problem
    assert any("raising" in str(entry.frame.code.path) or entry.name == "value" for entry in caught.traceback)
    assert not [thread for thread in threading.enumerate() if thread.name == "spinodal"]
    problem.__traceback__ = None


def test_functions_are_called_one_at_a_time():
    """Two chains in two threads, and two runs of two threads: a function that waits is never entered a second time."""
    inside, most = [0], [0]

    def value(t):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(1e-4)  # another thread may go on
        inside[0] -= 1
        return t[0] ** 4 / 4 - t[0] ** 2 / 2

    objective = spinodal.Objective(value, lambda t: t ** 3 - t, hessian=lambda t: np.array([[3 * t[0] ** 2 - 1]]),
                                   dimension=1)
    words = {"beta": {"from": 0.01, "to": 0.4, "points": 5}, "direction": "up", "threads": 2}
    images = []
    threads = [threading.Thread(target=lambda: images.append(objective.sweep([[1.0], [-1.0]], **words).image()))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
    assert images == [well().sweep([[1.0], [-1.0]], **words).image()] * 2


def test_what_a_function_raises_comes_out_of_its_own_run():
    """Of two runs of one objective in two threads, one of which fails."""
    def value(t):
        if t[0] > 5:
            raise Own("far")
        return t[0] ** 4 / 4 - t[0] ** 2 / 2

    objective = spinodal.Objective(value, lambda t: t ** 3 - t, hessian=lambda t: np.array([[3 * t[0] ** 2 - 1]]),
                                   dimension=1)
    outcomes = {1.0: [], 10.0: []}

    def work(start):
        for _ in range(20):
            try:
                outcomes[start].append(objective.minimize([start], beta=0.1).stop)
            except Exception as problem:  # pylint: disable=broad-except
                outcomes[start].append(type(problem))

    threads = [threading.Thread(target=work, args=(start,)) for start in outcomes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {1.0: ["converged"] * 20, 10.0: [Own] * 20}
    # And however they interleave: what one call keeps, another does not raise.
    one, two, problem = Context(), Context(), Own("mine")
    objective._keep(one.pointer, problem)
    objective._finish(two, 0)
    with pytest.raises(Own) as caught:
        objective._finish(one, 0)
    assert caught.value is problem and not objective._raised


@pytest.mark.parametrize("words, error, said", [
    ({"value": lambda t: t}, ValueError, "value: expected a number"),
    ({"value": lambda t: "1"}, TypeError, "value: expected a real number"),
    ({"value": lambda t: 1j}, TypeError, "value: expected a real number"),
    ({"value": lambda t: None}, TypeError, "value: expected a real number"),
    ({"gradient": lambda t: t[:1]}, ValueError, r"gradient: expected shape \(2,\), got \(1,\)"),
    ({"gradient": lambda t: t[None]}, ValueError, "gradient: expected shape"),
    ({"gradient": lambda t: t + 1j}, TypeError, "gradient: expected real numbers"),
    ({"hessian": lambda t: np.eye(3)}, ValueError, "hessian: expected shape"),
    ({"hvp": lambda t, v: v[:1]}, ValueError, "hvp: expected shape"),
    ({"hvp": lambda t, v: 1 / 0}, ZeroDivisionError, "division"),
    ({"hvp": lambda t, v: "abc"}, TypeError, "hvp: expected real numbers"),
    ({"hvp": lambda t, v: v[:, None], "batched": True}, ValueError, "hvp: expected shape"),
    ({"hessian": lambda t: np.eye(2) * 1j}, TypeError, "hessian: expected real numbers"),
    ({"hessian": lambda t: [[1.0, 0.0], [0.0]]}, ValueError, "inhomogeneous|sequence"),
])
def test_functions_that_give_what_they_should_not(words, error, said):
    words = {"value": lambda t: 0.5 * t @ t, "gradient": lambda t: t, "hvp": lambda t, v: v, "dimension": 2, **words}
    if "hessian" in words:
        del words["hvp"]
    objective = spinodal.Objective(**words)
    for method in (objective.check, objective.geometry, objective.minimize):
        with pytest.raises(error, match=said):
            method([0.5, 0.25])
    with pytest.raises(error, match=said):
        objective.sweep([0.5, 0.25], beta={"from": 0.1, "to": 0.2, "points": 2})


def test_numbers_that_are_not_finite_are_results_or_refused():
    bad = spinodal.Objective(lambda t: float("nan"), lambda t: t, hvp=lambda t, v: v, dimension=2)
    assert bad.minimize([1.0, 1.0]).stop == "diverged"
    with pytest.raises(spinodal.NumericError):
        bad.geometry([1.0, 1.0])
    with pytest.raises(spinodal.NumericError):
        bad.check([1.0, 1.0])


def test_noise_is_detected():
    rng = np.random.default_rng(0)
    quiet = {"value": lambda t: 0.5 * t @ t, "gradient": lambda t: t, "hvp": lambda t, v: v, "dimension": 2}
    for change in ({"value": lambda t: 0.5 * t @ t + 1e-9 * rng.normal()},
                   {"gradient": lambda t: t + 1e-12 * rng.normal(size=2)},
                   {"hvp": lambda t, v: v + 1e-9 * rng.normal(size=2)},
                   {"hvp": None, "hessian": lambda t: np.eye(2) + 1e-9 * rng.normal(size=(2, 2))},
                   {"gauss_newton": lambda t, v: v + 1e-9 * rng.normal(size=2)}):
        noisy = spinodal.Objective(**{**quiet, **change})
        for method in (noisy.check, noisy.geometry, noisy.minimize):
            with pytest.raises(spinodal.InputError, match="deterministic"):
                method([0.5, 0.25])
        with pytest.raises(spinodal.InputError, match="deterministic"):
            noisy.sweep([0.5, 0.25], beta=[0.1, 0.2])


def test_a_wrong_derivative_fails_the_check():
    assert round_well().check([0.3, -0.7, 1.1], beta=0.1)
    wrong = spinodal.Objective(lambda t: 0.5 * t @ t, lambda t: 1.001 * t, hvp=lambda t, v: v, dimension=2)
    found = wrong.check([0.5, 0.25])
    assert not found and found.verdict == "failed" and found.reason


@pytest.mark.parametrize("arguments, said", [
    ({"value": lambda t: 0, "dimension": 1}, "needs value and gradient"),
    ({"dimension": 1}, "needs value and gradient"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "value_and_gradient": lambda t: (0, t), "dimension": 1}, "not both"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "dimension": 0}, "at least 1"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "dimension": 1, "gauss_newton": lambda t, v: v}, "needs hvp"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "dimension": 1, "fisher_scale": -1.0}, ">= 0"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "dimension": 2, "regularise": [-1.0, 1.0]}, ">= 0"),
    ({"value": lambda t: 0, "gradient": lambda t: t, "dimension": 2, "regularise": [1.0]}, "shape"),
])
def test_objectives_that_are_none(arguments, said):
    with pytest.raises(ValueError, match=said):
        spinodal.Objective(**arguments)


def test_parameters_that_are_none():
    objective = well()
    for bad, error in (([1.0, 2.0], ValueError), (["a"], TypeError), ([1j], TypeError), ([[1.0]], ValueError)):
        for method in (objective.minimize, objective.check, objective.value):
            with pytest.raises(error):
                method(bad)
    with pytest.raises(ValueError, match="starts"):
        objective.sweep([1.0, 2.0])
    with pytest.raises(spinodal.ArgumentError, match="not finite"):
        objective.sweep([np.nan])
    with pytest.raises(spinodal.InputError, match="did you mean 'tolerance'"):
        objective.minimize([1.0], tolerence=1e-3)
    with pytest.raises(spinodal.InputError) as caught:
        objective.minimize([1.0], method="newtno")
    assert "solver.method" in str(caught.value)


def test_without_second_derivatives():
    first = spinodal.Objective(lambda t: 0.5 * t @ t, lambda t: t, dimension=2)
    assert first.minimize([1.0, 1.0], method="lbfgs").converged
    for method in (first.minimize, first.geometry):
        with pytest.raises(spinodal.UnsupportedError):
            method([1.0, 1.0])
    for method, words in ((first.minimize, {}), (first.minimize, {"method": "newton_cg"}),
                          (first.sweep, {"solver": "lbfgs"}), (first.branches, {}), (first.spectrum, {})):
        with pytest.raises(spinodal.UnsupportedError, match=r"needs second derivatives: give Objective\(..., hvp"):
            method([1.0, 1.0], **words)
    batches = spinodal.Objective(lambda t: 0.5 * t @ t, lambda t: t, dimension=2, samples=10)
    with pytest.raises(spinodal.UnsupportedError, match="sgd"):
        batches.minimize([1.0, 1.0], method="sgd", batch=2)


def test_functions_get_a_copy():
    kept = []

    def value(t):
        kept.append(t)
        t[:] = 7  # ours to spoil
        return 0.0

    objective = spinodal.Objective(value, lambda t: 0 * t, hvp=lambda t, v: 0 * v, dimension=2, regularise=False)
    assert objective.value([1.0, 2.0]) == 0
    assert all((t == 7).all() for t in kept)


def test_nothing_is_kept():
    def cycle(count):
        import resource
        for _ in range(count):
            objective = well()
            objective.value([1.0], beta=0.1)
        objective.minimize([1.0], beta=0.1)
        gone = weakref.ref(objective)
        del objective
        gc.collect()
        return gone, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    cycle(300)
    _, before = cycle(300)
    gone, after = cycle(10000)
    assert gone() is None
    assert after - before < 8 * 1024
