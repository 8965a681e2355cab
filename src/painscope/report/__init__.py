"""A run folder becomes tables, figures and one page that a person likes to read."""

from __future__ import annotations

from painscope.report.comparison import compare, write_comparison
from painscope.report.html import write_report
from painscope.report.timeline import save_timeline, timeline_figure

__all__ = ["compare", "save_timeline", "timeline_figure", "write_comparison", "write_report"]
