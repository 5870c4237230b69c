"""Sphinx extension: references in docstrings keep their numbers.

numpydoc turns [1] into a name that is unique on the page, such as [R1f0a-1], and turns it back. It
misses those in the text if the page is written in MyST.
"""

import re


def restore_numbers(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = re.sub(r"\[R[0-9a-f]+-(\d+)\]", r"[\1]", context["body"])


def setup(app):
    app.connect("html-page-context", restore_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
