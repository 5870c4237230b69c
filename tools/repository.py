"""Sphinx extension: buttons that lead to the repository that the site is built from.

A workflow on GitHub says which one that is; elsewhere the clone's remote does. So the pages of a
fork lead to the fork, and know where it publishes them. Where the repository is unknown, there are
no such buttons.
"""

import os
import re
import subprocess

import colab

COLAB = "https://colab.research.google.com"


def repository_url(environ, remote):
    """Address of a repository on GitHub, or None if it is unknown.

    Parameters
    ----------
    environ : mapping of str to str
        Environment variables. In a workflow, GITHUB_REPOSITORY ("owner/name") on the server
        GITHUB_SERVER_URL goes before the remote.
    remote : str
        Address of the clone's remote, "" if there is none.
    """
    if environ.get("GITHUB_REPOSITORY"):
        remote = f"{environ.get('GITHUB_SERVER_URL')}/{environ['GITHUB_REPOSITORY']}"
    found = re.fullmatch(
        r"(?:https://(?:[^/@]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])"
        r"([\w.-]+/[\w.-]+?)(?:\.git)?/?",
        remote,
    )
    return f"https://github.com/{found[1]}" if found else None


def pages_url(url):
    """Address at which GitHub publishes the site of the repository at `url`."""
    owner, name = url.lower().split("/")[-2:]
    return f"https://{owner}.github.io/" + (f"{name}/" if name != f"{owner}.github.io" else "")


def remote_url(folder):
    """Address of the remote "origin" of the clone in a folder, "" if there is none."""
    command = ["git", "-C", folder, "remote", "get-url", "origin"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:  # git is not installed
        return ""


def add_buttons(app, config):
    url = repository_url(os.environ, remote_url(app.srcdir))
    if url is None:
        return
    options = config.html_theme_options
    options["repository_url"] = url
    # Not the branch that is built: for a pull request, a workflow knows it by a number only.
    options["repository_branch"] = "main"
    options["path_to_docs"] = ""
    options["use_repository_button"] = True
    options["use_issues_button"] = True
    # No button to edit a page: GitHub shows the JSON of a notebook.
    options["launch_buttons"] = {
        "binderhub_url": "https://mybinder.org",
        "colab_url": COLAB,
        "notebook_interface": "jupyterlab",
    }
    config.html_baseurl = pages_url(url)


def lead_to_colab(app, pagename, templatename, context, doctree):
    """Let the buttons for Colab lead to the notebooks that fetch the package: see colab.py."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("url", "").startswith(COLAB):
                button["url"] = button["url"].replace("/blob/main/", f"/blob/{colab.BRANCH}/")


def setup(app):
    app.connect("config-inited", add_buttons)
    app.connect("html-page-context", lead_to_colab, priority=900)  # once the theme has made them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
