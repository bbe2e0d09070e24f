"""Who signs: the key that the context names, in a file of exconn's or of OpenSSH's."""

import base64
from typing import TYPE_CHECKING

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.session import CommandSession
from exconn.cli.ssh_keygen import ssh_signature

if TYPE_CHECKING:
    from exconn.contracts import Envelope, Request


def signed(session: CommandSession, request: "Request") -> "Envelope":
    """The request, signed by the context's key. Raises CommandError."""
    from exconn.contracts import Envelope
    from exconn.signing import KeyFileError, load_signing_key, sign
    from exconn.signing.ssh_files import ssh_key_in

    path = session.context.key_path
    try:
        key = ssh_key_in(path)
        if key is None:
            return sign(request, load_signing_key(path))
    except KeyFileError as exc:
        raise CommandError(ExitCode.BAD_INPUT, f"key file {exc.path}: {exc.problem}", remedy=exc.remedy) from exc
    if key.hardware:
        session.out.note("touch your key")
    raw = request.model_dump_json().encode()
    return Envelope(
        form="sshsig",
        key=key.id,
        request=base64.b64encode(raw).decode(),
        signature=base64.b64encode(ssh_signature(path, key, raw)).decode(),
    )
