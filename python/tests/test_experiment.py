# SPDX-License-Identifier: MIT
"""Settings and samples from Python: the checks and words of the program, arrays where they lie."""
import gc

import numpy as np
import pytest
from conftest import SMALL

import spinodal


def test_every_way_of_saying_it_is_the_same(experiment_file):
    nested = spinodal.Experiment(SMALL)
    dotted = spinodal.Experiment({"data.samples": 40, "model": {"hidden": [2], "activation": "linear"},
                                  "sweep": {"beta.from": 0.05, "beta.to": 1.0, "beta.points": np.int64(8)}})
    words = spinodal.Experiment(**SMALL)
    assert nested.yaml == dotted.yaml == words.yaml == spinodal.Experiment(experiment_file).yaml
    assert spinodal.Experiment(experiment_file, sweep={"seeds": 3}).yaml == \
        spinodal.Experiment(nested).set("sweep.seeds", 3).yaml
    assert spinodal.Experiment.parse(experiment_file.read_text()).yaml == nested.yaml


@pytest.mark.parametrize("sections, key, said", [
    ({"data": {"sampels": 3}}, "data.sampels", "did you mean 'samples'"),
    ({"modle": {"bias": True}}, None, "did you mean 'model'"),
    ({"model": {"hidden": [2, 0]}}, "model.hidden", "item 2"),
    ({"model": {"bias": "yes"}}, "model.bias", "the quotes make it text"),
    ({"model": {"hidden": "5"}}, "model.hidden", "expected a list"),
    ({"data": {"samples": "100"}}, "data.samples", "the quotes make it text"),
    ({"solver": {"tolerance": float("nan")}}, "solver.tolerance", "got 'nan'"),
    ({"solver": {"tolerance": 1j}}, "solver.tolerance", "complex"),
    ({"sweep": {"beta": [0.1], "beta.from": 0.1}}, None, "excluded by 'beta'"),
    ({"data": {"kind": "csv"}}, None, "needs data.path"),
    ({"model": [1]}, "model", "expected a dictionary"),
])
def test_what_is_refused_says_which_key(sections, key, said):
    with pytest.raises(spinodal.InputError, match=said) as caught:
        spinodal.Experiment(sections)
    assert caught.value.status == "input"
    assert key is None or caught.value.key == key
    assert caught.value.file is None


def test_a_file_gives_file_line_and_column(tmp_path, program):
    path = tmp_path / "bad.yaml"
    path.write_text("model:\n  hidden: [2]\n  activation: tahn\n")
    with pytest.raises(spinodal.InputError) as caught:
        spinodal.Experiment(path)
    problem = caught.value
    assert (problem.file, problem.line, problem.column, problem.key) == (str(path), 3, 15, "model.activation")
    said = program("sweep", path, expect=3)[1]
    assert said == f"spinodal: {problem}\n"
    with pytest.raises(spinodal.StorageError):
        spinodal.Experiment(tmp_path / "none.yaml")
    with pytest.raises(ValueError):  # what Python's own would be
        spinodal.Experiment(path)


def test_what_only_the_run_finds_has_its_place_too(tmp_path):
    path = tmp_path / "late.yaml"
    path.write_text("data:\n  samples: 3\n")
    with pytest.raises(spinodal.InputError) as caught:
        spinodal.Experiment(path).sweep()
    assert (caught.value.file, caught.value.line) == (str(path), 2)


def columns(samples, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 3))
    return x, x[:, :2] * [0.9, 0.5] + 0.1 * rng.normal(size=(samples, 2))


def layouts(x):
    wide = np.zeros((2 * len(x), 5))
    wide[::2, 1:4] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    return {"C": np.ascontiguousarray(x), "Fortran": np.asfortranarray(x), "strided": wide[::2, 1:4],
            "negative": x[::-1].copy()[::-1], "read-only": read_only, "big-endian": x.astype(">f8"),
            "list": x.tolist(), "unaligned": unaligned(x)}


def unaligned(x):
    raw = np.zeros(x.nbytes + 1, dtype=np.uint8)
    view = raw[1:].view(np.float64).reshape(x.shape)
    view[...] = x
    return view


@pytest.mark.parametrize("samples", [40, 37])
def test_samples_of_any_layout_are_the_same_samples(samples):
    x, y = columns(samples)
    for name, given in layouts(x).items():
        data = spinodal.Experiment(data=(given, y)).data()
        assert np.array_equal(data["x"], x), name
        assert np.array_equal(data["y"], y), name
    whole = np.round(10 * x)
    for kind in ("i1", "i8", "f4", "u1"):
        assert np.array_equal(spinodal.Experiment(data=(whole.astype("i8").astype(kind), y)).data()["x"],
                              whole.astype("i8").astype(kind))


def test_columns_that_lie_right_are_not_copied():
    x, y = columns(40)
    right, turned = np.asfortranarray(x), np.ascontiguousarray(x.T).T
    for given, shared in ((right, True), (turned, True), (x, False), (np.asfortranarray(x[:37]), False)):
        experiment = spinodal.Experiment(data=(given, y[:len(given)]))
        assert np.shares_memory(experiment._samples[0].x, given) == shared
    # The experiment keeps them alive.
    quick = {"model": {"activation": "linear"}, "sweep": {"beta.points": 3}}
    experiment = spinodal.Experiment(data=(np.asfortranarray(x), np.asfortranarray(y)), **quick)
    expected = spinodal.Experiment(data=(x, y), **quick).sweep()
    gc.collect()
    assert np.array_equal(experiment.sweep().arrays["theta"], expected.arrays["theta"])


def test_transformations_leave_the_arrays_alone():
    x, y = columns(40)
    given = np.asfortranarray(3 * x + 1)
    before = given.copy()
    data = spinodal.Experiment(data={"x": given, "y": y, "standardize": True}).data()
    assert np.array_equal(given, before)
    assert np.allclose(data["x"].mean(axis=0), 0, atol=1e-14)
    assert np.allclose((data["x"] ** 2).mean(axis=0), 1, atol=1e-14)


def test_samples_for_testing():
    x, y = columns(40)
    data = spinodal.Experiment(data={"x": x[:32], "y": y[:32], "x_test": x[32:], "y_test": y[32:],
                                     "input_names": ["a", "b", "c"]}).data()
    assert np.array_equal(data["x_test"], x[32:])
    assert data["input_names"] == ["a", "b", "c"]
    held = spinodal.Experiment(data={"x": x, "y": y, "test_share": 0.25}).data()
    assert held["x"].shape == (30, 3) and held["x_test"].shape == (10, 3)


def nan_at(x, row, column):
    out = x.copy()
    out[row, column] = np.nan
    return out


@pytest.mark.parametrize("change, said", [
    (lambda x, y: {"x": x, "y": y[:-1]}, "40 samples and data.y 39"),
    (lambda x, y: {"x": x}, "needs data.y"),
    (lambda x, y: {"y": y}, "needs data.x"),
    (lambda x, y: {"x": x, "y": y, "x_test": x}, "needs data.y_test"),
    (lambda x, y: {"x": x[None], "y": y}, "samples"),
    (lambda x, y: {"x": x[:0], "y": y[:0]}, "none of them 0"),
    (lambda x, y: {"x": x.astype(complex), "y": y}, "complex128"),
    (lambda x, y: {"x": x.astype(str), "y": y}, "real numbers"),
    (lambda x, y: {"x": x.astype(object), "y": y}, "real numbers"),
    (lambda x, y: {"x": x, "y": y, "input_names": ["a"]}, "1 names for 3 columns"),
    (lambda x, y: {"x": x, "y": y, "samples": 40}, "has no meaning with data.kind: memory"),
    (lambda x, y: {"x": nan_at(x, 4, 1), "y": y}, "row 5, input 2: NaN"),
    (lambda x, y: {"x": x, "y": y, "x_test": x[:, :2], "y_test": y}, "2 inputs and 2 targets for testing"),
])
def test_bad_samples_are_refused(change, said):
    x, y = columns(40)
    with pytest.raises(spinodal.InputError, match=said):
        spinodal.Experiment(data=change(x, y)).data()


def test_own_samples_give_the_numbers_of_a_file(tmp_path, program):
    x, y = columns(40)
    np.savez(tmp_path / "d.npz", x=x, y=y)
    run = tmp_path / "run.h5"
    program("sweep", "--set", "data.kind=npz", "--set", f"data.path={tmp_path}/d.npz", "--set",
            "model.activation=linear", "--set", "sweep.beta.points=5", "-o", run, write_experiment(tmp_path))
    ours = spinodal.Experiment(data=(x, y), model={"activation": "linear"}, sweep={"beta.points": 5}).sweep()
    theirs = spinodal.open(run)
    for name in theirs.arrays:
        assert theirs.arrays[name].tobytes() == ours.arrays[name].tobytes()
    for column, values in theirs.tables["points"].columns.items():
        assert values.values.tobytes() == ours.tables["points"].columns[column].values.tobytes(), column
    assert theirs.attributes["data_checksum"] == ours.attributes["data_checksum"]
    assert "kind: memory" in ours.configuration


def write_experiment(folder):
    path = folder / "e.yaml"
    path.write_text("model: {}\n")
    return path


def test_tables_of_pandas():
    """Columns have the names that they have there, of whatever types numbers are."""
    pandas = pytest.importorskip("pandas")
    x, y = columns(40)
    table = pandas.DataFrame({"age": x[:, 0], "size": x[:, 1], "adult": x[:, 2] > 0, "count": np.arange(40), "price": y[:, 0],
                              "kind": np.where(x[:, 0] > 0, "a", "b")})
    inputs = table[["age", "size", "adult", "count"]]
    for given in (inputs, inputs.convert_dtypes()):
        data = spinodal.Experiment(data=(given, table["price"])).data()
        assert data["input_names"] == list(inputs.columns) and data["target_names"] == ["price"]
        np.testing.assert_array_equal(data["x"], np.column_stack([x[:, :2], x[:, 2] > 0, np.arange(40)]))
        np.testing.assert_array_equal(data["y"], y[:, :1])
    named = spinodal.Experiment(data={"x": inputs, "y": table["price"], "input_names": list("abcd")}).data()
    assert named["input_names"] == list("abcd")
    for bad, said in (((table[["age", "kind"]], table["price"]), "data.x: column 'kind' has no numbers .*get_dummies"),
                      (table, "inputs and targets come apart: data="), (x, "inputs and targets come apart")):
        with pytest.raises(spinodal.InputError, match=said):
            spinodal.Experiment(data=bad)
    with pytest.raises(TypeError, match="got DataFrame; samples are given as data="):
        spinodal.Experiment(table)
    inputs = inputs.copy()
    inputs.loc[3, "age"] = np.nan
    with pytest.raises(spinodal.InputError, match=r"row 4, input 1 \(age\): NaN"):
        spinodal.Experiment(data=(inputs, table["price"])).data()


def test_keys_for_one_run():
    experiment = spinodal.Experiment(SMALL)
    before = experiment.yaml
    run = experiment.sweep(direction="up", beta={"points": 4})
    assert experiment.yaml == before
    expected = spinodal.Experiment(SMALL).set(sweep={"direction": "up", "beta": {"points": 4}}).sweep()
    assert run.image() == expected.image()
    assert run.summary().startswith("(memory): ")
    with pytest.raises(spinodal.InputError, match="did you mean 'beta.points'"):
        experiment.sweep(beta={"pionts": 3})


def test_weights_by_name_file_and_array(tmp_path):
    experiment = spinodal.Experiment(SMALL)
    theta = experiment.initial()
    named = {"layers.0.weight": theta[:6].reshape(2, 3), "layers.1.weight": theta[6:].reshape(2, 2)}
    np.savez(tmp_path / "w.npz", **named)
    values = [experiment.geometry(weights, beta=0.1).loss["value"]
              for weights in (None, theta, named, tmp_path / "w.npz", theta.astype(">f8"))]
    assert len(set(values)) == 1
    for bad in (theta[:-1], theta.astype(complex), {"layers.0.weight": theta[:6].reshape(2, 3)},
                {**named, "layers.1.weight": np.zeros((3, 2))}):
        with pytest.raises((TypeError, ValueError)):
            experiment.geometry(bad)


def test_geometry_check_and_theory_are_those_of_the_program(experiment_file, program):
    import json
    experiment = spinodal.Experiment(experiment_file)
    said = json.loads(program("geometry", experiment_file, "--beta", "0.1", "--json")[0])["points"]
    ours = experiment.geometry(beta=0.1)
    for theirs, mine in zip(said, (ours.error, ours.loss)):
        for key, value in theirs.items():
            if key in mine and key not in ("surface", "stationary"):
                assert mine[key] == value or (value is None and np.isnan(mine[key])), key
    check = json.loads(program("check", experiment_file, "--json")[0])
    mine = experiment.check()
    assert mine and mine.passed == check["passed"] and mine.gradient_error == check["gradient_error"]
    theory = json.loads(program("theory", experiment_file, "--json")[0])
    table = experiment.theory()
    assert [row["maxwell_beta"] for row in theory["modes"]] == list(table.modes["maxwell_beta"])
    assert [row["spinodal_beta"] for row in theory["surrogate"]["transitions"]] == \
        list(table.transitions["spinodal_beta"])
    closed = spinodal.theory(depth=3, singular_values=[0.9, 0.5])
    said = json.loads(program("theory", "--depth", "3", "--singular-values", "0.9,0.5", "--json")[0])
    assert [row["spinodal_beta"] for row in said["modes"]] == list(closed.modes["spinodal_beta"])
    with pytest.raises(spinodal.ArgumentError):
        spinodal.theory(depth=0, singular_values=[0.9])


def test_ways_of_measuring():
    experiment = spinodal.Experiment(SMALL, geometry={"method": "moments"})
    moments, dense = experiment.geometry(beta=0.1), experiment.geometry(beta=0.1, method="dense")
    assert (moments.error["method"], dense.error["method"]) == ("moments", "dense")
    assert moments.eigenvalues is None and len(dense.eigenvalues) == 10
    assert moments.loss["scalar_curvature"] == pytest.approx(dense.loss["scalar_curvature"], rel=1e-10)
    with pytest.raises(spinodal.InputError, match="geometry.method"):
        experiment.geometry(method="exact")


def test_ten_thousand_experiments_leave_nothing():
    import resource

    def cycle(count):
        for _ in range(count):
            spinodal.Experiment(model={"hidden": [3, 3]})
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    cycle(500)
    before = cycle(500)
    # 64 KiB are lost in kilobytes if each lost a block of its arena: 640 MB.
    assert cycle(10000) - before < 16 * 1024
