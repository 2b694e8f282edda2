"""The demo, as somebody runs it: in a process of its own, on a Neo4j of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.terminal import unnamed

SHOWN = 120
COMMAND = [sys.executable, "-m", "beliefgraph", "demo"]


def environ() -> dict[str, str]:
    """This machine without a Neo4j that somebody named, and with a wide terminal."""
    return {**unnamed(), "COLUMNS": str(SHOWN)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(home: Path) -> str:
    """What the first run prints."""
    done = subprocess.run(
        [*COMMAND, "--once", "--directory", str(home)], env=environ(), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_plays_the_story_scene_by_scene(first: str) -> None:
    assert "Three twins, twelve months: 330 events" in first
    assert "Maya is back from ten weeks at sea and corrects it." in first
    assert first.index("The directory now calls Omar a team lead.") < first.index("Lena signs.")


def test_the_demo_shows_where_every_twin_stands(first: str) -> None:
    for name in ("buyer-lena", "user-omar", "person-maya"):
        assert f"{name} at rev" in first
    assert "They lead a team." in first


def test_the_demo_shows_what_events_make_over_time(first: str) -> None:
    shown = first[first.index("What Maya's events make by themselves") :]
    (week,) = [line for line in shown.splitlines() if line.startswith("a week without a visit")]
    assert "yes, since 2026-03-30" in week  # the last visit before the silence was on 23 March
    (mails,) = [line for line in shown.splitlines() if line.startswith("mails of ours")]
    assert "2, since 2026-05-11" in mails  # the second was sent on 4 May
    (score,) = [line for line in shown.splitlines() if line.startswith("how they score us")]
    assert "of 10" in score


def test_the_demo_tells_how_far_lena_had_come_and_what_to_ask_next(first: str) -> None:
    then = first[first.index("How far buyer-lena had come by 2026-03-01") :]
    assert "Buying: business case since" in then
    assert "Buying: won since 2026-08" in then[then.index("How far buyer-lena had come by", 10) :]
    asked = then[then.index("What is known of buyer-lena, and what to ask next") :]
    assert "Which other products are you looking at?" in asked


def test_the_demo_tells_what_lena_pursues_and_what_unblocked_it(first: str) -> None:
    told = " ".join(first.split())
    assert "Choosing a tool now waits for the budget alone." in told
    assert "It no longer waits for “The budget is approved”." in told
    pursued = first[first.index("What buyer-lena pursues") :]
    assert "Roll it out to all freight sites" in pursued
    assert "has a motivation of" in pursued


def test_the_demo_shows_how_omar_wants_to_be_met_when_something_breaks(first: str) -> None:
    shown = first[first.index("How does Omar want to be met") : first.index("What buyer-lena decided")]
    rows = {line.split("  ")[0]: line for line in shown.splitlines()}
    assert "They want to be reached by chat." in rows["wants.channel"]
    assert "work.incidents" in rows["wants.channel"]
    assert "They are pressed for time." in rows["mood.pressed"]
    assert "They like shared dashboards." in rows["wants.liking shared dashboards"]
    assert "±" in rows["wants.risk"]
    assert "No channel meets all of these" in " ".join(shown.split())


def test_the_demo_tells_what_lena_decided_and_never_trades_what_she_refuses(first: str) -> None:
    decided = first[first.index("What buyer-lena decided") : first.index("Where should the archive of ten years go?")]
    assert "▸ Yours" in decided
    assert "because “You loaded in one night what took them eleven days.”" in decided
    checked = first[first.index("Where should the archive of ten years go?") :]
    assert checked.index("1. A cloud in Europe") < checked.index("2. Their own cellar")
    assert "forbidden" in next(line for line in checked.splitlines() if "3. A cheaper cloud in America" in line)
    assert "In “Which reporting tool” they chose us" in checked


def test_the_demo_explains_a_belief_with_a_number_on_every_link(first: str) -> None:
    why = first[first.index("Why? They take our security as proven.") :]
    assert "up from a prior of 30 %" in " ".join(why.split())
    assert "auditor:henrik" in why
    tree = [line for line in why.splitlines() if "├──" in line or "└──" in line]
    assert len(tree) > 5
    assert all("+" in line or "-" in line for line in tree)


def test_the_demo_tells_what_was_forecast_and_what_came(first: str) -> None:
    shown = first[first.index("What was said to come") : first.index("What if another security review failed")]
    signs = [line for line in shown.splitlines() if " signs " in line and "84 d" in line]
    happened = [line for line in signs if "happened on 2026-08-26" in line]
    assert [line.split()[0] for line in happened] == ["2026-07-30", "2026-07-02", "2026-06-04"]
    assert all("did not happen" in line for line in signs if line not in happened)
    assert "belief: world.will_sign +" in happened[0]
    (scores,) = [line for line in shown.splitlines() if line.startswith("signs within 84 days")]
    assert scores.split()[4:6] == ["11", "27.3%"]


def test_the_demo_tells_when_lena_was_said_to_sign_and_which_grade_omar_gave(first: str) -> None:
    when = first[first.index("When it was predicted, on 2026-07-30") :]
    assert "within 84 days of 2026-07-30" in when
    rows = [line.split() for line in when.splitlines()]
    assert ["2026-08-27", "50%"] in rows  # she signed on the 26th
    graded = when[when.index("user-omar: recommends") :]
    answered = [line for line in graded.splitlines() if " recommends " in line and "112 d" in line]
    assert any("promoter on 2026-09-17" in line for line in answered)
    assert any("passive on 2026-03-19" in line for line in answered)
    assert "recommends within 112 days" in graded


def test_the_demo_looks_back_and_asks_what_if(first: str) -> None:
    assert "The same belief as of 2026-01-31" in first
    assert "What if another security review failed on 1 October?" in first
    assert "Nothing of this is stored. Both columns are as of 2026-10-01" in " ".join(first.split())


def test_the_demo_shows_which_of_several_values_holds(first: str) -> None:
    values = first[first.index("One of several: needs.deployment") :]
    assert values.index("The deployment they want is cloud.") < values.index("The deployment they want is hybrid.")
    assert "The deployment they want is something else." in values


def test_the_demo_says_why_lena_came_back_to_the_prices_and_why_she_was_silent(first: str) -> None:
    prices = first[first.index("Why did Lena come back to the prices") : first.index("Why was she silent in April?")]
    silent = first[first.index("Why was she silent in April?") : first.index("What if another security review")]
    assert "“They really pursue “choose-a-tool”.” (responsible with" in " ".join(prices.split())
    rows = [line for line in silent.splitlines() if line.startswith(("They wait", "They are losing", "something else"))]
    assert [row.split("  ")[0] for row in rows] == [
        "They wait for the budget.",
        "They are losing interest in the product.",
        "something else",
    ]


def test_the_demo_says_what_its_numbers_are_and_calls_nothing_certain(first: str) -> None:
    assert "+0.7 doubles the odds" in " ".join(first.split())
    assert " 100.0%" not in first
    assert " 0.0%" not in first


def test_a_port_that_is_taken_is_told_before_the_story_is_played(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*COMMAND, "--directory", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, env=environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "port-taken" in done.stderr
    assert not (tmp_path / "demo").exists()


@pytest.fixture
def serving(home: Path, first: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A second run that serves, and what it has printed when it says how to stop it."""
    command = [*COMMAND, "--directory", str(home), "--port", "0"]
    process = subprocess.Popen(command, env=environ(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "Ctrl-C" in line:
            break
    yield process, printed
    process.kill()
    process.wait(30)


def test_a_second_run_serves_what_the_first_one_played_and_ctrl_c_stops_everything(
    serving: tuple[subprocess.Popen[str], list[str]], home: Path
) -> None:
    process, printed = serving
    told = "".join(printed)
    assert "The story was loaded before" in told
    address = next(word for word in told.split() if word.startswith("http") and "#key=bg_" in word)
    url, key = address.split("#key=")
    request = urllib.request.Request(
        url,
        data=b'{"query":"{ twin(name: \\"buyer-lena\\") { rev } }"}',
        headers={"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b'"rev"' in answer.read()
    with urllib.request.urlopen(url.replace("/graphql", "/healthz"), timeout=10) as answer:
        assert answer.status == 200
    started = psutil.Process(process.pid).children(recursive=True)
    assert any("java" in child.name() for child in started)

    process.send_signal(signal.SIGINT)

    assert process.wait(30) == 0
    deadline = time.monotonic() + 15
    while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in started):
        assert time.monotonic() < deadline
        time.sleep(0.1)
