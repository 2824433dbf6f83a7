#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values for random networks: networks.txt. See docs/reference-values.md.

Needs NumPy and mpmath; takes a few minutes. Not needed to run the tests.
"""
import os
import sys

import mpmath as mp
import numpy as np

import taylor
from taylor import derivatives, to_mpf

mp.mp.dps = 40
HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["value", "gradient_norm", "weight_norm", "trace", "frobenius_squared", "scalar_curvature",
           "mean_curvature", "gauss_kronecker_sign", "gauss_kronecker_log", "eigenvalue_min",
           "eigenvalue_max", "negative_eigenvalues", "zero_eigenvalues", "principal_curvature_min",
           "principal_curvature_max", "fisher_trace", "residual_share", "susceptibility", "stationary"]
NAN = float("nan")
ZERO = mp.mpf(10) ** -9

# I, hidden, K, activation, bias, error, N, betas, scale of theta, how theta is chosen
CASES = [
    (1, [], 2, "linear", False, "mse", 5, [0.1, 1.0], 1.0, "random"),
    (2, [], 2, "linear", True, "mse_mean", 7, [0.01, 0.3], 1.0, "random"),
    (3, [], 3, "linear", True, "cross_entropy", 12, [0.05, 0.5], 1.0, "random"),
    (1, [1], 1, "tanh", True, "mse", 6, [0.001, 0.2], 1.0, "random"),
    (2, [3], 1, "tanh", False, "mse", 20, [0.01, 0.4], 1.2, "random"),
    (3, [4], 2, "tanh", True, "mse_mean", 15, [0.02, 0.2, 2.0], 1.2, "random"),
    (3, [5, 5], 2, "tanh", False, "mse", 40, [0.001, 0.12, 0.4], 1.0, "random"),
    (2, [3, 3, 3], 2, "tanh", True, "cross_entropy", 25, [0.01, 0.1], 1.5, "random"),
    (2, [2, 3, 2, 3], 1, "tanh", False, "mse", 30, [0.01, 0.1], 1.8, "random"),
    (2, [4], 2, "relu", True, "mse", 18, [0.01, 0.5], 1.2, "random"),
    (3, [4, 3], 2, "relu", False, "mse_mean", 25, [0.05], 1.4, "random"),
    (4, [5, 4], 3, "relu", True, "cross_entropy", 30, [0.001, 0.1], 1.4, "random"),
    (3, [3], 2, "sigmoid", True, "mse", 16, [0.01, 0.3], 2.0, "random"),
    (2, [3, 3], 1, "sigmoid", False, "mse_mean", 24, [0.02, 0.3], 2.5, "random"),
    (5, [4, 4], 3, "sigmoid", True, "cross_entropy", 35, [0.005, 0.05], 2.5, "random"),
    (2, [4], 1, "softplus", False, "mse", 10, [0.01, 1.0], 1.0, "random"),
    (3, [3, 4], 2, "softplus", True, "mse_mean", 22, [0.1], 1.0, "random"),
    (2, [3, 2, 3], 3, "softplus", False, "cross_entropy", 28, [0.01, 0.2], 1.2, "random"),
    (2, [3], 2, "gelu", True, "mse", 14, [0.01, 0.2], 1.3, "random"),
    (4, [4, 3], 1, "gelu", False, "mse_mean", 26, [0.03], 1.3, "random"),
    (3, [3, 3, 2], 3, "gelu", True, "cross_entropy", 32, [0.01, 0.1], 1.6, "random"),
    (2, [2, 2, 2, 2], 2, "gelu", True, "mse", 20, [0.01, 0.1], 2.6, "random"),
    (3, [3], 2, "linear", False, "mse", 12, [0.1, 0.6], 1.0, "random"),
    (3, [3, 3, 3], 2, "linear", True, "mse_mean", 20, [0.05, 0.5], 1.0, "random"),
    (6, [7, 6], 3, "tanh", True, "mse", 60, [0.003, 0.2], 1.2, "random"),
    (2, [3], 2, "tanh", False, "mse", 20, [0.02], 1.0, "minimum"),
    (3, [3], 2, "gelu", True, "mse", 25, [0.01], 1.0, "minimum"),
    (2, [2, 2], 3, "softplus", True, "cross_entropy", 30, [0.004], 1.0, "minimum"),
    (3, [2, 2], 2, "sigmoid", True, "mse_mean", 30, [0.002], 2.0, "minimum"),
    (3, [3, 3], 2, "linear", False, "mse", 8, [0.1], 1.0, "deep linear minimum"),
    (3, [3, 3], 2, "linear", False, "mse", 8, [0.1], 1.0, "deep linear saddle"),
    (3, [3, 3], 2, "tanh", False, "mse", 16, [0.2], 1.0, "trivial"),
    (3, [4, 3], 1, "tanh", True, "cross_entropy", 30, [0.002, 0.1], 2.0, "random"),
    (2, [3], 1, "softplus", True, "cross_entropy", 30, [0.004], 1.0, "minimum"),
]


def make_data(rng, inputs, outputs, samples, error, kind):
    if kind.startswith("deep linear"):  # columns of a Hadamard matrix: (1/N) sum x x^T = 1 exactly
        hadamard = np.array([[(-1.0) ** bin(i & j).count("1") for j in range(8)] for i in range(8)])
        x = hadamard[:, 1:4]
        y = np.stack([0.9375 * x[:, 0], 0.5 * x[:, 1]], axis=1) + 0.25 * hadamard[:, 4:6]
        return x, y
    x = np.round(rng.standard_normal((samples, inputs)), 4)
    if error == "cross_entropy":  # class probabilities that sum to 1 exactly: 64ths
        classes = max(outputs, 2)
        y = np.zeros((samples, classes))
        for n in range(samples):
            y[n, rng.integers(classes)] = 1.0
            if n % 3 == 0:
                cuts = np.sort(rng.integers(0, 65, classes - 1))
                y[n] = np.diff(np.concatenate([[0], cuts, [64]])) / 64.0
        return x, y[:, classes - outputs:]  # one output: the probability of the second class
    mix = rng.standard_normal((outputs, inputs))
    y = np.tanh(x @ mix.T) + 0.5 * x[:, :1] ** 2 * (np.arange(outputs) % 2)
    return x, np.round(y + 0.3 * rng.standard_normal((samples, outputs)), 4)


def random_theta(rng, widths, bias, scale):
    parts = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        parts.append(scale / np.sqrt(fan_in) * rng.standard_normal(fan_in * fan_out))
        if bias:
            parts.append(0.3 * rng.standard_normal(fan_out))
    return np.concatenate(parts)


def minimise(model, theta, x, y, beta):
    """A minimum of L: damped Newton, then full steps in longdouble until nothing changes."""
    beta = np.longdouble(beta)
    theta = theta.astype(np.longdouble)

    def loss(t):
        d = derivatives(*model, t, x, y)
        return d["value"] + beta * t.dot(t), d["gradient"] + 2 * beta * t, \
            d["gauss_newton"] + d["residual"] + 2 * beta * np.eye(len(t))

    value, g, h = loss(theta)
    for _ in range(300):
        w, v = np.linalg.eigh(h.astype(float))
        step = -v @ ((v.T @ g.astype(float)) / np.maximum(np.abs(w), 1e-6))
        step *= min(1.0, 1.0 / np.linalg.norm(step))
        t = np.longdouble(1)
        while True:
            new = loss(theta + t * step)
            if new[0] <= value or t < 1e-6:
                break
            t /= 2
        theta = theta + t * step
        value, g, h = new
        if np.linalg.norm(g.astype(float)) < 1e-10:
            break
    for _ in range(6):
        w, v = np.linalg.eigh(h.astype(float))
        assert w[0] > 1e-5, w[:3]
        theta = theta - v @ ((v.T @ g) / w)
        value, g, h = loss(theta)
    assert np.linalg.norm(g.astype(float)) < 1e-17, g
    return theta.astype(float)


def choose_theta(rng, case, model, x, y):
    widths, scale, how = model[0], case[8], case[9]
    if how == "random":
        return random_theta(rng, widths, model[2], scale)
    if how == "minimum":
        return minimise(model, random_theta(rng, widths, model[2], scale), x, y, case[7][0])
    if how == "trivial":
        return np.zeros(taylor.parameter_count(widths, model[2]))
    # T13 with D = 3: beta = (sigma - s) s^{1/3}, upper root; each layer carries s^{1/3}.
    theta = []
    strengths = {}
    active = [0, 1] if how.endswith("minimum") else [1]
    for mode in active:
        sigma = mp.mpf([0.9375, 0.5][mode])
        strengths[mode] = mp.findroot(
            lambda s, sigma=sigma: (sigma - s) * s ** (mp.mpf(1) / 3) - mp.mpf(case[7][0]), sigma)
    for fan_in, fan_out in zip(widths, widths[1:]):
        w = np.zeros((fan_out, fan_in))
        for mode in active:
            w[mode, mode] = float(strengths[mode] ** (mp.mpf(1) / 3))
        theta.append(w.ravel())
    return np.concatenate(theta)


def dot(a, b):
    return mp.fsum(p * q for p, q in zip(a, b))


def curvature(value, g, h, eigenvalues):
    """All quantities of one surface from its value, gradient and Hessian (mpf)."""
    count = len(g)
    gg = dot(g, g)
    q = 1 + gg
    hg = [dot(row, g) for row in h]
    trace = mp.fsum(h[i][i] for i in range(count))
    frobenius = mp.fsum(v * v for row in h for v in row)
    r = (trace ** 2 - frobenius) / q - 2 * (trace * dot(g, hg) - dot(hg, hg)) / q ** 2
    # principal curvatures: M^{-1/2} H M^{-1/2} / sqrt q with M = I + g g^T, M^{-1/2} = I - c g g^T
    c = (1 - 1 / mp.sqrt(q)) / gg if gg != 0 else mp.mpf(0)
    ghg = dot(g, hg)
    s = mp.matrix(count, count)
    for i in range(count):
        for j in range(count):
            s[i, j] = (h[i][j] - c * (g[i] * hg[j] + hg[i] * g[j]) + c * c * ghg * g[i] * g[j]) \
                / mp.sqrt(q)
    kappa = sorted(mp.eigsy(s, eigvals_only=True))
    pairs = mp.fsum(kappa) ** 2 - mp.fsum(k * k for k in kappa)
    scale = 1 + trace ** 2 + frobenius
    assert abs(pairs - r) < mp.mpf(10) ** -28 * scale, (pairs, r)
    mean = (trace - ghg / q) / (count * mp.sqrt(q))
    assert abs(mean - mp.fsum(kappa) / count) < mp.mpf(10) ** -28 * scale
    top = max(abs(v) for v in eigenvalues)
    zero = sum(1 for v in eigenvalues if abs(v) <= ZERO * top)
    if top > 0:
        for v in eigenvalues:  # no count may hang on rounding
            assert not ZERO / 3 < abs(v) / top < 3 * ZERO, ("near the zero threshold", v / top)
    sign, log = NAN, NAN
    if zero == 0:
        sign = 1 if sum(1 for v in eigenvalues if v < 0) % 2 == 0 else -1
        log = mp.fsum(mp.log(abs(v)) for v in eigenvalues) - (mp.mpf(count) / 2 + 1) * mp.log(q)
        product = mp.fsum(mp.log(abs(k)) for k in kappa)
        assert abs(log - product) < mp.mpf(10) ** -15, (log, product)
    return {"value": value, "gradient_norm": mp.sqrt(gg), "trace": trace,
            "frobenius_squared": frobenius, "scalar_curvature": r, "mean_curvature": mean,
            "gauss_kronecker_sign": sign, "gauss_kronecker_log": log,
            "eigenvalue_min": eigenvalues[0], "eigenvalue_max": eigenvalues[-1],
            "negative_eigenvalues": sum(1 for v in eigenvalues if v < -ZERO * top),
            "zero_eigenvalues": zero, "principal_curvature_min": kappa[0],
            "principal_curvature_max": kappa[-1]}


def symmetric(m):
    """As mpf, with the two triangles (which differ by 1e-20 or so) averaged."""
    m = [[to_mpf(v) for v in row] for row in m]
    return [[(m[i][j] + m[j][i]) / 2 for j in range(len(m))] for i in range(len(m))]


def geometry(case, d, theta):
    """Rows of COLUMNS for both surfaces at each beta, and the spectrum of E's Hessian."""
    error, how = case[5], case[9]
    count = len(theta)
    t = [mp.mpf(v) for v in theta]
    gn, res = symmetric(d["gauss_newton"]), symmetric(d["residual"])
    h = [[a + b for a, b in zip(p, q)] for p, q in zip(gn, res)]
    g = [to_mpf(v) for v in d["gradient"]]
    value = to_mpf(d["value"])
    w, v = mp.eigsy(mp.matrix(h))
    order = sorted(range(count), key=lambda i: w[i])
    spectrum = [w[i] for i in order]
    norm = [mp.sqrt(mp.fsum(a * a for row in m for a in row)) for m in (gn, res)]
    shared = {
        "weight_norm": mp.sqrt(dot(t, t)),
        "residual_share": norm[1] / (norm[0] + norm[1]) if norm[0] + norm[1] > 0 else NAN,
        "fisher_trace": mp.fsum(gn[i][i] for i in range(count)) if error == "cross_entropy"
        else to_mpf(d["trace_jacobian"])}
    rows = {"error": [], "loss": []}
    response = []
    error_row = curvature(value, g, h, spectrum)
    for beta in case[7]:
        b = mp.mpf(beta)
        gl = [p + 2 * b * q for p, q in zip(g, t)]
        hl = [[a + (2 * b if i == j else 0) for j, a in enumerate(row)] for i, row in enumerate(h)]
        sl = [a + 2 * b for a in spectrum]
        loss_row = curvature(value + b * dot(t, t), gl, hl, sl)
        stationary = 0 if how == "random" else 1
        chi, reach = NAN, NAN
        if stationary:
            assert loss_row["gradient_norm"] < mp.mpf(10) ** -14
            top = max(abs(a) for a in sl)
            part = [dot(v[:, i], t) for i in order]
            keep = [i for i in range(count) if abs(sl[i]) > ZERO * top]
            chi = 4 * mp.fsum(part[i] ** 2 / sl[i] for i in keep)
            reach = mp.sqrt(mp.fsum((part[i] / sl[i]) ** 2 for i in keep))
        response.append(reach)
        for surface, row in (("error", error_row), ("loss", loss_row)):
            row = dict(row, susceptibility=chi, stationary=stationary, **shared)
            rows[surface].append([row[name] for name in COLUMNS])
    return rows, spectrum, response


def check_activations():
    """The closed forms of the derivatives, against differentiation of phi itself at 60 digits."""
    for kind in taylor.ACTIVATIONS:
        for a in (-3.1, -0.4, 0.7, 2.9):
            with mp.workdps(60):
                first = mp.diff(lambda z: taylor.activation(kind, z)[0], mp.mpf(a))
                second = mp.diff(lambda z: taylor.activation(kind, z)[0], mp.mpf(a), 2)
                _, d, dd = taylor.activation(kind, mp.mpf(a))
                assert abs(first - d) < 1e-25 and abs(second - dd) < 1e-25, (kind, a)
            for low, high in zip(taylor.activation(kind, np.longdouble(a)),
                                 taylor.activation(kind, mp.mpf(a))):
                assert abs(to_mpf(low) - high) < 4e-19 * (1 + abs(high)), (kind, a)


def main():
    check_activations()
    out = taylor.Writer(os.path.join(HERE, "networks.txt"), [
        "Random networks: made by make_networks.py, read by test_reference_networks.c.",
        "NN.shape: inputs, outputs, hidden widths; NN.kind: activation, bias, error (indices of the",
        "header's enumerations); NN.error, NN.loss: one row for each beta, columns:",
        "  " + " ".join(COLUMNS[:10]), "  " + " ".join(COLUMNS[10:])])
    out.add("count", [len(CASES)])
    worst = 0.0
    for index, case in enumerate(CASES):
        inputs, hidden, outputs, kind, bias, error, samples = case[:7]
        rng = np.random.default_rng(1000 + index)
        widths = [inputs] + hidden + [outputs]
        model = (widths, kind, bias, error)
        x, y = make_data(rng, inputs, outputs, samples, error, case[9])
        theta = choose_theta(rng, case, model, x, y)
        d = derivatives(*model, theta, x, y)
        checked = ""
        if len(theta) <= 24 or case[9] in ("minimum",):
            exact = derivatives(*model, theta, x, y, mp.mpf)
            size = 1 + max(abs(v) for v in exact["gauss_newton"].ravel())
            gap = max(max(abs(to_mpf(a) - b) for a, b in zip(np.ravel(d[k]), np.ravel(exact[k])))
                      for k in ("value", "gradient", "gauss_newton", "residual")) / size
            worst = max(worst, float(gap))
            checked = "  longdouble against 40 digits: %.1e" % gap
        rows, spectrum, response = geometry(case, d, theta)
        name = "%02d" % index
        out.lines.append("# %s: %s, %s, %s, %s, theta: %s" % (
            name, "-".join(map(str, widths)), kind, "bias" if bias else "no bias", error, case[9]))
        out.add(name + ".shape", [inputs, outputs] + hidden)
        out.add(name + ".kind", [taylor.ACTIVATIONS.index(kind), int(bias),
                                 taylor.ERRORS.index(error)])
        out.add(name + ".data", np.concatenate([x, y], axis=1))
        out.add(name + ".theta", theta)
        out.add(name + ".beta", case[7])
        out.add(name + ".gradient", d["gradient"])
        out.lower(name + ".hessian", d["gauss_newton"] + d["residual"])
        out.lower(name + ".gauss_newton", d["gauss_newton"])
        out.add(name + ".spectrum", spectrum)
        out.add(name + ".response", response)
        for surface in ("error", "loss"):
            out.add("%s.%s" % (name, surface), rows[surface])
        row = dict(zip(COLUMNS, rows["loss"][0]))
        print(name, widths, kind, error, "P = %d" % len(theta), case[9],
              "R = %.6g zero %d negative %d chi %.6g" % (
                  row["scalar_curvature"], row["zero_eigenvalues"], row["negative_eigenvalues"],
                  row["susceptibility"]), checked, flush=True)
    print("largest difference between longdouble and 40 digits: %.2e" % worst)
    assert worst < 1e-17
    out.close()


if __name__ == "__main__":
    sys.exit(main())
