#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A table of buildings of the kind of the UCI energy table, and the onset of learning on it by plain
NumPy: buildings.csv and table.txt. See docs/reference-values.md.

Net 8-6-6-2, tanh, biases, mse, inputs and targets standardised; beta rises from 0.002. The end of the
learning phase is bisected to 1e-4; a second sweep has the inputs whitened. With the path of another table
(8 input columns, then 2 targets, one line of names) as argument it prints the first for that and writes
nothing:

    make_table.py path/to/energy.csv
"""
import os
import sys

import numpy as np

import make_fig2
import taylor
from make_dataset import initial_weights, normals

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("relative_compactness,surface_area,wall_area,roof_area,overall_height,orientation,glazing_area,"
         "glazing_area_distribution,heating_load,cooling_load")
BELOW = (0.1, 0.05, 0.01)  # points about that far below the onset


def buildings():
    """288 rows: twelve boxes, four orientations, glazing none or five distributions of one of two areas.
    surface = wall + 2 roof exactly, so the eight inputs have rank seven."""
    boxes = [(w, d, h) for w, d, h in (
        (8, 8, 8), (8, 10, 8), (10, 10, 8), (8, 12, 8), (10, 12, 8), (9, 14, 8),
        (12, 14, 4), (12, 16, 4), (14, 16, 4), (16, 16, 4), (14, 20, 4), (18, 18, 4))]
    noise = normals(11, 1, 0, 2 * 12 * 4 * 6).reshape(-1, 2)
    rows = []
    for w, d, h in boxes:
        wall, roof = 2 * (w + d) * h, w * d
        surface = wall + 2 * roof
        compactness = round(6 * (w * d * h) ** (2 / 3) / surface, 2)
        for orientation in (2, 3, 4, 5):
            for k in range(6):
                glass = (0, 0.1, 0.4, 0.1, 0.4, 0.25)[k]
                a, b = noise[len(rows)]
                warm = 30 / (1 + np.exp(-(wall / 60.0 - roof / 55.0 + 6 * compactness - 6)))
                heating = 6 + warm + 54 * glass * (1 - 0.5 * glass) + 5 * a
                cooling = 10 + 0.85 * warm + 43 * glass + 0.12 * orientation * (orientation - 3.5) \
                    + 0.02 * warm ** 1.5 + 4 * a + 2.5 * b
                rows.append((compactness, surface, wall, roof, h, orientation, glass, k,
                             round(heating, 2), round(cooling, 2)))
    return rows


def standardised(rows):
    rows = np.asarray(rows, dtype=float)
    for _ in range(2):  # the second pass removes what rounding left
        rows = rows - rows.mean(axis=0)
        rows = rows / np.sqrt((rows ** 2).mean(axis=0))
    return rows[:, :8], rows[:, 8:]


def whitened(x):
    """Principal components of variance 1, without those of no variance."""
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, s > 1e-5 * s[0]] * np.sqrt(len(x))


def widths(x):
    return [x.shape[1], 6, 6, 2]


def split(theta, x):
    """W1, b1, W2, b2, W3, b3 of theta (its last axis), leading axes kept."""
    parts, at = [], 0
    for i, o in zip(widths(x), widths(x)[1:]):
        parts.append(theta[..., at:at + i * o].reshape(theta.shape[:-1] + (o, i)))
        parts.append(theta[..., at + i * o:at + (i + 1) * o])
        at += (i + 1) * o
    return parts


def join(blocks, lead):
    return np.concatenate([b.reshape(lead + (-1,)) for b in blocks], axis=-1)


def evaluate(theta, x, y, second=True):
    """E, gradient, Gauss-Newton part, Hessian, as in make_fig2.py with biases."""
    n, count = len(x), len(theta)
    w1, b1, w2, b2, w3, b3 = split(theta, x)
    h1 = np.tanh(x @ w1.T + b1)
    h2 = np.tanh(h1 @ w2.T + b2)
    r = h2 @ w3.T + b3 - y
    d1, d2 = 1 - h1 ** 2, 1 - h2 ** 2
    error = (r ** 2).sum() / n
    up2 = 2 * r @ w3
    g2 = up2 * d2
    up1 = g2 @ w2
    g1 = up1 * d1
    gradient = join([g1.T @ x, g1.sum(0), g2.T @ h1, g2.sum(0), 2 * r.T @ h2, 2 * r.sum(0)], ()) / n
    if not second:
        return error, gradient
    v1, c1, v2, c2, v3, c3 = split(np.eye(count), x)
    t1 = d1 * (x @ v1.transpose(0, 2, 1) + c1[:, None])
    t2 = d2 * (t1 @ w2.T + h1 @ v2.transpose(0, 2, 1) + c2[:, None])
    tr = t2 @ w3.T + h2 @ v3.transpose(0, 2, 1) + c3[:, None]
    u2 = (2 * tr @ w3 + 2 * r @ v3) * d2 - 2 * up2 * h2 * t2
    u1 = (u2 @ w2 + g2 @ v2) * d1 - 2 * up1 * h1 * t1
    turn = (0, 2, 1)
    h = join([u1.transpose(turn) @ x, u1.sum(1),
              u2.transpose(turn) @ h1 + g2.T @ t1, u2.sum(1),
              2 * tr.transpose(turn) @ h2 + 2 * r.T @ t2, 2 * tr.sum(1)], (count,)) / n
    flat = tr.reshape(count, -1)
    return error, gradient, 2 * flat @ flat.T / n, (h + h.T) / 2


class Problem(make_fig2.Problem):
    """The trust-region Newton method of make_fig2.py on the network with biases."""

    def loss(self, theta, beta):
        error, gradient, _, h = evaluate(theta, self.x, self.y)
        self.hessians += 1
        return error + beta * theta @ theta, gradient + 2 * beta * theta, h + 2 * beta * np.eye(len(h))

    def value(self, theta, beta):
        return evaluate(theta, self.x, self.y, False)[0] + beta * theta @ theta

    def observe(self, theta, beta):
        error, g, gauss_newton, h = evaluate(theta, self.x, self.y)
        return make_fig2.observables(theta, beta, error, g, np.trace(gauss_newton) / 2, h)


def check_derivatives(x, y):
    """Against the forward Taylor propagation of taylor.py in extended precision."""
    theta = initial_weights(widths(x), True, 0.7, 3)
    theta = theta + 0.1 * normals(3, 2, 1, len(theta))
    d = taylor.derivatives(widths(x), "tanh", True, "mse", theta, x, y)
    error, g, gauss_newton, h = evaluate(theta, x, y)
    for a, b in ((error, d["value"]), (g, d["gradient"]), (gauss_newton, d["gauss_newton"]),
                 (h, d["gauss_newton"] + d["residual"])):
        assert np.abs(a - np.asarray(b, dtype=float)).max() < 1e-13 * np.abs(a).max()


def random_starts(problem, beta, expected):
    """Where 12 random starts of growing width end: the same minimum, the trivial one, another."""
    counts = {"same": 0, "trivial": 0, "other": 0}
    for job in range(1, 13):
        start = initial_weights(widths(problem.x), True, 1.0 + 0.1 * job, 100, job)
        theta, value, _ = problem.minimise(start, beta)
        counts["same" if abs(value - expected) < 1e-9 else
               "trivial" if theta @ theta < 1e-16 else "other"] += 1
    return counts


def find_onset(problem):
    """The bracket of the onset and theta at its lower end."""
    theta = initial_weights(widths(problem.x), True, 0.7, 1)
    last = 0.0
    for beta in np.concatenate([np.geomspace(0.002, 0.5, 40), np.arange(0.51, 1.5, 0.01)]):
        moved = problem.minimise(theta, beta, radius=0.05)[0]
        if moved @ moved < 1e-16:
            return make_fig2.bisect(problem, last, theta, beta, 1e-4)
        theta, last = moved, beta
    raise RuntimeError("no onset below 1.5")


def study(x, y, gaps):
    """The onset, points of the learning phase `gaps` below it, a point of the trivial phase."""
    check_derivatives(x[:40], y[:40])
    problem = Problem(x, y)
    low, high, theta = find_onset(problem)
    print("%d inputs: onset of learning between %.6f and %.6f" % (x.shape[1], low, high), flush=True)
    points, beta = [], low
    for gap in reversed(gaps):
        target = round(low - gap, 2)
        for beta in np.linspace(beta, target, 6)[1:]:
            theta = problem.minimise(theta, beta, radius=0.05)[0]
        points.append(problem.observe(theta, target))
        starts = random_starts(problem, target, points[-1][2])
        print(dict(zip(make_fig2.COLUMNS, points[-1])), starts, flush=True)
        assert starts["same"] > 0 and starts["other"] == 0
    trivial = problem.observe(np.zeros(len(theta)), 1.0)
    print("trivial", dict(zip(make_fig2.COLUMNS, trivial)))
    return (low, high), points[::-1], trivial


def describe(x, y):
    print("%d rows; eigenvalues of the inputs' correlations" % len(x),
          np.linalg.eigvalsh(x.T @ x / len(x)), "correlation of the targets", (y[:, 0] * y[:, 1]).mean(),
          "modes", np.linalg.svd(whitened(x).T @ y / len(x), compute_uv=False), flush=True)


def main():
    if len(sys.argv) > 1:
        x, y = standardised(np.loadtxt(sys.argv[1], delimiter=",", skiprows=1))
        describe(x, y)
        study(x, y, BELOW)
        return
    rows = buildings()
    with open(os.path.join(HERE, "buildings.csv"), "w") as file:
        file.write(NAMES + "\n")
        file.writelines(",".join("%g" % v for v in row) + "\n" for row in rows)
    x, y = standardised(rows)
    describe(x, y)
    out = taylor.Writer(os.path.join(HERE, "table.txt"), [
        "The onset of learning on buildings.csv: made by make_table.py, read by test_table.c. Columns:",
        "  " + " ".join(make_fig2.COLUMNS[:6]), "  " + " ".join(make_fig2.COLUMNS[6:]),
        "onset: the end of the learning phase, upwards, lies between these two",
        "points: minima of the learning phase; trivial: the trivial phase",
        "whitened.: the same for whitened inputs"])
    for name, inputs, gaps in (("", x, BELOW), ("whitened.", whitened(x), BELOW[:1])):
        onset, points, trivial = study(inputs, y, gaps)
        out.add(name + "onset", onset)
        out.add(name + "points", points)
        out.add(name + "trivial", trivial)
    out.close()


if __name__ == "__main__":
    main()
