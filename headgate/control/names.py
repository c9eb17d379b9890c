"""What a key or a team may be called."""

from __future__ import annotations

from headgate.control.refusals import NameInvalid

LONGEST = 100


def check(name: str) -> str:
    """`name` without blanks around it. Raises NameInvalid."""
    name = name.strip()
    if not name:
        raise NameInvalid("The name is empty. Give one that says what it is for.", param="name")
    if len(name) > LONGEST:
        raise NameInvalid(f"The name has {len(name)} characters; give one of at most {LONGEST}.", param="name")
    if not name.isprintable():
        raise NameInvalid("The name has characters that cannot be shown. Use letters, digits, blanks and punctuation.", param="name")
    return name
