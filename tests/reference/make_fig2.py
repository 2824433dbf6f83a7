#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built-in experiment swept in plain NumPy: fig2.txt. See docs/reference-values.md.

Net 3-5-5-2, tanh, no biases, mse, on the data of make_dataset.py; beta = 0.001 .. 0.5 in 200 linear
steps, upward, each point started from the one before and minimised by a trust-region Newton method; then
downward from the end of the middle phase. The ends of the phases are bisected to 1e-6. Takes some minutes.
With seeds as arguments it prints the jumps for other draws of the data instead.
"""
import os
import sys

import numpy as np

import taylor
from make_dataset import builtin_data, initial_weights

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTHS = [3, 5, 5, 2]
SHAPES = [(5, 3), (5, 5), (2, 5)]
CUTS = [0, 15, 40, 50]
COUNT = 50
COLUMNS = ["beta", "error", "loss", "weight_norm", "scalar_curvature_error", "eigenvalue_min_error",
           "eigenvalue_max_error", "eigenvalue_min_loss", "eigenvalue_max_loss", "fisher_trace",
           "susceptibility"]


def split(theta):
    """The three matrices of theta (last axis 50), leading axes kept."""
    return [theta[..., a:b].reshape(theta.shape[:-1] + s)
            for a, b, s in zip(CUTS, CUTS[1:], SHAPES)]


def evaluate(theta, x, y, second=True):
    """E, gradient, Gauss-Newton part, Hessian: Jacobians of the outputs row by row, and derivatives of
    the gradient along all 50 unit vectors at once."""
    n = len(x)
    w1, w2, w3 = split(theta)
    h1 = np.tanh(x @ w1.T)
    h2 = np.tanh(h1 @ w2.T)
    r = h2 @ w3.T - y
    d1, d2 = 1 - h1 ** 2, 1 - h2 ** 2
    error = (r ** 2).sum() / n
    up2 = 2 * r @ w3
    g2 = up2 * d2
    up1 = g2 @ w2
    g1 = up1 * d1
    gradient = np.concatenate([(g1.T @ x).ravel(), (g2.T @ h1).ravel(), (2 * r.T @ h2).ravel()]) / n
    if not second:
        return error, gradient
    v1, v2, v3 = split(np.eye(COUNT))
    t1 = d1 * np.einsum("ni,poi->pno", x, v1)
    t2 = d2 * (t1 @ w2.T + np.einsum("ni,poi->pno", h1, v2))
    tr = t2 @ w3.T + np.einsum("ni,poi->pno", h2, v3)
    u2 = (2 * tr @ w3 + 2 * np.einsum("nk,pki->pni", r, v3)) * d2 - 2 * up2 * h2 * t2
    u1 = (u2 @ w2 + np.einsum("no,poi->pni", g2, v2)) * d1 - 2 * up1 * h1 * t1
    h = np.concatenate([
        np.einsum("pno,ni->poi", u1, x, optimize=True).reshape(COUNT, -1),
        (np.einsum("pno,ni->poi", u2, h1, optimize=True)
         + np.einsum("no,pni->poi", g2, t1, optimize=True)).reshape(COUNT, -1),
        (np.einsum("pno,ni->poi", 2 * tr, h2, optimize=True)
         + np.einsum("no,pni->poi", 2 * r, t2, optimize=True)).reshape(COUNT, -1)], axis=1) / n
    flat = tr.reshape(COUNT, -1)
    return error, gradient, 2 * flat @ flat.T / n, (h + h.T) / 2


class Problem:
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.hessians = 0

    def loss(self, theta, beta):
        error, gradient, _, h = evaluate(theta, self.x, self.y)
        self.hessians += 1
        return error + beta * theta @ theta, gradient + 2 * beta * theta, h + 2 * beta * np.eye(COUNT)

    def value(self, theta, beta):
        return evaluate(theta, self.x, self.y, False)[0] + beta * theta @ theta

    def minimise(self, theta, beta, radius=0.1, cap=0.3):
        """Trust-region Newton with the exact eigenvectors; leaves saddles along the most negative
        direction; ends when the Newton step is below 1e-13 at a positive semidefinite Hessian."""
        value, g, h = self.loss(theta, beta)
        best = np.inf
        for _ in range(5000):
            w, v = np.linalg.eigh(h)
            c = v.T @ g
            if w[0] > -1e-12:
                step = -c / np.maximum(w, 1e-11)
                size = np.linalg.norm(step)
                if size < 1e-12 or (size < 1e-8 and size > 0.3 * best):
                    return theta, value, w
                best = min(best, size)
                if size < 1e-5:  # quadratic convergence: rounding in L no longer tells anything
                    theta = theta + v @ step
                    value, g, h = self.loss(theta, beta)
                    continue
            if np.linalg.norm(c) < 1e-10 and w[0] <= -1e-12:
                c = c.copy()
                c[0] = -1e-4 if c[0] <= 0 else 1e-4
            step, size = -c / np.maximum(w, 1e-11), np.inf
            if w[0] > 1e-11:
                size = np.linalg.norm(step)
            if size > radius:  # find the shift with |step| = radius by bisection
                low, high = max(0.0, -w[0]), max(0.0, -w[0]) + np.linalg.norm(c) / radius + 1e-12
                for _ in range(100):
                    middle = (low + high) / 2
                    if np.linalg.norm(c / np.maximum(w + middle, 1e-300)) > radius:
                        low = middle
                    else:
                        high = middle
                step = -c / (w + high)
            model = c @ step + 0.5 * step @ (w * step)
            trial = theta + v @ step
            change = self.value(trial, beta) - value
            ratio = change / model if model < 0 else 0.0
            if ratio < 0.25:
                radius *= 0.3
            elif ratio > 0.75 and np.linalg.norm(step) > 0.9 * radius:
                radius = min(2 * radius, cap)
            if ratio > 0.05 or abs(change) < 1e-15:
                theta = trial
                value, g, h = self.loss(theta, beta)
        raise RuntimeError("no convergence at beta = %g" % beta)

    def observe(self, theta, beta):
        """The COLUMNS at a point, from plain double derivatives."""
        error, g, gauss_newton, h = evaluate(theta, self.x, self.y)
        return observables(theta, beta, error, g, np.trace(gauss_newton) / 2, h)

    def observe_exactly(self, theta, beta):
        """The same from the extended-precision Taylor propagation of taylor.py."""
        d = taylor.derivatives(WIDTHS, "tanh", False, "mse", theta, self.x, self.y)
        return observables(theta, beta, d["value"], d["gradient"], d["trace_jacobian"],
                           d["gauss_newton"] + d["residual"])


def observables(theta, beta, error, g, fisher, h):
    w = np.linalg.eigvalsh(h.astype(float))
    hl = h + 2 * beta * np.eye(len(h))
    q = 1 + g @ g
    trace, hg = np.trace(h), h @ g
    r = (trace ** 2 - (h ** 2).sum()) / q - 2 * (trace * (g @ hg) - hg @ hg) / q ** 2
    response = np.zeros(len(h), dtype=h.dtype)
    for _ in range(4):  # iterative refinement in the precision of h
        response = response + np.linalg.solve(hl.astype(float),
                                              (theta - hl @ response).astype(float))
    norm = theta @ theta
    return [beta, error, error + beta * norm, np.sqrt(norm), r, w[0], w[-1], w[0] + 2 * beta,
            w[-1] + 2 * beta, fisher, 4 * theta @ response]


def bisect(problem, inside, theta, outside, width=1e-6):
    """The end of the phase that `theta` (a minimum at `inside`) is in, quasi-statically: |theta| changes
    by more than 0.1 where the phase is left."""
    while abs(outside - inside) > width:
        middle = (inside + outside) / 2
        trial = problem.minimise(theta, middle, radius=0.02, cap=0.05)[0]
        if abs(np.linalg.norm(trial) - np.linalg.norm(theta)) < 0.1:
            inside, theta = middle, trial
        else:
            outside = middle
    return inside, outside, theta


def sweep(problem, theta, betas, **settings):
    points = []
    for beta in betas:
        theta, _, w = problem.minimise(theta, beta, **settings)
        points.append((beta, theta, w[0]))
    return points


def maxwell(problem, first, second, beta):
    """Where two phases have equal loss: Newton's method, dL/dbeta = |theta|^2 (T9)."""
    for _ in range(20):
        first, lower = problem.minimise(first, beta, radius=0.02, cap=0.05)[:2]
        second, upper = problem.minimise(second, beta, radius=0.02, cap=0.05)[:2]
        step = (lower - upper) / (second @ second - first @ first)
        beta += step
        if abs(step) < 1e-12:
            return beta
    raise RuntimeError("no Maxwell point")


def other_draws(seeds):
    """The two upward jumps for other draws of the data, on stdout."""
    for seed in seeds:
        data = builtin_data(seed)
        problem = Problem(data[:, :3], data[:, 3:])
        up = sweep(problem, initial_weights(WIDTHS, False, 0.7, 1), np.linspace(0.05, 0.4, 141))
        norms = [np.linalg.norm(t) for _, t, _ in up]
        drops = [i for i in range(len(up) - 1) if norms[i] - norms[i + 1] > 0.1]
        print("seed", seed, ["%.5f" % bisect(problem, up[i][0], up[i][1], up[i + 1][0], 1e-5)[0]
                             for i in drops], flush=True)


def polish(problem, theta, beta):
    """theta to the accuracy of longdouble derivatives: Newton with an extended-precision gradient."""
    for _ in range(3):
        h = problem.loss(theta.astype(float), beta)[2]
        d = long_gradient(theta, problem.x, problem.y) + 2 * np.longdouble(beta) * theta
        theta = theta - np.linalg.solve(h, d.astype(float))
    return theta


def long_gradient(theta, x, y):
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    return evaluate(theta.astype(np.longdouble), x, y, False)[1]


def random_starts(problem, beta, expected):
    """How many of 12 random starts end at the same minimum, a deeper and a higher one."""
    counts = {"same": 0, "deeper": 0, "higher": 0}
    for job in range(1, 13):
        start = initial_weights(WIDTHS, False, 1.0, 100, job)
        value = problem.minimise(start, beta)[1]
        gap = value - expected
        counts["same" if abs(gap) < 1e-9 else "deeper" if gap < 0 else "higher"] += 1
    return counts


def phase_points(problem, theta, at, betas):
    """Stationary points at `betas`, each reached from `theta` at `at` in steps of at most 0.0025."""
    points = []
    for side in (-1, 1):
        here, t = at, theta
        for target in sorted((b for b in betas if side * (b - at) > 0), key=lambda b: side * b):
            steps = max(1, int(np.ceil(abs(target - here) / 0.0025)))
            for k in range(1, steps + 1):
                t = problem.minimise(t, here + (target - here) * k / steps, radius=0.05)[0]
            here = target
            points.append((target, polish(problem, t, target).astype(float)))
    return sorted(points, key=lambda p: p[0])


def main():
    data = builtin_data()
    problem = Problem(data[:, :3], data[:, 3:])
    start = initial_weights(WIDTHS, False, 0.7, 1)
    grid = np.linspace(0.001, 0.5, 200)
    up = sweep(problem, start, grid)
    norms = [np.linalg.norm(t) for _, t, _ in up]
    drops = [i for i in range(len(up) - 1) if norms[i] - norms[i + 1] > 0.1 and up[i][0] > 0.05]
    print("jumps after", [up[i][0] for i in drops], "Hessians", problem.hessians, flush=True)
    assert len(drops) == 2
    out = taylor.Writer(os.path.join(HERE, "fig2.txt"), [
        "The built-in experiment swept by make_fig2.py; read by test_reference_fig2.c. Columns:",
        "  " + " ".join(COLUMNS[:6]), "  " + " ".join(COLUMNS[6:]),
        "jumps: lower and upper end of each bisected interval; before, after: the two phases there",
        "NAME.points, NAME.theta: stationary points of the phases full, middle, trivial",
        "up, down: the sweeps on the grid; below beta = 0.05 the up branch is one of several minima",
        "maxwell: full and middle, middle and trivial phase have equal loss",
        "middle_end: the middle phase is a minimum at the first beta, and left at the second"])
    jumps, before, after = [], [], []
    for i in drops:
        low, high, theta = bisect(problem, up[i][0], up[i][1], up[i + 1][0])
        landed = problem.minimise(theta, high, radius=0.02, cap=0.05)[0]
        jumps.append((low, high))
        before.append(problem.observe(theta, low))
        after.append(problem.observe(landed, high))
        print("jump in %.7f %.7f" % (low, high), dict(zip(COLUMNS, before[-1])),
              dict(zip(COLUMNS, after[-1])), flush=True)
    out.add("jumps", jumps)
    out.add("before", before)
    out.add("after", after)
    index = int(np.argmin(abs(grid - 0.1)))
    middle_start = up[drops[0] + 1]
    phases = [
        ("full", phase_points(problem, up[index][1], grid[index],
                              [0.05, 0.06, 0.07, 0.08, 0.09, 0.11, 0.12, 0.13, 0.135])),
        ("middle", phase_points(problem, middle_start[1], middle_start[0],
                                [0.01, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.36])),
        ("trivial", [(b, np.zeros(COUNT)) for b in (0.001, 0.1, 0.3, 0.5)])]
    for name, points in phases:
        rows = []
        for beta, theta in points:
            row = problem.observe_exactly(theta, beta)
            plain = problem.observe(theta, beta)
            gap = max(abs(a - b) / (1e-3 + abs(b)) for a, b in zip(plain, row))
            print(name, beta, "E %.6f |theta| %.6f R %.6f lowest %.3g chi %.6g, double off by %.1e" % (
                row[1], row[3], row[4], row[7], row[10], gap), flush=True)
            assert row[7] > 0
            rows.append(row)
        out.add(name + ".points", rows)
        out.add(name + ".theta", [theta for _, theta in points])
    at = {name: dict(points) for name, points in phases}
    equal = [maxwell(problem, at["full"][0.11], at["middle"][0.12], 0.115),
             maxwell(problem, at["middle"][0.3], np.zeros(COUNT), 0.31)]
    print("Maxwell points", equal)
    out.add("maxwell", equal)
    for beta, theta in phases[0][1]:
        if beta in (0.05, 0.07, 0.09, 0.11):
            print("random starts at", beta,
                  random_starts(problem, beta, problem.value(theta, beta)), flush=True)
    out.add("up", [problem.observe(theta, beta) for beta, theta, _ in up])
    down = sweep(problem, up[drops[1]][1], [b for b in grid[::-1] if 0.005 < b <= up[drops[1]][0]])
    out.add("down", [problem.observe(theta, beta) for beta, theta, _ in down])
    inside, outside, theta = bisect(problem, down[-1][0], down[-1][1], 0.005)
    landed = problem.minimise(theta, outside, radius=0.02, cap=0.05)[0]
    lowest = np.linalg.eigvalsh(problem.loss(theta, inside)[2])[:6]
    print("middle phase ends in", inside, outside, lowest, problem.observe(landed, outside))
    out.add("middle_end", [inside, outside])
    print("down: lowest eigenvalue at least %.3g, |theta| up to %.6f" % (
        min(w for _, _, w in down), np.linalg.norm(down[-1][1])))
    out.close()


if __name__ == "__main__":
    sys.exit(other_draws(map(int, sys.argv[1:])) if len(sys.argv) > 1 else main())
