# SPDX-License-Identifier: MIT
"""A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/) with Python's standard library alone."""
import base64
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zlib

PATIENCE = 240  # seconds for whatever is waited for: the machine may be busy


class Failure(Exception):
    pass


def find_programs():
    """The driver and the browser, or None where one of them is not there."""
    driver = shutil.which("chromedriver")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return (driver, browser) if driver and browser else None


class Browser:
    """One window. Pages are read from disk; every request that leaves it is in requests()."""

    def __init__(self, width=1280, height=900, downloads=None):
        driver, binary = find_programs()
        self.folder = tempfile.mkdtemp(prefix="spinodal-browser-")
        environment = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder)
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=environment, text=True, start_new_session=True)
        self.session = None
        try:
            self.address = f"http://127.0.0.1:{self._read_port()}"
            self.downloads = downloads or self.folder
            options = {
                "binary": binary,
                # As root in a container there is no sandbox, and /dev/shm may be small. WebGL is computed in software.
                "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader",
                         "--enable-unsafe-swiftshader", "--disable-extensions", "--no-first-run", "--hide-scrollbars",
                         "--disable-background-networking", "--disable-component-update", "--disable-sync",
                         f"--user-data-dir={self.folder}/profile", f"--window-size={width},{height}"],
                "prefs": {"download.default_directory": self.downloads,
                          "profile.default_content_setting_values.automatic_downloads": 1},
            }
            capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}
            self.session = self.call("POST", "/session", {"capabilities": capabilities})["sessionId"]
            self.command("POST", "/url", {"url": "about:blank"})
            self.requests()  # those of the browser's own first page
        except BaseException:
            self.close()
            raise

    def _read_port(self):
        for line in self.process.stdout:
            found = re.search(r"success.* on port (\d+)", line)
            if found:
                return int(found.group(1))
        raise Failure("chromedriver did not start")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Failure(f"{method} {path}: {json.load(error)['value']['message']}") from None

    def command(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def close(self):
        if self.session:
            try:
                self.command("DELETE", "")
            except (Failure, OSError):
                pass
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- A page ----

    def open(self, path):
        self.command("POST", "/url", {"url": "file://" + os.path.abspath(path)})

    def run(self, script, *arguments):
        """The value of the body of a function in the page."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script, *arguments):
        """The value of the body of an asynchronous function."""
        wrapped = ("const done = arguments[arguments.length - 1]; (async function () {" + script +
                   "}).apply(null, arguments).then(done, error => done({failed: String(error)}));")
        value = self.command("POST", "/execute/async", {"script": wrapped, "args": list(arguments)})
        if isinstance(value, dict) and "failed" in value:
            raise Failure(value["failed"])
        return value

    def wait(self, what, script, *arguments):
        """Until the script gives something true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = self.run(script, *arguments)
            if value:
                return value
            time.sleep(0.1)
        raise Failure(f"{what}: not so after {PATIENCE} seconds")

    def devtools(self, command, **parameters):
        return self.command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width, height, is_phone=False, scale=1):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                      mobile=is_phone)

    def prefer(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def point(self, x, y, click=False):
        """Move the pointer to a place of the window; press there."""
        actions = [{"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)}]
        if click:
            actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.command("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def drag(self, x, y, to_x, to_y):
        actions = [{"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)},
                   {"type": "pointerDown", "button": 0},
                   {"type": "pointerMove", "duration": 50, "x": round(to_x), "y": round(to_y)},
                   {"type": "pointerUp", "button": 0}]
        self.command("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def press(self, key):
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.command("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def screenshot(self, path=None):
        """A PNG file of the window, as bytes."""
        png = base64.b64decode(self.command("GET", "/screenshot"))
        if path:
            with open(path, "wb") as file:
                file.write(png)
        return png

    # ---- What happened ----

    def complaints(self):
        """Errors and warnings of the console since the last call."""
        return [entry["message"] for entry in self.command("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Addresses that the page has asked for since the last call."""
        found = []
        for entry in self.command("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found


def read_png(png):
    """Width, height and rows of a PNG file of 8-bit RGB or RGBA: each row a bytes object of 3 or 4 bytes a pixel."""
    at, data, size, channels = 8, b"", None, 0
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            if depth != 8 or color not in (2, 6):
                raise Failure(f"a PNG of depth {depth} and colour type {color}")
            size, channels = (width, height), 3 if color == 2 else 4
        elif kind == b"IDAT":
            data += body
        at += length + 12
    raw, width = zlib.decompress(data), size[0] * channels
    rows, before = [], bytearray(width)
    for start in range(0, len(raw), width + 1):
        row, filtering = bytearray(raw[start + 1:start + 1 + width]), raw[start]
        for i in range(width):
            left = row[i - channels] if i >= channels else 0
            above, corner = before[i], before[i - channels] if i >= channels else 0
            if filtering == 1:
                row[i] = (row[i] + left) & 255
            elif filtering == 2:
                row[i] = (row[i] + above) & 255
            elif filtering == 3:
                row[i] = (row[i] + (left + above) // 2) & 255
            elif filtering == 4:
                guess = left + above - corner
                near = min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))
                row[i] = (row[i] + near[2]) & 255
        rows.append(bytes(row))
        before = row
    return size[0], size[1], rows
