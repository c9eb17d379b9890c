"""Why something an operator asked for is not done, and what to do instead."""

from __future__ import annotations

from headgate.core.errors import CallerError


class KeyUnknown(CallerError):
    kind, code = "not_found", "key_unknown"

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no key with the public id '{id}'. List the keys to see their ids.", param="id")


class TeamUnknown(CallerError):
    kind, code = "not_found", "team_unknown"

    def __init__(self, wanted: str) -> None:
        super().__init__(f"There is no team called '{wanted}'. List the teams, or create it first.", param="team")


class RecordUnknown(CallerError):
    kind, code = "not_found", "record_unknown"

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no record of a request '{id}'. A request that runs has its record once it has ended.", param="id")


class NameTaken(CallerError):
    code = "name_taken"

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"The name '{name}' is in use {where}. Choose another.", param="name")


class NameInvalid(CallerError):
    code = "name_invalid"


class KeyRevoked(CallerError):
    """It stays revoked."""

    code = "key_revoked"

    def __init__(self, id: str) -> None:
        super().__init__(f"The key '{id}' is revoked, and stays so. Create a new key.", param="id")


class ExpiryPast(CallerError):
    code = "expiry_past"

    def __init__(self) -> None:
        super().__init__(
            "The expiry is not in the future, so the key could never be used. Give a later time, or none.", param="expires_at_ms"
        )


class GraceInvalid(CallerError):
    code = "grace_invalid"

    def __init__(self, grace_ms: int) -> None:
        super().__init__(
            f"The grace period is {grace_ms} ms; give 0 to end the old secret now, or more to let it run on.", param="grace_ms"
        )


class ModelsInvalid(CallerError):
    code = "models_invalid"


class LimitInvalid(CallerError):
    code = "limit_invalid"


class CursorInvalid(CallerError):
    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__("This is not a place in a list of records. Use the `next` of an earlier page, or leave it out.", param="before")


class PeriodInvalid(CallerError):
    code = "period_invalid"

    def __init__(self) -> None:
        super().__init__("The period ends before it begins. Give a `since` that is earlier than `until`.", param="since")
