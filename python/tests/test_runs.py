# SPDX-License-Identifier: MIT
"""Runs: the bits of the program, interruption and resuming, threads, what is told meanwhile."""
import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from conftest import SMALL

import spinodal

#: Takes several seconds: to be interrupted.
LONG = {"data": {"samples": 400}, "model": {"hidden": [4, 4]}, "sweep": {"beta": {"points": 400}, "direction": "up"}}


def quick(**sections):
    return spinodal.Experiment(SMALL, **sections)


def test_a_sweep_has_the_bytes_of_the_program(tmp_path, experiment_file, program):
    program("sweep", experiment_file, "-o", tmp_path / "theirs.h5")
    theirs = (tmp_path / "theirs.h5").read_bytes()
    experiment = spinodal.Experiment(experiment_file)
    ours = experiment.sweep(tmp_path / "ours.h5", threads=2)
    assert ours.path == str(tmp_path / "ours.h5")
    assert ours.image() == theirs
    memory = experiment.sweep(threads=1)
    assert memory.path is None and memory.image() == theirs
    assert memory.save(tmp_path / "saved.h5") == str(tmp_path / "saved.h5")
    assert (tmp_path / "saved.h5").read_bytes() == theirs
    with pytest.raises(spinodal.StorageError, match="force=True"):
        memory.save(tmp_path / "saved.h5")
    with pytest.raises(spinodal.StorageError, match="exists"):
        experiment.sweep(tmp_path / "ours.h5")
    assert experiment.sweep(tmp_path / "ours.h5", force=True).image() == theirs


@pytest.mark.parametrize("kind, sections", [
    ("branches", {"branches": {"starts": 1}}),
    ("slice", {"slice": {"through": ["trivial", "initial"], "points": 5}}),
    ("grok", {"grok": {"epochs": 200, "starts": ["random"]}}),
])
def test_other_runs_have_the_bytes_of_the_program(tmp_path, program, kind, sections):
    experiment = quick(**sections)
    (tmp_path / "e.yaml").write_text(experiment.yaml)
    program(kind, tmp_path / "e.yaml", "-o", tmp_path / "theirs.h5")
    ours = getattr(experiment, kind)()
    assert ours.image() == (tmp_path / "theirs.h5").read_bytes()
    assert ours.fault() is None
    assert ours.summary()


def test_a_spectrum_is_that_of_the_program(tmp_path, experiment_file, program):
    experiment = spinodal.Experiment(experiment_file)
    program("spectrum", experiment_file, "--beta", "0.1", "-o", tmp_path / "theirs.h5")
    ours = experiment.spectrum(beta=0.1)
    assert ours.image() == (tmp_path / "theirs.h5").read_bytes()
    given = experiment.spectrum(experiment.initial(), beta=0.1)
    for name in ours.tables["eigenvalues"]:
        np.testing.assert_array_equal(given.tables["eigenvalues"][name], ours.tables["eigenvalues"][name])
    values = np.linalg.eigvalsh(experiment.objective().hessian(experiment.initial()))  # of E
    found = ours.tables["eigenvalues"]["value"]
    assert np.abs(found[:, None] - values[[0, -1]]).min(axis=0).max() < 1e-10


def test_transitions_are_those_of_the_program(tmp_path, experiment_file, program):
    path = tmp_path / "run.h5"
    run = spinodal.Experiment(experiment_file).sweep(path)
    said = program("transitions", path)[0]
    found = spinodal.transitions(path)
    assert str(found) == found.text == said
    assert found.rows > 0 and found.is_decided
    assert set(found["kind"]) <= {"spinodal_up", "spinodal_down", "maxwell", "continuous", "undecided"}
    assert list(run.transitions()["beta"]) == list(found["beta"])
    assert found["phase_before"][0]


def test_progress_is_told_in_the_calling_thread(tmp_path):
    told = []
    quick().sweep(progress=lambda done, total, text: told.append((threading.current_thread(), done, total, text)))
    assert told
    assert {thread for thread, *_ in told} == {threading.current_thread()}
    assert all(0 <= done <= total for _, done, total, _ in told if total)


def test_a_bar_where_there_is_one(monkeypatch, capsys):
    if importlib.util.find_spec("tqdm"):
        quick().sweep(progress=True)
        assert "0/8" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert quick().sweep(progress=True).image() == quick().sweep(progress=False).image()
    assert capsys.readouterr().err == ""


class Stop(Exception):
    pass


def test_what_the_progress_function_raises_comes_out(tmp_path):
    def stop(done, total, text):
        raise Stop(text)

    with pytest.raises(Stop):
        spinodal.Experiment(LONG).sweep(progress=stop)
    assert not threads_of_runs()


def threads_of_runs():
    return [thread for thread in threading.enumerate() if thread.name == "spinodal"]


def interrupt_at(points):
    """Sends this process Ctrl-C when so many points are done."""
    sent = []

    def progress(done, total, text):
        if total > 0 and done >= points and not sent:  # without a total it is a sign of life
            sent.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    return progress


@pytest.mark.parametrize("in_memory", [False, True])
def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path, in_memory):
    experiment = quick(sweep={"beta.points": 60})
    output = None if in_memory else tmp_path / "run.h5"
    with pytest.raises(spinodal.Interrupted, match="resume=True") as caught:
        experiment.sweep(output, progress=interrupt_at(10))
    assert isinstance(caught.value, KeyboardInterrupt) and caught.value.status == "interrupted"
    assert os.path.exists(caught.value.output + ".part")
    assert not threads_of_runs()
    messages = []
    resumed = experiment.sweep(output, resume=True, progress=lambda *said: messages.append(said))
    assert resumed.image() == quick(sweep={"beta.points": 60}).sweep().image()
    assert next(done for done, total, _ in messages if total > 0) > 10  # it did not begin anew
    assert not os.path.exists(caught.value.output + ".part")


def interrupted_soon(script):
    """A script that says "point" with each one, and what stopped it, gets a SIGINT behind the first."""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "point\n"
        process.send_signal(signal.SIGINT)
        said = process.stdout.read().splitlines()
        assert process.wait() == 0
    assert said[-1] == "stopped Interrupted"
    # Not by the clock, which a loaded machine stretches: no more than the points that were in flight.
    assert said.count("point") < 100


def test_ctrl_c_is_heard_within_a_second(tmp_path):
    script = textwrap.dedent(f"""
        import spinodal, sys, time
        try:
            spinodal.Experiment({LONG!r}).sweep({str(tmp_path / 'run.h5')!r},
                progress=lambda done, total, text: total and done >= 2 and print("point", flush=True))
        except KeyboardInterrupt as problem:
            print("stopped", type(problem).__name__, flush=True)
    """)
    interrupted_soon(script)
    assert os.path.exists(tmp_path / "run.h5.part")


def test_two_runs_in_two_threads():
    expected = quick().sweep(threads=1).image()
    images, experiment = {}, quick()

    def work(number):
        images[number] = experiment.sweep(threads=2).image()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [images[number] for number in range(3)] == [expected] * 3


def test_fork_after_import():
    quick().sweep()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if quick().sweep(threads=1).tables["points"].rows > 0 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("daemon", [True, False])
def test_the_interpreter_ends_during_a_run(tmp_path, daemon):
    script = textwrap.dedent(f"""
        import spinodal, sys, threading, time
        started = threading.Event()
        def work():
            try:
                spinodal.Experiment({LONG!r}).sweep({str(tmp_path / 'run.h5')!r}, progress=lambda *said: started.set())
            except BaseException:
                pass
        thread = threading.Thread(target=work, daemon={daemon})
        thread.start()
        started.wait()
        if not {daemon}:
            import _thread
            from spinodal import _library
            for context in list(_library._running.values()):
                context.cancel()
        sys.exit(7)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 7, done.stderr
    assert "Fatal" not in done.stderr


#: An objective whose functions take a while, so that something happens between and in them.
SLOW = """
    import math, numpy, spinodal, sys, threading, time
    entered = threading.Event()
    def value(t):
        entered.set()
        time.sleep(1e-3)
        return float(t @ t) ** 2 / 4 - t @ t / 2
    well = spinodal.Objective(value, lambda t: (t @ t - 1) * t, hvp=lambda t, v: (t @ t - 1) * v + 2 * (t @ v) * t,
                              dimension=2)
    words = {"beta": {"from": 0.01, "to": 0.7, "points": 2000}, "direction": "up", "refine": False}
"""


def ended(script):
    """What a script printed that must end with status 7, whatever runs in it."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False,
                          timeout=300)
    assert done.returncode == 7, done.stderr
    assert "Fatal" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("where", ["thread", "progress"])
def test_the_interpreter_ends_while_a_function_of_the_caller_runs(where):
    """Functions hold the interpreter's lock; when it goes, none of them may be entered any more."""
    last = {"thread": """
    def work():
        try:
            well.sweep([1.0, 0.0], **words)
        except BaseException:
            pass
    threading.Thread(target=work, daemon=True).start()
    entered.wait()
    sys.exit(7)
""", "progress": """
    def leave(done, total, text):
        sys.exit(7)  # an exception like others: it comes out of the call
    well.sweep([1.0, 0.0], progress=leave, **words)
"""}[where]
    assert ended(SLOW + last) == ""


def test_fork_while_another_thread_runs():
    """The child has a copy of everything but that thread: it can make runs of its own, and ends."""
    script = SLOW + f"""
    import os
    def work():
        try:
            well.sweep([1.0, 0.0], **words)
        except BaseException:
            pass
    threading.Thread(target=work, daemon=True).start()
    entered.wait()
    child = os.fork()
    if child == 0:
        run = spinodal.Experiment({SMALL!r}).sweep(threads=1)
        other = spinodal.Objective(lambda t: t @ t, lambda t: 2 * t, hvp=lambda t, v: 2 * v, dimension=2)
        assert other.minimize([1.0, 1.0]).converged
        os._exit(5 if run.tables["points"].rows > 0 else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit(7)
"""
    assert ended(script) == "5\n"


@pytest.mark.parametrize("in_memory", [False, True])
def test_an_interrupted_run_of_ones_own_objective_goes_on_to_the_same_bytes(tmp_path, in_memory):
    def well():
        return spinodal.Objective(lambda t: float(t[0]) ** 4 / 4 - float(t[0]) ** 2 / 2, lambda t: t ** 3 - t,
                                  hessian=lambda t: np.array([[3 * t[0] ** 2 - 1]]), dimension=1)

    words = {"beta": {"from": 0.01, "to": 0.7, "points": 60}, "output": None if in_memory else tmp_path / "run.h5"}
    objective = well()
    with pytest.raises(spinodal.Interrupted, match="resume=True") as caught:
        objective.sweep([1.0], progress=interrupt_at(10), **words)
    assert os.path.exists(caught.value.output + ".part")
    assert objective.sweep([1.0], resume=True, **words).image() == well().sweep([1.0], **{**words, "output": None}).image()
    assert not os.path.exists(caught.value.output + ".part")


def test_ctrl_c_is_heard_inside_a_function_of_the_caller(tmp_path):
    """The waiting thread hears it, whatever the function does; it comes out when that has returned."""
    script = textwrap.dedent(SLOW + f"""
    try:
        well.sweep([1.0, 0.0], output={str(tmp_path / 'run.h5')!r},
                   progress=lambda done, total, text: total and done >= 2 and print("point", flush=True), **words)
    except KeyboardInterrupt as problem:
        print("stopped", type(problem).__name__, flush=True)
    """)
    interrupted_soon(script)
    assert os.path.exists(tmp_path / "run.h5.part")


def test_warnings_are_warnings():
    # Two chains from one start at a finite rate: points are not stationary, which is said.
    with pytest.warns(spinodal.SpinodalWarning):
        run = quick(model={"bias": True}, objective={"regularise": "weights"}, branches={"starts": 1}).branches()
    assert isinstance(run.answer(), list)


def test_bad_outputs(tmp_path):
    for output, said in ((tmp_path / "none" / "run.h5", "none"), (tmp_path, "directory")):
        with pytest.raises(spinodal.StorageError, match=said):
            quick().sweep(output)
    with pytest.raises(spinodal.ArgumentError, match="threads"):
        quick().sweep(threads=-1)
    assert not list(tmp_path.iterdir())
