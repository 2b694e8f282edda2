"""The API: the web application of the services, with all interfaces."""

from __future__ import annotations

from starlette.applications import Starlette

from beliefgraph.app import Services
from beliefgraph.graphql.endpoint import GraphQLEndpoint
from beliefgraph.graphql.limits import Limits
from beliefgraph.graphql.requests import Bounds
from beliefgraph.graphql.schema import make_schema
from beliefgraph.ingest.http import events_endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.services.archives.downloads import SealedFile
from beliefgraph.services.process.bounded_json import JsonBounds
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Shares
from beliefgraph.services.upkeep.vitals import Vitals
from beliefgraph.web.application import Endpoints, make_web
from beliefgraph.web.export import download_endpoint, export_endpoint
from beliefgraph.web.graphiql_page import page
from beliefgraph.web.metrics_page import metrics_page
from beliefgraph.web.person.routes import person_page


def create_app(services: Services) -> Starlette:
    """The ASGI application of the services."""
    settings = services.settings
    places = FairSemaphore(
        Shares(
            total=settings.max_in_flight,
            per_tenant=settings.max_in_flight_per_tenant,
            per_key=settings.max_in_flight_per_key,
            waiting_per_key=settings.max_queued_per_key,
            patience=min(settings.queue_timeout, settings.request_timeout / 2),
        )
    )
    schema = make_schema(
        Limits(
            depth=settings.max_query_depth,
            aliases=settings.max_query_aliases,
            cost=settings.max_query_cost,
            tokens=settings.max_query_tokens,
            page=settings.max_page_size,
            introspection=settings.introspection,
        ),
        [layer.fields for layer in services.layers if layer.fields is not None],
    )
    endpoint = GraphQLEndpoint(
        schema,
        services,
        page=page if settings.graphiql else None,
        origins=settings.cors_origins,
        bounds=Bounds(
            places=places,
            seconds=settings.request_timeout,
            answer_bytes=settings.max_answer_bytes,
            operations_per_socket=settings.max_operations_per_socket,
            subscriptions_per_key=settings.max_subscriptions_per_key,
            json=JsonBounds(bytes=settings.max_body_bytes),
        ),
    )
    events = events_endpoint(services.across.observe, services.clock, settings.max_body_bytes)

    def ready() -> None:
        services.warming.check()
        services.readiness.check()

    vitals = Vitals(services.graph, services.cache, services.changes, places, ready)
    token = settings.metrics_token

    async def exported(caller: Caller, twin: str, out: SealedFile) -> None:
        await services.of(caller, twin).archives.export_twin(caller, twin, out)

    endpoints = Endpoints(
        graphql=endpoint,
        events=events,
        export=export_endpoint(exported),
        download=download_endpoint(services.downloads),
        ready=ready,
        warmed=services.warming.wait,
        places=places,
        metrics=None if token is None else metrics_page(vitals, token.get_secret_value()),
        person=person_page(services, services.sessions, services.clock, services.warming.wait, places)
        if settings.person_page
        else (),
    )
    return make_web(endpoints, services.callers, settings)
