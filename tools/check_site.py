#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every link inside the built site, and from it to a file beside it, leads to something: the file is there, and the part
of it that is named. What a page needs to be shown comes from the site itself. Addresses on the net are counted, not
tried. Usage: check_site.py FOLDER"""
import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The names that a page gives to its parts, and what it names itself."""

    def __init__(self, text):
        super().__init__()
        self.names, self.links, self.parts = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.names.update(v for k, v in attributes if k in ("id", "name") and v)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        for key in ("src", "href"):
            if tag in ("img", "script", "link", "source", "iframe") and given.get(key):
                self.parts.append(given[key])


class Sheet:
    """What a style sheet names: all of it is needed to show a page."""

    def __init__(self, text):
        self.names, self.links = set(), []
        named = re.findall(r"""url\(\s*["']?([^"')]+)""", text) + re.findall(r"""@import\s+["']([^"']+)""", text)
        self.parts = [name for name in named if not name.startswith("data:")]


READERS = {".html": Page, ".css": Sheet}


def fault_of(folder, page, link, pages):
    """What is wrong with a link, or None."""
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return None
    if address.path.startswith("/"):
        return "holds only on a server of its own"
    place = os.path.normpath(os.path.join(os.path.dirname(page), unquote(address.path))) if address.path else page
    if os.path.isdir(os.path.join(folder, place)):
        place = os.path.join(place, "index.html")
    if place.startswith("..") or not os.path.exists(os.path.join(folder, place)):
        return "leads nowhere"
    if address.fragment and place in pages and unquote(address.fragment) not in pages[place].names:
        return "names a part that is not there"
    return None


def main(folder):
    pages = {}
    for root, _, names in os.walk(folder):
        for name in names:
            reader = READERS.get(os.path.splitext(name)[1])
            if reader is not None:
                path = os.path.join(root, name)
                with open(path, encoding="utf-8") as file:
                    pages[os.path.relpath(path, folder)] = reader(file.read())
    faults, links, outside = 0, 0, 0
    for page, content in sorted(pages.items()):
        for link in content.links + content.parts:
            links += 1
            outside += bool(urlsplit(link).scheme)
            fault = fault_of(folder, page, link, pages)
            if link in content.parts and urlsplit(link).netloc:
                fault = "is fetched from the net to show the page"
            if fault:
                faults += 1
                print("%s: %s %s" % (page, link, fault))
    print("%d pages and style sheets, %d links, %d of them to the net, %d faults" % (len(pages), links, outside, faults))
    return 1 if faults or links == 0 else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check_site.py FOLDER")
    sys.exit(main(sys.argv[1]))
