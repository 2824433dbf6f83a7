# SPDX-License-Identifier: MIT
"""What the library says of results: the words of the program, transitions, the check of a kind."""
from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ._library import Context, Handle, arena, deliver, ffi, lib, records, text
from .results import Results
from .table import Column, Table


@contextlib.contextmanager
def _file(run: Results) -> Iterator[str]:
    """Where the results are, or are for a moment."""
    if run.path is not None:
        yield run.path
        return
    with tempfile.TemporaryDirectory(prefix="spinodal-") as folder:
        path = os.path.join(folder, "results.h5")
        with open(path, "wb") as out:
            out.write(run.image())
        yield path


@contextlib.contextmanager
def _read(context: Context, run: Results) -> Iterator[Tuple[Any, str]]:
    """The results as the library reads them."""
    memory, results = arena(context), ffi.new("spn_results *")
    with _file(run) as path:
        context.check(lib.spn_results_read(context.pointer, memory.c, os.fsencode(path), results))
        yield results, path


def summary(run: Results, verbose: bool) -> str:
    """See :meth:`Results.summary`."""
    context = Context()
    said, report = ffi.new("spn_text[2]"), ffi.new("spn_report *")
    report.summary, report.troubles, report.wish.is_verbose = said, said + 1, verbose
    with _read(context, run) as (results, path):
        kind = lib.spn_kind_find(results.kind)
        for i in range(2):
            said[i].context = context.pointer
            said[i].norm = lib.spn_text_norm(results)
        try:
            context.check(lib.spn_kind_report(context.pointer, kind, results, os.fsencode(run.path or "(memory)"), report))
            return "".join(text(said[i].buffer.text) for i in range(2))
        finally:
            lib.spn_text_end(said)
            lib.spn_text_end(said + 1)


def page(runs: Sequence[Results], path: Any, force: bool) -> str:
    """See :meth:`Results.report`."""
    context = Context()
    context.sink = deliver
    with contextlib.ExitStack() as stack:
        sources = ffi.new("spn_page_source[]", len(runs))
        kept = []
        for source, run in zip(sources, runs):
            results, name = stack.enter_context(_read(context, run))
            kept.append((results, ffi.new("char[]", os.fsencode(run.path or os.path.basename(name)))))
            source.path, source.results, source.kind = kept[-1][1], results, lib.spn_kind_find(results.kind)
        settings = ffi.new("spn_page_settings *", {"is_forced": force})
        context.check(lib.spn_page_write(context.pointer, os.fsencode(path), len(runs), sources, settings))
    return os.fspath(path)


def fault(run: Results) -> Optional[str]:
    """See :meth:`Results.fault`."""
    context = Context()
    with _read(context, run) as (results, _):
        return text(lib.spn_results_fault(results)) or None


class Answer:
    """The answer of one run.

    Attributes
    ----------
    sentences : list of str
        How many phases, where one jumps, of which order, how sure, and what that means for a choice of beta.
    phases : Table
        Which differ in what the network has learned: ``name``, the window in which each is a minimum, where it is the
        best, and what it is at both ends.
    transitions : Table
        Each once: ``phase_below`` and ``phase_above``, its order, beta going up, of equal L and going down; those that change
        what is learned first.
    """

    def __init__(self, context: Context, found: Any, run: int, facts: Any) -> None:
        c, buffer, all_of_them = ffi.new("spn_answer *"), ffi.new("char[256]"), ffi.new("spn_shown *")
        context.check(lib.spn_transitions_answer(context.pointer, found, run, c))
        self.sentences = _said(context, lambda said: lib.spn_answer_put(said, c, facts, all_of_them)).splitlines()
        phases = records("phases", lib.spn_answer_phase_columns, c.phase_count, c.phases)
        names = [text(lib.spn_answer_phase_name(c.phases + i, buffer, 256)) for i in range(c.phase_count)]
        entries = records("transitions", lib.spn_answer_entry_columns, c.entry_count, c.entries)
        self.phases = Table("phases", {"name": _words(names, "the phase, by what it has learned"), **phases.columns})
        sides = {}
        for side in ("below", "above"):
            numbers = [getattr(c.entries[i], side) for i in range(c.entry_count)]
            sides[f"phase_{side}"] = _words([names[n] if 0 <= n < len(names) else "" for n in numbers],
                                            f"the phase {side} it in beta")
        self.transitions = Table("transitions", {**sides, **entries.columns})

    def __repr__(self) -> str:
        return "\n".join(self.sentences)


def _words(words: List[str], description: str) -> Column:
    return Column(np.array(words, dtype=object), "", description)


def _said(context: Context, write: Callable[[Any], None], norm: Any = ffi.NULL) -> str:
    """What the library writes into a text."""
    said = ffi.new("spn_text *")
    said.context, said.norm = context.pointer, norm
    write(said)
    written = text(said.buffer.text)
    context.check(lib.spn_text_end(said))
    return written


class Transitions(Table):
    """The table of transitions (columns of :doc:`transition`), one row each, ordered by run, then beta.

    Attributes
    ----------
    answers : list of Answer
        What they say of each run, each transition once.
    crossings, hysteresis, stuck, groups : Table
        Crossings of L that are no transition of the global minimum; windows of hysteresis; random starts that end in
        a lower phase; the same transition over seeds and runs.
    is_decided : bool
        Is the list an answer? False where a row is undecided, points are not stationary, or nothing was found in
        phases that were not followed to their end.
    text : str
        All of it as the program prints it.
    """

    answers: List[Answer]
    crossings: Table
    hysteresis: Table
    stuck: Table
    groups: Table
    is_decided: bool
    text: str

    def __repr__(self) -> str:
        return self.text


def _label_phases(table: Table, rows: Any, count: int) -> None:
    """Words for the two sides."""
    buffer = ffi.new("char[256]")
    for side in ("before", "after"):
        said = [text(lib.spn_side_label(ffi.addressof(rows[i], side), buffer, 256)) for i in range(count)]
        table.columns[f"phase_{side}"] = _words(said, f"the phase {side} it, by its labels")


def transitions(runs: Sequence[Results]) -> Transitions:
    """See :func:`spinodal.transitions`."""
    context = Context()
    out, count = ffi.new("spn_transitions **"), ffi.new("int64_t *")
    ends = ffi.new("double[2]", [float("inf"), -float("inf")])
    context.check(lib.spn_transitions_create(context.pointer, out))
    owner = Handle(context, out[0], lib.spn_transitions_free)
    files = ffi.new("spn_told_file[]", max(len(runs), 1))
    kept = [ffi.new("char[]", os.fsencode(run.path or "(memory)")) for run in runs]
    try:
        for i, run in enumerate(runs):
            files[i].path = kept[i]
            with _read(context, run) as (results, _):
                kind = lib.spn_kind_find(results.kind)
                context.check(lib.spn_add_transitions(context.pointer, kind, results, owner.c, ends, ends + 1))
                files[i].norm = lib.spn_text_norm(results)
                files[i].facts = lib.spn_run_facts_of(results)
                context.check(lib.spn_results_claim(context.pointer, kind, results, owner.c, i,
                                                    ffi.addressof(files[i], "claim")))
        groups = ffi.new("spn_transition_group **")
        context.check(lib.spn_transitions_group(context.pointer, owner.c, groups, count))
        grouped = records("groups", lib.spn_transition_group_columns, count[0], groups[0])
        shown = ffi.new("spn_shown *")
        said = _said(context, lambda out: lib.spn_transitions_summary(out, owner.c, files, count[0], groups[0], ends[0],
                                                                      ends[1], shown))
        table = _table(owner.c, count)
        table.groups, table.text = grouped, said
        table.is_decided = bool(lib.spn_transitions_decided(owner.c))
        table.answers = [Answer(context, owner.c, i, ffi.addressof(files[i], "facts")) for i in range(len(runs))]
    finally:
        for i in range(len(runs)):
            lib.spn_release(context.pointer, files[i].claim.rows)
    return table


def _table(found: Any, count: Any) -> Transitions:
    rows = lib.spn_transitions_rows(found, count)
    table = Transitions("transitions", records("transitions", lib.spn_transition_columns, count[0], rows).columns)
    _label_phases(table, rows, count[0])
    for name, columns in (("crossings", lib.spn_transition_columns), ("hysteresis", lib.spn_hysteresis_columns),
                          ("stuck", lib.spn_stuck_columns)):
        rows = getattr(lib, f"spn_transitions_{name}")(found, count)
        setattr(table, name, records(name, columns, count[0], rows))
    return table
