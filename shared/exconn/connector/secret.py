"""Reading a secret that a definition refers to; where a folder is given, only what really lies in it."""

import errno
import os
import stat
from pathlib import Path

from pydantic import SecretStr

from exconn.connector.errors import NotPermittedError, SecretError

#: The variable of a worker that names the folder.
SECRETS_DIR = "EXCONN_SECRETS_DIR"

#: Longer than any password; a larger file is another file.
MAX_SECRET = 4096


def check_secret_path(path: Path, below: Path | None) -> Path:
    """The file behind `path`, all links followed. Raises NotPermittedError unless it lies in the folder `below`."""
    real = Path(os.path.realpath(path))
    if below is not None and not real.is_relative_to(os.path.realpath(below)):
        raise NotPermittedError("secret_file", str(path), SECRETS_DIR)
    return real


def read_secret(path: Path, *, below: Path | None = None) -> SecretStr:
    """The one line in the file at `path`, without its line end. Raises SecretError and NotPermittedError."""
    real = check_secret_path(path, below)
    try:
        with os.fdopen(_opened(real, below), "rb") as file:
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


def _opened(real: Path, below: Path | None) -> int:
    """A descriptor of a regular file. From the folder on no link is followed: none that came up meanwhile leads out."""
    if below is None:
        return os.open(real, os.O_RDONLY | os.O_CLOEXEC)
    folder = Path(os.path.realpath(below))
    *folders, name = real.relative_to(folder).parts or (".",)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held)
            os.close(held)
            held = inner
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held)
    finally:
        os.close(held)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError(errno.EINVAL, "no regular file")
    return found
