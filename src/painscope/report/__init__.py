"""A run folder becomes tables, figures and one page that a person likes to read."""

from __future__ import annotations

from painscope.report.figures import timeline_figure
from painscope.report.html import write_report

__all__ = ["timeline_figure", "write_report"]
