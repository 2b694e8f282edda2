"""Chromium, driven by Playwright: what a person with scripts, a keyboard or a phone meets."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""The browser of this machine, Debian's; None where there is none."""

PATIENCE_MS = 15_000
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 740}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1_080, "height": 780}}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield found
        finally:
            await found.close()


@asynccontextmanager
async def opened(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page in a browser of its own, and what its console complains of."""
    context: BrowserContext = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        await context.close()


async def signed_in_at(page: Page, link: str) -> None:
    """Open a sign-in link and continue, until the person's page is there."""
    await page.goto(link)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("heading", name="What is believed about you").wait_for()
