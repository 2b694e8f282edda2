"""The person's page in a real browser: with scripts, by keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from tests.person_page.browser import link_to
from tests.person_page.chromium import CHROMIUM, DESK, PHONE, chromium, opened, signed_in_at
from tests.web.service import Service

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium")

PAGES = ("", "/received", "/events", "/plans", "/permissions", "/readers", "/data", "/erase")


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with chromium() as found:
        yield found


async def test_switches_and_corrections_take_effect_in_place_and_nothing_is_refused(
    lena: Service, browser: Browser
) -> None:
    async with opened(browser, **DESK) as (page, complaints):
        await signed_in_at(page, lena.url + await link_to(lena, "lena"))
        await page.get_by_role("link", name="Permissions").click()
        switch = page.get_by_role("switch", name="Everything that is in no category below").first
        await expect(switch).to_have_attribute("aria-checked", "false")
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", "true")
        await expect(page.get_by_role("status")).to_have_text("Saved. It applies from now on.")
        assert page.url.endswith("/me/permissions")  # the content was replaced, the page was not left

        await page.get_by_role("link", name="Beliefs").click()
        await page.get_by_role("link", name="Has a budget").click()
        await page.get_by_role("button", name="That is wrong").click()
        await expect(page.get_by_role("status")).to_contain_text("Your correction takes precedence")
        await expect(page.locator("main")).to_contain_text("Almost certainly not so")
        assert complaints == []  # scripts and styles are all allowed by the policy


async def test_everything_can_be_reached_and_pressed_by_keyboard(lena: Service, browser: Browser) -> None:
    async with opened(browser, **DESK) as (page, _):
        await signed_in_at(page, lena.url + await link_to(lena, "lena"))
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Has a budget")).to_be_focused()
        await page.goto(f"{lena.url}/me/permissions")
        switch = page.locator("#switch-1-1")
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await switch.evaluate("each => each === document.activeElement"):
                break
        await page.keyboard.press("Space")
        await expect(switch).to_have_attribute("aria-checked", "true")
        await expect(switch).to_be_focused()  # still, though the content was replaced


async def test_on_a_phone_nothing_is_wider_than_the_screen(lena: Service, browser: Browser) -> None:
    async with opened(browser, **PHONE) as (page, _):
        await signed_in_at(page, lena.url + await link_to(lena, "lena"))
        for path in PAGES:
            await page.goto(f"{lena.url}/me{path}")
            wide = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide[0] <= wide[1], path


async def test_without_scripts_a_link_leads_in_from_another_site_and_forms_work(
    lena: Service, browser: Browser
) -> None:
    async with opened(browser, java_script_enabled=False, **DESK) as (page, _):
        await page.goto(f"data:text/html,<a href='{lena.url}{await link_to(lena, 'lena')}'>open</a>")
        await page.get_by_role("link", name="open").click()
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("heading", name="What is believed about you").wait_for()
        await page.get_by_role("link", name="Your data").click()
        await page.get_by_role("button", name="Pause").click()
        await expect(page.get_by_role("heading", name="All use is paused")).to_be_visible()
        await page.get_by_role("link", name="Erase…").click()
        await page.get_by_role("checkbox").check()
        await page.get_by_label("to confirm").fill("erase")
        await page.get_by_role("button", name="Erase everything").click()
        await expect(page.get_by_role("heading", name="Everything was erased")).to_be_visible()
