#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values for random numbers, normal deviates, initial weights and the Gaussian data set of the
built-in experiment: dataset.txt. See docs/reference-values.md. Needs NumPy and mpmath.
"""
import itertools
import os
import statistics
import sys

import mpmath as mp
import numpy as np

from taylor import Writer

HERE = os.path.dirname(os.path.abspath(__file__))
DATA, WEIGHTS = 1, 2  # purposes, include/spinodal/base/random.h
NORMAL = statistics.NormalDist()


def words(seed, purpose, job, count):
    """The first `count` words of a stream. NumPy adds 1 to its 256-bit counter before each block, so
    it has to start one below {0, job, 0, 0}."""
    counter = ((job << 64) - 1) % (1 << 256)
    limbs = [(counter >> (64 * i)) & 0xFFFFFFFFFFFFFFFF for i in range(4)]
    generator = np.random.Philox(counter=np.array(limbs, dtype=np.uint64),
                                 key=np.array([seed, purpose], dtype=np.uint64))
    return generator.random_raw(count)


def philox(counter, key):
    """Philox4x64-10 written out (Salmon et al. 2011), to know what NumPy does."""
    mask = (1 << 64) - 1
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(p1 >> 64) ^ c[1] ^ k[0], p1 & mask, (p0 >> 64) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
    return c


def uniforms(raw):
    return ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0 ** -53


def normals(seed, purpose, job, count):
    return np.array([NORMAL.inv_cdf(u) for u in uniforms(words(seed, purpose, job, count))])


def power(matrix, exponent):
    w, v = np.linalg.eigh(matrix)
    return (v * w ** exponent) @ v.T


def covariance(inputs, outputs, correlations):
    c = np.eye(inputs + outputs)
    for i, value in enumerate(correlations):
        c[i, inputs + i] = c[inputs + i, i] = value
    return c


def gaussian(samples, matrix, seed, exact):
    """Rows (x, y) with the covariance `matrix`."""
    z = normals(seed, DATA, 0, samples * len(matrix)).reshape(samples, len(matrix))
    if exact:
        for _ in range(2):  # the second pass removes what rounding left
            z = z - z.mean(axis=0)
            z = z @ power(z.T @ z / samples, -0.5)
    return z @ power(matrix, 0.5)


def builtin_data(seed=1):
    return gaussian(1000, covariance(3, 2, [0.9, 0.5]), seed, True)


def initial_weights(widths, bias, scale, seed, job=0):
    """theta of scheme fan_in: normal deviates in the order of theta, biases 0."""
    count = sum(i * o for i, o in zip(widths, widths[1:]))
    draws, theta = normals(seed, WEIGHTS, job, count), []
    for fan_in, fan_out in zip(widths, widths[1:]):
        theta.append(scale / np.sqrt(fan_in) * draws[:fan_in * fan_out])
        draws = draws[fan_in * fan_out:]
        if bias:
            theta.append(np.zeros(fan_out))
    return np.concatenate(theta)


def moments(rows, order):
    """All mixed moments of one order, columns c1 <= c2 <= ... in lexicographic order."""
    columns = range(rows.shape[1])
    return [np.prod(rows[:, list(c)].astype(np.longdouble), axis=1).mean()
            for c in itertools.combinations_with_replacement(columns, order)]


def check_philox():
    zero = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    assert philox([0] * 4, [0] * 2) == zero  # Random123's kat_vectors
    for seed, purpose, job in ((0, 0, 0), (1, 1, 0), (1, 2, 7), (2 ** 64 - 1, 5, 2 ** 64 - 1)):
        expected = sum((philox([b, job, 0, 0], [seed, purpose]) for b in range(3)), [])
        assert [int(w) for w in words(seed, purpose, job, 12)] == expected, (seed, purpose, job)


def quantile_arguments():
    u = [2.0 ** -54, 3 * 2.0 ** -54, 1e-12, 1e-9, 1e-5, 1e-3, 0.0249, 0.074, 0.0751, 0.1, 0.25, 0.4,
         0.4999, 0.5, 0.5 + 2.0 ** -53, 0.51, 0.6, 0.9, 0.924, 0.9251, 0.975, 0.999, 1 - 1e-6,
         1 - 1e-12, 1 - 2.0 ** -53]
    # the joints of AS 241: |u - 1/2| = 0.425 and sqrt(-log u) = 5
    joint = float(mp.exp(-25))
    for at in (0.075, 0.925, joint):
        u += [at * (1 - 1e-9), at, at * (1 + 1e-9)]
    return sorted(u)


def main():
    check_philox()
    out = Writer(os.path.join(HERE, "dataset.txt"), [
        "Random numbers and the built-in data set: made by make_dataset.py, read by",
        "test_reference_dataset.c. Words are split into their high and low 32 bits."])
    streams = [(0, 0, 0), (1, 1, 0), (1, 2, 0), (1, 2, 7), (2 ** 64 - 1, 5, 2 ** 64 - 1),
               (0x0123456789ABCDEF, 4, 0xFEDCBA9876543210)]
    rows, halves = [], []
    for stream in streams:
        rows.append([part for value in stream for part in (value >> 32, value & 0xFFFFFFFF)])
        halves.append([part for w in words(*stream, 10)
                       for part in (int(w) >> 32, int(w) & 0xFFFFFFFF)])
    out.add("streams", rows)
    out.add("words", halves)
    with mp.workdps(60):
        arguments = quantile_arguments()
        values = []
        for u in arguments:
            start = NORMAL.inv_cdf(u)
            # Newton on log of the smaller tail: quadratic everywhere, no cancellation near 1
            tail, sign = (mp.mpf(u), 1) if u < 0.5 else (1 - mp.mpf(u), -1)
            x = mp.mpf(sign * start)
            for _ in range(8):
                cdf = mp.erfc(-x / mp.sqrt(2)) / 2
                x -= (cdf - tail) / mp.npdf(x)
            values.append(sign * x)
            assert abs(values[-1] - start) <= 4e-15 * (1e-16 + abs(start)), u
        out.add("quantile", [[u, v] for u, v in zip(arguments, values)])
    out.add("weights.3552", initial_weights([3, 5, 5, 2], False, 0.7, 1))
    out.add("weights.bias", initial_weights([3, 4, 2], True, 0.7, 5, 3))
    data = builtin_data()
    target = covariance(3, 2, [0.9, 0.5])
    print("exact: mean %.1e covariance %.1e" % (
        abs(data.mean(axis=0)).max(), abs(data.T @ data / 1000 - target).max()))
    general = np.array([[2.0, 0.3, -0.4], [0.3, 1.5, 0.6], [-0.4, 0.6, 0.9]])
    sets = [("builtin", data), ("drawn", gaussian(1000, target, 1, False)),
            ("general", gaussian(64, general, 12345, True))]
    out.add("general.covariance", general)
    for name, rows in sets:
        out.add(name + ".first", rows[:50])
        out.add(name + ".last", rows[-5:])
        for order in (1, 2, 3, 4):
            out.add("%s.moments%d" % (name, order), moments(rows, order))
    out.close()


if __name__ == "__main__":
    sys.exit(main())
