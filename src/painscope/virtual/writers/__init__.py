"""Writers: virtual people in real datasets' layouts, one file each."""

from __future__ import annotations

from painscope.virtual.writers.affectnet import AffectNet
from painscope.virtual.writers.ai4pain import AI4Pain
from painscope.virtual.writers.base import Clip, Layout, Member, Role, Shot, Take
from painscope.virtual.writers.biovid import BioVidA
from painscope.virtual.writers.icope import ICOPEVideo
from painscope.virtual.writers.unbc import UNBC

__all__ = ["LAYOUTS", "Clip", "Layout", "Member", "Role", "Shot", "Take"]

#: The layouts by the name of the dataset they imitate.
LAYOUTS: dict[str, type[Layout]] = {
    layout.name: layout for layout in (AI4Pain, BioVidA, UNBC, AffectNet, ICOPEVideo)
}
