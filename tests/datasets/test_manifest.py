"""Tables of recordings, good and bad."""

from __future__ import annotations

import logging
import re

import pandas as pd
import pytest

from painscope.datasets import Manifest
from painscope.errors import DatasetError, UsageError

HEADER = "recording,subject,label,split,video,start_s,stop_s,age,site\n"
ROW = "a,007,No pain,train,clip.mp4,0.1,0.4,33,Ulm\n"


def test_a_row(manifest):
    path = manifest(HEADER + ROW + "b,p2,HIGH_PAIN,,clip.mp4,,,,\n")
    dataset = Manifest(path)
    a, b = dataset.recordings
    assert (a.id, a.subject, a.label, a.split) == ("a", "007", "no-pain", "train")
    assert (a.start_s, a.stop_s) == (0.1, 0.4)
    assert a.video == path.parent / "clip.mp4"
    assert dict(a.attributes) == {"age": 33, "site": "Ulm"}
    assert (b.label, b.split, b.start_s, dict(b.attributes)) == ("high-pain", None, None, {})
    assert dataset.scheme.classes == ("no-pain", "high-pain")
    assert dataset.check().complete


@pytest.mark.parametrize(
    "text",
    [
        (HEADER + ROW).replace(",", ";"),
        (HEADER + ROW).replace(",", "\t"),
        (HEADER + ROW).replace("\n", "\r\n"),
        "\ufeff" + HEADER + ROW,
        HEADER.replace("recording", " Recording ") + "\n" + ROW + "\n,,,,,,,,\n",
        HEADER + ROW.replace("No pain", '"No pain"'),
    ],
)
def test_ways_of_writing_csv(manifest, text):
    expected = Manifest(manifest(HEADER + ROW)).recordings
    assert Manifest(manifest(text)).recordings == expected


def test_parquet(manifest):
    text = HEADER + ROW + "b,8,high,test,clip.mp4,,,,\n"
    expected = Manifest(manifest(text)).recordings
    table = pd.read_csv(manifest(text), dtype={"subject": str})
    path = manifest(b"", "manifest.parquet")
    table.to_parquet(path)
    path.with_name("manifest.csv").unlink()
    assert Manifest(path.parent).recordings == expected
    numbered = table.assign(subject=[7.0, 8.0])  # as pandas writes whole numbers with gaps
    numbered.to_parquet(path)
    assert Manifest(path).subjects == ("7", "8")


def test_a_table_of_any_name(manifest):
    assert len(Manifest(manifest(HEADER + ROW, "my study.csv")).recordings) == 1


def test_absolute_paths(manifest, clip):
    text = HEADER + ROW.replace("clip.mp4", str(clip))
    assert Manifest(manifest(text)).recordings[0].video == clip


def test_the_order_of_classes(manifest):
    rows = "a,1,strong,,clip.mp4,,,,\nb,1,weak,,clip.mp4,,,,\nc,1,,,clip.mp4,,,,\n"
    for classes in ("none, weak, strong", ["none", "weak", "strong"]):
        dataset = Manifest(manifest(HEADER + rows), classes=classes)
        assert dataset.scheme.classes == ("none", "weak", "strong")
        assert [r.label for r in dataset.recordings] == ["strong", "weak", None]


def test_recognised_classes_come_in_order(manifest):
    rows = "a,1,high,,clip.mp4,,,,\nb,1,LOW pain,,clip.mp4,,,,\nc,1,none,,clip.mp4,,,,\n"
    dataset = Manifest(manifest(HEADER + rows))
    assert dataset.scheme.classes == ("no-pain", "low-pain", "high-pain")
    assert [r.label for r in dataset.recordings] == ["high-pain", "low-pain", "no-pain"]


def test_a_table_without_labels(manifest):
    dataset = Manifest(manifest("video,recording,subject\nclip.mp4,a,1\n"))
    assert dataset.recordings[0].label is None
    assert dataset.check().by_split()[0]["class"] == "unlabelled"


def test_check_of_files_and_times(manifest):
    rows = (
        "a,1,no,train,gone.mp4,,,,\nb,1,no,test,clip.mp4,5,6,,\nc,1,no,train,clip.mp4,,,,\n"
        "d,1,no,train,clip.mp4,0.2,600,,\ne,1,no,train,clip.mp4,0.1,1,,\n"
    )
    path = manifest(HEADER + rows)
    report = Manifest(path).check()
    assert report.missing == (f"a: there is no {path.parent / 'gone.mp4'}",)
    start, stop = report.unreadable  # half a second more than there is may be rounded
    assert "b should start at 5 s, but the video lasts 0.50 s" in start
    assert "d should stop at 600 s, but the video lasts 0.50 s" in stop
    assert report.unexpected == ("1 is in train and in test: one person, one split",)
    assert report.videos_read == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the table is empty"),
        (HEADER, "holds no recordings"),
        ("id,video\n1,clip.mp4\n", "lacks the column(s) recording, subject. It has id, video."),
        (HEADER.replace("site", "label") + ROW, "has two columns called label"),
        (HEADER + ROW.replace("No pain", "awful"), "line 2: unknown label 'awful'."),
        (HEADER + ROW.replace("train", "dev"), "line 2: unknown split 'dev'."),
        (HEADER + ROW + ROW, "line 3: line 2 is called a too"),
        (HEADER + ROW + ROW.replace("a,", "A,", 1), "line 3: line 2 is called a too. Case"),
        (HEADER + ROW.replace("a,", "a/b,", 1), "line 2: recording id 'a/b' is not safe"),
        (HEADER + ROW.replace("a,", ",", 1), "line 2: recording is empty"),
        (HEADER + ROW.replace("007", " "), "line 2: subject is empty"),
        (HEADER + ROW.replace("clip.mp4", ""), "line 2: video is empty"),
        (HEADER + ROW.replace("0.1", "soon"), "line 2: start_s is 'soon'."),
        (HEADER + ROW.replace("0.4", "-1"), "line 2: stop_s is '-1'."),
        (HEADER + ROW.replace("0.4", "inf"), "line 2: stop_s is 'inf'."),
        (HEADER + ROW.replace("0.4", "0.1"), "line 2: recording a: stop_s 0.1 is not after"),
        (HEADER + ROW.replace(",Ulm", ""), "line 2: 8 cells under 9 columns"),
        (HEADER + ROW.replace("Ulm", "Ulm,x"), "line 2: 10 cells under 9 columns"),
        (HEADER + ROW.replace("Ulm", '"Ulm'), "cannot be read"),
        ((HEADER + ROW.replace("Ulm", "Köln")).encode("latin-1"), "not written in UTF-8"),
    ],
)
def test_bad_tables(manifest, text, reason):
    path = manifest(text)
    with pytest.raises(DatasetError, match=re.escape(f"{path}: {reason}")) as caught:
        Manifest(path)
    assert "\n" not in str(caught.value)


def test_columns_that_were_cleared(manifest):
    lines = (HEADER + ROW).splitlines()
    dataset = Manifest(manifest("".join(f"{line},,\n" for line in lines)))
    assert dataset.recordings == Manifest(manifest(HEADER + ROW)).recordings


def test_unknown_labels_with_classes_given(manifest):
    with pytest.raises(DatasetError, match=r"line 2: unknown label 'No pain'\. Known are a, b"):
        Manifest(manifest(HEADER + ROW), classes="a,b")


def test_one_class_is_no_scheme(manifest):
    with pytest.raises(DatasetError, match="needs two or more different classes"):
        Manifest(manifest(HEADER + ROW), classes="pain")


def test_classes_that_are_no_names(manifest):
    with pytest.raises(UsageError, match="classes are names in order, not False"):
        Manifest(manifest(HEADER + ROW), classes=False)  # type: ignore[arg-type]


def test_not_parquet(manifest):
    with pytest.raises(DatasetError, match=r"manifest\.parquet: cannot be read as Parquet"):
        Manifest(manifest(b"no parquet", "manifest.parquet"))


def test_two_tables(manifest):
    manifest(HEADER + ROW)
    path = manifest(b"", "manifest.parquet")
    with pytest.raises(DatasetError, match=r"holds both manifest\.csv and manifest\.parquet"):
        Manifest(path.parent)


@pytest.mark.parametrize(
    ("one", "other"),
    [("P01", "p01"), ("P 02", "P02"), ("Zo\u00e9", "Zoe\u0301"), ("\uff21", "A")],
    ids=["case", "space", "accent", "width"],
)
def test_one_person_in_two_spellings(manifest, one, other):
    rows = f"a,{one},,,clip.mp4,0,0.2,,\nb,{other},,,clip.mp4,0.2,0.4,,\n"
    with pytest.raises(DatasetError, match="two people are called"):
        Manifest(manifest(HEADER + rows))


@pytest.mark.parametrize("names", [("s007", "s7", "s70", "s700"), ("7", "7.0", "7.5", "70")])
def test_two_ways_to_write_a_number_are_asked_about(manifest, caplog, monkeypatch, names):
    monkeypatch.setattr(logging.getLogger("painscope"), "propagate", True)
    rows = "".join(f"{n},{n},,,clip.mp4,0,0.{k},,\n" for k, n in enumerate(names, start=1))
    assert Manifest(manifest(HEADER + rows)).subjects == names
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        f"are {names[0]} and {names[1]} one person? They count as two."
    ]


def test_one_part_of_a_video_is_of_one_person(manifest):
    rows = "a,p1,,,clip.mp4,0,0.2,,\nb,p2,,,clip.mp4,0.2,0.4,,\n"
    assert len(Manifest(manifest(HEADER + rows)).subjects) == 2
    with pytest.raises(DatasetError, match=r"clip\.mp4 is of p1 and of p2"):
        Manifest(manifest(HEADER + rows.replace("0.2,0.4", "0,0.2")))


def test_virtual_people_stay_virtual_in_a_table_that_lies_elsewhere(manifest, put, tmp_path):
    put(tmp_path / "tree" / "Train" / "video" / "7" / "clip.mp4")
    path = manifest(HEADER + ROW + "b,p2,HIGH_PAIN,,../tree/Train/video/7/clip.mp4,,,,\n")
    assert not Manifest(path).virtual
    (tmp_path / "tree" / "virtual.json").write_text("{}", encoding="utf-8")
    dataset = Manifest(path)
    assert dataset.virtual
    assert dataset.population == "virtual manifest"
