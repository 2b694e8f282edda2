"""A browser without scripts: it keeps cookies, reads pages and sends their forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx2
from tests.ownership.policies import POLICY
from tests.web.service import Service
from tests.world import START, event

INVITE = "mutation($t: String!) { invite(twin: $t) { url expiresAt } }"
WORDS = "we have fifty thousand for it"


@dataclass
class Form:
    """A form of a page: where it goes, its fields, and the words on its button."""

    action: str
    fields: dict[str, str]
    button: str


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["method"] == "post"
            self.found.append(Form(given["action"], {}, ""))
            self._inside = True
        elif tag == "input" and self._inside:
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self._button = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "button":
            self._button = False

    def handle_data(self, data: str) -> None:
        if self._button and self._inside:
            self.found[-1].button += data


def forms(page: str) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def text(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


@dataclass
class Person:
    """Somebody with a browser."""

    http: httpx2.AsyncClient
    url: str

    async def see(self, path: str, status: int = 200) -> str:
        """A page."""
        found = await self.http.get(self.url + path)
        assert found.status_code == status, (path, found.status_code, text(found.text))
        return str(found.text)

    async def send(self, page: str, action: str, button: str = "", **fields: str) -> httpx2.Response:
        """Send the first form of a page that goes there and whose button says so; follow to what comes of it."""
        form = next(each for each in forms(page) if each.action.endswith(action) and button in each.button)
        return await self.post(form.action, {**form.fields, **fields})

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
        """Send a form."""
        return await self.http.post(self.url + path, data=fields, headers=headers)


@asynccontextmanager
async def browser(service: Service) -> AsyncIterator[Person]:
    """Somebody with a browser who is not signed in."""
    async with httpx2.AsyncClient(timeout=30, follow_redirects=True) as http:
        yield Person(http, service.url)


async def link_to(service: Service, twin: str) -> str:
    """The path of a link for the person of a twin."""
    inviter = await service.client("invite")
    address = urlsplit((await inviter.data(INVITE, t=twin))["invite"]["url"])
    assert f"{address.scheme}://{address.netloc}" == service.url
    return f"{address.path}?{address.query}"


async def enter(person: Person, link: str) -> httpx2.Response:
    """Open a link and continue."""
    return await person.send(await person.see(link), "/me/sign-in")


@asynccontextmanager
async def signed_in(service: Service, twin: str) -> AsyncIterator[Person]:
    """Somebody who is signed in by a link."""
    async with browser(service) as person:
        assert (await enter(person, await link_to(service, twin))).status_code == 200
        yield person


async def lena_heard(service: Service) -> None:
    """Define the small world, publish a policy, and let Lena be heard of, with a goal and a decision."""
    await service.define()
    everything = await service.client()
    await everything.data("mutation($p: JSON!) { publishPolicy(policy: $p) { number } }", p=POLICY)
    await everything.observe(
        event("1"),
        event("2", "said", day=1, llr=1.0, by="ada", text=WORDS),
        event("3", "rated", day=2, llr=1, by="bo"),
    )
    own = await service.client(person="lena")
    at = f'twin: "lena", validFrom: "{(START + timedelta(days=2)).isoformat()}"'
    await own.data(f'mutation {{ setGoal(input: {{{at}, goal: "ship", title: "ship it"}}) {{ rev }} }}')
    await own.data(f'mutation {{ recordDecision(input: {{{at}, decision: "a", title: "which supplier"}}) {{ rev }} }}')
