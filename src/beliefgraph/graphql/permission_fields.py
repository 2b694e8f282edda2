"""The queries and commands about policies and permissions."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from beliefgraph.graphql.arguments import TwinName, described
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import Permit, Restrict
from beliefgraph.graphql.permission_types import Permission, Policy
from beliefgraph.graphql.roots import command
from beliefgraph.model import permission as model
from beliefgraph.services.permissions.policies import read_policy


@strawberry.type
class PermissionQueries:
    """The queries about permissions."""

    @answer(Policy | None, "The policy in force; null if the tenant has none: everything is then permitted.")
    @staticmethod
    async def policy(info: Request) -> model.NumberedPolicy | None:
        return await info.context.services.policies.shown(info.context.caller)

    @answer(
        list[Permission],
        "The permissions stated for a twin. Needs the person's own key or the scope `define`.",
    )
    @staticmethod
    async def permissions(info: Request, twin: TwinName) -> list[model.Permission]:
        context = info.context
        return await context.services_for(twin).sights.stated(context.caller, twin)

    @answer(
        JSON,
        "The permissions stated for a twin as a consent receipt: JSON-LD in the DPV profile of ISO/IEC TS 27560. Needs"
        " the person's own key or the scope `define`.",
    )
    @staticmethod
    async def consent_receipt(info: Request, twin: TwinName) -> dict[str, Any]:
        context = info.context
        return await context.services_for(twin).sights.receipt(context.caller, twin)


@strawberry.type
class PermissionCommands:
    """The commands about permissions."""

    permit = command(
        Permit,
        (
            "Permit or refuse the use of a person's data for a purpose. Statements made with the person's own key take "
            "precedence over all others."
        ),
        lambda to: to.permit,
    )
    restrict = command(Restrict, "Restrict the use of a twin, or lift the restriction.", lambda to: to.restrict)

    @answer(Policy, "Publish the tenant's policy and return it with its number. Needs the scope `define`.")
    @staticmethod
    async def publish_policy(
        info: Request, policy: Annotated[JSON, described("The whole policy, as described in docs/ownership.md.")]
    ) -> model.NumberedPolicy:
        return await info.context.services.policies.publish(info.context.caller, read_policy(policy))
