"""The smallest virtual datasets, for tests."""

from __future__ import annotations

#: The fewest and shortest clips of each layout.
SMALL: dict[str, dict[str, object]] = {
    "ai4pain-2024": {"people": 4, "clips_per_level": 2, "clip_s": 2, "baseline_s": 3, "rests": 1},
    "biovid-a": {"people": 3, "classes": ["BL1", "PA4"], "clips_per_class": 2, "clip_s": 2},
    "unbc-mcmaster": {"people": 2, "sequences": 2, "frames": 30},
    "affectnet": {"people": 3, "images": 5, "per_sitting": 3},
    "icope-video": {"people": 2, "clip_s": 2},
}
