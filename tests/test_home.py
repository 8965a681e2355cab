"""Where painscope keeps what it downloads."""

from __future__ import annotations

from pathlib import Path

from painscope.home import home, model_folders


def test_the_environment_names_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("PAINSCOPE_HOME", str(tmp_path / "here"))
    assert home() == tmp_path / "here"
    assert not home().exists()


def test_the_default_lies_below_the_users_own_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("PAINSCOPE_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home().name == "painscope"
    assert tmp_path in home().parents


def test_models_are_looked_for_at_home_first_then_in_the_assets(monkeypatch, tmp_path):
    monkeypatch.setenv("PAINSCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PAINSCOPE_ASSETS", raising=False)
    assert model_folders() == (tmp_path / "home" / "models",)
    monkeypatch.setenv("PAINSCOPE_ASSETS", "~/assets")
    assert model_folders()[1] == Path.home() / "assets" / "models"
