"""A client of a running service: events to `POST /events`, everything else to `POST /graphql`, over one connection."""

from __future__ import annotations

import http.client
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import TypeAdapter

from beliefgraph.errors import CODES, BeliefgraphError, Fault, Incorrect, Unavailable
from beliefgraph.ingest.cloudevents import BATCH
from beliefgraph.model.catalog import Catalog

_SPAN: TypeAdapter[timedelta] = TypeAdapter(timedelta)

PAGE = 200
TIMEOUT = 120.0
"""Timeout of one response in seconds; the service has a shorter limit of its own."""

MOST_CALLS = 50
"""Maximum number of calls of one long command; each continues where the previous one stopped."""

FORECAST_AT_ONCE = 1_000
"""Twins per call that makes forecasts."""

PATIENCE = 120.0
"""Seconds for which a call is retried while the service is temporarily unavailable."""

PAUSES = (0.5, 10.0)
"""Seconds before the first retry, and the maximum before a later one; each pause is twice the previous one."""

PASSING = frozenset({"overloaded", "store-unavailable", "warming-up", "no-answer"})
"""Temporary refusals: the same call may succeed later."""

IDLE = 2.0
"""Seconds after which a connection is reopened; the service closes idle ones after five."""

_STANDING = "subject value confidence: exactConfidence calibratedConfidence logOdds status"
_EVIDENCE = "evidence { source time verbatim }"
_BELIEFS = """
query Standing($twin: String!, $after: String, $asOf: AsOf) {{
  beliefs(twin: $twin, first: {page}, after: $after, asOf: $asOf) {{
    rev pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }}
  }}
}}"""
STANDING = _BELIEFS.format(page=PAGE, fields=_STANDING)
STANDING_WITH_CHAIN = _BELIEFS.format(
    page=PAGE, fields=f"{_STANDING} evidence {{ counts said logLikelihoodRatio {_EVIDENCE} }}"
)
EXPLANATION = f"""
query Why($twin: String!, $key: BeliefKeyInput!, $asOf: AsOf, $after: String) {{
  explanation(twin: $twin, key: $key, asOf: $asOf, first: {PAGE}, after: $after) {{
    priorLogOdds residual hasNext endCursor belief {{ logOdds }}
    contributions {{ contribution bearing {{ logLikelihoodRatio }} {_EVIDENCE} }}
  }}
}}"""
PUBLISH = "mutation Publish($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
WITHDRAW = "mutation Withdraw($input: WithdrawInput!) { withdraw(input: $input) { rev } }"
ERASE = "mutation Erase($twin: String!) { eraseTwin(twin: $twin) { rows } }"
LEARNED = """
query Learned {
  definitions {
    parameters {
      sharedErrors { kind correlation scale } randomEffects { kind deviation } newSources { kind saysIfHolds saysIfNot }
    }
  }
}"""
SOURCES = f"""
query Sources($after: String) {{
  sources(first: {PAGE}, after: $after) {{
    pageInfo {{ hasNextPage endCursor }} nodes {{ name reliabilities {{ saysIfHolds saysIfNot }} }}
  }}
}}"""
MAKE = """
mutation Make($at: DateTime!, $first: Int!, $after: String) {
  makeForecasts(at: $at, first: $first, after: $after) { endCursor }
}"""
RESOLVE = "mutation Resolve { resolveForecasts { resolved } }"
RECORD = """
query Record($outcome: String!) {
  record(outcome: $outcome, retrospective: true) {
    open byBasis { key scores { count } }
    scores {
      count baseRate mean brier skill logLoss auc ece sharpness reliability { low high count said happened }
    }
  }
}"""
TRAJECTORY = """
fragment Shown on Trajectory {
  parameters velocity typicalVelocity times { stage low high } ahead { time stages { stage probability } }
}
"""
REV = "query Rev($twin: String!) { twin(name: $twin) { rev } }"


@dataclass(frozen=True, order=True)
class EvidenceItem:
    """One piece of evidence on a belief: source, time, effective strength and words."""

    source: str
    time: datetime
    log_likelihood_ratio: float
    verbatim: str = ""


@dataclass(frozen=True)
class BeliefStanding:
    """The state of a belief; `chain` is None if it was not requested, `calibrated` if no calibration was learned."""

    confidence: float | None
    log_odds: float | None
    status: str
    chain: tuple[EvidenceItem, ...] | None = None
    calibrated: float | None = None


@dataclass(frozen=True)
class Learned:
    """What was learned and is in force.

    The rates of every source and of new ones; by kind of origin, the correlation and scale of its observations; by kind
    of group, the deviation of the error shared across beliefs.
    """

    rates: Mapping[str, tuple[float, float]]
    new: tuple[float, float]
    shared: Mapping[str, tuple[float, float]]
    deviations: Mapping[str, float]

    def effective(self, source: str, log_likelihood_ratio: float) -> float:
        """The effective log-likelihood ratio of a source's statement, given its rates."""
        a, b = self.rates.get(source, self.new)
        odds = math.exp(log_likelihood_ratio)
        return math.log((a * odds + 1 - a) / (b * odds + 1 - b))


NOTHING = Learned(rates={}, new=(1.0, 0.0), shared={}, deviations={})
"""Defaults if nothing was learned: every source counts as stated, and observations of one origin count once."""


@dataclass(frozen=True)
class Why:
    """An explanation: evidence and contributions, the prior, the posterior, and the residual."""

    evidence: tuple[EvidenceItem, ...]
    contributions: tuple[float, ...]
    prior_log_odds: float
    log_odds: float
    residual: float


class Client:
    """Calls one service with one key. Refusals are raised as the service's own errors.

    Calls to a service that is overloaded, warming up or without its database are retried at growing intervals, for
    `PATIENCE` seconds; a service that never responded is not retried.
    """

    def __init__(self, url: str, key: str, purpose: str | None = None) -> None:
        split = urlsplit(url)
        if split.scheme not in ("http", "https") or split.hostname is None:
            raise Incorrect("invalid-input", f"{url} is not an address such as http://127.0.0.1:8000.")
        kind = http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(split.hostname, split.port, timeout=TIMEOUT)
        self._used = time.monotonic()
        self._answered = False
        self.url = url
        self._base = split.path.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}", **({"purpose": purpose} if purpose else {})}

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def publish(self, catalog: Catalog) -> None:
        """Put a catalog in force."""
        self._ask(PUBLISH, {"catalog": catalog.model_dump(mode="json", exclude_defaults=True)})

    def send(self, events: Sequence[Mapping[str, Any]]) -> list[str]:
        """Send CloudEvents as one batch; the status of each, accepted or duplicate, in their order.

        Raises the reason of the first event with another status.
        """
        receipts = self._post("/events", orjson.dumps(list(events)), BATCH)["receipts"]
        for receipt in receipts:
            if receipt["status"] not in ("accepted", "duplicate"):
                raise _refusal(receipt.get("code"), f"An event was {receipt['status']}: {receipt.get('reason')}")
        return [receipt["status"] for receipt in receipts]

    def standing(self, twin: str, at: datetime | None = None, *, with_chain: bool = False) -> dict[str, BeliefStanding]:
        """Every belief of a twin by subject: as published, with the exact confidence, or as of a valid time."""
        query = STANDING_WITH_CHAIN if with_chain else STANDING
        return {
            node["subject"]: _standing(node, with_chain=with_chain)
            for node in self._pages(query, "beliefs", {"twin": twin, "asOf": _as_of(at)})
        }

    def values(
        self, twin: str, at: datetime | None = None, *, with_chain: bool = False
    ) -> dict[str, dict[str | None, BeliefStanding]]:
        """Every belief of a twin by subject and value, None where it has none."""
        found: dict[str, dict[str | None, BeliefStanding]] = {}
        query = STANDING_WITH_CHAIN if with_chain else STANDING
        for node in self._pages(query, "beliefs", {"twin": twin, "asOf": _as_of(at)}):
            found.setdefault(node["subject"], {})[node["value"]] = _standing(node, with_chain=with_chain)
        return found

    def explain(self, twin: str, attribute: str, subject: str, at: datetime | None = None) -> Why:
        """The explanation of one belief."""
        key = {"attribute": attribute, "subject": subject}
        asked = {"twin": twin, "key": key, "asOf": _as_of(at)}
        found = self._ask(EXPLANATION, asked)["explanation"]
        parts, page = list(found["contributions"]), found
        while page["hasNext"]:
            page = self._ask(EXPLANATION, {**asked, "after": page["endCursor"]})["explanation"]
            parts += page["contributions"]
        return Why(
            evidence=tuple(_evidence_item(part, part["bearing"]["logLikelihoodRatio"]) for part in parts),
            contributions=tuple(part["contribution"] for part in parts),
            prior_log_odds=found["priorLogOdds"],
            log_odds=found["belief"]["logOdds"],
            residual=found["residual"],
        )

    def learned(self) -> Learned:
        """What was learned about the sources and is in force."""
        parameters = self._ask(LEARNED, {})["definitions"]["parameters"]
        if parameters is None:
            return NOTHING
        return Learned(
            rates={
                node["name"]: _rates(r) for node in self._pages(SOURCES, "sources", {}) for r in node["reliabilities"]
            },
            new=next((_rates(each) for each in parameters["newSources"] if each["kind"] is None), NOTHING.new),
            shared={each["kind"]: (each["correlation"], each["scale"]) for each in parameters["sharedErrors"]},
            deviations={each["kind"]: each["deviation"] for each in parameters["randomEffects"]},
        )

    def rev(self, twin: str) -> int:
        """The rev of a twin."""
        return int(self._ask(REV, {"twin": twin})["twin"]["rev"])

    def make_forecasts(self, at: datetime) -> None:
        """Store the forecasts of all twins for a moment, some twins per call."""
        after, going = None, True
        while going:
            asked = {"at": at.isoformat(), "first": FORECAST_AT_ONCE, "after": after}
            after = self._ask(MAKE, asked)["makeForecasts"]["endCursor"]
            going = after is not None

    def resolve_forecasts(self) -> None:
        """Resolve all forecasts that can be resolved."""
        self._until_done(RESOLVE, {})

    def record(self, outcome: str) -> dict[str, Any]:
        """The record of an outcome over its first horizon, including retrospective forecasts."""
        found: dict[str, Any] = self._ask(RECORD, {"outcome": outcome})["record"]
        return found

    def trajectory(self, twin: str, key: str, moments: Sequence[datetime]) -> list[dict[str, Any]]:
        """A trajectory of a twin as of each of some valid times; times to stages are in weeks."""
        names = [f"at{n}" for n in range(len(moments))]
        asked = " ".join(f"${name}: DateTime" for name in names)
        each = " ".join(
            f"{name}: trajectory(twin: $twin, key: $key, points: 2, asOf: {{validTime: ${name}}}) {{ ...Shown }}"
            for name in names
        )
        query = f"query Trajectory($twin: String!, $key: String! {asked}) {{ {each} }}{TRAJECTORY}"
        times = {name: moment.isoformat() for name, moment in zip(names, moments, strict=True)}
        answer = self._ask(query, {"twin": twin, "key": key, **times})
        found: list[dict[str, Any]] = [answer[name] for name in names]
        for reached in (each for one in found for each in one["times"]):
            reached.update({end: _weeks(reached[end]) for end in ("low", "high")})
        return found

    def withdraw(self, twin: str, source: str) -> None:
        """Withdraw all evidence of a source about a twin."""
        self._ask(WITHDRAW, {"input": {"twin": twin, "source": source}})

    def erase(self, twin: str) -> None:
        """Erase a twin permanently."""
        self._ask(ERASE, {"twin": twin})

    def _until_done(self, query: str, variables: Mapping[str, Any]) -> None:
        for _ in range(MOST_CALLS):
            try:
                self._ask(query, variables)
            except Unavailable as error:
                if error.code != "took-too-long":
                    raise
            else:
                return
        raise Unavailable("took-too-long", f"It is not done after {MOST_CALLS} calls.")

    def _pages(self, query: str, field: str, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self._ask(query, {**variables, "after": after})[field]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        body = orjson.dumps({"query": query, "variables": variables})
        found: dict[str, Any] = self._post("/graphql", body, "application/json")["data"]
        return found

    def _post(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        """The response to a call, which is retried while the service is temporarily unavailable."""
        until, (pause, longest) = time.monotonic() + PATIENCE, PAUSES
        while True:
            try:
                return self._once(path, body, content_type)
            except Unavailable as error:
                passing = error.code in PASSING and self._answered
                if not passing or time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, longest)

    def _once(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        headers = {**self._headers, "content-type": content_type}
        if time.monotonic() - self._used > IDLE:
            self._connection.close()  # the next request reopens it
        try:
            self._connection.request("POST", self._base + path, body, headers)
            response = self._connection.getresponse()
            text = response.read()
            self._used, self._answered = time.monotonic(), True
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable("no-answer", f"The service does not answer at {path}: {error!r}.") from None
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise Fault("fault", f"The service answered {response.status} at {path}, and not with JSON.")
        if isinstance(refused := answer.get("error"), dict):
            raise _refusal(refused.get("code"), str(refused.get("message")))
        if answer.get("errors"):
            first = answer["errors"][0]
            raise _refusal(first.get("extensions", {}).get("code"), first["message"])
        return answer


def _standing(node: Mapping[str, Any], *, with_chain: bool) -> BeliefStanding:
    chain = None
    if with_chain:
        chain = tuple(
            _evidence_item(e, e["logLikelihoodRatio"]) for e in node["evidence"] if e["counts"] and e["said"] is None
        )
    return BeliefStanding(node["confidence"], node["logOdds"], node["status"], chain, node["calibratedConfidence"])


def _weeks(written: str | None) -> float:
    """An ISO 8601 duration in weeks; infinite if there is none."""
    return math.inf if written is None else _SPAN.validate_python(written) / timedelta(days=7)


def _rates(found: Mapping[str, Any]) -> tuple[float, float]:
    return found["saysIfHolds"], found["saysIfNot"]


def _as_of(at: datetime | None) -> dict[str, str] | None:
    return None if at is None else {"validTime": at.isoformat()}


def _evidence_item(found: Mapping[str, Any], log_likelihood_ratio: float) -> EvidenceItem:
    evidence = found["evidence"]
    return EvidenceItem(
        source=evidence["source"],
        time=datetime.fromisoformat(evidence["time"]),
        log_likelihood_ratio=log_likelihood_ratio,
        verbatim=evidence["verbatim"] or "",
    )


def _refusal(code: str | None, message: str) -> BeliefgraphError:
    known = CODES.get(code or "")
    return Fault("fault", message) if known is None or code is None else known(code, message)
