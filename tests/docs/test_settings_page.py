"""`docs/settings.md` is what `config` says, and says what every setting means."""

from __future__ import annotations

from tests.house.source import ROOT

from beliefgraph.config import Settings, settings_page


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: python -m beliefgraph.config > docs/settings.md"


def test_every_setting_has_a_meaning() -> None:
    assert [name for name, info in Settings.model_fields.items() if not info.description] == []
