"""What all figures of the book look like: palette, labels, marks and settings.

The ink of a figure, that is text, axes and ticks, takes the color of the theme, light or dark; all
other colors stay as they are. Color maps are viridis for losses and magma for sounds: in both,
lightness grows evenly, also for readers who see few hues.
"""

# Ink on a light page, by which it is found in the SVG, and on a dark page.
INK, INK_ON_DARK = "#32363b", "#ced6dd"
# Colors of lines, with a contrast of 3 or more to white and to near black.
LINE_COLORS = "#0072b2 #d55e00 #009e73 #b8559a #808080 #8f7a00 #8a63d2 #2f8f9d".split()
# Red and white marks on viridis have a dark rim, so that they stand out from any of its colors.
RIM = "#1a1a1a"

# Frequencies that pictures of sounds show, in Hz.
F_MIN, F_MAX = 128.0, 2048.0

F_M_LABEL = "modulation frequency $f_m$ [Hz]"
GAMMA_LABEL = "chirp rate $\\gamma$ [octaves/s]"

# Points of the plane or of space that figures mark, by their name in the legend.
MARKS = {
    "target": {"marker": "*", "ms": 14, "mfc": "white", "mec": "black"},
    "minimum of the grid": {"marker": "o", "ms": 14, "mfc": "none", "mec": "red", "mew": 2},
    "start": {"marker": "s", "ms": 6, "mfc": "white", "mec": "black", "clip_on": False},
    "lowest loss": {"marker": "D", "ms": 6, "mfc": "#d55e00", "mec": "black", "clip_on": False},
}

STYLE = {
    "figure.dpi": 150,  # of what is dense, and drawn as pixels within the SVG
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.wspace": 0.06,
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "chirplib",  # the same picture, the same bytes
}
