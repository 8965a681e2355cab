"""Recipes: what they say, and what a mistyped setting is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from painscope.classifiers import CLASSIFIERS
from painscope.datasets import DATASETS
from painscope.errors import UsageError
from painscope.experiments import Recipe, Row, load_recipe, recipe_names, run
from painscope.features import EXTRACTORS

NAME = "faces-of-experimental-pain"


@pytest.mark.parametrize("name", recipe_names())
class TestEveryRecipe:
    def test_names_only_what_exists(self, name: str) -> None:
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.citation
        assert all(settings.dataset in DATASETS for settings in recipe.datasets().values())
        assert recipe.needed().items() <= recipe.datasets().items()
        for row in getattr(recipe, "all_rows", ()):
            assert row.classifier in CLASSIFIERS
            for name in recipe.blocks(row.features):
                own = recipe.features.get(name)
                extractor = own.extractor if own else name
                assert extractor in {"source-network", *EXTRACTORS}

    def test_survives_its_own_yaml(self, name: str, tmp_path: Path) -> None:
        recipe = load_recipe(name)
        path = tmp_path / "recipe.yaml"
        path.write_text(recipe.to_yaml(), encoding="utf-8")
        assert load_recipe(path) == recipe


def test_the_paper_s_settings() -> None:
    recipe = load_recipe(NAME)
    assert [row.label for row in recipe.rows[:2]] == ["ann-vote", "lstm"]
    assert recipe.source.window_s == (2.0, 5.0)
    assert recipe.source.input_size == 224
    assert recipe.face.rate == 30
    assert recipe.segment_frames == 300
    assert recipe.seeds == 5


def test_settings_change_the_recipe() -> None:
    recipe = load_recipe(NAME, ["source.width=0.25", "seeds=2", "source.options.task=five"])
    assert recipe.source.width == 0.25
    assert recipe.seeds == 2
    assert recipe.source.options == {"task": "five"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("sorce.width=1", "Did you mean source?"),
        ("source.widht=1", "Did you mean width?"),
        ("seeds=0", "recipe setting seeds is 0: it should be greater than or equal to 1"),
        ("seeds", "not KEY=VALUE"),
        ("seeds.more=1", "seeds has no parts"),
        ("rows=[", "is not a value"),
        ("protocol=leave-one-out", "protocol is 'leave-one-out': it should be 'predefined'"),
        ("features.rate=3", "setting features.rate is 3: it should be a valid dictionary$"),
        ("source.window_s=[3]", "setting source.window_s.1 is missing"),
        ("source.window_s=[5,2]", "it goes from an earlier second of a clip to a later one"),
        ("source.window_s=[-1,2]", "it goes from an earlier second"),
        ("title=3", "setting title is 3: it should be a valid string"),
        ("rows=[]", "a recipe needs rows"),
        ("target.options.root=x", "root is not an option"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")) as caught:
        load_recipe(NAME, [setting])
    assert "\n" not in str(caught.value)


def test_settings_of_another_kind_are_checked_against_its_own_names() -> None:
    recipe = load_recipe("forgotten-action-units", ["emotion.width=0.5", "concepts.layer=relu4_3"])
    assert (recipe.emotion.width, recipe.concepts.layer) == (0.5, "relu4_3")
    with pytest.raises(UsageError, match=r"no setting 'source'"):
        load_recipe("forgotten-action-units", ["source.width=0.5"])


def test_a_preset_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"look\.preset"):
        load_recipe("forgotten-action-units", ["look.preset=epsilon-plus"])


def test_a_kind_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text("kind: dreams\nname: x\ntitle: x\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no kind of recipe 'dreams'.*clinical-vs-experimental"):
        load_recipe(path)


def test_a_mistyped_recipe_is_guessed() -> None:
    with pytest.raises(UsageError, match=f"Did you mean {NAME}"):
        load_recipe("faces-of-experimental-pian")


def test_files_are_kept_whole() -> None:
    """A run is read from other folders than it was made in."""
    recipe = load_recipe(
        "neonatal-transfer",
        ["source.checkpoint=~/net.safetensors", "features.vgg-face.settings.weights=vgg.mat",
         "features.cnn-f.settings.weights=random"],
    )  # fmt: skip
    assert recipe.source.checkpoint == Path.home() / "net.safetensors"
    assert recipe.features["vgg-face"].settings["weights"] == str(Path.cwd() / "vgg.mat")
    assert recipe.features["cnn-f"].settings["weights"] == "random"
    study = load_recipe("forgotten-action-units", ["emotion.start=net.pth"])
    assert study.emotion.start == Path.cwd() / "net.pth"


def test_a_tilde_before_nobodys_name_is_a_name_like_others() -> None:
    """As in a shell; whoever opens the file says that it is not there."""
    file = "~nobody-is-called-so/net.pth"
    recipe = load_recipe(
        "neonatal-transfer",
        [f"source.checkpoint={file}", f"features.vgg-face.settings.weights={file}"],
    )
    assert recipe.source.checkpoint == Path.cwd() / file
    assert recipe.features["vgg-face"].settings["weights"] == str(Path.cwd() / file)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sorce: {}", r"no recipe setting sorce\. Did you mean source\?"),
        ("source: {widht: 1}", r"no recipe setting source\.widht\. Did you mean width\?"),
        ("rows: [{clasifier: lstm}]", r"recipe setting rows\.0\.classifier is missing$"),
        ("rows: [{classifier: lstm, setings: {}}]", r"no recipe setting rows\.0\.setings$"),
        (
            "title: [" + "long, " * 99 + "]",
            r"title is \['long'.{1,80}: it should be a valid string$",
        ),
    ],
)
def test_a_typo_in_a_file_is_named_in_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"name: own\ntitle: Own\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n", "name: Schmerz für alle"])
def test_a_file_that_is_no_recipe(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"bad\.yaml") as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value)


def test_a_recipe_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such recipe file"):
        load_recipe(tmp_path / "none.yaml")


def test_two_rows_of_one_name_are_refused() -> None:
    rows = (Row(classifier="lstm"), Row(classifier="lstm", settings={"seed": 1}))
    with pytest.raises(ValueError, match="lstm"):
        Recipe(name="x", title="x", rows=rows)


def test_how_a_training_is_shared_is_a_setting_of_every_network() -> None:
    shared = {"devices": 2, "num_nodes": 3, "strategy": "ddp"}
    for name, role in ((NAME, "source"), ("forgotten-action-units", "pain")):
        recipe = load_recipe(name, [f"{role}.{key}={value}" for key, value in shared.items()])
        settings = getattr(recipe, role)
        assert settings.sharing() == shared
        assert not shared.keys() & settings.fitting().keys()
        with pytest.raises(UsageError, match=rf"{role}.*: 3 nodes need a cluster"):
            run(recipe, {}, "nowhere")
