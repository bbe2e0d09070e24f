"""Reading a secret that a definition refers to."""

from pathlib import Path

from pydantic import SecretStr

from exconn.connector.errors import SecretError

#: Longer than any password; a larger file is another file.
MAX_SECRET = 4096


def read_secret(path: Path) -> SecretStr:
    """The one line in the file at `path`, without its line end. Raises SecretError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SECRET + 1)
        text = raw.decode()
    except OSError as exc:
        raise SecretError(path, exc.strerror or "cannot be read") from exc
    except UnicodeDecodeError as exc:
        raise SecretError(path, "not UTF-8 text") from exc
    secret = text.rstrip("\r\n")
    if not secret:
        raise SecretError(path, "empty")
    if len(raw) > MAX_SECRET or "\n" in secret:
        raise SecretError(path, "more than one line")
    return SecretStr(secret)
