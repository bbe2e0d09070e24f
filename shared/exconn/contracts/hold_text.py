"""What a job is held for, in one text: a release is signed for exactly that."""


def hold_text(reason: str, subject: str = "") -> str:
    """The code of the reason and, where there is one, what exactly a release is for."""
    return f"{reason} {subject}".rstrip()


def reason_in(text: str) -> str:
    """The code of the reason in such a text."""
    return text.partition(" ")[0]
