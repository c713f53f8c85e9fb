"""What a session asks the driver to do. Pure: no I/O."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen


@frozen
class Send:
    """Send this text. It may hold a token."""

    text: str = field(repr=False)


@frozen(kw_only=True)
class Leave:
    """This connection is of no more use: open another one.

    ``reason`` becomes the Gap's. ``keep_channel``: the next socket may use the same channel.
    ``refuse_token``: the token behind this connection is void.
    """

    reason: str
    keep_channel: bool = True
    refuse_token: bool = False


@frozen
class Renew:
    """The token ends soon: get another one."""


@frozen
class Replace:
    """Open another connection while this one goes on, and let it take over (see ``renewal``)."""


Action: TypeAlias = Send | Leave | Renew | Replace
