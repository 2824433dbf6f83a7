# SPDX-License-Identifier: MIT
"""The same work in PyTorch, double precision: as fast as a reasonable person writes it.

The network is 3-w-w-2 with tanh and no biases, E = mean over samples of |f(x) - y|^2. Weights come as one
flat vector in the order of docs/theory.md (W_1, W_2, W_3, row-major). Samples are columns: W @ X needs no
transposition.
"""
import torch

torch.set_default_dtype(torch.float64)

BETA = 0.05
RATE = 1e-12  # of gradient descent: the work stays the same


class Work:
    def __init__(self, x, y, theta, width):
        self.x = torch.as_tensor(x).contiguous()  # 3 x N
        self.y = torch.as_tensor(y).contiguous()  # 2 x N
        self.theta = torch.as_tensor(theta).clone()
        self.shapes = [(width, 3), (width, width), (2, width)]
        self.sizes = [a * b for a, b in self.shapes]
        self.leaf = self.theta.clone().requires_grad_()
        self.layers = [w.clone().contiguous().requires_grad_() for w in self.split(self.theta)]
        self.plain = [w.detach().clone() for w in self.layers]
        self.scripted = torch.jit.script(jit_gradient)
        self.buffers = None
        self.optimizer = None

    def split(self, theta):
        parts = torch.split(theta, self.sizes)
        return [p.view(s) for p, s in zip(parts, self.shapes)]

    def error(self, theta):
        w1, w2, w3 = self.split(theta)
        f = w3 @ torch.tanh(w2 @ torch.tanh(w1 @ self.x))
        return (f - self.y).square().sum() / self.x.shape[1]

    # Gradient steps.
    def gradient_autograd(self):
        """Plain autograd on three weight matrices."""
        w1, w2, w3 = self.layers
        r = w3 @ torch.tanh(w2 @ torch.tanh(w1 @ self.x)) - self.y
        e = r.square().sum() / self.x.shape[1]
        return torch.autograd.grad(e, self.layers)

    def gradient_flat(self):
        """Autograd on one flat vector."""
        return torch.autograd.grad(self.error(self.leaf), self.leaf)

    def gradient_by_hand(self):
        """Backward pass written in tensor operations, in place, buffers reused."""
        with torch.no_grad():
            x, y, (w1, w2, w3) = self.x, self.y, self.plain
            if self.buffers is None:
                n, w = x.shape[1], w1.shape[0]
                self.buffers = [torch.empty(w, n) for _ in range(4)] + [torch.empty(2, n)]
            h1, h2, d1, d2, r = self.buffers
            torch.mm(w1, x, out=h1).tanh_()
            torch.mm(w2, h1, out=h2).tanh_()
            torch.mm(w3, h2, out=r).sub_(y)
            e = torch.dot(r.view(-1), r.view(-1)) / x.shape[1]
            r.mul_(2.0 / x.shape[1])
            g3 = torch.mm(r, h2.t())
            torch.mm(w3.t(), r, out=d2)
            d2.addcmul_(d2, h2.mul_(h2), value=-1)
            g2 = torch.mm(d2, h1.t())
            torch.mm(w2.t(), d2, out=d1)
            d1.addcmul_(d1, h1.mul_(h1), value=-1)
            g1 = torch.mm(d1, x.t())
        return g1, g2, g3

    def gradient_jit(self):
        """The same backward pass under torch.jit."""
        w1, w2, w3 = self.plain
        return self.scripted(w1, w2, w3, self.x, self.y)

    # Steps of gradient descent on E + beta |theta|^2.
    def step_autograd(self):
        """The usual loop: autograd, then torch.optim.SGD with weight decay."""
        if self.optimizer is None:
            self.optimizer = torch.optim.SGD(self.layers, lr=RATE, weight_decay=2 * BETA)
        self.optimizer.zero_grad(set_to_none=True)
        w1, w2, w3 = self.layers
        r = w3 @ torch.tanh(w2 @ torch.tanh(w1 @ self.x)) - self.y
        (r.square().sum() / self.x.shape[1]).backward()
        self.optimizer.step()

    def step_flat(self):
        """Autograd and a step on one flat vector."""
        g = self.gradient_flat()[0]
        with torch.no_grad():
            self.leaf.add_(g.add_(self.leaf, alpha=2 * BETA), alpha=-RATE)

    def _apply(self, gradients):
        with torch.no_grad():
            for w, g in zip(self.plain, gradients):
                w.add_(g.add_(w, alpha=2 * BETA), alpha=-RATE)

    def step_by_hand(self):
        """Backward pass by hand, and a step."""
        self._apply(self.gradient_by_hand())

    def step_jit(self):
        """Backward pass under torch.jit, and a step."""
        self._apply(self.gradient_jit())

    # Hessians of E.
    def _graph(self):
        (g,) = torch.autograd.grad(self.error(self.leaf), self.leaf, create_graph=True)
        return g

    def hessian_rows(self):
        """Double backward, row by row."""
        g = self._graph()
        rows = [torch.autograd.grad(g[i], self.leaf, retain_graph=True)[0] for i in range(len(g))]
        return torch.stack(rows)

    def hessian_chunked(self, chunk=64):
        """Double backward, vmapped over chunks of unit vectors."""
        g = self._graph()
        p = len(g)
        eye = torch.eye(p)
        parts = [
            torch.autograd.grad(g, self.leaf, eye[i : i + chunk], retain_graph=True,
                                is_grads_batched=True)[0]
            for i in range(0, p, chunk)
        ]
        return torch.cat(parts)

    def hessian_functorch(self):
        """functorch.hessian: forward over reverse."""
        import functorch

        return functorch.hessian(self.error)(self.theta)

    def curvature(self, hessian):
        """T3: scalar curvature of the graph of E."""
        g = torch.cat([p.reshape(-1) for p in self.gradient_by_hand()])
        q = 1 + g @ g
        hg = hessian @ g
        trace = hessian.diagonal().sum()
        square = (hessian * hessian).sum()
        return (trace**2 - square) / q - 2 * (trace * (g @ hg) - hg @ hg) / (q * q)


def jit_gradient(w1: torch.Tensor, w2: torch.Tensor, w3: torch.Tensor, x: torch.Tensor,
                 y: torch.Tensor):
    h1 = torch.tanh(torch.mm(w1, x))
    h2 = torch.tanh(torch.mm(w2, h1))
    r = torch.mm(w3, h2) - y
    e = (r * r).sum() / x.size(1)
    r = r * (2.0 / x.size(1))
    d2 = torch.mm(w3.t(), r) * (1.0 - h2 * h2)
    d1 = torch.mm(w2.t(), d2) * (1.0 - h1 * h1)
    return torch.mm(d1, x.t()), torch.mm(d2, h1.t()), torch.mm(r, h2.t()), e


GRADIENTS = ["gradient_autograd", "gradient_flat", "gradient_by_hand", "gradient_jit"]
STEPS = ["step_autograd", "step_flat", "step_by_hand", "step_jit"]
HESSIANS = ["hessian_rows", "hessian_chunked", "hessian_functorch"]
