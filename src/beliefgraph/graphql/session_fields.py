"""The command that issues sign-in links to the person's page."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import TwinName
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.errors import absolute
from beliefgraph.graphql.expose import answer, expose, field
from beliefgraph.model import session


@expose(session.SignInLink, hide={"path"})
class SignInLink:
    """A link by which a person signs in to their own page, once."""

    @field(None, "The link, at the address of the service that was called.")
    @staticmethod
    def url(link: strawberry.Parent[session.SignInLink]) -> str:
        return absolute(link.path)


@strawberry.type
class SessionCommands:
    """The command about signing in."""

    @answer(
        SignInLink,
        "Issue a link with which the person of a twin signs in to their own page, once. Whoever opens it acts as the "
        "person, so send it to nobody else. Needs the scope `invite`.",
    )
    @staticmethod
    async def invite(info: Request, twin: TwinName) -> session.SignInLink:
        return await info.context.services.sessions.invite(info.context.caller, twin)
