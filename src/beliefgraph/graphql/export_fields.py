"""Exporting a twin, as a mutation: it returns an address at which the archive can be downloaded once."""

from __future__ import annotations

from beliefgraph.graphql.arguments import TwinName
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer, expose
from beliefgraph.model import archive


@expose(archive.Download)
class Download:
    """An archive that waits to be fetched, once."""


@answer(
    Download,
    "Export all that is held of a twin as a signed archive, and say where it can be fetched. Needs the person's own "
    "key, or one that may read all of the twin.",
)
async def export_twin(info: Request, twin: TwinName) -> archive.Download:
    """Export a twin."""
    context = info.context
    verbs = context.verbs_for(twin)
    return await verbs.downloads.make(lambda out: verbs.archives.export_twin(context.caller, twin, out))


@answer(
    Download,
    "Export all twins of the tenant and its definitions as a signed archive, and say where it can be fetched. Needs a "
    "service's key with the scopes `read` and `define`. Very many twins are exported by `beliefgraph export --all`.",
)
async def export_tenant(info: Request) -> archive.Download:
    """Export a whole tenant."""
    context = info.context
    verbs = context.verbs.alone
    return await verbs.downloads.make(lambda out: verbs.archives.export_tenant(context.caller, out))
