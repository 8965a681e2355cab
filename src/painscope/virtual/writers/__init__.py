"""Writers: virtual people in real datasets' layouts, one file each."""

from __future__ import annotations

from painscope.virtual.writers.ai4pain import AI4Pain
from painscope.virtual.writers.base import Clip, Layout, Member, Role, Take
from painscope.virtual.writers.biovid import BioVidA

__all__ = ["LAYOUTS", "Clip", "Layout", "Member", "Role", "Take"]

#: The layouts by the name of the dataset they imitate.
LAYOUTS: dict[str, type[Layout]] = {layout.name: layout for layout in (AI4Pain, BioVidA)}
