# SPDX-License-Identifier: MIT
"""The library as this package uses it: contexts, failures, events, long calls that can be interrupted.

A long call runs in a thread of its own, without the interpreter's lock. The thread that made the call waits for it
and meanwhile delivers its events, so that progress, warnings and the caller's functions happen where the call was
made, and Ctrl-C is heard at once: it raises the cancel flag of the context, which the library looks at between
evaluations.
"""
from __future__ import annotations

import atexit
import logging
import os
import queue
import sys
import threading
import warnings
import weakref
from typing import Any, Callable, Dict, List, Optional, Union

import numpy as np

from ._native import ffi as ffi, lib as lib
from .errors import BY_STATUS, INTERRUPTED, Interrupted, SpinodalError, SpinodalWarning
from .table import Column, Table

#: What a caller may say of progress: None: a bar of tqdm, where that is installed and somebody looks; False: nothing;
#: True: a bar in any case; or a function of done, total (0: nobody knows) and a text.
Progress = Union[None, bool, Callable[[float, float, str], Any]]

_log = logging.getLogger("spinodal")


def text(pointer: Any) -> str:
    """A C string."""
    return "" if pointer == ffi.NULL else ffi.string(pointer).decode("utf-8", "replace")


def doubles(pointer: Any, *shape: int) -> np.ndarray:
    """Numbers of the library as an array over its memory: valid as long as that is."""
    count = int(np.prod(shape))
    return np.frombuffer(ffi.buffer(ffi.cast("double *", pointer), 8 * count), dtype=np.float64).reshape(shape) \
        if count else np.empty(shape)


def vector(values: Any, count: int, name: str) -> np.ndarray:
    """Parameters that a caller gives, as the library takes them: C order, float64, aligned; a copy only where they
    are not.

    Raises
    ------
    TypeError
        They are no real numbers.
    ValueError
        Their shape is not (count,).
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        raise TypeError(f"{name}: expected real numbers (float64), got an array of {array.dtype}")
    array = np.ascontiguousarray(array, dtype=np.float64)
    if array.shape != (count,):
        raise ValueError(f"{name}: expected shape ({count},), got {array.shape}")
    return np.require(array, requirements=["A"])


def pointer(array: np.ndarray) -> Any:
    """The address of an array's numbers; the array must outlive its use."""
    return ffi.cast("double *", array.ctypes.data)


class Context:
    """A context of the library and what belongs to it. `check` turns statuses into exceptions."""

    def __init__(self) -> None:
        self._cancel = ffi.new("int *")
        self._self = ffi.new_handle(self)
        #: Where events go: (kind, text, done, total). Dropped while it is None.
        self.sink: Optional[Callable[[Any], None]] = None
        settings = ffi.new("spn_context_settings *")
        settings.on_event = lib.spinodal_on_event
        settings.event_state = self._self
        settings.cancel = ffi.cast("spn_flag *", self._cancel)
        out = ffi.new("spn_context **")
        if lib.spn_context_create(settings, out) != lib.SPN_OK:
            raise MemoryError("spinodal: no memory for a context")
        self.pointer = out[0]
        weakref.finalize(self, lib.spn_context_free, self.pointer).atexit = False

    def cancel(self) -> None:
        """Ask a running call to stop. From any thread."""
        self._cancel[0] = 1

    def check(self, status: int, output: Optional[str] = None) -> None:
        """Raise what a failed call says."""
        if status == lib.SPN_OK:
            return
        said = text(lib.spn_error_text(self.pointer)) or text(lib.spn_status_text(status))
        key = text(lib.spn_error_key(self.pointer)) or None
        self._cancel[0] = 0
        if status == INTERRUPTED:
            raise Interrupted(said, output)
        raise BY_STATUS.get(status, SpinodalError)(said, key)


class Handle:
    """An object of the library, freed with this one: after it nobody uses it.

    The registry of finalizers keeps the context, and whatever else must live as long (`kept`), until then: garbage
    that refers to itself is taken apart in any order. At the end of the process nothing is freed: threads may run.
    """

    def __init__(self, context: Context, c: Any, free: Callable[[Any, Any], None], *kept: Any) -> None:
        self.context = context
        self.c = c
        weakref.finalize(self, _free, free, context, c, kept).atexit = False


def _free(free: Callable[[Any, Any], None], context: Context, c: Any, _kept: Any) -> None:
    free(context.pointer, c)


def arena(context: Context) -> Handle:
    """Memory of the library that is freed with the result."""
    out = ffi.new("spn_arena **")
    context.check(lib.spn_arena_create(context.pointer, out))
    return Handle(context, out[0], lambda _, c: lib.spn_arena_free(c))


@ffi.def_extern()
def spinodal_on_event(state: Any, event: Any) -> None:
    """An event of the library, in the thread that runs the call."""
    sink = ffi.from_handle(state).sink
    if sink is not None:
        sink((event.kind, text(event.text), event.done, event.total))


# ---- Progress ------------------------------------------------------------------------------------------

def _is_watched() -> bool:
    """Does somebody look: a terminal or a notebook?"""
    shell = sys.modules.get("IPython")
    return sys.stderr is not None and (
        sys.stderr.isatty() or (shell is not None and shell.get_ipython() is not None
                                and "IPKernelApp" in shell.get_ipython().config))


class _Bar:
    """A bar of tqdm."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._is_there = True

    def __call__(self, done: float, total: float, said: str) -> None:
        if self._bar is None and self._is_there:
            self._bar = self._make(total)
        if self._bar is None:
            return
        self._bar.total = total or None
        self._bar.set_description_str(said, refresh=False)
        self._bar.update(done - self._bar.n)

    def _make(self, total: float) -> Any:
        """Loaded when there is something to show; that a notebook has no widgets is its own affair."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm
                return tqdm(total=total or None, unit="", leave=False)
        except ImportError:
            self._is_there = False
            return None

    def close(self) -> None:
        """Take it away."""
        if self._bar is not None:
            self._bar.close()


def _progress(wanted: Progress) -> Any:
    if callable(wanted):
        return wanted
    if wanted is False or (wanted is None and not _is_watched()):
        return None
    return _Bar()


def deliver(event: Any, progress: Any = None) -> None:
    """Tell an event: progress to the caller's function, a message to the log, a warning as such."""
    kind, said, done, total = event
    if kind == lib.SPN_EVENT_PROGRESS:
        if progress is not None:
            progress(done, total, said)
    elif kind == lib.SPN_EVENT_WARNING:
        warnings.warn(said, SpinodalWarning, stacklevel=6)
    else:
        _log.info("%s", said)


# ---- Long calls ------------------------------------------------------------------------------------------

#: Contexts and threads of calls that run, for the end of the interpreter.
_running: Dict[threading.Thread, Context] = {}
#: A call that cannot be broken off (the spectrum of a large Hessian) does not keep a process longer, as in the program.
_PATIENCE = 20.0


def _end_all() -> None:
    for thread, context in list(_running.items()):
        context.cancel()
    for thread in list(_running):
        thread.join(_PATIENCE)


atexit.register(_end_all)
os.register_at_fork(after_in_child=_running.clear)


def run(context: Context, action: Callable[[], Any], progress: Progress = None) -> Any:
    """Run a long call of the library and return what `action` returns.

    Parameters
    ----------
    context : Context
        Of the call; nobody else uses it meanwhile.
    action : callable
        Calls the library; runs in a thread of its own.
    progress : see :data:`Progress`

    Raises
    ------
    BaseException
        What `action` raises, or what came up in the waiting thread (KeyboardInterrupt, an exception of the caller's
        progress function), after the call has been made to stop.
    """
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    outcome: List[Any] = []

    def work() -> None:
        try:
            outcome.append((action(), None))
        except BaseException as problem:  # pylint: disable=broad-except
            outcome.append((None, problem))
        finally:
            events.put(None)

    show = _progress(progress)
    thread = threading.Thread(target=work, name="spinodal", daemon=True)
    context.sink = events.put
    _running[thread] = context
    try:
        thread.start()
        _wait(events, show)
    except BaseException:
        context.cancel()
        thread.join()
        raise
    finally:
        context.sink = None
        if not thread.is_alive():
            _running.pop(thread, None)
        if isinstance(show, _Bar):
            show.close()
    thread.join()
    _running.pop(thread, None)
    value, problem = outcome[0]
    if problem is not None:
        raise problem
    return value


def _wait(events: Any, show: Any) -> None:
    while True:
        event = events.get()
        if event is None:
            return
        deliver(event, show)


# ---- Records -----------------------------------------------------------------------------------------------

_TYPES = {0: "<f8", 1: "<i8"}


def _words(words: Any) -> Optional[List[str]]:
    if words == ffi.NULL:
        return None
    out: List[str] = []
    while words[len(out)] != ffi.NULL:
        out.append(text(words[len(out)]))
    return out


def records(name: str, columns: Any, count: int, memory: Any) -> Table:
    """Records of the library, described by their column table, as a table: copied."""
    size = columns.record_size
    bytes_ = bytes(ffi.buffer(ffi.cast("char *", memory), count * size)) if count else b""
    out = {}
    for i in range(columns.count):
        column = columns.items[i]
        kind = np.dtype({"names": ["value"], "formats": [_TYPES[column.type]], "offsets": [column.offset],
                         "itemsize": size})
        values = np.frombuffer(bytes_, dtype=kind)["value"].copy() if count else np.empty(0, dtype=_TYPES[column.type])
        out[text(column.name)] = Column(values, text(column.unit), text(column.help), _words(column.words))
    return Table(name, out)


def fields(name: str, columns: Any, memory: Any) -> Dict[str, Any]:
    """One record as a dictionary of Python numbers and words; NaN where a number does not exist."""
    return records(name, columns, 1, memory).row(0)

