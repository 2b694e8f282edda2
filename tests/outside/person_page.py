"""The person's page in Chromium, with the sample story: axe finds nothing serious on any page.

python -m tests.outside.person_page [--axe AXE.MIN.JS] [FOLDER]   # writes the pictures of the documentation to FOLDER
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page
from tests.benchmarks.served import served
from tests.conftest import StoppedClock
from tests.person_page.browser import link_to
from tests.person_page.chromium import CHROMIUM, DESK, PHONE, chromium, opened, signed_in_at
from tests.web.service import Service, service

from beliefgraph.model.command import Correct
from beliefgraph.model.event import Event
from beliefgraph.model.permission import Policy
from beliefgraph.store.graph import connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate
from beliefgraph.story.story import load_story
from beliefgraph.web.logs import configure

WHO = "person-maya"
BELIEF = "person-maya's page of a belief"

PATHS = ("", "/received", "/events", "/plans", "/permissions", "/readers", "/data", "/erase", BELIEF)

PICTURES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "person-beliefs": ("", DESK),
    "person-permissions": ("/permissions", DESK),
    "person-why-phone": (BELIEF, PHONE),
}

POLICY = Policy.model_validate(
    {
        "default": "ask_first",
        "jurisdiction": "EU",
        "controller": "Example Ltd",
        "purposes": [
            {
                "key": "advice",
                "legal_basis": "consent",
                "dpv": "ServicePersonalisation",
                "description": "To advise you on what fits you",
            },
            {"key": "support", "legal_basis": "contract", "dpv": "ServiceProvision", "description": "To answer you"},
            {
                "key": "audit",
                "legal_basis": "legal_obligation",
                "dpv": "LegalCompliance",
                "description": "To be audited",
            },
        ],
        "categories": [
            {"key": "health", "domains": ["state"], "special": True, "description": "How you are at the moment"},
            {"key": "talks", "events": ["call.*"], "description": "What was said in calls"},
        ],
        "recipients": [{"key": "partners", "actors": ["partner"], "description": "Partners of Example Ltd"}],
    }
)


async def story_told(running: Service) -> None:
    """Play the sample story, with a policy in force, and let some look."""
    application = await running.client()
    caller = await running.services.callers.authenticate(application.secret)
    story = load_story()
    for catalog in story.catalogs:
        await running.services.book.publish(caller, catalog)
    for step in story.play():
        if isinstance(step, Event):
            await running.services.intake.observe(caller, [step])
        elif step.command is not None:
            commands = running.services.commands
            if isinstance(step.command, Correct):
                own = await running.client(person=step.command.twin)
                await commands.correct(await running.services.callers.authenticate(own.secret), step.command)
            else:
                await commands.identify(caller, step.command)
    await running.services.forecast_keeper.make(caller)
    reader = await running.client("read", purposes=("advice", "support"))
    await reader.post({"query": f'{{ goals(twin: "{WHO}") {{ nodes {{ title }} }} }}'}, purpose="advice")
    await running.services.policies.publish(caller, POLICY)
    own = await running.client(person=WHO)
    await own.data(f'mutation {{ permit(input: {{twin: "{WHO}", purpose: "advice", allowed: true}}) {{ rev }} }}')
    for purpose in ("advice", "support"):
        await reader.post({"query": f'{{ beliefs(twin: "{WHO}") {{ nodes {{ statement }} }} }}'}, purpose=purpose)


async def see(page: Page, running: Service, path: str) -> None:
    """Open a page of the person's page; for a belief, the first that several things speak about."""
    await page.goto(f"{running.url}/me{'' if path == BELIEF else path}")
    if path == BELIEF:
        await page.locator("main h3 a").nth(1).click()
        await page.get_by_role("heading", name="Why", exact=True).wait_for()


async def serious(page: Page, axe: str) -> list[str]:
    """What axe finds on a page that is serious or worse."""
    await page.evaluate(axe)
    found: list[dict[str, Any]] = (await page.evaluate("axe.run()"))["violations"]
    return [
        f"{each['impact']}: {each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


async def checked(browser: Browser, running: Service, axe: str) -> list[str]:
    """What axe finds on any page: on a desk and on a phone, in light and dark."""
    found = []
    for options in (DESK, {**PHONE, "color_scheme": "dark"}):
        async with opened(browser, **options) as (page, complaints):
            link = running.url + await link_to(running, WHO)
            await page.goto(link)
            found += await serious(page, axe)
            await signed_in_at(page, link)
            for path in PATHS:
                await see(page, running, path)
                found += [f"{path}: {each}" for each in await serious(page, axe)]
            found += complaints
    return found


async def photographed(browser: Browser, running: Service, folder: Path) -> None:
    """Write the pictures of the documentation."""
    for name, (path, options) in PICTURES.items():
        async with opened(browser, **options) as (page, _):
            await signed_in_at(page, running.url + await link_to(running, WHO))
            await see(page, running, path)
            await page.screenshot(path=folder / f"{name}.png")


async def main(axe: str, folder: Path | None) -> int:
    """Look at every page; the number of things that are wrong."""
    if CHROMIUM is None:
        print("skipped: there is no chromium here (apt-get install chromium)")
        return 0
    configure("error")
    found: list[str] = []
    with served() as (endpoint, _, _), tempfile.TemporaryDirectory() as keys:
        async with (
            connected(endpoint.uri, endpoint.user, endpoint.password) as graph,
            service(graph, Keyring(Path(keys)), StoppedClock(), f"page-{time.time_ns()}") as running,
            chromium() as browser,
        ):
            await migrate(graph, StoppedClock())
            await story_told(running)
            if axe:
                found = await checked(browser, running, axe)
            if folder is not None:
                await photographed(browser, running, folder)
    for each in found:
        print(each)
    print(f"{len(PATHS) + 1} pages, {len(found)} serious findings" if axe else "no axe-core: only pictures")
    return len(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--axe", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    given = parser.parse_args()
    axe = given.axe.read_text(encoding="utf-8") if given.axe else ""
    sys.exit(bool(asyncio.run(main(axe, given.folder))))
