"""Small datasets in the real layouts, with really encoded clips."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image
from tests.virtual.virtual_layouts import SMALL, draw_discs

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def clip(tmp_path_factory, make_video) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", 15)


@pytest.fixture
def put(clip: Path) -> Callable[[Path], Path]:
    """A function that puts a clip at a path."""

    def put(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(clip, path))

    return put


@pytest.fixture
def ai4pain(tmp_path: Path, put) -> Build:
    """A function that builds an AI4Pain tree; whole people: 1 + 12 + 12 clips and 23 rests."""

    def build(
        root: Path = tmp_path / "ai4pain",
        *,
        train: Iterable[object] = (3, 4),
        validation: Iterable[object] = (1,),
        test: Iterable[object] = (6,),
        stimuli: int = 12,
        rests: int = 1,
        names: dict[str, str] | None = None,
    ) -> Path:
        folders = {"train": "Train", "validation": "Validation", "test": "Test"} | (names or {})
        people = {"train": train, "validation": validation, "test": test}
        for split, persons in people.items():
            home = root / folders[split]
            for person in persons:
                folder = home / "video" / str(person)
                put(folder / f"{person}_Baseline.mp4")
                for k in range(2 * stimuli):
                    level = ("LOW", "HIGH")[k % 2]
                    put(folder / f"{person}_Pain_{level}_{k}.mp4")
                for r in range(1, rests + 1):
                    put(folder / f"{person}_Rest_{r}.mp4")
                table = home / "fnirs" / f"{person}.csv"
                table.parent.mkdir(exist_ok=True)
                table.write_text(",".join(map(str, range(1, 51))) + "\n")
        return root

    return build


@pytest.fixture
def biovid(tmp_path: Path, put) -> Build:
    """A function that builds a BioVid Part A tree; whole people: 20 clips per class."""

    def build(
        root: Path = tmp_path / "biovid",
        *,
        people: Iterable[str] = ("071309_w_21", "100914_m_39", "082414_m_64"),
        classes: Iterable[str] = ("BL1", "PA1", "PA4"),
        clips: int = 20,
    ) -> Path:
        part, rows = root / "PartA", []
        for person in people:
            for stimulus in classes:
                for number in range(80, 80 + clips):
                    name = f"{person}-{stimulus}-{number:03d}"
                    put(part / "video" / person / f"{name}.mp4")
                    for kind in ("biosignals_raw", "biosignals_filtered"):
                        table = part / kind / person / f"{name}_bio.csv"
                        table.parent.mkdir(parents=True, exist_ok=True)
                        table.write_text("time\tgsr\tecg\temg_trapezius\n")
                    rows.append(f"1\t{person}\t0\t{stimulus}\t{len(rows)}\t{name}")
        header = "subject_id\t subject_name\tclass_id\tclass_name \tsample_id\t sample_name"
        listed = part / "starting_point" / "samples.csv"
        listed.parent.mkdir()
        listed.write_text("\n".join([header, *rows]) + "\n")
        return root

    return build


@pytest.fixture
def icope_photos(tmp_path: Path) -> Build:
    """A function that builds a tree of photographs: five states of two newborns."""

    def build(root: Path = tmp_path / "icope", name: str = "{0}/S{1:02d}_{0}_1.jpg") -> Path:
        for person in (1, 2):
            for stimulus in ("pain", "rest", "cry", "air puff", "friction"):
                path = root / name.format(stimulus, person)
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (32, 32), (40 * person, 90, 90)).save(path)
        return root

    return build


@pytest.fixture
def icope_video(tmp_path: Path, put) -> Build:
    """A function that builds an iCOPEvid tree."""

    def build(root: Path = tmp_path / "icopevid", people: Iterable[int] = (1, 10)) -> Path:
        for person in people:
            for folder, what in (
                ("Pain", "Pain_1"),
                ("Nopain", "Friction_1"),
                ("Nopain", "Rest_2"),
            ):
                put(root / folder / f"S{person:03d}_{what}_[0]_20s.mp4")
        return root

    return build


@pytest.fixture
def manifest(tmp_path: Path, put) -> Build:
    """A function that writes a table of recordings beside a clip called clip.mp4."""

    def build(text: str | bytes, name: str = "manifest.csv") -> Path:
        put(tmp_path / "table" / "clip.mp4")
        path = tmp_path / "table" / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return build


@pytest.fixture(scope="session")
def virtual_tree(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A function that returns a layout's smallest virtual dataset, made once; to be copied."""
    from painscope.virtual import generate

    home = tmp_path_factory.mktemp("virtual")

    @cache
    def once(name: str, **settings: object) -> Path:
        root = home / "-".join((name, *map(str, settings.values())))
        with pytest.MonkeyPatch.context() as patch:
            draw_discs(patch)
            generate(name, root, workers=1, size=[96, 96], **(SMALL[name] | settings))
        return root

    return once


def as_if_real(tree: Path, root: Path) -> Path:
    """Copy a virtual tree without what says that it is one."""
    shutil.copytree(tree, root, ignore=shutil.ignore_patterns("truth", "virtual.json"))
    return root


@pytest.fixture
def unbc(tmp_path: Path, virtual_tree) -> Build:
    """A function that copies a UNBC tree: two people, two sequences each, rated 0 and 3."""

    def build(root: Path = tmp_path / "unbc") -> Path:
        as_if_real(virtual_tree("unbc-mcmaster"), root)
        for person in (root / "Sequence_Labels/OPR").iterdir():
            for path, rating in zip(sorted(person.iterdir()), (0, 3), strict=True):
                path.write_text(f"   {rating:.7e}\n")
        return root

    return build


@pytest.fixture
def affectnet(tmp_path: Path, virtual_tree) -> Build:
    """A function that copies an AffectNet tree: three people, five pictures each."""

    def build(edition: str = "older", root: Path = tmp_path / "affectnet") -> Path:
        return as_if_real(virtual_tree("affectnet", edition=edition), root)

    return build
