# %% [markdown]
# # Pain features for scikit-learn
#
# From videos to a tidy table, from the table to cross-validated scores, with nobody on both
# sides of a split. Run it as a script, or cell by cell in an editor that knows `# %%`.
#
# The people here are virtual: they show how it is done, never that it works on patients.

# %%
from pathlib import Path
from tempfile import mkdtemp

from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, cross_val_score

import painscope as ps
from painscope.features import open_store
from painscope.virtual import generate

PEOPLE, CLIP_S, SIZE, RATE = 8, 3.0, (192, 192), 10.0
HOME = Path(mkdtemp(prefix="painscope-"))

# %% [markdown]
# ## 1. Recordings
#
# Any dataset that `painscope datasets list` knows, or your own as a table of videos (`manifest`).

# %%
layout = {"people": PEOPLE, "clip_s": CLIP_S, "size": SIZE, "seed": 1}
generate("icope-video", HOME / "videos", workers=1, **layout)
dataset = ps.load_dataset("icope-video", HOME / "videos")
recordings = dataset.recordings
print(f"{len(recordings)} clips of {len(dataset.subjects)} people, {dataset.scheme.classes}")

# %% [markdown]
# ## 2. Features as a tidy table
#
# A row per frame, a column per feature, all columns named. Frames without a face are NaN. What
# is extracted stays in the store.

# %%
extractor = ps.make_extractor("handcrafted", families="lbp,facial-strain")
locator = ps.make_locator("lbp-cascade")  # needs no model file
table = ps.extract(recordings, extractor, locator=locator, rate=RATE, store=HOME / "store")
print(table.iloc[:3, :6])

# %% [markdown]
# ## 3. scikit-learn's own models
#
# One row per clip: mean, spread and peak of each column. `groups` are the people, so that
# nobody is trained on and tested.

# %%
clips = table.drop(columns=["time_s", "found"]).groupby("recording").agg(["mean", "std", "max"])
by_name = {recording.id: recording for recording in recordings}
labels = [by_name[name].label for name in clips.index]
people = [by_name[name].subject for name in clips.index]

forest = RandomForestClassifier(50, class_weight="balanced", random_state=0)
folds = GroupKFold(3)
scores = cross_val_score(
    forest, clips.to_numpy(), labels, groups=people, cv=folds, scoring="roc_auc"
)
print(f"random forest, AUC per fold: {scores.round(2)}")

# %% [markdown]
# ## 4. painscope's classifiers
#
# They read the sequences themselves: scaling, selection of columns, search and calibration
# happen within the training people of each fold. `params=` passes the people on to the inner
# folds.

# %%
store = open_store(HOME / "store", extractor, locator=locator, rate=RATE)
sequences = [store.read(name) for name in clips.index]
svm = ps.make_classifier("linear-svm", classes=dataset.scheme.classes, folds=3)
scores = cross_val_score(
    svm,
    sequences,
    labels,
    groups=people,
    cv=folds,
    scoring="roc_auc",
    params={"groups": people},
)
print(f"linear SVM, AUC per fold: {scores.round(2)}")
