# SPDX-License-Identifier: MIT
"""Results: tables with units, weights, points, figures, what is said first."""
import builtins
import subprocess
import sys

import numpy as np
import pytest
from conftest import SMALL

import spinodal

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def sweep():
    return spinodal.Experiment(SMALL).sweep()


@pytest.fixture(scope="module")
def branches():
    return spinodal.Experiment(SMALL, branches={"starts": 1}).branches()


def test_tables_are_what_h5py_reads(sweep, tmp_path):
    sweep.save(tmp_path / "run.h5")
    opened = spinodal.open(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        for name, table in opened.tables.items():
            assert set(table) == set(file[name])
            for column, values in table.columns.items():
                if values.values.dtype != object:
                    assert values.values.tobytes() == file[name][column][()].tobytes()
                    assert values.unit == file[name][column].attrs["unit"]
                    assert values.description
        assert np.array_equal(opened.theta, file["theta"][()])
    assert opened.kind == "sweep" and opened.path == str(tmp_path / "run.h5")
    assert opened.attributes["samples"] == 40 and "activation: linear" in opened.configuration
    assert set(opened.tables["points"]["direction"]) == {"up", "down"}


def test_frames_have_units(sweep):
    pandas = pytest.importorskip("pandas")
    frame = sweep.points
    assert isinstance(frame, pandas.DataFrame)
    assert frame is sweep.points
    assert frame.attrs["units"]["beta"] == "error/weight^2"
    assert "(T1)" in frame.attrs["descriptions"]["error"]
    assert list(frame["direction"].cat.categories) == ["up", "down", "quench"]
    assert frame.groupby("direction", observed=True)["beta"].min()["up"] == 0.05
    with pytest.raises(AttributeError, match="tables: .*points"):
        sweep.pionts
    assert "points" in dir(sweep)


def test_a_point_is_the_one_that_the_program_exports(sweep, branches, tmp_path, program):
    phase = branches.tables["phases"]["name"][1]
    for run, arguments, wanted in ((sweep, ["--direction", "down"], {"direction": "down"}), (sweep, [], {}),
                                   (branches, [], {}), (branches, ["--phase", phase], {"phase": phase})):
        path, weights = tmp_path / f"{run.kind}.h5", tmp_path / "w.npz"
        run.save(path, force=True)
        program("export", path, "--beta", "0.3", *arguments, "-o", weights, "--force")
        point = spinodal.open(path).at(beta=0.3, **wanted)
        stored = np.load(weights)
        assert set(point.weights) == set(stored)
        for name in stored:
            assert np.array_equal(point.weights[name], stored[name])
        assert np.array_equal(np.concatenate([part.ravel() for part in point.weights.values()]), point.theta)
        assert abs(point["beta"] - 0.3) <= np.abs(run.tables["points"]["beta"] - 0.3).max()


def test_points_that_are_not_there(sweep, branches):
    for run, wanted, said in ((sweep, {}, "which beta"), (sweep, {"beta": 0.3, "phase": "1 mode"}, "branches"),
                              (sweep, {"beta": 0.3, "direction": "left"}, "expected one of up"),
                              (sweep, {"beta": 0.3, "seed": 4}, "no points"), (sweep, {"row": 1000}, "row 1000"),
                              (branches, {"beta": 0.3, "phase": "9 modes"}, "its phases are"),
                              (branches, {"beta": 0.3, "direction": "up"}, "no sweep"),
                              (branches, {"beta": 0.3, "seed": 0}, "no seed")):
        with pytest.raises(spinodal.InputError, match=said):
            run.at(**wanted)
    assert branches.at(beta=0.3).phase in list(branches.tables["phases"]["name"])
    assert sweep.at(row=-1).row == sweep.tables["points"].rows - 1
    assert "beta = 0.05" in repr(sweep.at(row=0))


def test_a_state_dict_of_a_point(sweep):
    torch = pytest.importorskip("torch")
    point = sweep.at(beta=0.3)
    state = point.state_dict(["0.weight", "2.weight"])
    model = torch.nn.Sequential(torch.nn.Linear(3, 2, bias=False), torch.nn.Tanh(), torch.nn.Linear(2, 2, bias=False))
    model.double().load_state_dict(state)
    assert np.array_equal(model[0].weight.detach().numpy(), point.weights["layers.0.weight"])


def test_the_answer_comes_first(sweep, branches):
    for run in (sweep, branches):
        assert run.answer()[0] in repr(run)
        html = run._repr_html_()
        assert html.index("<b>") < html.index("<table") and len(html) < 20000
        assert "<script" not in html
    # Depth 2 on data of correlations 0.9 and 0.5: continuous transitions at beta = sigma (T12).
    said = "\n".join(sweep.answer())
    assert "3 phases" in sweep.answer()[0] and "Second order" in said
    answer = sweep.transitions().answers[0]
    np.testing.assert_allclose(answer.transitions["continuous"], [0.5, 0.9], rtol=1e-6)
    assert list(answer.transitions["phase_below"]) == ["2 modes", "1 mode"]
    assert list(answer.phases["name"]) == ["2 modes", "1 mode", "trivial"]


def test_a_page_is_that_of_the_program(sweep, tmp_path, program, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep.save("run.h5")
    program("report", "run.h5", "-o", "theirs.html")
    assert spinodal.open("run.h5").report("ours.html") == "ours.html"
    assert (tmp_path / "ours.html").read_bytes() == (tmp_path / "theirs.html").read_bytes()
    with pytest.raises(spinodal.StorageError, match="exists"):
        sweep.report("ours.html")
    assert sweep.report("ours.html", force=True)


@pytest.mark.parametrize("kind, sections", [
    ("sweep", {}), ("branches", {"branches": {"starts": 1}}),
    ("slice", {"slice": {"through": ["trivial", "initial"], "points": 5}}),
    ("slice", {"slice": {"span": "random", "through": ["initial"], "axes": 2, "points": 5}}),
    ("grok", {"grok": {"epochs": 50, "starts": ["random"]}}),
])
def test_figures(kind, sections):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot
    run = getattr(spinodal.Experiment(SMALL, **sections), kind)()
    given = pyplot.subplots()[1]
    assert run.plot(ax=given) is given
    assert given.get_xlabel() and given.get_ylabel() and (given.lines or given.collections)
    with pytest.raises(spinodal.InputError, match="no column"):
        run.plot("nothing")
    run.plot("error").figure.canvas.draw()
    pyplot.close("all")


def test_files_that_are_no_results(tmp_path):
    (tmp_path / "text.h5").write_text("beta,error\n")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    with h5py.File(tmp_path / "newer.h5", "w") as file:
        file.attrs.update({"format": "spinodal", "format_version": 2, "kind": "sweep"})
    good = spinodal.Experiment(SMALL).sweep().image()
    (tmp_path / "cut.h5").write_bytes(good[:len(good) // 2])
    for name, error, said in (("none.h5", spinodal.StorageError, "no such file"), ("text.h5", spinodal.InputError,
                              "no HDF5"), ("other.h5", spinodal.InputError, "no results file"),
                              ("newer.h5", spinodal.InputError, "version 2"), ("cut.h5", spinodal.InputError, "HDF5")):
        with pytest.raises(error, match=said):
            spinodal.open(tmp_path / name)
        with pytest.raises(error):
            spinodal.transitions(tmp_path / name)


def test_results_are_read_without_the_extension(sweep, tmp_path):
    sweep.save(tmp_path / "run.h5")
    script = ("import sys; sys.modules['spinodal._native'] = None; import spinodal; "
              f"print(spinodal.open({str(tmp_path / 'run.h5')!r}).answer()[0])")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "2 to 1 modes at beta = 0.5" in done.stdout


@pytest.mark.parametrize("name", ["pandas", "matplotlib", "h5py"])
def test_what_is_not_installed_is_said(sweep, monkeypatch, name):
    real = builtins.__import__

    def without(module, *arguments, **words):
        if module.split(".")[0] == name:
            raise ImportError(f"No module named {name!r}")
        return real(module, *arguments, **words)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=name):
        {"pandas": lambda: sweep.tables["points"].frame(), "matplotlib": sweep.plot,
         "h5py": lambda: spinodal.open("run.h5")}[name]()
