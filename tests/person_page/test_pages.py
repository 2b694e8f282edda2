"""What a person sees and does on their page, without scripts; each does what the API would with their own key."""

from __future__ import annotations

import re

from tests.forecasts.graded import GRADED
from tests.metrics import METRICS
from tests.person_page.browser import WORDS, Person, forms, signed_in, text
from tests.web.service import Service
from tests.world import event

PAGES = ("", "/received", "/events", "/plans", "/permissions", "/readers", "/data", "/erase")
BELIEF = re.compile(r'href="(/me/beliefs/[^"]+)">([^<]+)<')


async def belief(person: Person, statement: str) -> str:
    """The path of the page of a belief."""
    found: dict[str, str] = {said: path for path, said in BELIEF.findall(await person.see("/me"))}
    return found[statement]


async def test_a_person_sees_what_is_believed_why_and_what_was_said(person: Person) -> None:
    beliefs = text(await person.see("/me"))
    assert "World Stands alone Likely 73 % Little is known yet." in beliefs  # 1 / (1 + e^-1)
    why = text(await person.see(await belief(person, "Stands alone")))
    assert "“stands alone” stands at 73 %, up from a prior of 50 %, mostly because of “rated” from bo." in why
    assert "without it, it would be 50 %" in why
    assert WORDS in text(await person.see("/me/received"))
    arrived = text(await person.see("/me/events"))
    assert WORDS in arrived
    assert "beliefgraph.SetGoal" in arrived
    plans = text(await person.see("/me/plans"))
    assert "Ship it" in plans
    assert "Which supplier" in plans


async def test_a_person_sees_which_grades_are_expected_of_them_and_which_came(lena: Service, person: Person) -> None:
    everything = await lena.client()
    publish = "mutation Publish($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
    for catalog in (METRICS, GRADED):
        await everything.data(publish, catalog=catalog.model_dump(mode="json", exclude_defaults=True))
    await everything.observe(event("later", day=3))
    await everything.data('mutation { makeForecasts(outcome: "satisfaction", at: "2026-01-16T00:00:00Z") { stored } }')
    assert "content: " in text(await person.see("/me/plans"))
    await everything.observe(event("answer", "answered", day=12, score=9))
    await everything.data("mutation { resolveForecasts { resolved } }")
    assert "It was: delighted." in text(await person.see("/me/plans"))


async def test_what_a_person_says_is_wrong_stands_corrected(lena: Service, person: Person) -> None:
    path = await belief(person, "Has a budget")
    done = await person.send(await person.see(path), path, "That is wrong")
    assert "Corrected. Your correction takes precedence over everything else." in text(done.text)
    assert "Almost certainly not so" in text(done.text)
    everything = await lena.client()
    await everything.observe(*(event(f"again {n}") for n in range(9)))
    assert "Almost certainly not so" in text(await person.see(path))


async def test_what_a_person_takes_back_counts_no_more_and_does_not_come_again(lena: Service, person: Person) -> None:
    path = await belief(person, "Stands alone")
    done = await person.send(await person.see(path), "/me/withdraw")
    assert "Taken back: it no longer counts." in text(done.text)
    assert "Stands alone" not in text(await person.see("/me"))
    await (await lena.client()).observe(event("3", "rated", day=2, llr=1, by="bo"))
    assert "its prior: no evidence bears on it" in text(await person.see(path))


async def test_what_a_person_contests_counts_and_is_marked(lena: Service, person: Person) -> None:
    path = await belief(person, "Stands alone")
    done = await person.send(await person.see(path), "/me/contest")
    assert "Contested. It still counts, and is marked as contested." in text(done.text)
    assert "You contest this." in text(await person.see(path))
    assert "Stands alone Likely 73 %" in text(await person.see("/me"))
    asked = "{ me { evidence { nodes { contested evidence { summary } } } } }"
    found = (await (await lena.client(person="lena")).data(asked))["me"]["evidence"]["nodes"]
    assert {each["evidence"]["summary"] for each in found if each["contested"]} == {"rated"}
    done = await person.send(await person.see("/me/received"), "/me/contest", "Stop contesting it")
    assert "You contest this." not in text(done.text)


async def test_switches_permit_and_refuse_with_the_next_read(lena: Service, person: Person) -> None:
    adviser = await lena.client("read", purposes=("advice",))
    asked = '{ beliefs(twin: "lena") { nodes { statement } } }'
    assert (await adviser.refused(asked))["code"] == "not-found"
    page = await person.see("/me/permissions")
    assert page.count('aria-checked="true"') == 5  # what a law demands: all of it
    switched = await person.send(page, "/me/permissions", purpose="advice", category="", recipient="", allowed="yes")
    assert "Saved. It applies from now on." in text(switched.text)
    assert switched.text.count('aria-checked="true"') == 9  # but for the special category
    seen = {each["statement"] for each in (await adviser.data(asked))["beliefs"]["nodes"]}
    assert "has a budget" in seen
    await person.send(switched.text, "/me/permissions", purpose="advice", category="money", recipient="", allowed="no")
    assert "has a budget" not in {each["statement"] for each in (await adviser.data(asked))["beliefs"]["nodes"]}


async def test_pausing_stops_all_use_until_it_is_resumed(lena: Service, person: Person) -> None:
    biller = await lena.client("read", purposes=("billing",))
    await person.send(
        await person.see("/me/permissions"),
        "/me/permissions",
        purpose="billing",
        category="",
        recipient="",
        allowed="yes",
    )
    asked = '{ twin(name: "lena") { rev } }'
    await biller.data(asked)
    paused = await person.send(await person.see("/me/data"), "/me/restriction")
    assert "All use is paused" in text(paused.text)
    assert (await biller.refused(asked))["code"] == "not-found"
    await (await lena.client("write", purposes=("billing",))).observe(event("later", "audited", day=3))
    assert "audited" in text(await person.see("/me/events"))
    resumed = await person.send(paused.text, "/me/restriction")
    assert "Resumed." in text(resumed.text)
    await biller.data(asked)
    assert "Raised a security question" in text(await person.see("/me/received"))


async def test_a_person_sees_who_read_and_who_invited_them(lena: Service, person: Person) -> None:
    await (await lena.client("read")).ask('{ beliefs(twin: "lena") { nodes { statement } } }')
    seen = text(await person.see("/me/readers"))
    assert "tester invite testing answered" in seen
    assert "tester beliefs testing refused" in seen
    assert "You accesses own-page answered" in seen


async def test_a_person_takes_everything_along_from_an_address_where_a_download_goes_on(
    lena: Service, person: Person
) -> None:
    taken = await person.send(await person.see("/me/data"), "/me/export")
    assert taken.headers["content-disposition"] == 'attachment; filename="export.tar.gz"'
    assert (taken.headers["accept-ranges"], taken.headers["cache-control"]) == ("bytes", "no-store")
    own = await lena.client(person="lena")
    same = await own.post({"twin": "lena"}, "/export")
    assert taken.content == same.content


async def test_erasing_takes_a_second_thought_and_leaves_a_receipt_and_no_session(
    lena: Service, person: Person
) -> None:
    page = await person.see("/me/erase")
    for wrong in ({"word": "erase", "sure": ""}, {"word": "delete", "sure": "yes"}):
        refused = await person.send(page, "/me/erase", **wrong)
        assert refused.status_code == 400
        assert "Nothing was erased" in text(refused.text)
    await person.see("/me")
    done = await person.send(page, "/me/erase", word=" Erase ", sure="yes")
    assert "Everything was erased" in text(done.text)
    assert '"actor":"the person"' in text(done.text)
    await person.see("/me", 401)
    assert (await (await lena.client()).refused('{ twin(name: "lena") { rev } }'))["code"] == "not-found"


async def test_a_tenant_without_a_policy_has_a_page_too(running: Service, tenant: str) -> None:
    here = Service(running.services, running.url, running.http, tenant)
    await here.define()
    await (await here.client()).observe(event("1"))
    async with signed_in(here, "lena") as person:
        assert "has not published a policy" in text(await person.see("/me/permissions"))
        assert not [each for each in forms(await person.see("/me/data")) if each.action.endswith("restriction")]


async def test_what_was_heard_is_shown_as_text_and_never_as_part_of_the_page(lena: Service, person: Person) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    await (await lena.client()).observe(event("x", "said", day=3, llr=1.0, by=nasty, text=nasty))
    for path in PAGES:
        page = await person.see("/me" + path)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "style=" not in page
    assert "&lt;script&gt;alert(1)" in await person.see("/me/received")


async def test_long_lists_go_on_with_show_more(lena: Service, person: Person) -> None:
    everything = await lena.client()
    await everything.observe(*(event(f"many {n}", "audited", day=4 + n) for n in range(60)))
    page = await person.see("/me/received")
    first = page.count("Raised a security question")
    assert 0 < first <= 50
    (following,) = re.findall(r'href="([^"]+)">Show more', page)
    assert (await person.see(following)).count("Raised a security question") == 60 - first
