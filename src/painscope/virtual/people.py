"""Who a virtual person is: every attribute that shapes or paints them, drawn from one seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["EYE_COLOURS", "HAIR_COLOURS", "MONK_SCALE", "Person", "sample_person"]

#: The Monk Skin Tone scale, 1 (lightest) to 10 (darkest), as sRGB (Monk, 2019; published by
#: Google under CC BY 4.0 at skintone.google).
MONK_SCALE = (
    "#f6ede4", "#f3e7db", "#f7ead0", "#eadaba", "#d7bd96",
    "#a07e56", "#825c43", "#604134", "#3a312a", "#292420",
)  # fmt: skip

#: Colours under white light, sRGB.
HAIR_COLOURS = {
    "black": "#1a1614",
    "dark brown": "#32221a",
    "brown": "#4e3524",
    "light brown": "#71512f",
    "dark blond": "#8f6f45",
    "blond": "#b8965f",
    "red": "#7a3a1e",
    "grey": "#8d8a86",
    "white": "#c9c6c0",
}
EYE_COLOURS = {
    "dark brown": "#2e1a0f",
    "brown": "#4b2d17",
    "hazel": "#6b5430",
    "green": "#5f6b47",
    "blue": "#56788f",
    "grey": "#66727a",
}

_STYLES = {
    ("female", "straight"): {"long": 0.42, "bob": 0.26, "tied": 0.22, "short": 0.10},
    ("female", "wavy"): {"long": 0.45, "bob": 0.25, "tied": 0.22, "short": 0.08},
    ("female", "coily"): {"afro": 0.42, "tied": 0.30, "cropped": 0.18, "long": 0.10},
    ("male", "straight"): {"short": 0.42, "swept": 0.30, "cropped": 0.20, "long": 0.08},
    ("male", "wavy"): {"short": 0.38, "swept": 0.34, "cropped": 0.18, "long": 0.10},
    ("male", "coily"): {"cropped": 0.62, "afro": 0.30, "tied": 0.08},
}


@dataclass(frozen=True)
class Person:
    """A virtual person.

    Face shape is drawn without regard to skin tone, so that a difference between tones is a
    difference of tone alone; only the colour and curl of hair and the colour of eyes follow it.

    Attributes
    ----------
    seed : int
        What `sample_person` was given; noise in textures and hair follows it too.
    sex : str
        "female" or "male".
    age : int
        Years, 18 to 78.
    monk_tone : int
        Skin tone on the Monk scale, 1 to 10.
    undertone : float
        −1 (pink) to 1 (olive).
    face_width, jaw_width, lower_face, forehead, cheekbones, chin, fullness : float
        Multiples of the average, near 1.
    eye_spacing, eye_tilt : float
        Millimetres that each eye lies further out, and that its outer corner lies higher.
    eye_size, nose_length, nose_width, nose_height, mouth_width : float
        Multiples of the average.
    lid_fold : float
        0 (no visible crease) to 1 (deep crease).
    upper_opening, lower_opening : float
        How far the lids stand from the pupil's height, in mm.
    upper_lip, lower_lip : float
        Height of the lips' red, in mm.
    skew : float
        Left against right asymmetry, around 0.
    brow_height, brow_arch, brow_thickness : float
        In mm; height above the pupil.
    eye_colour, hair_colour : str
        Keys of `EYE_COLOURS` and `HAIR_COLOURS`.
    hair_texture, hair_style : str
        straight, wavy, coily; bald, receding, cropped, short, swept, bob, long, tied, afro.
    hairline : float
        Millimetres by which the hairline lies higher than average.
    parting : float
        Where hair parts, −1 (person's right) to 1.
    fringe : bool
        Whether hair falls over the forehead.
    facial_hair : str
        none, stubble, moustache, goatee, beard.
    glasses : str
        none, round, oval, square.
    make_up, wrinkles, freckles : float
        0 to 1.
    """

    seed: int
    sex: str
    age: int
    monk_tone: int
    undertone: float
    face_width: float
    jaw_width: float
    lower_face: float
    forehead: float
    cheekbones: float
    chin: float
    fullness: float
    eye_spacing: float
    eye_tilt: float
    eye_size: float
    lid_fold: float
    upper_opening: float
    lower_opening: float
    nose_length: float
    nose_width: float
    nose_height: float
    mouth_width: float
    upper_lip: float
    lower_lip: float
    skew: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    eye_colour: str
    hair_colour: str
    hair_texture: str
    hair_style: str
    hairline: float
    parting: float
    fringe: bool
    facial_hair: str
    glasses: str
    make_up: float
    wrinkles: float
    freckles: float

    @property
    def female(self) -> bool:
        """Whether the person's face follows the female averages."""
        return self.sex == "female"

    def attributes(self) -> dict[str, int | float | str | bool]:
        """Return everything about the person, flat, ready for a manifest."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def sample_person(seed: int) -> Person:
    """Draw a person; the same seed always gives the same one."""
    rng = np.random.default_rng([seed, 0x9E0])

    def around(mean: float, sd: float) -> float:
        return float(mean + sd * np.clip(rng.standard_normal(), -2.2, 2.2))

    def pick(weights: dict[str, float]) -> str:
        share = np.array(list(weights.values()))
        return str(rng.choice(list(weights), p=share / share.sum()))

    female = bool(rng.random() < 0.5)
    age = int(np.clip(rng.gamma(3.2, 9.0) + 16, 18, 78))
    old = (age - 18) / 60
    tone = int(rng.integers(1, 11))
    texture = pick(_texture_weights(tone))
    style = _hair_style(rng, female, age, texture)
    return Person(
        seed=seed,
        sex="female" if female else "male",
        age=age,
        monk_tone=tone,
        undertone=around(0, 0.4),
        face_width=around(0.975 if female else 1.0, 0.042),
        jaw_width=around(0.95 if female else 1.06, 0.05),
        lower_face=around(0.97 if female else 1.02, 0.045),
        forehead=around(1.0, 0.05),
        cheekbones=around(1.08 if female else 0.95, 0.3),
        chin=around(0.85 if female else 1.1, 0.2),
        fullness=around(0.15 + 0.1 * female, 0.8),
        eye_spacing=around(0, 1.4),
        eye_tilt=around(0.9 - 1.0 * old + 0.4 * female, 0.7),
        eye_size=around(1.06 if female else 1.0, 0.055),
        lid_fold=float(np.clip(around(0.6, 0.4), 0.05, 1)),
        upper_opening=around(5.2 + 0.4 * female - 0.9 * old, 0.4),
        lower_opening=around(4.5, 0.3),
        nose_length=around(0.98 + 0.05 * old, 0.06),
        nose_width=around(1.0 if female else 1.1, 0.15),
        nose_height=around(0.92 if female else 1.03, 0.14),
        mouth_width=around(0.97 if female else 1.03, 0.07),
        upper_lip=around(8.2 + 0.6 * female - 1.7 * old, 1.1),
        lower_lip=around(10.4 + 0.5 * female - 1.9 * old, 1.2),
        skew=around(0, 0.5),
        brow_height=around(17.2 if female else 15.4, 0.9) - 0.8 * old,
        brow_arch=around(3.2 if female else 1.8, 0.8),
        brow_thickness=around(3.3 if female else 4.6, 0.6),
        eye_colour=pick(_eye_weights(tone)),
        hair_colour=_hair_colour(rng, tone, age),
        hair_texture=texture,
        hair_style=style,
        hairline=around(0.0 if female else 1.5 + 5 * old, 2.0),
        parting=float(rng.choice([-0.6, -0.35, 0.0, 0.35, 0.6])),
        fringe=bool(style in ("long", "bob", "short") and rng.random() < 0.28),
        facial_hair="none" if female else _facial_hair(rng, age),
        glasses=pick({"none": 0.78 - 0.2 * old, "round": 0.06, "oval": 0.08, "square": 0.1}),
        make_up=float(rng.random() * (rng.random() < 0.6)) if female else 0.0,
        wrinkles=float(np.clip(0.08 + 1.0 * old + 0.12 * rng.standard_normal(), 0.04, 1)),
        freckles=float(rng.random() ** 2) if tone <= 5 and rng.random() < 0.3 else 0.0,
    )


def _texture_weights(tone: int) -> dict[str, float]:
    coily = float(np.clip((tone - 6) / 3, 0.02, 0.85))
    return {"straight": 0.55 * (1 - coily), "wavy": 0.45 * (1 - coily), "coily": coily}


def _eye_weights(tone: int) -> dict[str, float]:
    if tone >= 6:
        return {"dark brown": 0.75, "brown": 0.25}
    light = (6 - tone) / 5
    return {
        "dark brown": 0.35,
        "brown": 0.35,
        "hazel": 0.25 * light,
        "green": 0.2 * light,
        "blue": 0.4 * light,
        "grey": 0.15 * light,
    }


def _hair_style(rng: np.random.Generator, female: bool, age: int, texture: str) -> str:
    if not female:
        draw = rng.random()
        if draw < 0.04 + 0.10 * (age > 40):
            return "bald"
        if draw < 0.06 + 0.25 * (age > 45):
            return "receding"
    weights = _STYLES["female" if female else "male", texture]
    return str(rng.choice(list(weights), p=list(weights.values())))


def _hair_colour(rng: np.random.Generator, tone: int, age: int) -> str:
    if rng.random() < np.clip((age - 42) / 30, 0, 0.9):
        return "white" if rng.random() < np.clip((age - 55) / 25, 0, 0.8) else "grey"
    if tone >= 6:
        return "black" if rng.random() < 0.75 else "dark brown"
    colours = ["black", "dark brown", "brown", "light brown", "dark blond", "blond", "red"]
    light = (6 - tone) / 5
    weights = np.array([0.25, 0.3, 0.25, 0.2 * light, 0.15 * light, 0.14 * light, 0.08 * light])
    return str(rng.choice(colours, p=weights / weights.sum()))


def _facial_hair(rng: np.random.Generator, age: int) -> str:
    kinds = ["none", "stubble", "moustache", "goatee", "beard"]
    weights = [0.6, 0.28, 0.02, 0.04, 0.06] if age < 25 else [0.46, 0.24, 0.05, 0.08, 0.17]
    return str(rng.choice(kinds, p=weights))
