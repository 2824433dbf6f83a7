# SPDX-License-Identifier: MIT
"""A picture of a page as Chromium shows it. Usage: screenshot.py PAGE.html OUT.png [WIDTH HEIGHT [light|dark]]"""
import sys

import browser


def main(page, out, width="1280", height="900", scheme="light"):
    with browser.Browser() as window:
        window.resize(int(width), int(height), int(width) < 600)
        window.prefer(scheme)
        window.open(page)
        window.wait("the page is ready", "return document.documentElement.dataset.ready === 'yes'")
        window.wait("what is in the window is drawn", """
            return spinodalPage.groups.flatMap(group => group.charts).filter(chart => chart.isNear)
                .every(chart => chart.plot && chart.lines > 0)""")
        window.screenshot(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
