"""One look for every figure: colours, letters, lines, and how a figure enters a page or a file."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "FAINT",
    "GREEN",
    "INK",
    "MUTED",
    "ORANGE",
    "PURPLE",
    "ROLE_COLOURS",
    "SKY",
    "VERMILLION",
    "class_colours",
    "draw_pdf",
    "draw_png",
    "draw_svg",
    "house_style",
    "inline_svg",
]

# Okabe & Ito (2008), Color Universal Design: told apart with every kind of colour vision.
BLUE, SKY, GREEN, YELLOW, ORANGE, VERMILLION, PURPLE = (
    "#0072B2",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#E69F00",
    "#D55E00",
    "#CC79A7",
)
INK, MUTED, FAINT = "#1E2732", "#67717E", "#D8DCE2"

ROLE_COLOURS = {"model": BLUE, "peer": GREEN, "oracle": PURPLE, "baseline": MUTED}

# From none to most pain: cool to warm.
_CLASS_COLOURS = {
    2: (SKY, VERMILLION),
    3: (SKY, ORANGE, VERMILLION),
    4: (BLUE, SKY, ORANGE, VERMILLION),
    5: (BLUE, SKY, YELLOW, ORANGE, VERMILLION),
}

# In a page these three follow the reader's light or dark setting.
_PAGE_COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", FAINT: "var(--faint)"}


def class_colours(classes: tuple[str, ...]) -> list[str]:
    """Return a colour per class, cool for no pain to warm for most."""
    if len(classes) in _CLASS_COLOURS:
        return list(_CLASS_COLOURS[len(classes)])
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    steps = len(classes) - 1
    return [to_hex(colormaps["cividis"](k / steps)) for k in range(len(classes))]


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in painscope's style; figures made inside need no window and no global state."""
    import matplotlib

    with matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 9,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.edgecolor": MUTED,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": FAINT,
            "grid.linewidth": 0.7,
            "text.color": INK,
            "text.parse_math": False,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "figure.constrained_layout.w_pad": 0.05,
            "figure.constrained_layout.h_pad": 0.05,
            "svg.fonttype": "none",
            "svg.hashsalt": "painscope",
            "pdf.fonttype": 42,
        }
    ):
        yield


def draw_svg(figure: Figure) -> str:
    """Return a figure as an SVG file's text, without a background."""
    return _bytes(figure, "svg", metadata={"Date": None}).decode()


def inline_svg(text: str, name: str, caption: str) -> str:
    """Return the text of an SVG file as an ``<svg>`` element for a page.

    Its ids begin with `name`, so that figures of one page do not mix theirs; ink and
    grid become the page's own colours; `caption` is read out by screen readers.
    """
    text = text[text.index("<svg") + len("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' id="image\w+"', "", text)  # equal pictures would have equal ones
    text = re.sub(r'(?<= d=")[^"]*', _round, text)
    text = re.sub(r"data:image/png;base64,([^\"]+)", _as_jpeg, text)
    text = re.sub(r'(\bid="|href="#|url\(#)', lambda match: f"{match[1]}{name}-", text)
    for colour, variable in _PAGE_COLOURS.items():
        text = text.replace(colour.lower(), variable)
    attributes, body = text.split(">", 1)
    label = f'role="img" aria-label={quoteattr(caption)}'
    return f"<svg {label} {attributes}><title>{escape(caption)}</title>{body}"


def _round(path: re.Match[str]) -> str:
    """Write a path's numbers to a hundredth of a point; more digits only weigh."""
    return re.sub(r"(\.\d\d)\d+", r"\1", path[0])


def _as_jpeg(image: re.Match[str]) -> str:
    """Turn an embedded PNG photograph into a JPEG, a sixth of its size."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(image[1]))) as picture:
        picture.convert("RGB").save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def draw_png(figure: Figure) -> bytes:
    """Return a figure as a PNG file on white, 200 dots per inch."""
    return _bytes(figure, "png", dpi=200, facecolor="white")


def draw_pdf(figures: Iterable[Figure]) -> bytes:
    """Return figures as one PDF file, a page each, its letters embedded."""
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    with house_style(), PdfPages(buffer, metadata={"CreationDate": None}) as pages:
        for figure in figures:
            pages.savefig(figure)
    return buffer.getvalue()


def _bytes(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=kind, **options)
    figure.set_layout_engine("none")  # laid out once: every file looks the same, and faster
    return buffer.getvalue()
