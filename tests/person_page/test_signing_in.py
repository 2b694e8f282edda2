"""Who gets in: links once and for a while, sessions as they were sealed, and nobody else's page or form."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from structlog.testing import capture_logs
from tests.conftest import StoppedClock
from tests.person_page.browser import INVITE, WORDS, Person, browser, enter, forms, link_to, signed_in, text
from tests.web.service import Service, service
from tests.world import event

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

INSIDE = ("", "/received", "/events", "/plans", "/permissions", "/readers", "/data", "/erase", "/beliefs/x")
FORMS = ("/beliefs/x", "/withdraw", "/contest", "/permissions", "/restriction", "/export", "/erase", "/sign-out")


def code(answer: httpx2.Response) -> str:
    """The code that a page of a refusal shows."""
    return text(answer.text).partition("Code: ")[2].split(" ")[0]


async def test_without_a_session_there_is_nothing_but_signing_in(lena: Service) -> None:
    async with browser(lena) as nobody:
        for path in INSIDE:
            assert "Please sign in" in text(await nobody.see("/me" + path, 401))
        for path in FORMS:
            assert (await nobody.post("/me" + path, {"token": "x"})).status_code == 401


async def test_a_link_works_once_for_as_long_as_it_says_and_unaltered(lena: Service, stopped: StoppedClock) -> None:
    async with browser(lena) as person:
        link = await link_to(lena, "lena")
        assert "lena" not in link
        assert "Continue" in await person.see(link)  # to open it is not to use it: mail programs do
        assert (await enter(person, link)).status_code == 200
        await person.see("/me")
        again = await enter(person, link)
        assert (again.status_code, code(again)) == (403, "invalid-link")
        late = await link_to(lena, "lena")
        altered = await enter(person, late[:-3] + ("AAA" if late[-3:] != "AAA" else "BBB"))
        assert (altered.status_code, code(altered)) == (403, "invalid-link")
        stopped.advance(timedelta(seconds=901))
        expired = await enter(person, late)
        assert (expired.status_code, code(expired)) == (403, "invalid-link")
        none = await person.post("/me/sign-in", {})
        assert (none.status_code, code(none)) == (403, "invalid-link")


async def test_only_a_service_with_the_scope_invites_and_it_is_noted(lena: Service) -> None:
    everything, own = await lena.client(), await lena.client("invite", person="lena")
    assert (await everything.refused(INVITE, t="lena"))["code"] == "missing-scope"
    assert (await own.refused(INVITE, t="lena"))["code"] == "missing-scope"
    person = await lena.client("read", person="lena")
    found = (await person.data('{ accesses(twin: "lena") { asked refused } }'))["accesses"]
    assert {"asked": "invite", "refused": "missing-scope"} in found


async def test_a_session_ends_when_its_time_is_over(person: Person, stopped: StoppedClock) -> None:
    await person.see("/me")
    stopped.advance(timedelta(seconds=3_601))
    await person.see("/me", 401)


async def test_signing_out_ends_the_session_in_this_browser(person: Person) -> None:
    await person.send(await person.see("/me"), "/me/sign-out")
    await person.see("/me", 401)


async def test_a_cookie_that_was_altered_or_is_a_link_is_no_session(lena: Service, person: Person) -> None:
    (cookie,) = [each for each in person.http.cookies.jar if each.name == "beliefgraph-session"]
    assert cookie.value is not None
    link = (await link_to(lena, "lena")).partition("link=")[2]
    for forged in (cookie.value[:-2] + "AA", cookie.value[::-1], link, "", "a" * 10_000):
        async with browser(lena) as other:
            other.http.cookies.set("beliefgraph-session", forged)
            await other.see("/me", 401)


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(lena: Service) -> None:
    async with browser(lena) as person:
        answer = await enter(person, await link_to(lena, "lena"))
        (cookie,) = answer.headers.get_list("set-cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie  # plain HTTP to the browser's own machine
        assert "lena" not in cookie
        outside = await person.http.post(
            lena.url + "/me/sign-in",
            data={"link": (await link_to(lena, "lena")).partition("link=")[2]},
            headers={"host": "beliefs.example"},
        )
        (cookie,) = outside.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-beliefgraph-session=")
        assert "Secure" in cookie


@pytest.mark.parametrize("token", [None, "", "somebody else's"])
async def test_a_form_without_the_sessions_own_token_does_nothing(lena: Service, person: Person, token: str) -> None:
    async with signed_in(lena, "lena") as other:
        theirs = forms(await other.see("/me/data"))[0].fields["token"]
    sent = {} if token is None else {"token": theirs if token else ""}
    for path in FORMS:
        refused = await person.post("/me" + path, {**sent, "word": "erase", "sure": "yes", "restricted": "yes"})
        assert (refused.status_code, code(refused)) == (403, "invalid-form"), path
    assert "Pause all use" in text(await person.see("/me/data"))


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}])
async def test_a_form_that_another_site_sends_does_nothing(
    lena: Service, person: Person, headers: dict[str, str]
) -> None:
    form = next(each for each in forms(await person.see("/me/data")) if each.action.endswith("restriction"))
    refused = await person.post(form.action, form.fields, **headers)
    assert (refused.status_code, code(refused)) == (403, "invalid-form")
    link = (await link_to(lena, "lena")).partition("link=")[2]
    assert code(await person.post("/me/sign-in", {"link": link}, **headers)) == "invalid-form"
    assert (await person.post("/me/sign-in", {"link": link})).status_code == 200


async def test_nobody_reaches_another_persons_twin(lena: Service, person: Person) -> None:
    await (await lena.client()).observe(event("o", twin="omar"))
    async with signed_in(lena, "omar") as omar:
        page = await omar.see("/me")
        path = page.partition('href="/me/beliefs/')[2].partition('"')[0]
        refused = await person.http.get(f"{lena.url}/me/beliefs/{path}")
        assert (refused.status_code, code(refused)) == (404, "not-found")
        token = forms(await person.see("/me/data"))[0].fields["token"]
        assert code(await person.post(f"/me/beliefs/{path}", {"token": token, "holds": "no"})) == "not-found"
        (theirs,) = [each for each in forms(await omar.see("/me/received")) if each.action.endswith("withdraw")]
        await person.post("/me/withdraw", {"token": token, "evidence": theirs.fields["evidence"]})
        assert "Taken back" not in text(await omar.see("/me/received"))


async def test_every_answer_allows_no_script_and_no_style_but_its_own(person: Person) -> None:
    for path in ("/me", "/me/sign-in", "/me/nothing-here", "/me/data"):
        answer = await person.http.get(person.url + path)
        if answer.status_code == 404:
            continue
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_bad_input_is_told_and_nothing_is_written(person: Person) -> None:
    token = forms(await person.see("/me/data"))[0].fields["token"]
    for path, fields, expected in (
        ("/me/permissions", {"purpose": "spying", "allowed": "yes"}, "invalid-permission"),
        ("/me/permissions", {"purpose": "advice", "allowed": "perhaps"}, "invalid-input"),
        ("/me/permissions", {}, "invalid-input"),
        ("/me/withdraw", {"evidence": "none"}, "not-found"),
        ("/me/restriction", {"restricted": "x" * 20_000}, "too-large"),
    ):
        refused = await person.post(path, {"token": token, **fields})
        assert code(refused) == expected, (path, fields, text(refused.text))
    refused = await person.http.get(person.url + "/me/received?after=nonsense")
    assert code(refused) == "invalid-cursor"
    assert 'aria-checked="true"' in await person.see("/me/permissions")


async def test_a_form_that_comes_slowly_takes_no_place_of_others(lena: Service) -> None:
    host, port = lena.url.removeprefix("http://").split(":")
    head = f"POST /me/sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\nlink="
    slow = [await asyncio.open_connection(host, int(port)) for _ in range(40)]  # more than there are places
    for _, writer in slow:
        writer.write(head.encode())
    async with browser(lena) as person:
        await asyncio.wait_for(person.see("/me/sign-in"), 5)
    for _, writer in slow:
        writer.close()
    too_long = await lena.http.post(lena.url + "/me/sign-in", content=b"link=" + b"x" * 70_000)
    assert too_long.status_code == 413


async def test_neither_names_nor_words_nor_links_are_logged(lena: Service) -> None:
    with capture_logs() as logs:
        link = await link_to(lena, "lena")
        async with browser(lena) as person:
            await enter(person, link)
            await person.see("/me/received")
            await person.send(await person.see("/me/data"), "/me/restriction")
            await person.see("/me/received?after=zilpzalp", 400)
    told = str(logs)
    assert "'path': '/me'" in told
    for secret in ("lena", WORDS, "zilpzalp", link.partition("link=")[2]):
        assert secret not in told


async def test_a_secret_that_is_set_seals_sessions_and_earlier_ones_open_them_still(
    graph: Graph, lena: Service, stopped: StoppedClock, keyring: Keyring
) -> None:
    from beliefgraph.services.access.sessions import Sessions
    from beliefgraph.store.tickets import Tickets

    def sessions(*secrets: str) -> Sessions:
        return Sessions(Tickets(keyring.sessions, secrets), stopped, link_lifetime=900, session_lifetime=3_600)

    before, after, other = sessions("a" * 32), sessions("b" * 32, "a" * 32), sessions("c" * 32)
    session = before.begin("acme", "lena")
    ticket = await before.ticket(session)
    assert await after.resume(ticket) == session
    assert await other.resume(ticket) is None
    assert await before.resume(await after.ticket(session)) is None
    unset = sessions()
    assert await sessions().resume(await unset.ticket(session)) == session


async def test_the_page_can_be_switched_off(graph: Graph, keyring: Keyring, stopped: StoppedClock, tenant: str) -> None:
    async with service(graph, keyring, stopped, tenant, person_page=False) as running:
        assert (await running.http.get(running.url + "/me")).status_code == 404
