"""Signing by OpenSSH: `ssh-keygen -Y sign`, with the key in a file, in an agent, or in a device that is touched."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from exconn.cli.command_errors import CommandError, ExitCode

if TYPE_CHECKING:
    from exconn.signing.ssh_keys import SshPublicKey

PROGRAM = "ssh-keygen"
#: A person has to find the key, type a passphrase and touch it; one who is not there is not waited for.
LONGEST = 60.0
_SAID = 200


def ssh_signature(path: Path, key: "SshPublicKey", message: bytes, *, longest: float = LONGEST) -> bytes:
    """The SSHSIG signature over `message` by the key that `path` holds or names. Raises CommandError."""
    from exconn.signing.ssh_wire import SshFormatError
    from exconn.signing.sshsig import (
        NAMESPACE,
        SshSignatureError,
        UntouchedError,
        parse_ssh_signature,
        verify_ssh_signature,
    )

    made = _run([PROGRAM, "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(path)], message, longest)
    try:
        verify_ssh_signature(parse_ssh_signature(made), message, key)
    except UntouchedError as exc:
        remedy = "make one without -O no-touch-required: intake takes no signature without a touch"
        raise CommandError(ExitCode.REFUSED, f"{path} signs without being touched", remedy=remedy) from exc
    except (SshFormatError, SshSignatureError) as exc:
        remedy = f"compare with: ssh-keygen -l -f {path}"
        raise CommandError(ExitCode.FAILED, f"{PROGRAM} made no signature of {path}: {exc}", remedy=remedy) from exc
    return made


def _run(command: list[str], message: bytes, longest: float) -> bytes:
    try:
        done = subprocess.run(command, input=message, capture_output=True, timeout=longest, check=False)  # noqa: S603
    except FileNotFoundError as exc:
        remedy = "install OpenSSH's client (Debian: apt install openssh-client)"
        raise CommandError(ExitCode.FAILED, f"{PROGRAM} is not installed", remedy=remedy) from exc
    except subprocess.TimeoutExpired as exc:
        remedy = "touch the key when it blinks, and ask again"
        text = f"not signed: nobody touched the key, or typed its passphrase, within {longest:.0f} seconds"
        raise CommandError(ExitCode.REFUSED, text, remedy=remedy) from exc
    if done.returncode:
        remedy = "plug the key in, or add it to the agent: ssh-add -l shows what SSH_AUTH_SOCK leads to"
        raise CommandError(ExitCode.REFUSED, f"not signed: {_said(done.stderr)}", remedy=remedy)
    return done.stdout


def _said(raw: bytes) -> str:
    """What the program said last, which is the most exact."""
    lines = [line.strip() for line in raw.decode(errors="replace").splitlines() if line.strip()]
    said = lines[-1] if lines else f"{PROGRAM} was cancelled"
    return "".join(letter for letter in said if letter.isprintable())[:_SAID]
