"""What goes over the control socket: one JSON object a line, each way."""

from decimal import Decimal
from typing import Any, Literal

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from hedgebot.domain.events import Command, CommandKind
from hedgebot.domain.records import EXACT_DIGITS, EXACT_PLACES

LINE_BYTES_MAX = 64 * 1024


class Request(BaseModel):
    """What a person asks of a running daemon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: CommandKind | Literal["status"]
    asset: str | None = None
    """None means the whole book."""
    reason: str = Field(default="", max_length=500)
    for_ms: int | None = Field(default=None, gt=0)
    """How long the state lasts; None: until `resume`."""
    label: str = Field(default="", max_length=200)
    qty: Decimal | None = Field(
        default=None, allow_inf_nan=False, max_digits=EXACT_DIGITS, decimal_places=EXACT_PLACES
    )
    """Coins now kept under `label`."""

    @field_validator("reason", "label")
    @classmethod
    def _is_one_line(cls, text: str) -> str:
        if not text.isprintable():
            raise ValueError("write one line of printable text: it is shown on terminals")
        return text

    @model_validator(mode="after")
    def _holding_is_whole(self) -> "Request":
        names_holding = bool(self.label) and self.qty is not None
        if (self.ask == CommandKind.HOLDINGS_SET) != names_holding:
            raise ValueError("label and qty belong to holdings-set, and it needs both")
        return self

    def command(self, command_id: str, by: str, now_ms: int) -> Command:
        """The event that the decision folds."""
        assert self.ask != "status", "a status is read, not commanded"
        return Command(
            command_id=command_id,
            kind=CommandKind(self.ask),
            asset=self.asset,
            by=by,
            reason=self.reason,
            expires_ms=None if self.for_ms is None else now_ms + self.for_ms,
            label=self.label,
            qty=self.qty,
        )


class Reply(BaseModel):
    """What the daemon says to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: bool
    text: str
    dry_run: bool = False
    """Whether the daemon that answers sends nothing."""
    until_ms: int | None = None
    """When the state ends by itself; None: it does not."""
    status: dict[str, Any] | None = None


def line_of(message: Request | Reply) -> bytes:
    """The message as one line."""
    return orjson.dumps(message.model_dump(mode="json", exclude_none=True)) + b"\n"


def request_of(line: bytes) -> Request:
    """Read a request.

    Raises:
        ValueError: it is not one; the text is one line that says why.
    """
    try:
        return Request.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"not a request: {where or 'line'}: {first['msg']}") from None
