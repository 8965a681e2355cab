"""Layouts: what each holds, file by file, and what every one of them keeps to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from tests.virtual.virtual_layouts import SMALL

from painscope.datasets import load_dataset
from painscope.recording import Recording
from painscope.video import FrameReader, probe
from painscope.virtual import ACTION_UNITS, LAYOUTS, make_layout, read_truth
from painscope.virtual.dynamics import generator
from painscope.virtual.motion import FaceMotion
from painscope.virtual.writers.base import apportion
from painscope.virtual.writers.unbc import code_units

Tree = Callable[[str], Path]
Make = Callable[..., Path]


def files(root: Path, *, truth: bool = False) -> list[str]:
    """Return all files below the root, those of the truth only if asked for."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(p) for p in paths if truth or not str(p).startswith(("truth", "virtual")))


@pytest.mark.parametrize("name", LAYOUTS)
class TestEveryLayout:
    def test_cast_and_clips(self, name: str) -> None:
        layout = make_layout(name, **SMALL[name])
        roles = layout.cast()
        assert [role.index for role in roles] == list(range(layout.people))
        assert len({role.subject for role in roles}) == layout.people
        clips = [clip for role in roles for clip in layout.clips(role)]
        ids = [clip.id for clip in clips]
        assert len(set(ids)) == len(ids)
        for identity in ids:
            Recording(identity, "s", None, None, Path("x"))  # raises if unsafe
        assert layout.clips(roles[0]) == layout.clips(roles[0])

    def test_any_number_of_people(self, name: str) -> None:
        layout = make_layout(name, **(SMALL[name] | {"people": 130}))
        assert len({role.subject for role in layout.cast()}) == 130

    def test_all_settings_have_the_real_size_by_default(self, name: str) -> None:
        real = {
            "ai4pain-2024": (65, 25, 60 * 30 + 24 * 300),
            "biovid-a": (87, 100, 100 * 138),
            "unbc-mcmaster": (25, 8, None),
            "affectnet": (60, 5, 40),
            "icope-video": (49, 5, 5 * 600),
        }
        layout = LAYOUTS[name](**{})
        people, clips, frames = real[name]
        plan = layout.clips(layout.cast()[0])
        assert (layout.people, len(plan)) == (people, clips)
        if frames:
            assert sum(clip.frames for clip in plan) == frames

    def test_people_depend_on_layout_and_seed_alone(self, name: str) -> None:
        one, two, other = (
            make_layout(name, **(SMALL[name] | {"seed": s, "people": p}))
            for s, p in ((1, 4), (1, 9), (2, 4))
        )

        def seeds(layout: object) -> set[int]:
            return {layout.member(role).person.seed for role in layout.cast()[:3]}

        if name in ("unbc-mcmaster", "icope-video"):  # roles do not shift with the number of people
            assert seeds(one) == seeds(two)
        assert seeds(one) == seeds(make_layout(name, **(SMALL[name] | {"seed": 1, "people": 4})))
        assert not seeds(one) & seeds(other)

    def test_truth_beside_every_clip(self, name: str, tree: Tree) -> None:
        root = tree(name)
        layout = make_layout(name, **SMALL[name])
        people = pd.read_csv(root / "truth/people.csv")
        assert len(people) == layout.people
        assert {"sex", "age", "monk_tone", "expressiveness", "sensitivity"} <= set(people)
        stimuli = pd.read_csv(root / "truth/stimuli.csv", dtype=str).set_index("recording")
        for role in layout.cast():
            for clip in layout.clips(role):
                truth = read_truth(root, clip.id)
                assert len(truth) == clip.frames
                assert truth["AU12_L"].between(0, 5).all()
                assert truth["PSPI"].between(0, 16).all()
                assert np.isfinite(truth.select_dtypes("number")).all().all()
                assert stimuli.loc[clip.id, "subject"] == role.subject
        assert not [path for path in files(root, truth=True) if "tmp" in path]


def test_no_person_plays_in_two_datasets() -> None:
    seeds = [
        layout.member(role).person.seed
        for name in LAYOUTS
        for layout in [make_layout(name, **(SMALL[name] | {"people": 6}))]
        for role in layout.cast()
    ]
    assert len(set(seeds)) == len(seeds) == 6 * len(LAYOUTS)


@pytest.mark.parametrize(
    ("total", "sizes", "shares"),
    [
        (65, (41, 12, 12), [41, 12, 12]),
        (20, (41, 12, 12), [12, 4, 4]),
        (3, (41, 12, 12), [1, 1, 1]),
        (1, (41, 12, 12), [1, 0, 0]),
        (130, (41, 12, 12), [82, 24, 24]),
    ],
)
def test_apportion(total: int, sizes: tuple[int, ...], shares: list[int]) -> None:
    assert apportion(total, sizes) == shares


class TestAI4Pain:
    @pytest.fixture
    def root(self, tree: Tree) -> Path:
        return tree("ai4pain-2024")

    def test_files(self, root: Path) -> None:
        found = files(root)
        assert len(found) == 4 * (1 + 2 + 2 + 1 + 1)
        # Two people of the published training ids, the first of each other split.
        folders = {path.rsplit("/", 1)[0] for path in found if path.endswith("mp4")}
        assert folders == {
            "Train/video/3", "Train/video/4", "Validation/video/1", "Test/video/6"
        }  # fmt: skip
        for path in found:
            if path.endswith(".mp4"):
                name = path.rsplit("/", 1)[1]
                assert re.fullmatch(r"(\d+)_(Baseline|Pain_(LOW|HIGH)_(\d+)|Rest_(\d+))\.mp4", name)
        positions = [int(m) for m in re.findall(r"/3_Pain_[A-Z]+_(\d+)", "\n".join(found))]
        assert sorted(positions) == [0, 1, 2, 3], "one count for both levels"

    def test_adapter_reads_it(self, root: Path) -> None:
        dataset = load_dataset("ai4pain-2024", root)
        assert dataset.virtual
        assert len(dataset.recordings) == 4 * 5
        assert {r.label for r in dataset.recordings} == {"no-pain", "low-pain", "high-pain"}
        assert {(r.split, r.subject) for r in dataset.recordings} == {
            ("train", "3"), ("train", "4"), ("validation", "1"), ("test", "6")
        }  # fmt: skip
        for recording in dataset.recordings:
            read_truth(root, recording.id)
            assert probe(recording.video).codec == "h264"
        report = dataset.check()
        assert not report.unexpected
        assert not report.unreadable

    def test_fnirs_table(self, root: Path) -> None:
        table = pd.read_csv(root / "Train/fnirs/3.csv")
        assert list(table) == [str(k) for k in range(1, 51)]
        assert list(table["1"]) == list(range(len(table)))
        marks = table["50"].dropna().tolist()
        assert marks[0] == "B1"
        assert set(marks) == {"B1", "H1", "H2", "L1", "L2", "R1", "R2", "R3", "S"}

    def test_time_stamps_are_a_webcam_s_and_the_truth_has_them(self, root: Path) -> None:
        recording = load_dataset("ai4pain-2024", root).recordings[0]
        true_s = read_truth(root, recording.id)["time_s"].to_numpy()
        steps = np.diff(true_s)
        assert steps.std() > 5e-4
        assert steps.mean() == pytest.approx(1 / 30, rel=0.01)
        # The stand-in draws its frame's number as a grey level.
        shown = np.concatenate([b.images[:, 0, 0, 0] for b in FrameReader(recording.video)])
        asked = np.arange(len(shown)) / 30
        expected = np.searchsorted(true_s, asked + 1e-4, side="right") - 1
        np.testing.assert_allclose(shown, expected, atol=3)


class TestBioVid:
    @pytest.fixture
    def root(self, tree: Tree) -> Path:
        return tree("biovid-a")

    def test_adapter_reads_it(self, root: Path) -> None:
        dataset = load_dataset("biovid-a", root)
        assert dataset.virtual
        assert len(dataset.recordings) == 3 * 2 * 2
        for recording in dataset.recordings:
            read_truth(root, recording.id)
            assert set(recording.signals) == {"biosignals_raw", "biosignals_filtered"}
            info = probe(recording.video)
            assert (info.rate, info.duration_s) == (pytest.approx(25), pytest.approx(2, abs=0.05))
        assert not dataset.check().unexpected

    def test_names_and_tables(self, root: Path) -> None:
        samples = pd.read_csv(root / "PartA/starting_point/samples.csv", sep="\t")
        assert list(samples) == [
            "subject_id", "subject_name", "class_id", "class_name", "sample_id", "sample_name"
        ]  # fmt: skip
        for row in samples.itertuples():
            match = re.fullmatch(r"(\d{6}_[mw]_\d{2})-(BL1|PA[1-4])-(\d{3})", row.sample_name)
            assert match
            assert match[1] == row.subject_name
            assert row.class_id == {"BL1": 0, "PA4": 4}[match[2]]
            folder = root / f"PartA/biosignals_raw/{row.subject_name}"
            signals = pd.read_csv(folder / f"{row.sample_name}_bio.csv", sep="\t")
            assert list(signals)[:4] == ["time", "gsr", "ecg", "emg_trapezius"]
            assert len(signals) == 1024

    def test_published_people_play_their_parts(self) -> None:
        layout = make_layout("biovid-a")
        roles = layout.cast()
        assert sum(bool(role.stoic) for role in roles) == 20
        held_out = [
            role.subject for role in roles if role.subject in ("072514_m_27", "120514_w_56")
        ]
        assert len(held_out) == 2
        for role in roles[::9]:
            member = layout.member(role)
            assert member.person.sex == {"w": "female", "m": "male"}[role.subject[7]]
            assert abs(member.person.age - int(role.subject[9:])) <= 3
            assert (member.disposition.expressiveness < 0.5) == role.stoic

    def test_a_small_cast_keeps_the_shares(self) -> None:
        roles = make_layout("biovid-a", people=24).cast()
        assert 4 <= sum(bool(role.stoic) for role in roles) <= 7


class TestUNBC:
    @pytest.fixture
    def root(self, tree: Tree) -> Path:
        return tree("unbc-mcmaster")

    def test_every_frame_has_its_files(self, root: Path) -> None:
        images = sorted((root / "Images").rglob("*.png"))
        assert images[0].relative_to(root).parts[:2] == ("Images", "042-ll042")
        for image in images:
            place, stem = image.parent.relative_to(root / "Images"), image.stem
            assert re.fullmatch(r"[a-z]{2}\d{3}t\d[a-z]+aff\d{3}", stem)
            pspi = (root / "Frame_Labels/PSPI" / place / f"{stem}_facs.txt").read_text()
            assert re.fullmatch(r"\s+\d\.\d{7}e[+-]\d\d\n", pspi)
            landmarks = np.loadtxt(root / "AAM_landmarks" / place / f"{stem}_aam.txt")
            assert landmarks.shape == (66, 2)
            facs = (root / "Frame_Labels/FACS" / place / f"{stem}_facs.txt").read_text()
            rows = [[float(n) for n in line.split()] for line in facs.splitlines()]
            assert all(len(row) == 4 for row in rows)
            au = {int(unit): level for unit, level, *_ in rows}
            score = au.get(4, 0) + max(au.get(6, 0), au.get(7, 0))
            score += max(au.get(9, 0), au.get(10, 0)) + au.get(43, 0)
            assert float(pspi) == score
        assert cv2.imread(str(images[0])).shape == (96, 96, 3)

    def test_ratings(self, root: Path) -> None:
        for scale, top in {"AFF": 15, "SEN": 15, "VAS": 10, "OPR": 5}.items():
            paths = list((root / "Sequence_Labels" / scale).rglob("*.txt"))
            assert len(paths) == 4
            assert all(0 <= float(path.read_text()) <= top for path in paths)

    def test_codes_are_a_coder_s_whole_steps(self) -> None:
        motion = FaceMotion.still(np.arange(4) / 30)
        motion.action_units[:, ACTION_UNITS.index(4), 0] = [0.9, 1.5, 3.0, 5.0]
        motion.action_units[:, ACTION_UNITS.index(43)] = [[0.0], [1.0], [4.0], [5.0]]
        motion.blink[0] = 1  # a unit of its own, which is not coded
        codes = code_units(motion)
        assert [row[4] for row in codes] == [0, 1, 3, 5]
        assert [row[43] for row in codes] == [0, 0, 1, 1]


class TestAffectNet:
    def test_older_edition(self, tree: Tree) -> None:
        root = tree("affectnet")
        tables = [pd.read_csv(root / f"{name}.csv") for name in ("training", "validation")]
        assert [len(table) for table in tables] == [10, 5]
        assert list(tables[0]) == [
            "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height",
            "facial_landmarks", "expression", "valence", "arousal",
        ]  # fmt: skip
        for row in pd.concat(tables).itertuples():
            assert (root / "Manually_Annotated_Images" / row.subDirectory_filePath).is_file()
            assert len(row.facial_landmarks.split(";")) == 136
            assert row.expression in range(8)

    def test_newer_edition(self, make: Make) -> None:
        root = make("affectnet", **(SMALL["affectnet"] | {"edition": "newer"}))
        images = sorted(root.glob("*/images/*.jpg"))
        assert sorted(int(path.stem) for path in images) == list(range(15))
        assert {path.parent.parent.name for path in images} == {"train_set", "val_set"}
        for path in images:
            folder = path.parent.parent / "annotations"
            expression = int(np.load(folder / f"{path.stem}_exp.npy"))
            assert expression in range(8)
            assert -1 <= float(np.load(folder / f"{path.stem}_val.npy")) <= 1
            assert np.load(folder / f"{path.stem}_lnd.npy").shape == (136,)

    def test_labels_are_the_faces_shown(self) -> None:
        layout = make_layout("affectnet", people=6, images=40)
        smile, rest = [], []
        for role in layout.cast():
            member = layout.member(role)
            for clip in layout.clips(role):
                shown = layout.perform(member, clip).motion.intensity(12)
                for level, emotion in zip(shown, layout.emotions(role, clip), strict=True):
                    (smile if emotion == "happiness" else rest).append(float(level))
        assert len(smile) == 6 * 5, "emotions are equally frequent"
        assert np.median(smile) > 2 > 1 > np.median(rest)


def test_icope_video_names(tree: Tree) -> None:
    root = tree("icope-video")
    found = files(root)
    assert "Nopain/S001_Friction_1_[0]_20s.mp4" in found
    assert [path.split("/")[0] for path in found].count("Pain") == 2
    assert len(found) == 10
    dataset = load_dataset("icope-video", root)
    assert dataset.virtual
    assert dataset.subjects == ("S001", "S002")
    assert [r.label for r in dataset.recordings].count("pain") == 2
    for recording in dataset.recordings:
        read_truth(root, recording.id)
    assert not dataset.check().unexpected


def test_virtual_pain_in_unbc_is_as_rare_as_in_the_archive() -> None:
    layout = make_layout("unbc-mcmaster", seed=5)
    pspi = []
    for role in layout.cast()[:12]:
        member = layout.member(role)
        for clip in layout.clips(role)[:4]:
            codes = code_units(layout.perform(member, clip).motion)
            pspi += [c[4] + max(c[6], c[7]) + max(c[9], c[10]) + c[43] for c in codes]
    # 40,029 of 48,398 frames score 0.
    assert 0.7 < np.mean(np.array(pspi) == 0) < 0.93
    assert max(pspi) >= 6


def test_seeded_generators_differ_by_purpose() -> None:
    a, b = generator("x", 0).random(), generator("x", 1).random()
    assert a != b == generator("x", 1).random()
