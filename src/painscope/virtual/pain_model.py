"""Every number of the pain model, in one place, with its source or the word "chosen"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["PAIN", "PainModel", "PainUnit"]


@dataclass(frozen=True)
class PainUnit:
    """How one action unit takes part: chance per wave, apex (0–5), share held between waves."""

    chance: float
    apex: float
    tonic: float


def _units() -> Mapping[int, PainUnit]:
    return MappingProxyType(
        {
            4: PainUnit(0.80, 3.4, 0.50),
            6: PainUnit(0.70, 3.0, 0.40),
            7: PainUnit(0.85, 3.6, 0.50),
            9: PainUnit(0.45, 2.8, 0.20),
            10: PainUnit(0.50, 2.8, 0.25),
            43: PainUnit(0.45, 4.8, 0.00),
            25: PainUnit(0.50, 2.8, 0.10),
            26: PainUnit(0.30, 2.4, 0.05),
            27: PainUnit(0.05, 2.4, 0.00),
            20: PainUnit(0.28, 2.6, 0.10),
            12: PainUnit(0.20, 2.0, 0.10),
            17: PainUnit(0.15, 1.8, 0.10),
            24: PainUnit(0.15, 2.0, 0.10),
            1: PainUnit(0.06, 2.0, 0.05),
            2: PainUnit(0.05, 2.0, 0.05),
        }
    )


def _styles() -> Mapping[str, Mapping[int, float]]:
    return MappingProxyType(
        {
            "frown-and-nose": {4: 1.1, 6: 1.1, 7: 1.1, 9: 1.6, 10: 1.5, 25: 0.6, 26: 0.5},
            "open-mouth": {25: 1.8, 26: 1.8, 27: 3.0, 4: 0.6, 9: 0.5, 10: 0.7},
            "raised-brows": {1: 8.0, 2: 8.0, 4: 0.5, 9: 0.5, 10: 0.6},
            "frown": {4: 1.3, 7: 1.2, 9: 0.4, 10: 0.5, 25: 0.5, 26: 0.4},
        }
    )


@dataclass(frozen=True)
class PainModel:
    """Every number of the pain model. "Chosen" marks those without a source.

    Attributes
    ----------
    stoic_share : float
        People who hardly show anything: 20 of BioVid's 87 (Werner et al., ACIIW 2017).
    stoic_expressiveness, expressiveness : (float, float)
        Median and log-spread over people. Chosen.
    smile_share : float
        People who smile in pain; smiles under pain are common (Kunz, Prkachin and
        Lautenbacher, Pain 145:273, 2009), their share is chosen.
    threshold : (float, float)
        Mean and spread of the strength from which anything is felt: strengths are
        calibrated per person (Walter et al., CYBCONF 2013), with an error. Chosen.
    tolerance : float
        What is felt, of 10, at the tolerance of an ordinary person. Chosen.
    sensitivity_spread : float
        Log-spread over people of what is felt above the threshold. Chosen.
    trial_spread : float
        Log-spread from trial to trial of one person. Chosen.
    show_spread : float
        Log-spread from trial to trial of what is shown of the same felt pain. Chosen.
    show_power : float
        Shown = expressiveness · (felt / 10) ** show_power: faces answer weakly to weak
        pain (the display threshold of Prkachin, Pain 51:297, 1992). Chosen.
    habituation : float
        Share by which felt pain declines over a session. Chosen.
    units : mapping of int to PainUnit
        AU4, 6/7, 9/10, 25/26/27 are the units that most studies find in pain (systematic
        review: Kunz, Meixner and Lautenbacher, Pain 160:535, 2019), with 43 in clinical
        pain (Prkachin and Solomon, Pain 139:267, 2008), 20 and 12 less often (Prkachin,
        1992). Their order follows these sources; the very numbers are chosen.
    styles : mapping of str to mapping
        Four patterns found by cluster analysis (Kunz and Lautenbacher, European Journal of
        Pain 18:813, 2014), as factors on the chances of units. Factors chosen.
    style_shares : tuple of float
        Share of people per style, in order. Chosen.
    unit_spread : float
        Log-spread over people of a unit's weight. Chosen.
    ramp_s : float
        Heat: time from the baseline temperature to the plateau (8 °C/s or slower in
        BioVid; with the skin's own delay, chosen).
    lag_s : mapping of str to float
        From stimulus to what is felt: heat must pass the skin and is carried by slow
        fibres, a shock is felt at once. Chosen.
    adaptation : float
        Share of an electrical stimulus's effect that fades within some seconds. Chosen.
    startle : float
        Chance that an abrupt onset of full strength startles (blink, tensed face, head
        jerk, within 0.15 s). Chosen.
    wave_every_s : float
        Mean time between waves of expression while pain is felt. Chosen.
    avert : float
        Chance that a wave moves the head. Chosen.
    """

    stoic_share: float = 0.2
    stoic_expressiveness: tuple[float, float] = (0.3, 0.25)
    expressiveness: tuple[float, float] = (1.05, 0.26)
    smile_share: float = 0.12
    threshold: tuple[float, float] = (0.12, 0.03)
    tolerance: float = 8.5
    sensitivity_spread: float = 0.1
    trial_spread: float = 0.09
    show_spread: float = 0.13
    show_power: float = 1.2
    habituation: float = 0.15
    units: Mapping[int, PainUnit] = field(default_factory=_units)
    styles: Mapping[str, Mapping[int, float]] = field(default_factory=_styles)
    style_shares: tuple[float, ...] = (0.35, 0.25, 0.15, 0.25)
    unit_spread: float = 0.3
    ramp_s: float = 2.0
    lag_s: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"heat": 0.8, "electrical": 0.15, "movement": 0.3, "lance": 0.15}
        )
    )
    adaptation: float = 0.35
    startle: float = 0.7
    wave_every_s: float = 2.2
    avert: float = 0.5


#: The model that virtual datasets are made with.
PAIN = PainModel()
