# SPDX-License-Identifier: MIT
"""Experiments: the settings of a run, from a file, a dictionary or keyword arguments, and the runs themselves."""
from __future__ import annotations

import os
import shutil
import tempfile
import threading
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ._library import Context, Handle, Progress, deliver, doubles, ffi, fields, lib, pointer, records, run, text, vector
from .errors import InputError, Interrupted
from .results import Path, Results
from .table import Table

#: Keys of ``data`` that hold arrays; the rest are those of an experiment file.
_ARRAYS = ("x", "y", "x_test", "y_test", "input_names", "target_names")


# ---- Values ------------------------------------------------------------------------------------------------

def _scalar(value: Any) -> Tuple[str, bool]:
    """A value as it would be written, and whether it is a text."""
    if value is None:
        return "null", False
    if isinstance(value, (bool, np.bool_)):
        return ("true" if value else "false"), False
    if isinstance(value, (int, np.integer)):
        return str(int(value)), False
    if isinstance(value, (float, np.floating)):
        return repr(float(value)), False
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value), True
    raise TypeError(f"expected a number, a text, a list of such, True, False or None, got {type(value).__name__}")


def _fill(out: Any, value: Any, kept: List[Any]) -> None:
    """Write a value of Python into an spn_value; `kept` keeps what it points to."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple, range)):
        items = ffi.new("spn_value[]", max(len(value), 1))
        kept.append(items)
        for i, item in enumerate(value):
            _fill(items[i], item, kept)
        out.count, out.items = len(value), items
        return
    said, out.is_quoted = _scalar(value)
    kept.append(ffi.new("char[]", said.encode()))
    out.scalar = kept[-1]


def _flatten(section: Mapping[str, Any], prefix: str) -> Iterator[Tuple[str, Any]]:
    """Nested and dotted keys are two spellings of one key, as in a file."""
    for key, value in section.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, name)
        else:
            yield name, value


# ---- Samples -----------------------------------------------------------------------------------------------

def _columns(values: Any, name: str) -> np.ndarray:
    """Samples as the library holds them, columns x stride: without a copy where that is how they lie.

    A row a sample, N x columns (or N numbers: one column). They lie so where each column is contiguous (Fortran
    order, or the transpose of a C array), of float64, and N is a multiple of 8.
    """
    for column, kind in getattr(values, "dtypes", {}).items() if hasattr(values, "columns") else ():
        if getattr(kind, "kind", "O") not in "fiub":
            raise TypeError(f"{name}: column {column!r} has no numbers (it is of type {kind}); leave it out, or make "
                            "numbers of it (classes: a column of 0 and 1 for each, as pandas.get_dummies() does)")
    array = np.asarray(values)
    if array.dtype == object and hasattr(values, "columns"):  # columns of several types, and types of pandas' own
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        raise TypeError(f"{name}: expected real numbers, got an array of {array.dtype}")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name}: expected samples x columns, none of them 0, got shape {array.shape}")
    samples, count = array.shape
    turned = array.T
    if turned.dtype == np.float64 and turned.flags.c_contiguous and turned.flags.aligned and samples % 8 == 0:
        return turned
    out = np.zeros((count, -(-samples // 8) * 8))
    out[:, :samples] = turned
    return out


def _names_of(values: Any) -> Optional[List[str]]:
    """Those of the columns of a pandas DataFrame or Series, where they are texts."""
    found = getattr(values, "columns", None)
    names: List[Any] = [getattr(values, "name", None)] if found is None else list(found)
    return names if all(isinstance(name, str) for name in names) else None


class Samples:
    """Samples that a caller has, as the library sees them; keeps the arrays alive."""

    def __init__(self, x: Any, y: Any, names: Optional[Sequence[str]] = None,
                 target_names: Optional[Sequence[str]] = None, what: str = "") -> None:
        names = _names_of(x) if names is None else names
        target_names = _names_of(y) if target_names is None else target_names
        inputs, targets = np.shape(x), np.shape(y)
        if len(inputs) and len(targets) and inputs[0] != targets[0]:
            raise ValueError(f"data.x{what} has {inputs[0]} samples and data.y{what} {targets[0]}")
        self.x, self.y = _columns(x, f"data.x{what}"), _columns(y, f"data.y{what}")
        self.samples = int(inputs[0])
        self.c = ffi.new("spn_dataset *")
        self._kept = [self._names(names, len(self.x), "input_names"),
                      self._names(target_names, len(self.y), "target_names")]
        self.c.samples, self.c.inputs, self.c.outputs = self.samples, len(self.x), len(self.y)
        self.c.stride = self.x.shape[1]
        self.c.x, self.c.y = pointer(self.x), pointer(self.y)
        self.c.input_names, self.c.output_names = self._kept[0][0], self._kept[1][0]

    @staticmethod
    def _names(names: Optional[Sequence[str]], count: int, what: str) -> Tuple[Any, List[Any]]:
        if names is None:
            return ffi.NULL, []
        if len(names) != count:
            raise ValueError(f"data.{what}: {len(names)} names for {count} columns")
        kept = [ffi.new("char[]", str(name).encode()) for name in names]
        return ffi.new("char *[]", kept), kept


# ---- Experiments -------------------------------------------------------------------------------------------

Source = Union[None, str, "os.PathLike[str]", Mapping[str, Any], "Experiment"]


class Experiment:
    """What is run: data, model, objective, solver, and the settings of each kind of run.

    Parameters
    ----------
    source : str, os.PathLike, dict or Experiment, optional
        An experiment file (YAML), the same as nested dictionaries, or another experiment. Without it everything has
        its default: the built-in experiment of Figure 2.
    **sections
        ``data=``, ``model=``, ``objective=``, ``sweep=``, ``branches=``, ``slice=``, ``grok=``, ``solver=``, ``geometry=``:
        dictionaries of keys as in a file, nested or dotted. They override those of `source` as ``--set`` does.
        ``data`` may also be a pair ``(x, y)``, or hold ``x`` and ``y`` (samples x columns; a row a sample), ``x_test``
        and ``y_test``, ``input_names`` and ``target_names`` beside keys such as ``standardize``. Arrays whose columns
        are contiguous float64, of a multiple of 8 samples (``numpy.asfortranarray(x)``), are used where they lie and
        must not be changed meanwhile; all others are copied once.

    Raises
    ------
    InputError
        A key or value that is not accepted; its `key`, `file`, `line` and `column` say where it stands.
    StorageError
        The file cannot be read.

    Examples
    --------
    >>> import spinodal
    >>> experiment = spinodal.Experiment(model={"hidden": [5, 5]}, sweep={"beta": {"from": 0.001, "to": 0.5}})
    >>> run = experiment.sweep()                                     # doctest: +SKIP
    """

    def __init__(self, source: Source = None, **sections: Any) -> None:
        self._context = Context()
        self._context.sink = deliver
        self._samples: List[Samples] = []
        self._start: Optional[np.ndarray] = None
        self._kept_output: Dict[str, str] = {}
        self._lock = threading.Lock()
        self._name: bytes
        out = ffi.new("spn_experiment **")
        if isinstance(source, Experiment):
            said = source.yaml.encode()
            status = lib.spn_experiment_parse(self._context.pointer, source._name, said, len(said), out)
            self._name = source._name
        elif source is not None and not isinstance(source, (str, os.PathLike, Mapping)):
            raise TypeError(f"Experiment(): expected a file, a dictionary or an Experiment, got {type(source).__name__}; "
                            "samples are given as data=(x, y)")
        elif source is None or isinstance(source, Mapping):
            status = lib.spn_experiment_create(self._context.pointer, out)
            self._name = b"experiment"
        else:
            self._name = os.fsencode(source)
            status = lib.spn_experiment_read(self._context.pointer, self._name, out)
        self._context.check(status)
        self._owner = Handle(self._context, out[0], lib.spn_experiment_free)
        self._c = out[0]
        if isinstance(source, Experiment) and source._samples:
            self._lend(source._samples)
        if isinstance(source, Experiment) and source._start is not None:
            self.start(source._start)
        if isinstance(source, Mapping):
            self._assign(source, False)
        self._assign(sections, source is not None)
        self._context.check(lib.spn_experiment_check(self._context.pointer, self._c))

    @classmethod
    def parse(cls, yaml: str, name: str = "experiment", **sections: Any) -> Experiment:
        """An experiment from the text of an experiment file; `name` stands in messages."""
        with tempfile.TemporaryDirectory(prefix="spinodal-") as folder:
            path = os.path.join(folder, "experiment.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(yaml)
            context, said, c = Context(), yaml.encode(), ffi.new("spn_experiment **")
            context.check(lib.spn_experiment_parse(context.pointer, name.encode(), said, len(said), c))
            lib.spn_experiment_free(context.pointer, c[0])
            return cls(path, **sections)

    # ---- Settings --------------------------------------------------------------------------------

    def _assign(self, sections: Mapping[str, Any], is_override: bool) -> None:
        for section, keys in sections.items():
            if section == "data":
                keys = self._take_arrays(keys)
            if not isinstance(keys, Mapping):
                if "." not in section:
                    raise InputError(f"{section}: expected a dictionary of keys, got {type(keys).__name__}", section)
                self._assign_one(section, keys, is_override)
                continue
            for key, value in _flatten(keys, section):
                self._assign_one(key, value, is_override)

    def _assign_one(self, key: str, value: Any, is_override: bool) -> None:
        kept: List[Any] = []
        c = ffi.new("spn_value *")
        try:
            _fill(c, value, kept)
        except TypeError as problem:
            raise InputError(f"{key}: {problem}", key) from None
        self._context.check(lib.spn_experiment_assign(self._context.pointer, self._c, key.encode(), c, is_override))

    def _take_arrays(self, data: Any) -> Any:
        if isinstance(data, (tuple, list)) and len(data) == 2:
            data = {"x": data[0], "y": data[1]}
        if not isinstance(data, Mapping):
            if hasattr(data, "columns") or isinstance(data, np.ndarray):
                raise InputError("data: inputs and targets come apart: data=(x, y), as in data=(table[[\"age\", \"size\"]], "
                                 "table[\"price\"])", "data")
            return data
        arrays = {key: data[key] for key in _ARRAYS if key in data}
        if not arrays:
            return data
        for one, other in (("x", "y"), ("y", "x"), ("x_test", "y_test"), ("y_test", "x_test"), ("x_test", "x"),
                           ("input_names", "x"), ("target_names", "y")):
            if one in arrays and other not in arrays:
                raise InputError(f"data.{one}: needs data.{other}, too", f"data.{one}")
        names = (arrays.get("input_names"), arrays.get("target_names"))
        try:
            samples = [Samples(arrays["x"], arrays["y"], *names)]
            if "x_test" in arrays:
                samples.append(Samples(arrays["x_test"], arrays["y_test"], *names, what="_test"))
        except (TypeError, ValueError) as problem:
            raise InputError(str(problem), str(problem).split(" ", 1)[0].rstrip(":")) from None
        self._lend(samples)
        return {key: value for key, value in data.items() if key not in _ARRAYS}

    def _lend(self, samples: List[Samples]) -> None:
        self._samples = samples
        test = samples[1].c if len(samples) > 1 else ffi.NULL
        self._context.check(lib.spn_experiment_lend(self._context.pointer, self._c, samples[0].c, test))

    def set(self, key: Optional[str] = None, value: Any = None, **sections: Any) -> Experiment:
        """Override settings, as ``--set`` does: ``set("sweep.beta.points", 50)`` or ``set(sweep={"seeds": 4})``.

        Keys that exclude the new one go back to their defaults. Returns the experiment itself. Raises InputError; keys
        before the refused one are set.
        """
        if key is not None:
            self._assign_one(key, value, True)
        self._assign(sections, True)
        return self

    def start(self, weights: Any) -> Experiment:
        """Begin with these weights, in place of random ones: P numbers in the order of theta. Returns the experiment.

        Results say ``init.weights: memory`` and have their checksum. That there are P of them is checked when the
        network is made. Raises InputError for numbers that are not finite.
        """
        theta = vector(weights, np.size(weights), "weights")
        self._context.check(lib.spn_experiment_start(self._context.pointer, self._c, len(theta), pointer(theta)))
        self._start = theta.copy()
        return self

    @property
    def yaml(self) -> str:
        """The effective experiment as the text of an experiment file."""
        out = ffi.new("char **")
        self._context.check(lib.spn_experiment_dump(self._context.pointer, self._c, out))
        said = text(out[0])
        lib.spn_release(self._context.pointer, out[0])
        return said

    def __repr__(self) -> str:
        return f"<spinodal experiment>\n{self.yaml}"

    # ---- Made real -------------------------------------------------------------------------------

    def _study(self, context: Context) -> Handle:
        """Data, network and objectives; freed with the result."""
        out = ffi.new("spn_study **")
        context.check(lib.spn_study_create(context.pointer, self._c, out))
        return Handle(context, out[0], lib.spn_study_free, self._owner, self._samples)

    def _weights(self, context: Context, study: Any, weights: Any, seed: int = 0) -> np.ndarray:
        """Parameters that are asked for: an array, a weights file, a dictionary by names, or the initial weights."""
        count = study.loss.dimension
        theta = np.empty(count)
        if isinstance(weights, (str, os.PathLike)):
            context.check(lib.spn_study_read_weights(context.pointer, study, os.fsencode(weights), pointer(theta)))
        elif isinstance(weights, Mapping):
            theta = self._pack(study, weights)
        elif weights is not None:
            theta = vector(weights, count, "weights")
        else:
            context.check(lib.spn_study_initial(context.pointer, study, seed, pointer(theta)))
        return theta

    @staticmethod
    def _pack(study: Any, weights: Mapping[str, Any]) -> np.ndarray:
        count = ffi.new("int64_t *")
        layout = lib.spn_network_layout(study.network, count)
        theta = np.empty(study.loss.dimension)
        names = [text(layout[i].name) for i in range(count[0])]
        if set(names) != set(weights):
            raise InputError(f"weights: expected arrays {', '.join(names)}, got {', '.join(map(str, weights))}")
        for i, name in enumerate(names):
            entry = layout[i]
            shape = (entry.rows,) if entry.is_bias else (entry.rows, entry.columns)
            array = np.asarray(weights[name], dtype=np.float64)
            if array.shape != shape:
                raise InputError(f"weights: {name}: expected shape {shape}, got {array.shape}")
            theta[entry.offset:entry.offset + entry.rows * entry.columns] = array.ravel()
        return theta

    def initial(self, seed: int = 0) -> np.ndarray:
        """Initial weights of random start `seed`, shape (P,)."""
        context = self._quick()
        study = self._study(context)
        return self._weights(context, study.c, None, seed)

    def data(self) -> Dict[str, Any]:
        """The data set that is used, after all transformations.

        Returns
        -------
        dict
            ``x`` (samples x inputs), ``y`` (samples x targets), and where there are test samples ``x_test``,
            ``y_test``; ``input_names``, ``target_names``: lists, or None. Copies.
        """
        context = self._quick()
        owner = self._study(context)
        study = owner.c
        out: Dict[str, Any] = {}
        for what, c in (("", study.dataset), ("_test", study.test)):
            if c == ffi.NULL:
                continue
            out["x" + what] = doubles(c.x, c.inputs, c.stride)[:, :c.samples].T.copy()
            out["y" + what] = doubles(c.y, c.outputs, c.stride)[:, :c.samples].T.copy()
        c = study.dataset
        for name, names, count in (("input_names", c.input_names, c.inputs), ("target_names", c.output_names, c.outputs)):
            out[name] = None if names == ffi.NULL else [text(names[i]) for i in range(count)]
        return out

    def objective(self) -> Any:
        """The loss L of the network as an objective: value, gradient, Hessian, geometry at any parameters.

        Returns
        -------
        spinodal.objective.NetworkObjective
        """
        from .objective import NetworkObjective
        return NetworkObjective(self, self._study(self._quick()))

    def _quick(self) -> Context:
        context = Context()
        context.sink = deliver
        return context

    # ---- Runs ------------------------------------------------------------------------------------

    def _run(self, kind: str, action: Any, output: Optional[Path], threads: int, force: bool, resume: bool,
             progress: Progress, **more: Any) -> Results:
        context = Context()
        folder = None
        if output is None and resume and kind in self._kept_output:
            path = self._kept_output[kind]
            folder = os.path.dirname(path)
        elif output is None:
            folder = tempfile.mkdtemp(prefix="spinodal-")
            path = os.path.join(folder, f"{kind}.h5")
        else:
            path = os.fspath(output)
        name = ffi.new("char[]", os.fsencode(path))
        settings = ffi.new("spn_run_settings *", {"output": name, "threads": threads, "is_forced": force,
                                                  "is_resumed": resume, **more})
        good = ffi.new("bool *")

        def work() -> None:
            study = self._study(context)
            if kind in ("sweep", "branches"):
                with self._lock:
                    context.check(lib.spn_experiment_choose_range(context.pointer, self._c, study.c,
                                                                  kind == "branches"))
            context.check(action(context.pointer, study.c, settings, good), path)

        try:
            run(context, work, progress)
        except BaseException as problem:
            raise self._interrupted(kind, path, folder, problem) from problem.__cause__
        self._kept_output.pop(kind, None)
        if folder is None:
            return Results(path)
        with open(path, "rb") as file:
            image = file.read()
        shutil.rmtree(folder, ignore_errors=True)
        return Results(image=image)

    def _with(self, section: str, keys: Mapping[str, Any]) -> Experiment:
        """The experiment with other keys in one section, for one run; the same where there are none."""
        if not keys:
            return self
        other = Experiment(self)
        other._assign({section: keys}, True)
        other._kept_output = self._kept_output
        return other

    def _interrupted(self, kind: str, path: str, folder: Optional[str], problem: BaseException) -> BaseException:
        """What is raised in place of `problem`: an interruption says how to go on. Drops what nobody can go on from."""
        has_journal = os.path.exists(path + ".part")
        if isinstance(problem, KeyboardInterrupt) and has_journal:
            if folder is not None:
                self._kept_output[kind] = path
            return Interrupted(f"interrupted; all finished points are in {path}.part: the same call with resume=True "
                               "goes on", path)
        if folder is not None and not has_journal:
            shutil.rmtree(folder, ignore_errors=True)
        return problem

    def sweep(self, output: Optional[Path] = None, *, threads: int = 0, force: bool = False, resume: bool = False,
              progress: Progress = None, **sweep: Any) -> Results:
        """Follow the network through beta (section ``sweep``): ``spinodal sweep``.

        Parameters
        ----------
        output : path, optional
            The results file; finished points go to ``OUTPUT.part`` at once. Without it results are in memory.
        threads : int
            0: one per processor. Results have the same bits with any number.
        force : bool
            Overwrite an existing file.
        resume : bool
            Go on with an interrupted run, to the same bits.
        progress : None, bool or callable
            None: a bar of tqdm where somebody looks; False: none; or called with (done, total, text) in this thread.
        **sweep
            Keys of section ``sweep`` for this run alone: ``beta={"from": 0.01, "to": 0.5}``, ``seeds=4``, ...

        Returns
        -------
        Results

        Raises
        ------
        InputError, StorageError, NumericError
            As the program says it.
        Interrupted
            A KeyboardInterrupt; what is finished is kept.
        """
        return self._with("sweep", sweep)._run("sweep", lib.spn_study_sweep, output, threads, force, resume, progress)

    def branches(self, output: Optional[Path] = None, *, threads: int = 0, force: bool = False, resume: bool = False,
                 progress: Progress = None, **branches: Any) -> Results:
        """Follow all branches of stationary points (section ``branches``): ``spinodal branches``. See :meth:`sweep`."""
        return self._with("branches", branches)._run("branches", lib.spn_study_branches, output, threads, force, resume, progress)

    def grok(self, output: Optional[Path] = None, *, threads: int = 0, force: bool = False, resume: bool = False,
             progress: Progress = None, **grok: Any) -> Results:
        """Watch training from several starts (section ``grok``): ``spinodal grok``. See :meth:`sweep`."""
        return self._with("grok", grok)._run("grok", lib.spn_study_grok, output, threads, force, resume, progress)

    def slice(self, output: Optional[Path] = None, *, threads: int = 0, force: bool = False,
              progress: Progress = None, **slice: Any) -> Results:
        """Cut through the surfaces (section ``slice``): ``spinodal slice``. See :meth:`sweep`; nothing is kept of an
        interrupted one."""
        return self._with("slice", slice)._run("slice", lib.spn_study_slice, output, threads, force, False, progress)

    def spectrum(self, weights: Any = None, *, beta: float = 0.0, output: Optional[Path] = None, threads: int = 0,
                 force: bool = False, progress: Progress = None) -> Results:
        """Eigenvalues of the Hessians at one point and their density (section ``geometry``): ``spinodal spectrum``.

        Parameters
        ----------
        weights : array of P numbers, file or dict, optional
            Where; by default the initial weights.
        beta : float
            Strength of the regularisation.
        output, threads, force, progress
            As in :meth:`sweep`.

        Returns
        -------
        Results
            Of kind ``"spectrum"``: tables ``points``, ``spectra``, ``eigenvalues``, ``density``.
        """
        with tempfile.TemporaryDirectory(prefix="spinodal-") as folder:
            more: Dict[str, Any] = {"beta": beta}
            if weights is not None:
                more["weights"] = ffi.new("char[]", os.fsencode(self._weights_file(weights, folder)))
            return self._run("spectrum", lib.spn_study_spectrum, output, threads, force, False, progress, **more)

    def _weights_file(self, weights: Any, folder: str) -> str:
        """Where weights are, or are put."""
        if isinstance(weights, (str, os.PathLike)):
            return os.fspath(weights)
        study = self._study(self._quick())
        theta, count = self._weights(study.context, study.c, weights), ffi.new("int64_t *")
        layout, path = lib.spn_network_layout(study.c.network, count), os.path.join(folder, "weights.npz")
        arrays: Dict[str, Any] = {}
        for i in range(count[0]):
            entry = layout[i]
            part = theta[entry.offset:entry.offset + entry.rows * entry.columns]
            arrays[text(entry.name)] = part if entry.is_bias else part.reshape(entry.rows, entry.columns)
        np.savez(path, **arrays)
        return path

    # ---- Answers ---------------------------------------------------------------------------------

    def theory(self) -> Theory:
        """What can be known before training (theory.md, T12, T13, T20, T21): ``spinodal theory``."""
        context = self._quick()
        owner = self._study(context)
        study = owner.c
        count, modes = ffi.new("int64_t *"), ffi.new("spn_theory_mode[]", 64)
        said = ffi.new("spn_prediction *")
        context.check(lib.spn_study_theory(context.pointer, study, count, modes))
        context.check(lib.spn_study_predict(context.pointer, study, said))
        depth = lib.spn_network_depth(study.network)
        return Theory(depth, records("modes", lib.spn_theory_mode_columns, count[0], modes), said)

    def check(self, weights: Any = None, *, beta: Optional[float] = None, progress: Progress = None) -> Any:
        """Derivatives against differences: ``spinodal check``.

        Parameters
        ----------
        weights : array of P numbers, file or dict, optional
            Where; by default the initial weights.
        beta : float, optional
            By default ``sweep.beta.from``.

        Returns
        -------
        spinodal.objective.Check
        """
        objective = self.objective()
        if beta is None:
            beta = lib.spn_experiment_sweep(self._c).beta_from
        return objective.check(objective.weights(weights), beta=beta, progress=progress)

    def geometry(self, weights: Any = None, *, beta: float = 0.0, progress: Progress = None, **geometry: Any) -> Any:
        """Curvature, spectrum and Fisher information at a point: ``spinodal geometry``.

        Parameters
        ----------
        weights : array of P numbers, file or dict, optional
            Where; by default the initial weights.
        beta : float
            Strength of the regularisation.
        **geometry
            Keys in place of section ``geometry`` of the experiment.

        Returns
        -------
        spinodal.objective.Geometry
            Of both surfaces: ``geometry.error["scalar_curvature"]``, ``geometry.loss[...]``.
        """
        objective = self.objective()
        return objective.geometry(objective.weights(weights), beta=beta, progress=progress, **geometry)


class Theory:
    """What linear theory says.

    Attributes
    ----------
    depth : int
        Weight matrices.
    modes : Table
        A row a mode of the data: singular value, order, beta and strength at the Maxwell point and the spinodal (T12,
        T13). Empty where there is no linear theory.
    transitions : Table or None
        Of an upward sweep of the linear network on the data's own covariance (T20).
    onset : dict or None
        Of learning, with its order (T21).
    sweep_note, onset_note : str
        What these are worth, or why there is none.
    """

    def __init__(self, depth: int, modes: Table, said: Any = None) -> None:
        self.depth = depth
        self.modes = modes
        self.transitions: Optional[Table] = None
        self.onset: Optional[Dict[str, Any]] = None
        self.sweep_note = self.onset_note = "of given singular values the modes alone are known"
        if said is None:
            return
        self.sweep_note, self.onset_note = text(said.sweep_note), text(said.onset_note)
        if said.has_sweep:
            self.transitions = records("transitions", lib.spn_theory_transition_columns, said.sweep.count,
                                       said.sweep.transitions)
        if said.has_onset:
            self.onset = fields("onset", lib.spn_theory_onset_columns, ffi.addressof(said, "onset"))

    def __repr__(self) -> str:
        lines = [f"<spinodal theory: depth {self.depth}>"]
        for i in range(self.modes.rows):
            row = self.modes.row(i)
            lines.append(f"mode {i + 1}: singular value {row['singular_value']:.6g}, Maxwell point "
                         f"{row['maxwell_beta']:.6g}, spinodal {row['spinodal_beta']:.6g}")
        return "\n".join([*lines, f"upward sweep: {self.sweep_note}", f"onset: {self.onset_note}"])


def theory(*, depth: int, singular_values: Sequence[float]) -> Theory:
    """Closed forms of a deep linear network on whitened data (T12, T13): ``spinodal theory --depth``.

    Parameters
    ----------
    depth : int
        Weight matrices, at least 1.
    singular_values : sequence of float
        Of (1/N) sum y x^T.

    Raises
    ------
    ArgumentError
        A depth below 1, a singular value that is negative or not finite.
    """
    context = Context()
    modes = ffi.new("spn_theory_mode[]", max(len(singular_values), 1))
    for i, sigma in enumerate(singular_values):
        context.check(lib.spn_theory_mode_transition(context.pointer, depth, sigma, modes + i))
    return Theory(depth, records("modes", lib.spn_theory_mode_columns, len(singular_values), modes))
