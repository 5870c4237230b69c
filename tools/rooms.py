"""The rooms of the package, which of them may know which, and which of them do.

A room is a module or a subpackage of `chirplib`. The tests hold the imports against the rule, and
the page on the architecture draws them.
"""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "chirplib"

# A room may import rooms of the layers below its own, and none of its own or above.
LAYERS = [
    ["hear", "notebook", "settings"],
    ["figures"],
    ["regression", "metric", "cost", "stochastic"],
    ["matching", "landscapes", "losses"],
    ["representations"],
    ["objective", "synths", "scattering", "recordings"],
    ["_common"],
]
# Nor these: a landscape or a descent takes any loss, and a figure shows what it is given.
NEVER = {
    (room, other)
    for room in ("landscapes", "matching", "figures", "objective")
    for other in ("losses", "scattering")
}


def files():
    """Python files of the package, but for its list of public names."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def room(path):
    """The room that a file lies in."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path, *, late=True):
    """Names in the package that a file imports, but for type hints, such as 'scattering.network'.

    Without `late`, those only that it imports when it is imported itself.
    """
    body = [
        node
        for node in ast.parse(path.read_text()).body
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    nodes = (part for node in body for part in ast.walk(node)) if late else body
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chirplib"):
            yield from (f"{node.module}.{alias.name}".partition(".")[2] for alias in node.names)


def arrows():
    """Pairs of rooms of which the first imports the second."""
    pairs = {(room(path), name.split(".")[0]) for path in files() for name in imported(path)}
    return sorted((one, other) for one, other in pairs if one != other)


def broken(arrows):
    """Those pairs that the rule forbids."""
    rank = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    return [pair for pair in arrows if rank[pair[0]] >= rank[pair[1]] or pair in NEVER]
