"""Settings: who wins, what is refused, and that they are read once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.settings import Settings
from index.errors import BadRequest


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine the tests run on."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ASSISTANT_{name.upper()}", raising=False)
    monkeypatch.delenv("ASSISTANT_CONFIG", raising=False)
    monkeypatch.setattr("assistant.settings.default_config_file", lambda: tmp_path / "none.toml")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text('port = 1111\nhost = "from-file"\nk = 4\n', "utf-8")
    return file


def test_defaults_serve_this_machine_only() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.k) == ("127.0.0.1", 7860, 8)
    assert settings.model is None


def test_flags_win_over_environment_over_file_over_defaults(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "2222")
    monkeypatch.setenv("ASSISTANT_HOST", "from-environment")
    settings = Settings.load(config, port=3333)
    assert settings.port == 3333
    assert settings.host == "from-environment"
    assert settings.k == 4
    assert settings.max_words == Settings().max_words


def test_a_flag_that_was_not_given_does_not_count(config: Path) -> None:
    assert Settings.load(config, port=None).port == 1111


def test_the_file_may_be_named_in_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_CONFIG", str(config))
    assert Settings.load().port == 1111


def test_the_usual_file_is_read_where_it_exists(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.settings.default_config_file", lambda: config)
    assert Settings.load().port == 1111


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"no settings file at .*missing\.toml"):
        Settings.load(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 3", "no setting called 'colour'"),
        ('port = "high"', "setting 'port' cannot be 'high'"),
        ("port = 70000", "setting 'port' cannot be 70000"),
        ("port = ", r"settings\.toml cannot be read"),
    ],
)
def test_a_bad_file_is_one_sentence(config: Path, text: str, message: str) -> None:
    config.write_text(text, "utf-8")
    with pytest.raises(BadRequest, match=message) as caught:
        Settings.load(config)
    assert "\n" not in str(caught.value)


def test_a_list_in_the_environment_that_is_none_is_said_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_CURATORS", "ada, ben")
    with pytest.raises(BadRequest) as told:
        Settings.load()
    assert str(told.value).startswith("The environment variable ASSISTANT_CURATORS is no list.")
    monkeypatch.setenv("ASSISTANT_CURATORS", '["ada", "ben"]')
    assert Settings.load().curators == ("ada", "ben")


def test_a_bad_environment_variable_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_K", "many")
    with pytest.raises(BadRequest, match="setting 'k' cannot be 'many'"):
        Settings.load()


def test_a_mistyped_environment_variable_is_said_and_others_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ASSISTANT_DATADIR", "/srv/answers")
    monkeypatch.setenv("ASSISTANT_OF_ANOTHER_PROGRAM", "1")
    monkeypatch.setenv("assistant_port", "1234")
    assert Settings.load().port == 1234
    assert caplog.messages == ["ASSISTANT_DATADIR is no setting; ASSISTANT_DATA_DIR is one."]


def test_settings_cannot_be_changed() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError):
        settings.port = 1


def test_the_data_folder_may_start_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert Settings.load(data_dir=Path("~/answers")).data_dir == Path("/home/somebody/answers")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", "/srv/answers")
    assert Settings.load().data_dir == Path("/srv/answers")
