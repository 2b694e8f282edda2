"""What `learn outcomes` and `learn trajectories` share: read twins, show what was learned, adopt what is better."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from rich.console import Console

from beliefgraph.app import Services
from beliefgraph.cli.connection import signed_in
from beliefgraph.cli.moments import in_utc
from beliefgraph.cli.parameter_sets import put_in_force
from beliefgraph.model.caller import Caller
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.permissions.usable import Usable, left_out


class Learned(Protocol):
    """What was learned of one outcome or trajectory."""

    @property
    def adopted(self) -> bool:
        """Whether it predicts better than what is in force."""
        ...


L = TypeVar("L", bound=Learned)
Progress = Callable[[int], None]
Learn = Callable[[Services, Caller, datetime, Progress, Usable], Awaitable[Sequence[L]]]


async def learn_and_adopt(
    key: str,
    purpose: str | None,
    before: datetime | None,
    learn: Learn[L],
    show: Callable[[Console, Sequence[L]], None],
    following: Callable[[Sequence[L], ParameterSet], ParameterSet],
    *,
    dry_run: bool,
) -> None:
    """Learn from evidence before a moment, show the result, and put in force what predicts better."""
    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        usable = Usable(built.sights, caller)
        until = built.clock.now() if before is None else in_utc(before)
        with out.status("Reading twins …") as status:
            found = await learn(built, caller, until, lambda read: status.update(f"Reading twins … {read:,}"), usable)
        if usable.left_out:
            out.print(left_out(usable.left_out))
        show(out, found)
        if any(each.adopted for each in found):
            await put_in_force(built, caller, partial(following, found), out, dry_run=dry_run)
        else:
            out.print("Nothing was put in force.")
