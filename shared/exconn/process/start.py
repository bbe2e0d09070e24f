"""Starting a service, or refusing to: the exit code follows from what stands in the way."""

from collections.abc import Callable, Mapping

from exconn.failpoints import FailpointSpecError
from exconn.keyspace import ServerUnfitError, UnreachableServerError
from exconn.process.address_file import AnnounceError
from exconn.process.exits import ExitCode, refuse
from exconn.process.listening_socket import ListenError
from exconn.process.serve_http.certificate import CertificateError
from exconn.settings import SettingsError

Codes = Mapping[type[Exception], ExitCode]

#: What keeps any service from starting. Each text names the setting and the remedy.
CODES: Codes = {
    SettingsError: ExitCode.BAD_INPUT,
    FailpointSpecError: ExitCode.BAD_INPUT,
    ListenError: ExitCode.BAD_INPUT,
    AnnounceError: ExitCode.BAD_INPUT,
    CertificateError: ExitCode.BAD_INPUT,
    ServerUnfitError: ExitCode.REFUSED,
    UnreachableServerError: ExitCode.UNREACHABLE,
}


def start_or_refuse(program: str, work: Callable[[], int], own: Codes | None = None) -> int:
    """The exit code of `work`; when it raises what speaks against starting, one line on standard error and its code.

    `own` adds errors of this service alone. A subclass with a row of its own has its own code.
    """
    codes = {**CODES, **(own or {})}
    try:
        return work()
    except tuple(codes) as exc:
        return refuse(program, exc, next(codes[each] for each in type(exc).__mro__ if each in codes))
