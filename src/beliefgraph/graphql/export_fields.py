"""Exporting a twin, as a mutation: it returns an address at which the archive can be downloaded once."""

from __future__ import annotations

from beliefgraph.graphql.arguments import TwinName
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer, expose
from beliefgraph.model import archive


@expose(archive.Download)
class Download:
    """An archive that can be downloaded once."""


@answer(
    Download,
    "Export everything stored about a twin as a signed archive, and return where it can be downloaded. Needs the "
    "person's own key, or a key that may read all of the twin.",
)
async def export_twin(info: Request, twin: TwinName) -> archive.Download:
    """Export a twin."""
    context = info.context
    services = context.services_for(twin)
    return await services.downloads.make(lambda out: services.archives.export_twin(context.caller, twin, out))


@answer(
    Download,
    "Export all twins of the tenant and its definitions as a signed archive, and return where it can be downloaded. "
    "Needs a service's key with the scopes `read` and `define`. For very many twins, use `beliefgraph export --all`.",
)
async def export_tenant(info: Request) -> archive.Download:
    """Export a whole tenant."""
    context = info.context
    services = context.services.alone
    return await services.downloads.make(lambda out: services.archives.export_tenant(context.caller, out))
