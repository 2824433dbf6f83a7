#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the formulas T3 to T10 and T14 to T15 of docs/theory.md themselves, each against its definition, in
mpmath or extended precision. Prints the largest deviations; needs a minute. No fixture comes from here.
"""
import itertools
import sys

import mpmath as mp
import numpy as np

from taylor import derivatives, parameter_count

mp.mp.dps = 50


def surface(t):
    """A function of three variables without symmetry: value, gradient, Hessian."""
    a, b, c = t
    value = mp.sin(a) * b + mp.exp(a * c) / 3 + b ** 2 * c - c ** 3 / 5
    e = mp.exp(a * c)
    gradient = [mp.cos(a) * b + c * e / 3, mp.sin(a) + 2 * b * c, a * e / 3 + b ** 2 - 3 * c ** 2 / 5]
    hessian = [[-mp.sin(a) * b + c * c * e / 3, mp.cos(a), e / 3 + a * c * e / 3],
               [mp.cos(a), 2 * c, 2 * b],
               [e / 3 + a * c * e / 3, 2 * b, a * a * e / 3 - 6 * c / 5]]
    return value, mp.matrix(gradient), mp.matrix(hessian)


def metric(t):
    g = surface(t)[1]
    return mp.eye(3) + g * g.T


def derivative(function, t, k, step=mp.mpf(10) ** -12):
    """Central difference of fourth order of a list-valued function: error about 1e-38 at 50 digits."""
    def at(s):
        return function([v + s * step if i == k else v for i, v in enumerate(t)])
    return [(8 * (p - q) - (r - s)) / (12 * step)
            for p, q, r, s in zip(at(1), at(-1), at(2), at(-2))]


def christoffel(t):
    """Gamma^i_jk of the metric, flat list of 27, from derivatives of the metric alone."""
    d = [derivative(lambda s: list(metric(s)), t, k) for k in range(3)]
    inverse = metric(t) ** -1

    def dg(k, i, j):
        return d[k][3 * i + j]
    return [sum(inverse[i, m] * (dg(k, m, j) + dg(j, m, k) - dg(m, j, k)) for m in range(3)) / 2
            for i in range(3) for j in range(3) for k in range(3)]


def intrinsic(t):
    """Ricci tensor and scalar, and R_0101, from the Riemann tensor of the metric."""
    gamma = christoffel(t)
    d = [derivative(christoffel, t, k) for k in range(3)]

    def g(i, j, k):
        return gamma[9 * i + 3 * j + k]

    def riemann(i, j, k, m):  # R^i_jkm
        return (d[k][9 * i + 3 * j + m] - d[m][9 * i + 3 * j + k]
                + sum(g(i, k, p) * g(p, j, m) - g(i, m, p) * g(p, j, k) for p in range(3)))
    ricci = mp.matrix(3, 3)
    for j, m in itertools.product(range(3), repeat=2):
        ricci[j, m] = sum(riemann(i, j, i, m) for i in range(3))
    low, inverse = metric(t), metric(t) ** -1
    scalar = sum(inverse[i, j] * ricci[i, j] for i in range(3) for j in range(3))
    plane = sum(low[0, p] * riemann(p, 1, 0, 1) for p in range(3))
    return ricci, scalar, plane / (low[0, 0] * low[1, 1] - low[0, 1] ** 2)


def check_curvature():
    t = [mp.mpf("0.7"), mp.mpf("-0.4"), mp.mpf("0.9")]
    _, g, h = surface(t)
    q = 1 + (g.T * g)[0]
    hg = h * g
    ghg = (g.T * hg)[0]
    trace = sum(h[i, i] for i in range(3))
    square = sum(v * v for v in h)
    r = (trace ** 2 - square) / q - 2 * (trace * ghg - (hg.T * hg)[0]) / q ** 2
    shape = metric(t) ** -1 * h / mp.sqrt(q)
    second = h / mp.sqrt(q)
    ts = sum(shape[i, i] for i in range(3))
    ts2 = sum((shape * shape)[i, i] for i in range(3))
    ricci = ts * second - second * metric(t) ** -1 * second
    ricci_true, r_true, plane_true = intrinsic(t)
    u, v = mp.matrix([1, 0, 0]), mp.matrix([0, 1, 0])
    u /= mp.sqrt(metric(t)[0, 0])
    v -= u * (u.T * metric(t) * v)[0]
    v /= mp.sqrt((v.T * metric(t) * v)[0])
    plane = (u.T * second * u)[0] * (v.T * second * v)[0] - (u.T * second * v)[0] ** 2
    kappa = mp.eig(shape, left=False, right=False)
    report("T3 against the Riemann tensor of the metric", r - r_true)
    report("T3 against (tr S)^2 - tr S^2", r - (ts ** 2 - ts2))
    report("T4 against tr S / P", (trace - ghg / q) / (3 * mp.sqrt(q)) - ts / 3)
    report("T5 against det S", mp.det(h) / q ** mp.mpf("2.5") - mp.det(shape))
    report("T6 product of principal curvatures", mp.re(kappa[0] * kappa[1] * kappa[2])
           - mp.det(shape))
    report("T7 Ricci tensor", max(abs(a - b) for a, b in zip(ricci, ricci_true)))
    report("T7 sectional curvature", plane - plane_true)


def check_thermodynamics():
    """T9, T10: a minimum of a tanh network at beta - h, beta, beta + h, by Newton at 50 digits."""
    widths = [1, 2, 1]
    x = np.array([[-1.5], [-0.5], [0.25], [1.0], [1.75]])
    y = np.array([[-0.9], [-0.6], [0.3], [0.5], [1.1]])
    count = parameter_count(widths, True)
    start = np.array([0.8, -0.5, 0.1, -0.2, 0.9, -0.4, 0.05])
    assert len(start) == count

    def minimum(theta, beta):
        for step in range(200):
            d = derivatives(widths, "tanh", True, "mse", theta, x, y, mp.mpf)
            g = mp.matrix([a + 2 * beta * b for a, b in zip(d["gradient"], theta)])
            h = mp.matrix((d["gauss_newton"] + d["residual"]).tolist()) + 2 * beta * mp.eye(count)
            w, v = mp.eigsy(h)
            c = v.T * g
            move = v * mp.matrix([-c[i] / max(abs(w[i]), mp.mpf("1e-3")) for i in range(count)])
            length = mp.norm(move)
            move *= min(1, mp.mpf("0.3") / length) if length > 0 else 1
            theta = [a + b for a, b in zip(theta, move)]
            if length < mp.mpf(10) ** -40:
                assert min(w) > 0
                t = mp.matrix(theta)
                norm = (t.T * t)[0]
                return theta, d["value"] + beta * norm, norm, 4 * (t.T * mp.lu_solve(h, t))[0]
        raise RuntimeError("no convergence")
    beta, h = mp.mpf("0.02"), mp.mpf(10) ** -10
    theta, _, norm, chi = minimum([mp.mpf(v) for v in start], beta)
    down, up = minimum(theta, beta - h), minimum(theta, beta + h)
    report("T9 against a central difference", (up[1] - down[1]) / (2 * h) - norm)
    report("T10 against a central difference", (down[2] - up[2]) / (2 * h) - chi)


def hadamard_data(mean):
    h = np.array([[(-1.0) ** bin(i & j).count("1") for j in range(8)] for i in range(8)])
    x = h[:, 1:4]
    return x, np.stack([0.9 * x[:, 0] + mean[0], 0.5 * x[:, 1] + mean[1]], axis=1)


def hessian(widths, kind, bias, theta, x, y, beta):
    d = derivatives(widths, kind, bias, "mse", theta, x, y)
    gradient = d["gradient"] + 2 * np.longdouble(beta) * theta
    return gradient, (d["gauss_newton"] + d["residual"]).astype(float) \
        + 2 * beta * np.eye(len(theta))


def check_deep_linear():
    worst, worst_chi, worst_bias = 0, 0, 0
    beta = 0.05
    for depth, width in itertools.product((2, 3, 4), (2, 3, 4)):
        widths = [3] + [width] * (depth - 1) + [2]
        power = 1 - 2.0 / depth
        s = [float(mp.findroot(lambda a, t=t: (t - a) * a ** power - beta, t)) for t in (0.9, 0.5)]
        slope = [-a ** power + power * (t - a) * a ** (power - 1) for a, t in zip(s, (0.9, 0.5))]
        for active in ([], [0], [1], [0, 1]):
            theta = []
            for fan_in, fan_out in zip(widths, widths[1:]):
                w = np.zeros((fan_out, fan_in))
                for mode in active:
                    w[mode, mode] = s[mode] ** (1.0 / depth)
                theta.append(w.ravel())
            theta = np.concatenate(theta)
            x, y = hadamard_data((0, 0))
            g, h = hessian(widths, "linear", False, theta, x, y, beta)
            assert abs(g).max() < 1e-14
            w, v = np.linalg.eigh(h)
            m = len(active)
            assert sum(abs(w) < 1e-12) == (depth - 1) * (m * width - m * (m + 1) // 2)
            if m == 1:
                i, j = active[0], 1 - active[0]
                expected = 2 * s[i] ** power * ((0.9, 0.5)[i] - (0.9, 0.5)[j])
                worst = max(worst, abs(w - expected).min())
                assert (w[0] < -1e-12) == (i == 1 or depth == 2)
            keep = abs(w) > 1e-12
            chi = 4 * ((v.T @ theta)[keep] ** 2 / w[keep]).sum()
            closed = -sum(2 * s[i] ** (2.0 / depth - 1) / slope[i] for i in active)
            worst_chi = max(worst_chi, abs(chi - closed))
        for length, (kind, first) in itertools.product((0.3, 2.5), (("tanh", 1), ("gelu", 0.5))):
            theta = np.zeros(parameter_count(widths, True))
            x, y = hadamard_data((0.6 * length, 0.8 * length))
            theta[-2:] = y.mean(axis=0) / (1 + beta)
            g, h = hessian(widths, kind, True, theta, x, y, beta)
            w = np.linalg.eigvalsh(h)
            if depth > 2:
                for sign in (-1, 1):
                    expected = 2 * beta * (1 + sign * first * length / (1 + beta))
                    worst_bias = max(worst_bias, abs(w - expected).min())
    report("T15 eigenvalue of the missing mode", worst)
    report("T10 along T13, zero modes excluded", worst_chi)
    report("T14 eigenvalues with biases, D >= 3", worst_bias)


def report(what, deviation):
    print("%-50s %.1e" % (what, abs(deviation)))
    assert abs(deviation) < 1e-11, what


def main():
    check_curvature()
    check_thermodynamics()
    check_deep_linear()


if __name__ == "__main__":
    sys.exit(main())
