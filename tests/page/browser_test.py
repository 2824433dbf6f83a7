# SPDX-License-Identifier: MIT
"""The page of a report as a browser shows it: drawn, without a network and without a complaint; its numbers those of the
program; its charts, table, slider, keys and downloads act. Usage: browser_test.py PROGRAM"""
import csv
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import browser

EXPERIMENT = """\
data: {kind: gaussian, samples: 60, inputs: 3, outputs: 2, correlations: [0.9, 0.5], moments: exact, seed: 1}
model: {hidden: [2, 2], activation: tanh, bias: false, init: {scale: 0.7, seed: 1}}
sweep: {beta: {from: 0.02, to: 0.5, points: 25}, direction: both, seeds: 2}
branches: {starts: 2, levels: 2}
grok: {beta: 1e-3, method: gd, starts: [random, trivial], residue: 0.05, epochs: 200, levels: [1.6]}
solver: {learning_rate: 0.05}
slice: {results: sweep.h5, through: [trivial, 1 mode, 2 modes], at: 0.1, beta: [0.05, 0.2], points: 21}
"""
# A file's name is a text from outside.
HOSTILE = "<img src=x onerror=\"document.title='evil'\">&amp;.h5"

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("does not hold:", what, flush=True)


def make_results(program, folder):
    with open(os.path.join(folder, "experiment.yaml"), "w") as file:
        file.write(EXPERIMENT)

    def run(*words):
        done = subprocess.run([program, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise browser.Failure(f"spinodal {' '.join(words)}: exit status {done.returncode}")
        return done.stdout

    for kind in ("sweep", "branches", "grok", "slice"):
        run(kind, "experiment.yaml", "-o", f"{kind}.h5", "-q")
    run("spectrum", "experiment.yaml", "-o", "spectrum.h5", "-q")
    run("slice", "experiment.yaml", "--set", "slice.through=[trivial, 1 mode]", "-o", "line.h5", "-q")
    shutil.copy(os.path.join(folder, "sweep.h5"), os.path.join(folder, HOSTILE))
    run("report", HOSTILE, "branches.h5", "grok.h5", "slice.h5", "line.h5", "spectrum.h5", "-o", "page.html")
    return run


def read_table(run, *words):
    return list(csv.DictReader(io.StringIO(run("export", *words))))


# In the page: a group, and a chart of it that has been scrolled to.
HELPERS = """
const page = globalThis.spinodalPage, over = x => page.groups.find(group => group.x === x);
const chart = (x, name) => over(x).charts.find(one => one.name === name);
"""


def script(body):
    return HELPERS + body


def check_drawn(window):
    names = window.run(script("return page.groups.flatMap(g => g.charts.map(c => [g.x, c.name]))"))
    check({"beta", "epoch"} == {x for x, _ in names}, "charts over beta and over epochs")
    wanted = {"phases", "error", "weight_norm", "scalar_curvature_error", "eigenvalue_min_loss", "susceptibility", "loss",
              "excess", "modes"}
    check(wanted <= {name for x, name in names if x == "beta"}, f"all charts over beta: {names}")
    for x, name in names:
        window.run(script("chart(...arguments).figure.scrollIntoView()"), x, name)
        window.wait(f"{name} over {x} is drawn", script("const c = chart(...arguments); return c.plot && c.lines > 0"), x, name)
        colors = window.run(script("""
            const canvas = chart(...arguments).plot.ctx.canvas, seen = new Set();
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
            return seen.size"""), x, name)
        check(colors >= 3, f"{name} over {x} has colours ({colors})")


def check_numbers(window, run):
    """The page's numbers are those of the program, digit for digit."""
    for table, columns in (("points", ("beta", "error", "scalar_curvature_error", "active_modes")), ("jumps", ("beta", "error_before"))):
        rows = read_table(run, HOSTILE, "--table", table)
        for column in columns:
            shown = window.run_later(script("""
                return Array.from(await page.results[0].table(arguments[0]).values(arguments[1]), value => String(value))"""),
                                     table, column)
            exact = [row[column] for row in rows]
            check(len(shown) == len(exact) and all(float(a) == float(b) for a, b in zip(shown, exact)), f"{table}.{column}")
    theta = read_table(run, HOSTILE, "--table", "theta")[7]
    shown = window.run_later(script("return Array.from(await page.results[0].array('theta').row(7))"))
    check([float(value) for value in theta.values()] == shown, "weights of row 7")
    values = [0, -0.0, 1, 0.1, 1e-4, 9.9999949e-5, 123456.7, 999999.5, 1234567.8, -2.5e-300, 3.25, 100, 1e22, 0.30000000000000004]
    for digits in (4, 6, 8):
        shown = window.run(script("return arguments[0].map(value => page.show(value, arguments[1]))"), values, digits)
        check(shown == ["%.*g" % (digits, value + 0.0 if value else 0) for value in values], f"{digits} digits: {shown}")


def place(window, x, name, fraction):
    """A place on the plot, in pixels of the window."""
    window.run(script("chart(...arguments).figure.scrollIntoView({block: 'center'})"), x, name)
    left, top, width, height = window.run(script("""
        const box = chart(...arguments).plot.over.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]"""), x, name)
    return left + fraction * width, top + height / 2


def check_pointer(window):
    window.point(*place(window, "beta", "error", 0.3))
    window.wait("a point is read", script("return chart('beta', 'error').readout.textContent !== ''"))
    where = window.run(script("""
        const {set, vertex} = over('beta').point; return [set.vx[vertex], chart('beta', 'error').entries[0].y.length > vertex]"""))
    check(0.02 <= where[0] <= 0.5, f"the point is a point: {where}")
    check("β = " in window.run(script("return over('beta').pointLine.textContent")), "the line on the point")
    before = window.run(script("return over('beta').range"))
    x, y = place(window, "beta", "error", 0.2)
    to, _ = place(window, "beta", "error", 0.5)
    window.drag(x, y, to, y)
    window.wait("a stretch is zoomed into", script("return over('beta').range[1] - over('beta').range[0] < 0.6 * arguments[0]"),
                before[1] - before[0])
    check(window.run(script("const c = chart('beta', 'loss'); return c.isStale || c.plot.scales.x.max === over('beta').range[1]")),
          "the other charts follow")
    window.run(script("[...over('beta').bar.querySelectorAll('button')].find(b => b.textContent === 'all').click()"))
    check(window.run(script("return over('beta').range")) == before, "all of it again")


def check_buttons(window):
    log = "[...over('beta').bar.querySelectorAll('button')].find(b => b.textContent === 'log β').click();"
    check(window.run(script(log + "return chart('beta', 'error').plot.scales.x.distr")) == 3, "logarithmic beta by one click")
    window.run(script(log))
    check(window.run(script("const c = chart('beta', 'error'); c.logButton.click(); return c.plot.scales.y.distr")) == 3,
          "a logarithmic axis by one click")
    window.run(script("chart('beta', 'error').logButton.click()"))
    lines = window.run(script("return chart('beta', 'error').lines"))
    window.run(script("[...over('beta').bar.querySelectorAll('button')].find(b => b.textContent === 'down').click()"))
    window.wait("down-sweeps are hidden", script("return chart('beta', 'error').lines < arguments[0]"), lines)
    window.run(script("[...over('beta').bar.querySelectorAll('button')].find(b => b.textContent === 'down').click()"))
    gaps = window.run(script("""
        return over('beta').charts.filter(c => ['error', 'weight_norm', 'scalar_curvature_error', 'loss', 'modes'].includes(c.name))
            .filter(c => c.entries.some(e => e.y.some(value => Number.isNaN(value)))).map(c => c.name)"""))
    check(gaps == [], f"curves have no gaps at jumps: {gaps}")
    styles = window.run(script("return [...new Set(over('beta').sets[1].pieces.map(piece => piece.dash === 0))]"))
    check(len(styles) == 2, "branches have stable and unstable stretches")


def check_keys(window):
    window.run(script("const c = chart('beta', 'error'); c.figure.scrollIntoView({block: 'center'}); c.plotArea.focus()"))
    before = window.run(script("return over('beta').point?.vertex ?? -1"))
    for _ in range(3):
        window.press("\ue014")  # arrow right
    after = window.run(script("return over('beta').point.vertex"))
    check(after != before, f"arrow keys move the point: {before}, {after}")
    window.press("+")
    check(window.run(script("const g = over('beta'); return g.range[1] - g.range[0] < 0.9 * (g.fullRange()[1] - g.fullRange()[0])")),
          "+ zooms")
    window.press("0")


def check_table(window):
    window.wait("a row jumps to its place", script("""
        const made = document.querySelector('#transitions tbody button'); made?.click(); return made !== null"""))
    sentences = window.run(script("return JSON.parse(document.getElementById('page-transitions').textContent).answers[0].answer.sentences"))
    said = window.run("return document.getElementById('answer').innerText")
    shown = [sentence.replace("|theta|", "|θ|").replace("|^2", "|²") for sentence in sentences]
    check(len(sentences) > 2 and all(sentence in said for sentence in shown), f"the answer stands on top: {said}")
    check(window.run("return document.querySelector('h1').textContent") == sentences[0], "it begins with the phases")
    beta = window.run(script("return over('beta').marks.find(mark => mark.isChosen)?.x ?? null"))
    left, right = window.run(script("return over('beta').range"))
    check(beta is not None and left <= beta <= right and right - left < 0.25, f"the window around {beta}: {left}, {right}")
    window.run(script("over('beta').reset()"))
    window.run(script("const c = chart('beta', 'error'); c.figure.scrollIntoView(); c.tableArea.open = true"))
    window.wait("the table behind a chart", script("return chart('beta', 'error').tableArea.querySelectorAll('tbody tr').length > 20"))


def check_slices(window, run):
    points = read_table(run, "slice.h5", "--table", "points")
    window.run(script("page.slices[0].figure.scrollIntoView()"))
    window.wait("the map is drawn", script("return page.slices[0].least && page.slices[0].isNear"))
    look = script("""
        const canvas = page.slices[0].figure.querySelectorAll('canvas')[arguments[0]];
        const copy = Object.assign(document.createElement('canvas'), {width: 60, height: 60});
        const context = copy.getContext('2d');
        context.drawImage(canvas, 0, 0, 60, 60);
        return [...context.getImageData(0, 0, 60, 60).data].join()""")
    count = window.run(script("return page.slices[0].figure.querySelectorAll('canvas').length"))
    for canvas in range(count):
        name = ("the map", "the surface")[canvas]
        before = window.run(look, canvas)
        check(len(set(zip(*[iter(before.split(","))] * 4))) > 20, f"{name} has colours")
        window.run(script("const s = page.slices[0].slider; s.value = arguments[0]; s.dispatchEvent(new Event('input'))"), 100)
        check(window.run(look, canvas) != before, f"{name} moves with beta")
        window.run(script("const s = page.slices[0].slider; s.value = arguments[0]; s.dispatchEvent(new Event('input'))"), 900)
        beta, loss = window.run(script("return [page.slices[0].beta, page.slices[0].least.loss]"))
        least = min(float(row["error"]) + beta * float(row["norm_squared"]) for row in points)
        check(loss == least, f"the smallest L at beta = {beta}: {loss}, {least}")
    check(count == 2 or "WebGL2" in window.run(script("return page.slices[0].figure.textContent")), "the surface, or why not")
    window.run(script("page.slices[1].figure.scrollIntoView()"))
    window.wait("the line is drawn", script("return page.slices[1].plot && page.slices[1].plot.data[1].length > 20"))


def check_spectra(window, run):
    window.run(script("page.spectra[0].figure.scrollIntoView()"))
    window.wait("a density is drawn", script("return page.spectra[0].plot && page.spectra[0].drawn > 0"))
    # Weights of a density add up to 1, and so does its integral: bells are cut at six widths, 2e-9 of them, and sums in steps of a
    # quarter of the width are exact to rounding.
    rest = window.run(script("const [x, y] = page.spectra[0].density; return 1 - y.reduce((a, b) => a + b) * (x[1] - x[0])"))
    check(abs(rest) < 1e-6, f"the integral of a density: 1 - {rest}")
    values = [float(row["value"]) for row in read_table(run, "spectrum.h5", "--table", "eigenvalues")]
    shown = window.run(script("return page.spectra.flatMap(view => view.ends.map(end => end.value))"))
    check(sorted(values) == sorted(shown), "the eigenvalues at the ends")


def check_downloads(window, run, folder):
    def saved(name):
        path = os.path.join(folder, name)
        end = time.monotonic() + browser.PATIENCE
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.1)
        if not os.path.exists(path):
            raise browser.Failure(f"{name} was not saved: {window.run(script('return over(`beta`).pointLine.textContent'))}")
        return path

    window.run(script("document.querySelector('#data').scrollIntoView()"))
    window.run(script("[...document.querySelectorAll('#data button')].find(b => b.title === 'Download phases as CSV').click()"))
    with open(saved("branches-phases.csv")) as file:
        mine = list(csv.DictReader(file))
    theirs = read_table(run, "branches.h5", "--table", "phases")
    check([row["name"] for row in mine] == [row["name"] for row in theirs], "the names of a table's rows")
    check(all(float(a["beta_high"]) == float(b["beta_high"]) for a, b in zip(mine, theirs)), "the numbers of a table")
    window.run(script("""
        const g = over('beta'); g.movePoint({set: g.sets[1], vertex: 0, curve: 0});
        [...g.pointLine.querySelectorAll('button')].find(b => b.textContent === 'weights').click()"""))
    row = window.run(script("const g = over('beta'); return g.sets[1].vrow[0]"))
    with open(saved(f"weights-{row}.safetensors"), "rb") as file:
        mine = file.read()
    run("export", "branches.h5", "--point", str(row), "-o", "theirs.safetensors")
    with open(os.path.join(folder, "theirs.safetensors"), "rb") as file:
        theirs = file.read()
    check(tensors(mine) == tensors(theirs), "weights of a point are those of spinodal export")


def tensors(data):
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    begin = 8 + length
    return {name: (entry["dtype"], entry["shape"], data[begin + entry["data_offsets"][0]:begin + entry["data_offsets"][1]])
            for name, entry in header.items()}


def check_thinning(window):
    """However many vertices there are: the highest and the lowest are drawn, and no more than four lines a pixel."""
    lines, top, bottom = window.run(script("""
        const n = 100000, x = Float64Array.from({length: n}, (_, i) => i), y = new Float64Array(n);
        y[54321] = 7;
        y[65432] = -3;
        let top = -Infinity, bottom = Infinity;
        const see = (px, py) => { top = Math.max(top, py); bottom = Math.min(bottom, py); };
        const lines = page.addToPath({moveTo: see, lineTo: see}, x, y, 0, n - 1, {ax: 500 / n, bx: 0, ay: 1, by: 0});
        return [lines, top, bottom]"""))
    check((top, bottom) == (7, -3) and lines <= 2000, f"thinning: {lines} lines, {top}, {bottom}")


def check_looks(window):
    for width, height, phone in ((1280, 900, False), (390, 800, True)):
        for scheme in ("light", "dark"):
            window.resize(width, height, phone)
            window.prefer(scheme)
            window.run("window.scrollTo(0, 0)")
            window.wait("as wide as the window", "return document.documentElement.scrollWidth <= innerWidth")
            window.wait("the charts fit", script("""
                const c = chart('beta', 'phases'); return c.plot.width === c.plotArea.clientWidth && !c.isStale"""))
            _, _, rows = browser.read_png(window.screenshot())
            channels = len(rows[0]) // (len(rows[0]) // 4 if len(rows[0]) % 4 == 0 and len(rows[0]) // 4 >= width else len(rows[0]) // 3)
            colors = {}
            for row in rows[::7]:
                for at in range(0, len(row), channels * 5):
                    color = row[at:at + 3]
                    colors[color] = colors.get(color, 0) + 1
            ground = max(colors, key=colors.get)
            check(len(colors) > 30, f"{width} {scheme}: not blank ({len(colors)} colours)")
            check((sum(ground) > 600) == (scheme == "light"), f"{width} {scheme}: the ground is {tuple(ground)}")
    dark = window.run("document.getElementById('theme').click(); return getComputedStyle(document.body).backgroundColor")
    check(dark == "rgb(251, 251, 250)", f"the button makes it light again: {dark}")


def check_chains(window, run, folder):
    """Several chains down begin in phases of one name, from different beta: each is a curve of its own."""
    run("sweep", "experiment.yaml", "-o", "chains.h5", "-q", "--set", "model.hidden=[5, 5]", "--set", "sweep.seeds=1", "--set",
        "sweep.beta.from=0.001", "--set", "sweep.beta.points=10", "--set", "sweep.refine=false")
    run("report", "chains.h5", "-o", "chains.html")
    starts = [row for row in read_table(run, "chains.h5") if row["point"] == "0"]
    names = {(row["seed"], row["direction"], row["phase"]) for row in starts}
    check(len(names) < len(starts), "the experiment has chains of one name")
    window.open(os.path.join(folder, "chains.html"))
    window.wait("the page is ready", "return document.documentElement.dataset.ready === 'yes'")
    check(window.run(script("return over('beta').sets[0].curves.length")) == len(starts), "a curve for each chain")
    turns = window.run(script("""
        const set = over('beta').sets[0];
        return set.curves.filter(curve => {
          const x = set.vx.subarray(curve.first, curve.last + 1), steps = [...x].map((value, i) => Math.sign(value - x[i - 1]));
          return steps.includes(1) && steps.includes(-1); }).length"""))
    check(turns == 0, "each goes one way")


def main(program):
    folder = tempfile.mkdtemp(prefix="spinodal-page-")
    try:
        run = make_results(program, folder)
        size = os.path.getsize(os.path.join(folder, "page.html"))
        check(size < 5_000_000, f"{size} bytes")
        with browser.Browser(downloads=folder) as window:
            page = os.path.join(folder, "page.html")
            window.open(page)
            ready = window.wait("the page is ready", "return document.documentElement.dataset.ready")
            check(ready == "yes", "the page is drawn")
            check_drawn(window)
            check_numbers(window, run)
            check_pointer(window)
            check_buttons(window)
            check_keys(window)
            check_table(window)
            check_slices(window, run)
            check_spectra(window, run)
            check_thinning(window)
            check_downloads(window, run, folder)
            check_looks(window)
            check(window.run("return document.title") != "evil", "a hostile name is a text")
            check(window.run("return document.querySelector('img') === null"), "a hostile name makes no element")
            check(HOSTILE in window.run("return document.body.textContent"), "a hostile name is shown as it is")
            requests = [url for url in window.requests() if not url.startswith(("data:", "blob:"))]
            check(len(requests) == 1 and requests[0].startswith("file://"), f"nothing but the file is asked for: {requests}")
            complaints = window.complaints()
            check(complaints == [], f"the console: {complaints}")
            check_chains(window, run, folder)
            # Without WebGL2 the map is still there.
            window.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
                const get = HTMLCanvasElement.prototype.getContext;
                HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
                    return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };""")
            window.open(page)
            window.wait("the page is ready", "return document.documentElement.dataset.ready === 'yes'")
            check(window.run(script("return page.slices[0].figure.textContent.includes('no WebGL2') && " +
                                    "page.slices[0].figure.querySelectorAll('canvas').length === 1")), "a map without WebGL2")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("ok" if not failures else f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
