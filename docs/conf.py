# SPDX-License-Identifier: MIT
"""The documentation site: Sphinx reads the pages of docs/ as they are. tools/build_docs.sh prepares what this needs."""
import os
import re


project = "spinodal"
author = "the authors of spinodal"
copyright = "the authors of spinodal, MIT licence"
version = release = os.environ.get("SPINODAL_VERSION", "")
extensions = ["myst_parser", "breathe"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
exclude_patterns = ["images/*"]

html_theme = "furo"
html_title = "spinodal"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": True}

# Headings have the addresses that they have on the forge.
myst_heading_anchors = 4
myst_enable_extensions = []

breathe_projects = {"spinodal": os.environ.get("SPINODAL_XML", "")}
breathe_default_project = "spinodal"
breathe_domain_by_extension = {"h": "c"}
breathe_show_include = False
c_id_attributes = []
# Types of C that are not ours.
nitpicky = False
highlight_language = "none"

# Pages that lie beside docs/ in the repository, under their names here.
OUTSIDE = {"README.md": "readme", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
LINK = re.compile(r"(\]\()([^)#]+)")
FOLDER = re.compile(r"(?<!!)\[([^\]`]+)\]\(([^)#:]+)\)")
# A figure that has a width is written as HTML there.
IMAGE = re.compile(r'<img src="([^"]+)"[^>]* alt="([^"]*)">')


def inside_address(docname, target):
    """The address in the site of what a page of the repository names."""
    if re.match(r"[a-z]+:", target):
        return target
    up = "../" * docname.count("/")
    if docname in OUTSIDE.values():
        target = "../" + target
    place = os.path.normpath(os.path.join("docs", os.path.dirname(docname), target))
    if place in OUTSIDE:
        return up + OUTSIDE[place] + ".md"
    if place.startswith("docs/"):
        return up + place[len("docs/"):]
    return up + "../" + place


def name_folder(app, docname, link):
    """A folder of the repository is nothing that a site can show: its name stays."""
    address = inside_address(docname, link.group(2))
    place = os.path.join(app.srcdir, os.path.dirname(docname), address)
    return "`%s`" % link.group(1) if os.path.isdir(place) else link.group(0)


def read_source(app, docname, source):
    text = IMAGE.sub(r"![\2](\1)", source[0])
    text = FOLDER.sub(lambda m: name_folder(app, docname, m), text)
    text = LINK.sub(lambda m: m.group(1) + inside_address(docname, m.group(2)), text)
    if docname == root_doc:
        text += contents(text)
    source[0] = text


def contents(text):
    """The navigation is the list of pages in index.md: its headings, and the pages that are linked below each."""
    parts = []
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        title = section.split("\n", 1)[0]
        seen = dict.fromkeys(re.findall(r"\]\(([^)#:]+)\.(?:md|rst)\)", section))
        parts.append("\n```{toctree}\n:hidden:\n:caption: %s\n\n%s\n```\n" % (title, "\n".join(seen)))
    return "".join(parts)


def mend_theme(app, exception):
    """Furo as Debian packages it: its script is not bundled, its style sheet imports one by an address of Debian's web
    servers, and has no rules for readers whose system is dark. Where Furo is whole nothing is changed."""
    if exception is not None or app.builder.format != "html":
        return
    static = os.path.join(app.outdir, "_static")
    script = os.path.join(static, "scripts", "furo.js")
    with open(script, encoding="utf-8") as file:
        text = file.read()
    if text.startswith("import "):
        with open(os.path.join(static, "scripts", "gumshoe-patched.js"), encoding="utf-8") as file:
            text = file.read() + "\n" + text.split("\n", 1)[1]
        with open(script, "w", encoding="utf-8") as file:
            file.write(text)
    sheet = os.path.join(static, "styles", "furo.css")
    with open(sheet, encoding="utf-8") as file:
        text = file.read()
    imported = re.match(r"@import url\(/javascript/([^)]+)\);\n", text)
    if imported:
        text = text[imported.end():]
        place = os.path.join("/usr/share/javascript", imported.group(1))
        if os.path.exists(place):
            with open(place, encoding="utf-8") as file:
                text = file.read() + text
    dark = re.search(r'body\[data-theme="dark"\] \{(.*?)\}', text, flags=re.S)
    if dark and "prefers-color-scheme" not in text:
        text += '@media screen and (prefers-color-scheme: dark) {\n  body:not([data-theme="light"]) {%s}\n}\n' % dark.group(1)
    with open(sheet, "w", encoding="utf-8") as file:
        file.write(text)


def setup(app):
    app.connect("source-read", read_source)
    app.connect("build-finished", mend_theme)
    return {"parallel_read_safe": True}
