# SPDX-License-Identifier: MIT
"""PyTorch models: the built-in network with their weights, and any model as an objective."""
import threading

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import spinodal  # noqa: E402
import spinodal.torch  # noqa: E402

torch.set_num_threads(1)


def sequential(bias=True, activation=nn.Tanh, widths=(3, 4, 4, 2)):
    torch.manual_seed(1)
    parts = []
    for a, b in zip(widths[:-1], widths[1:]):
        parts += [nn.Linear(a, b, bias=bias), activation()]
    return nn.Sequential(*parts[:-1])


class Written(nn.Module):
    """A network as people write them."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 5)
        self.rest = nn.Sequential(nn.Dropout(0.0), nn.Linear(5, 3))

    def forward(self, x):
        return self.rest(functional.relu(self.fc1(torch.flatten(x, 1))))


def samples(module, seed=3, count=40):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3))
    return x, x[:, :2] * [0.9, 0.5] + 0.1 * rng.normal(size=(count, 2))


def square(outputs, target):
    return ((outputs - target) ** 2).sum(dim=1).mean()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation, word", [(nn.Tanh, "tanh"), (nn.Sigmoid, "sigmoid"), (nn.Softplus, "softplus"),
                                              (nn.GELU, "gelu"), (nn.SiLU, "silu"), (nn.ReLU, "relu"),
                                              (nn.Identity, "linear")])
def test_a_model_is_the_built_in_network(bias, activation, word):
    """Value, gradient, products, Hessian and R to 1e-12 of their size: two independent ways of differentiating."""
    module = sequential(bias, activation)
    x, y = samples(module)
    network = spinodal.torch.mlp(module)
    assert network.model == {"hidden": [4, 4], "activation": word, "bias": bias}
    experiment = network.experiment((torch.from_numpy(x), y))
    theta = network.theta
    np.testing.assert_array_equal(experiment.initial(), theta)
    built_in = experiment.objective()
    own = spinodal.torch.objective(module, square, (x, y))
    np.testing.assert_array_equal(own.theta, theta)
    rng = np.random.default_rng(0)
    v = rng.normal(size=(5, len(theta)))
    for beta in (0.0, 0.1):
        assert own.value(theta, beta) == pytest.approx(built_in.value(theta, beta), rel=1e-12)
        for ours, theirs in ((own.gradient(theta, beta), built_in.gradient(theta, beta)),
                             (own.hvp(theta, v, beta), built_in.hvp(theta, v, beta)),
                             (own.hessian(theta, beta), built_in.hessian(theta, beta))):
            assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()
        mine, reference = own.geometry(theta, beta=beta), built_in.geometry(theta, beta=beta)
        for surface in ("error", "loss"):
            r, exact = (getattr(g, surface) for g in (mine, reference))
            # R is a difference of squares of traces: 1e-12 of these.
            size = (exact["trace"] ** 2 + exact["frobenius_squared"]) / (1 + exact["gradient_norm"] ** 2)
            assert abs(r["scalar_curvature"] - exact["scalar_curvature"]) <= 1e-12 * max(size, 1)
    if word not in ("relu",):
        assert own.check(theta, beta=0.1)


def test_any_chain_of_layers():
    module = Written().eval()
    network = spinodal.torch.mlp(module)
    assert network.names == ["fc1.weight", "fc1.bias", "rest.1.weight", "rest.1.bias"]
    assert (network.inputs, network.outputs, network.dimension) == (4, 3, 43)
    assert network.model == {"hidden": [5], "activation": "relu", "bias": True}
    linear = spinodal.torch.mlp(nn.Linear(3, 2, bias=False))
    assert linear.names == ["weight"] and linear.model["hidden"] == []


def test_weights_go_in_and_out():
    module = sequential()
    before = {name: part.clone() for name, part in module.state_dict().items()}
    network = spinodal.torch.mlp(module)
    theta = network.theta
    network.assign(theta + 1)
    for name, part in module.state_dict().items():
        torch.testing.assert_close(part, before[name] + 1)
    assert network.names == list(module.state_dict())
    module.load_state_dict(network.state_dict(theta))
    np.testing.assert_array_equal(network.theta, theta)
    shared = network.share()
    shared[:] = np.arange(len(shared))
    assert module[0].weight.dtype == torch.float64 and float(module[0].weight[0, 1]) == 1
    with torch.no_grad():
        module[0].weight[0, 0] = 7
    assert shared[0] == 7
    for bad in (theta[:-1], theta.astype(complex)):
        with pytest.raises((TypeError, ValueError)):
            network.assign(bad)


def test_a_sweep_from_a_module():
    module = sequential(widths=(3, 2, 2), bias=False)
    x, y = samples(module)
    network = spinodal.torch.mlp(module)
    sections = {"sweep": {"beta": {"from": 0.05, "to": 1.2, "points": 6}, "direction": "up", "refine": False}}
    run = network.experiment((x, y), **sections).sweep()
    own = spinodal.torch.objective(module, square, (x, y), name="two layers").sweep(
        network.theta, **sections["sweep"])
    np.testing.assert_allclose(own.tables["points"]["error"], run.tables["points"]["error"], rtol=1e-9)
    assert run.attributes["weights_checksum"] != "00000000"
    assert own.attributes["objective"] == "two layers" and own.attributes["samples"] == 40
    network.assign(run.at(beta=0.05).theta)
    with torch.no_grad():
        error = square(module.double()(torch.from_numpy(x)), torch.from_numpy(y))
    assert float(error) == pytest.approx(run.at(beta=0.05)["error"], rel=1e-6)  # its weights were float32


def test_chains_in_several_threads_are_those_of_one():
    """They share one module, in which each evaluation writes its parameters."""
    torch.manual_seed(5)
    module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    x, y = samples(module, count=400)
    own = spinodal.torch.objective(module, square, (x, y), name="shared")
    starts = np.random.default_rng(6).normal(size=(2, own.dimension))
    words = {"beta": [0.2, 0.3], "direction": "up", "refine": False, "solver": {"method": "lbfgs"}}
    assert own.sweep(starts, threads=2, **words).image() == own.sweep(starts, threads=1, **words).image()


class Branched(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("module, said", [
    (nn.Conv2d(1, 2, 3), "Conv2d|no link|conv"), (nn.ReLU(), "no layer"), (Branched(), "depends on its input"),
    (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)), "relu and tanh"),
    (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2, bias=False)), "some layers have biases"),
    (nn.Sequential(nn.Linear(2, 2), nn.Tanh()), "outputs go through tanh"),
    (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.Linear(2, 1)), "eval"),
    (nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(2, 1)), "LayerNorm"),
    (nn.Sequential(nn.Linear(2, 2), nn.GELU(approximate="tanh"), nn.Linear(2, 1)), "exact gelu"),
])
def test_what_is_no_chain_says_why(module, said):
    with pytest.raises(spinodal.InputError, match=said):
        spinodal.torch.mlp(module)


def convolutional():
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 3))


def test_any_model_is_an_objective():
    module = convolutional()
    rng = np.random.default_rng(5)
    x, classes = rng.normal(size=(12, 1, 4, 4)), rng.integers(0, 3, 12)
    own = spinodal.torch.objective(module, functional.cross_entropy, (x, classes))
    assert own.dimension == 2 * 9 + 2 + 24 + 3 and own.names[0] == "0.weight"
    assert own.check(own.theta, beta=0.05)
    h = own.hessian(own.theta, 0.05)
    one, several = own.hvp(own.theta, np.eye(own.dimension)[0], 0.05), own.hvp(own.theta, np.eye(own.dimension), 0.05)
    np.testing.assert_allclose(one, h[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(several, h, rtol=1e-12, atol=1e-14)
    ends = own.eigenvalues(own.theta, beta=0.05, smallest=1, largest=1)
    np.testing.assert_allclose(ends.values, np.linalg.eigvalsh(h)[[0, -1]], rtol=1e-8, atol=1e-12)
    end = own.minimize(own.theta, beta=0.05, method="newton_cg")
    assert end.converged and end.gradient_norm < 1e-6
    before = [part.clone() for part in module.parameters()]
    assert own.assign(end.theta) is module
    assert not torch.equal(before[0], module[0].weight)
    assert own.unpack(end.theta)["0.weight"].shape == (2, 1, 3, 3)


def test_without_data_the_loss_has_the_module():
    module = nn.Linear(2, 1, bias=False)
    own = spinodal.torch.objective(module, lambda m: (m.weight ** 4).sum())
    theta = np.array([0.5, -2.0])
    assert own.value(theta) == pytest.approx((theta ** 4).sum())
    np.testing.assert_allclose(own.hessian(theta, 0.1), np.diag(12 * theta ** 2 + 0.2), rtol=1e-13)
    linear = spinodal.torch.objective(module, lambda m: m.weight.sum())
    np.testing.assert_allclose(linear.hessian(theta, 0.1), 0.2 * np.eye(2), atol=1e-15)


@pytest.mark.parametrize("loss", ["square", "classes"])
def test_the_gauss_newton_part_is_that_of_the_built_in_network(loss):
    """J^T M J by differentiating twice against the closed form of the network; and what is left of the Hessian."""
    module = sequential(widths=(3, 4, 4, 3))
    rng = np.random.default_rng(4)
    x, classes = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    target = np.eye(3)[classes]
    network = spinodal.torch.mlp(module)
    error = {"square": {}, "classes": {"objective": {"error": "cross_entropy"}}}[loss]
    built_in = network.experiment((x, target), **error).objective()
    own = spinodal.torch.objective(module, square if loss == "square" else functional.cross_entropy,
                                   (x, target if loss == "square" else classes), fisher_scale=0.5 if loss == "square" else 1)
    theta, v = network.theta, rng.normal(size=(3, network.dimension))
    for beta in (0.0, 0.1):
        for part in ("full", "gauss_newton", "residual"):
            expected = built_in.hessian(theta, beta, part=part)
            size = np.abs(built_in.hessian(theta, beta)).max()
            assert np.abs(own.hessian(theta, beta, part=part) - expected).max() <= 1e-12 * size
            assert np.abs(own.hvp(theta, v, beta, part=part) - v @ expected).max() <= 1e-11 * size
            assert np.abs(own.hvp(theta, v[0], beta, part=part) - v[0] @ expected).max() <= 1e-11 * size
    model = np.linalg.eigvalsh(built_in.hessian(theta, part="gauss_newton"))
    ends = own.eigenvalues(theta, part="gauss_newton", largest=3, smallest=0)
    np.testing.assert_allclose(ends.values, model[-3:], rtol=1e-9)
    np.testing.assert_allclose(np.sort(own.density(theta, part="gauss_newton").points.ravel()), model,
                               atol=1e-12 * model[-1])
    mine, reference = own.geometry(theta).error, built_in.geometry(theta).error
    for name in ("fisher_trace", "residual_share"):
        assert mine[name] == pytest.approx(reference[name], rel=1e-12)
    run = own.spectrum(theta, beta=0.1, largest=3)
    assert list(run.tables["spectra"]["part"]) == ["error", "gauss_newton"] and run.tables["points"]["shift"][0] == pytest.approx(0.2)
    table = run.tables["eigenvalues"]
    np.testing.assert_allclose(np.sort(table["value"][table["part"] == "gauss_newton"]), model[-3:], rtol=1e-9)
    np.testing.assert_array_equal(run.arrays["theta"].ravel(), theta)


class Pair(nn.Module):
    """Two outputs in a tuple: there is no one array of outputs whose derivative could be taken."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x), x


def test_where_there_is_no_gauss_newton_part():
    x, y = samples(None)
    pair = spinodal.torch.objective(Pair(), lambda o, t: square(o[0], t), (x, y))
    whole = spinodal.torch.objective(sequential(), lambda m: sum((p ** 4).sum() for p in m.parameters()))
    for own in (pair, whole):
        assert own.check(own.theta + 0.1)
        with pytest.raises(spinodal.UnsupportedError, match="no Gauss-Newton part"):
            own.hessian(own.theta, part="gauss_newton")
        assert list(own.spectrum(own.theta).tables["spectra"]["part"]) == ["error"]
        assert np.isnan(own.geometry(own.theta).error["residual_share"])
    with pytest.raises(spinodal.ArgumentError, match="expected one of full, gauss_newton, residual"):
        pair.hvp(pair.theta, pair.theta, part="gauss-newton")
    # A loss that is linear in the outputs has nothing but the rest.
    linear = spinodal.torch.objective(sequential(), lambda o, t: (o * t).mean(), (x, y))
    assert not linear.hessian(linear.theta, part="gauss_newton").any()
    np.testing.assert_array_equal(linear.hessian(linear.theta, part="residual"), linear.hessian(linear.theta))


class Own(Exception):
    pass


def test_bad_models_and_losses():
    x, y = samples(None)
    module = sequential()
    frozen = sequential()
    for part in frozen.parameters():
        part.requires_grad_(False)
    with pytest.raises(spinodal.InputError, match="requires a gradient"):
        spinodal.torch.objective(frozen, square, (x, y))
    theta = spinodal.torch.mlp(module).theta

    def raising(outputs, target):
        raise Own("mine")

    for loss, error, said in ((lambda o, t: o, ValueError, "expected one number"), (raising, Own, "mine"),
                              (lambda o, t: torch.tensor(1.0), ValueError, "does not depend"),
                              (lambda o, t: 3.0, ValueError, "expected one number"),
                              (lambda o, t: square(o, t[:-1]), RuntimeError, "size"),
                              (lambda o, t: square(o, t) * torch.rand(1), spinodal.InputError, "deterministic")):
        with pytest.raises(error, match=said):
            spinodal.torch.objective(module, loss, (x, y)).check(theta)
    noisy = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))
    with pytest.raises(spinodal.InputError, match="deterministic"):
        own = spinodal.torch.objective(noisy, square, (x, y))
        own.minimize(own.theta, beta=0.1)
    quiet = spinodal.torch.objective(noisy.eval(), square, (x, y))
    assert quiet.check(quiet.theta)
    assert not [thread for thread in threading.enumerate() if thread.name == "spinodal"]
