# SPDX-License-Identifier: MIT
"""Times PyTorch and spinodal on one large network in turn, one thread each: gradients, products with the Hessian, one
and many at once. The fields of both agree before anything is timed.

Without PyTorch it says so and ends well. The network is inputs-width-width-10, tanh, no biases, E =
mean over samples of |f(x) - y|^2 on random numbers, or with --images on the first images of an IDX file, pixels / 255. Run it on one
processor (taskset), so that neither uses more.

usage: large.py --python FOLDER [--images FILE] [--inputs 784] [--width 64] [--samples 2000] [--vectors 64] [--rounds N]
(FOLDER holds the package spinodal, as in BUILD/python.)
"""
import argparse
import gzip
import os
import statistics
import sys
import tempfile
import time

from torch_here import numpy, torch

OUTPUTS = 10
AGREEMENT = 1e-10  # relative to the largest entry


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--images", help="IDX file of bytes, compressed or not")
    parser.add_argument("--inputs", type=int, default=784)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--vectors", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def read_images(path, count):
    """The first images of an IDX file of bytes (magic 2051, number, rows, columns), a row each, pixels / 255."""
    with open(path, "rb") as file:
        content = file.read()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    magic, number, rows, columns = numpy.frombuffer(content, ">i4", 4)
    if magic != 2051 or number < count:
        sys.exit(f"large.py: {path}: not an IDX file of {count} images")
    return numpy.frombuffer(content, numpy.uint8, count * rows * columns, 16).reshape(count, rows * columns) / 255.0


class Theirs:
    """PyTorch, double precision: autograd for gradients, double backward for products."""

    def __init__(self, x, y, theta, shapes):
        self.x = torch.as_tensor(x.T.copy())
        self.y = torch.as_tensor(y.T.copy())
        self.weights = []
        for shape in shapes:
            count = shape[0] * shape[1]
            part = torch.as_tensor(theta[:count]).reshape(shape).clone()
            self.weights.append(part.requires_grad_())
            theta = theta[count:]

    def error(self):
        w1, w2, w3 = self.weights
        f = w3 @ torch.tanh(w2 @ torch.tanh(w1 @ self.x))
        return (f - self.y).square().sum() / self.x.shape[1]

    def gradient(self):
        return torch.autograd.grad(self.error(), self.weights)

    def gradient_by_hand(self):
        with torch.no_grad():
            w1, w2, w3 = self.weights
            h1 = torch.tanh(w1 @ self.x)
            h2 = torch.tanh(w2 @ h1)
            r = (w3 @ h2 - self.y) * (2.0 / self.x.shape[1])
            d2 = (w3.t() @ r) * (1.0 - h2 * h2)
            d1 = (w2.t() @ d2) * (1.0 - h1 * h1)
            return d1 @ self.x.t(), d2 @ h1.t(), r @ h2.t()

    def split(self, vector):
        parts = []
        for weight in self.weights:
            parts.append(torch.as_tensor(vector[: weight.numel()]).reshape(weight.shape))
            vector = vector[weight.numel():]
        return parts

    def products(self, vectors):
        """The graph of the gradient once, then a backward pass for each vector."""
        gradient = torch.autograd.grad(self.error(), self.weights, create_graph=True)
        return [flat(torch.autograd.grad(gradient, self.weights, self.split(v), retain_graph=True))
                for v in vectors]


class Ours:
    """Points of the library, made once."""

    def __init__(self, folder, theta, width, data):
        import spinodal
        from spinodal import _library

        self.lib, self.ffi = _library.lib, _library.ffi
        self.doubles, self.pointer = _library.doubles, _library.pointer
        self.context = _library.Context()
        path = os.path.join(folder, "data.npz")
        numpy.savez(path, x=data[0], y=data[1])
        experiment = spinodal.Experiment({
            "data": {"kind": "npz", "path": path},
            "model": {"hidden": [width, width], "activation": "tanh", "bias": False}})
        self.objective = experiment.objective()
        self.theta = numpy.ascontiguousarray(theta)
        self.point = self.ffi.new("spn_point **")
        self.context.check(self.lib.spn_point_create(self.context.pointer, self.objective._c, self.point))

    def gradient(self):
        self.context.check(self.lib.spn_point_set(self.context.pointer, self.point[0], self.pointer(self.theta),
                                                  0.0, self.ffi.NULL, self.lib.SPN_WANT_ALL))
        return self.doubles(self.point[0].gradient, len(self.theta))

    def products(self, vectors):
        out = numpy.empty_like(vectors)
        self.context.check(self.lib.spn_point_hvp(self.context.pointer, self.point[0], self.lib.SPN_PART_FULL,
                                                  len(vectors), self.pointer(vectors), self.pointer(out)))
        return out


def flat(parts):
    return torch.cat([part.detach().reshape(-1) for part in parts]).numpy()


def agree(name, ours, theirs):
    difference = float(numpy.max(numpy.abs(ours - theirs)) / numpy.max(numpy.abs(theirs)))
    if not difference <= AGREEMENT:
        sys.exit(f"large.py: {name} differs by {difference:.1e}")
    return difference


def seconds(call):
    call()  # so that no one begins with a cache full of the one before
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    options = parse()
    torch.set_num_threads(1)
    sys.path.insert(0, options.python)
    random = numpy.random.default_rng(1)
    if options.images:
        x = read_images(options.images, options.samples)
        options.inputs = x.shape[1]
    else:
        x = random.standard_normal((options.samples, options.inputs))
    y = random.standard_normal((options.samples, OUTPUTS))
    shapes = [(options.width, options.inputs), (options.width, options.width), (OUTPUTS, options.width)]
    theta = numpy.concatenate([random.standard_normal(a * b) / b**0.5 for a, b in shapes])
    vectors = random.standard_normal((options.vectors, len(theta)))
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Theirs(x, y, theta, shapes), Ours(folder, theta, options.width, (x, y)), vectors)


def compare(options, theirs, ours, vectors):
    one = vectors[:1].copy()
    worst = max(agree("gradient", ours.gradient(), flat(theirs.gradient())),
                agree("gradient by hand", ours.gradient(), flat(theirs.gradient_by_hand())),
                agree("products", ours.products(vectors[:3].copy()), numpy.stack(theirs.products(vectors[:3]))))
    print(f"P = {vectors.shape[1]}, N = {options.samples}: both agree to {worst:.1e}; PyTorch {torch.__version__}")
    calls = [("gradient", ours.gradient), ("torch, autograd", theirs.gradient),
             ("torch, by hand", theirs.gradient_by_hand),
             ("one product", lambda: ours.products(one)), ("torch, one product", lambda: theirs.products(one)),
             (f"{len(vectors)} products", lambda: ours.products(vectors)),
             (f"torch, {len(vectors)} products", lambda: theirs.products(vectors))]
    times = {name: [] for name, _ in calls}
    for _ in range(options.rounds):
        for name, call in calls:
            times[name].append(seconds(call))
    for name, _ in calls:
        print(f"{name:24s} {1e3 * statistics.median(times[name]):10.2f} ms   least {1e3 * min(times[name]):10.2f} ms")


if __name__ == "__main__":
    main()
