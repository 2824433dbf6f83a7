# SPDX-License-Identifier: MIT
"""PyTorch models: multilayer perceptrons as built-in networks, and any differentiable model as an objective."""
from __future__ import annotations

import copy
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import torch
import torch.fx
from torch import nn

from ._library import vector
from .errors import InputError
from .experiment import Experiment
from .objective import NoParts, Objective

__all__ = ["Mlp", "TorchObjective", "mlp", "objective"]

# ---- Multilayer perceptrons ------------------------------------------------------------------------------

#: What a module, a function or a method of PyTorch computes, in the words of spinodal.
_MODULES = {nn.Tanh: "tanh", nn.ReLU: "relu", nn.Sigmoid: "sigmoid", nn.Softplus: "softplus", nn.GELU: "gelu",
            nn.SiLU: "silu", nn.Identity: "linear"}
_FUNCTIONS = {"tanh": "tanh", "relu": "relu", "relu_": "relu", "sigmoid": "sigmoid", "softplus": "softplus",
              "gelu": "gelu", "silu": "silu"}
#: What changes no number of a row of inputs.
_SHAPES = ("flatten", "view", "reshape", "contiguous")
_IGNORED = (nn.Flatten, nn.Dropout)


def _activation_of(module: nn.Module) -> str:
    if isinstance(module, nn.GELU) and module.approximate != "none":
        raise InputError("activation GELU(approximate='tanh'): spinodal has the exact gelu")
    if isinstance(module, nn.Softplus) and module.beta != 1:
        raise InputError(f"activation Softplus(beta={module.beta}): spinodal has that of beta=1")
    return _MODULES[type(module)]


class _Chain:
    """Layers and activations in the order in which a module applies them."""

    def __init__(self, module: nn.Module) -> None:
        self.layers: List[Tuple[str, nn.Linear]] = []
        self.activations: List[str] = []  # behind each layer
        if isinstance(module, nn.Linear):  # which fx would take apart
            self.layers, self.activations = [("", module)], ["linear"]
            return
        try:
            graph = torch.fx.symbolic_trace(module).graph
        except Exception as problem:
            raise InputError(f"{type(module).__name__}: its forward() depends on its input, so that it is no plain "
                             f"chain of layers ({problem}); spinodal.torch.objective() takes any model") from problem
        modules = dict(module.named_modules())
        before = None
        for node in graph.nodes:
            if node.op == "placeholder":
                self._once(before, module, "takes several inputs")
            elif node.op != "output" and (len(node.all_input_nodes) != 1 or node.all_input_nodes[0] is not before):
                self._refuse(module, f"{node.name} is no link of a chain")
            if node.op == "call_module":
                self._module(module, node.target, modules[node.target])
            elif node.op in ("call_function", "call_method"):
                self._function(module, getattr(node.target, "__name__", str(node.target)))
            elif node.op == "get_attr":
                self._refuse(module, f"it uses {node.target}")
            before = node
        if not self.layers:
            self._refuse(module, "it has no Linear layer")
        if self.activations[-1] != "linear":
            self._refuse(module, f"its outputs go through {self.activations[-1]}")

    @staticmethod
    def _refuse(module: nn.Module, why: str) -> None:
        raise InputError(f"{type(module).__name__}: {why}; a chain of Linear layers with one activation between them "
                         "is needed (spinodal.torch.objective() takes any model)")

    def _once(self, before: Any, module: nn.Module, why: str) -> None:
        if before is not None:
            self._refuse(module, why)

    def _module(self, module: nn.Module, name: str, part: nn.Module) -> None:
        if isinstance(part, nn.Linear):
            if any(part is layer for _, layer in self.layers):
                self._refuse(module, f"{name} is used twice")
            self.layers.append((name, part))
            self.activations.append("linear")
        elif type(part) in _MODULES:
            self._apply(module, _activation_of(part))
        elif isinstance(part, nn.Dropout) and part.p > 0 and part.training:
            self._refuse(module, f"{name} drops units at random; call eval() first")
        elif not isinstance(part, _IGNORED):
            self._refuse(module, f"{name} is a {type(part).__name__}")

    def _function(self, module: nn.Module, name: str) -> None:
        if name in _FUNCTIONS:
            self._apply(module, _FUNCTIONS[name])
        elif name not in _SHAPES:
            self._refuse(module, f"it calls {name}()")

    def _apply(self, module: nn.Module, activation: str) -> None:
        if activation == "linear":
            return
        if not self.layers or self.activations[-1] != "linear":
            self._refuse(module, f"{activation} follows no layer")
        self.activations[-1] = activation


class Mlp:
    """A chain of Linear layers as a built-in network: exact derivatives, Hessian and moments.

    Attributes
    ----------
    module : torch.nn.Module
        The model itself.
    model : dict
        Section ``model`` of an experiment: ``hidden``, ``activation``, ``bias``.
    names : list of str
        Of the arrays in the module's state_dict, in the order of theta.
    inputs, outputs, dimension : int
    """

    def __init__(self, module: nn.Module) -> None:
        chain = _Chain(module)
        widths = [layer.in_features for _, layer in chain.layers] + [chain.layers[-1][1].out_features]
        kinds = sorted(set(chain.activations[:-1]))
        biases = [layer.bias is not None for _, layer in chain.layers]
        if len(kinds) > 1:
            raise InputError(f"{type(module).__name__}: has activations {' and '.join(kinds)}; spinodal has one for all")
        if len(set(biases)) > 1:
            raise InputError(f"{type(module).__name__}: some layers have biases and some have not")
        self.module = module
        self.model: Dict[str, Any] = {"hidden": widths[1:-1], "activation": kinds[0] if kinds else "linear",
                                      "bias": biases[0]}
        self.inputs, self.outputs = widths[0], widths[-1]
        self.names = [f"{name}.{part}" if name else part for name, _ in chain.layers
                      for part in (("weight", "bias") if biases[0] else ("weight",))]
        self._parameters = [part for _, layer in chain.layers
                            for part in ((layer.weight, layer.bias) if biases[0] else (layer.weight,))]
        self.dimension = sum(part.numel() for part in self._parameters)

    @property
    def theta(self) -> np.ndarray:
        """The module's parameters, shape (P,), float64: layer by layer weights (out x in, row by row), then biases."""
        return np.concatenate([part.detach().cpu().double().numpy().ravel() for part in self._parameters])

    def assign(self, theta: Any) -> Mlp:
        """Write parameters into the module, in its own precision and on its own device. Returns the Mlp itself."""
        left = torch.from_numpy(vector(theta, self.dimension, "theta").copy())
        with torch.no_grad():
            for part in self._parameters:
                part.copy_(left[:part.numel()].reshape(part.shape))
                left = left[part.numel():]
        return self

    def share(self) -> np.ndarray:
        """Make the module's parameters double, in one array that is returned: whoever changes it changes the module.

        The module must be on the CPU.
        """
        flat = torch.from_numpy(self.theta)
        start = 0
        for part in self._parameters:
            part.data = flat[start:start + part.numel()].view(part.shape)
            start += part.numel()
        return flat.numpy()

    def state_dict(self, theta: Any) -> Dict[str, torch.Tensor]:
        """Parameters as a state_dict of the module, float64."""
        left = torch.from_numpy(vector(theta, self.dimension, "theta").copy())
        out = {}
        for name, part in zip(self.names, self._parameters):
            out[name] = left[:part.numel()].reshape(part.shape)
            left = left[part.numel():]
        return out

    def experiment(self, data: Any = None, **sections: Any) -> Experiment:
        """An experiment with this network that starts from the module's weights.

        Parameters
        ----------
        data : pair (x, y) or dict
            As in :class:`spinodal.Experiment`; tensors are taken, too.
        **sections
            The other sections; ``model`` may add to what the module says.
        """
        model = {**self.model, **sections.pop("model", {})}
        if data is not None:
            sections["data"] = _arrays(data)
        return Experiment(model=model, **sections).start(self.theta)

    def __repr__(self) -> str:
        return f"<spinodal mlp: {self.inputs}-{'-'.join(map(str, [*self.model['hidden'], self.outputs]))}, {self.model}>"


def _arrays(data: Any) -> Any:
    if isinstance(data, torch.Tensor):
        return data.detach().cpu().numpy()
    if isinstance(data, dict):
        return {key: _arrays(value) for key, value in data.items()}
    if isinstance(data, (tuple, list)) and any(isinstance(item, torch.Tensor) for item in data):
        return [_arrays(item) for item in data]
    return data


def mlp(module: nn.Module) -> Mlp:
    """A Sequential, or any module that is a chain of Linear layers and one activation, as a built-in network.

    Parameters
    ----------
    module : torch.nn.Module
        Its forward() is followed with torch.fx; layers may be nested, activations modules or functions. Flattening and
        dropout that is off are passed over.

    Returns
    -------
    Mlp

    Raises
    ------
    InputError
        It is no such chain; the text says what is in the way.
    """
    return Mlp(module)


# ---- Any model -------------------------------------------------------------------------------------------

Loss = Callable[..., torch.Tensor]


def _tensor(item: Any, device: torch.device) -> Any:
    """Numbers in double precision; classes, which are integers, as they are."""
    tensor = torch.as_tensor(item.to_numpy() if hasattr(item, "to_numpy") else item, device=device)
    return tensor.double() if tensor.is_floating_point() else tensor


class TorchObjective(Objective):
    """A PyTorch model and a loss on data as an objective. Made by :func:`objective`.

    Attributes
    ----------
    module : torch.nn.Module
        A copy of the model in double precision, on which everything is computed.
    names : list of str
        Of its parameters, in the order of theta.
    theta : numpy.ndarray, shape (P,)
        Those of the model that was given.
    """

    def __init__(self, module: nn.Module, loss: Loss, data: Optional[Sequence[Any]] = None, *,
                 regularise: Union[bool, Sequence[float], np.ndarray] = True, name: Optional[str] = None,
                 scales: Tuple[float, float] = (1.0, 1.0), fisher_scale: float = 0.0) -> None:
        self._original = module
        self.module = copy.deepcopy(module).double()
        wanted = {key: part for key, part in self.module.named_parameters() if part.requires_grad}
        if not wanted:
            raise InputError(f"{type(module).__name__}: has no parameter that requires a gradient")
        self.names = list(wanted)
        self._parts = list(wanted.values())
        self._loss = loss
        self._data = None if data is None else [_tensor(item, self._parts[0].device) for item in data]
        self._graph: Tuple[bytes, Any] = (b"", None)
        self._linear: Tuple[bytes, Any] = (b"", None)
        self._vectorised = True
        self.theta = np.concatenate([part.detach().cpu().numpy().ravel() for part in self._parts])
        super().__init__(value_and_gradient=self._both, hvp=self._hvp, batched=True, dimension=len(self.theta),
                         gauss_newton=None if self._data is None else self._model_products,
                         regularise=regularise, name=name or type(module).__name__, scales=scales,
                         samples=1 if not self._data else len(self._data[0]), fisher_scale=fisher_scale)

    def _error(self, theta: np.ndarray) -> torch.Tensor:
        self._write(theta)
        if self._data is None:
            value = self._loss(self.module)
        else:
            *inputs, target = self._data
            value = self._loss(self.module(*inputs), target)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            raise ValueError(f"loss: expected one number, got {getattr(value, 'shape', type(value).__name__)}")
        if not value.requires_grad:
            raise ValueError("loss: does not depend on the parameters of the model")
        return value.reshape(())

    def _write(self, theta: np.ndarray) -> None:
        """Parameters that are the same already are left alone: graphs that are kept do not survive a change."""
        left = torch.from_numpy(theta)
        with torch.no_grad():
            for part in self._parts:
                given = left[:part.numel()].reshape(part.shape).to(part.device)
                if not torch.equal(part, given):
                    part.copy_(given)
                    self._graph = self._linear = (b"", None)
                left = left[part.numel():]

    def _flat(self, parts: Sequence[Optional[torch.Tensor]], lead: Tuple[int, ...] = ()) -> torch.Tensor:
        return torch.cat([torch.zeros(*lead, part.numel(), dtype=torch.float64, device=part.device) if given is None
                          else given.reshape(*lead, -1) for given, part in zip(parts, self._parts)], dim=-1)

    def _both(self, theta: np.ndarray) -> Tuple[float, np.ndarray]:
        with torch.enable_grad():
            value = self._error(theta)
            gradient = torch.autograd.grad(value, self._parts, allow_unused=True)
        self._graph = self._linear = (b"", None)
        return float(value.detach()), self._flat(gradient).detach().cpu().numpy()

    def _gradient_graph(self, theta: np.ndarray) -> torch.Tensor:
        """The gradient with what its derivative needs; kept for further products at the same theta."""
        key = theta.tobytes()
        if self._graph[0] != key:
            gradient = torch.autograd.grad(self._error(theta), self._parts, create_graph=True, allow_unused=True)
            self._graph = (key, self._flat(gradient))
        return self._graph[1]

    def _hvp(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Products by double backward, several at a time where the model's operations can be batched."""
        with torch.enable_grad():
            gradient = self._gradient_graph(theta)
            if not gradient.requires_grad:  # linear in theta
                return np.zeros_like(v)
            return self._batched_or_not(lambda rows, is_batch: self._backward(gradient, rows, is_batch),
                                        torch.as_tensor(v, device=gradient.device))

    def _batched_or_not(self, product: Callable[[torch.Tensor, bool], torch.Tensor], rows: torch.Tensor) -> np.ndarray:
        """`product` of all rows at once or, where an operation of the model cannot be batched, of one after the other."""
        if self._vectorised and len(rows) > 1:
            try:
                return product(rows, True).cpu().numpy()
            except RuntimeError:  # one at a time from now on
                self._vectorised = False
        return torch.stack([product(row, False) for row in rows]).cpu().numpy()

    def _backward(self, outputs: torch.Tensor, rows: torch.Tensor, is_batch: bool) -> torch.Tensor:
        """rows times the derivative of `outputs` by the parameters."""
        parts = torch.autograd.grad(outputs, self._parts, rows, retain_graph=True, allow_unused=True,
                                    is_grads_batched=is_batch)
        return self._flat(parts, (len(rows),) if is_batch else ()).detach()

    # ---- The Gauss-Newton part: J^T M J, J the derivative of the outputs, M the Hessian of the loss in the outputs (T8) ----

    def _linearise(self, theta: np.ndarray) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Outputs; u and J^T u, whose derivative by u is J; leaf and gradient of the loss in the outputs, whose derivative
        is M. Kept for further products at the same theta."""
        key = theta.tobytes()
        if self._linear[0] != key:
            assert self._data is not None
            *inputs, target = self._data
            self._write(theta)
            outputs = self.module(*inputs)
            if not isinstance(outputs, torch.Tensor):
                raise NoParts
            u = torch.zeros_like(outputs, requires_grad=True)
            turned = self._flat(torch.autograd.grad(outputs, self._parts, u, create_graph=True, allow_unused=True))
            leaf = outputs.detach().requires_grad_()
            slope, = torch.autograd.grad(self._loss(leaf, target), leaf, create_graph=True)
            self._linear = (key, (outputs, u, turned, leaf, slope))
        found: Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor] = self._linear[1]
        return found

    def _model_products(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Products with the Gauss-Newton part: J v by differentiating J^T u, M by differentiating the loss twice."""
        with torch.enable_grad():
            outputs, u, turned, leaf, slope = self._linearise(theta)
            if not slope.requires_grad:  # a loss that is linear in the outputs
                return np.zeros_like(v)

            def product(rows: torch.Tensor, is_batch: bool) -> torch.Tensor:
                for value, variable in ((turned, u), (slope, leaf)):
                    rows, = torch.autograd.grad(value, variable, rows, retain_graph=True, is_grads_batched=is_batch)
                return self._backward(outputs, rows, is_batch)

            return self._batched_or_not(product, torch.as_tensor(v, device=turned.device))

    def assign(self, theta: Any) -> nn.Module:
        """Write parameters into the model that was given, in its own precision. Returns it."""
        own = dict(self._original.named_parameters())
        left = torch.from_numpy(self.weights(theta).copy())
        with torch.no_grad():
            for name in self.names:
                own[name].copy_(left[:own[name].numel()].reshape(own[name].shape))
                left = left[own[name].numel():]
        return self._original

    def unpack(self, theta: Any) -> Dict[str, np.ndarray]:
        """Parameters as arrays of their shapes, by their names in the state_dict."""
        left, out = self.weights(theta), {}
        for name, part in zip(self.names, self._parts):
            out[name] = left[:part.numel()].reshape(tuple(part.shape))
            left = left[part.numel():]
        return out


def objective(module: nn.Module, loss: Loss, data: Optional[Sequence[Any]] = None, *,
              regularise: Union[bool, Sequence[float], np.ndarray] = True, name: Optional[str] = None,
              scales: Tuple[float, float] = (1.0, 1.0), fisher_scale: float = 0.0) -> TorchObjective:
    """Any differentiable model as an objective: L = E + beta |theta|^2, E = loss(module(inputs), target).

    Parameters
    ----------
    module : torch.nn.Module
        A copy in double precision is worked on, in the mode (train, eval) that it is in; :meth:`TorchObjective.assign`
        writes parameters back. Parameters that require no gradient stay as they are.
    loss : callable
        (outputs, target) to one number, such as ``torch.nn.functional.cross_entropy``; without `data` of the module.
    data : sequence, optional
        Inputs of the module and, last, the target: tensors or arrays, all samples. Floats become double.
    regularise, name, scales, fisher_scale : see :class:`spinodal.Objective`

    Returns
    -------
    TorchObjective
        Value and gradient by backward, products with the Hessian by double backward; with `data` also with its
        Gauss-Newton part.

    Raises
    ------
    InputError
        No parameter requires a gradient; or (when a method begins) the loss is random.
    """
    return TorchObjective(module, loss, data, regularise=regularise, name=name, scales=scales,
                          fisher_scale=fisher_scale)
