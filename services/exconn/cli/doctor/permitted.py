"""Looks whether the worker's own settings permit what the definition says; what they do not is not turned to."""

from collections.abc import Iterator

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning

_CHECK = "permitted"


def permitted(worker: ExaminedWorker) -> Iterator[Finding]:
    """Hosts, ways to sign in and secret files of the definition, beside the settings of this machine."""
    from exconn.connector import NotPermittedError
    from exconn.sessions import ExchangeSettings
    from exconn.settings import SettingsError, load

    definition = worker.definition
    if definition is None:
        return
    try:
        settings = load(ExchangeSettings)
        worker.permitted = settings.permitted
        for role in worker.roles():
            worker.permitted.check(definition, role)
    except SettingsError as exc:
        for problem in exc.problems:
            yield failed(_CHECK, f"{problem.variable}: {problem.problem}", problem.remedy, ExitCode.BAD_INPUT)
    except NotPermittedError as exc:
        said = f"{exc.part} {exc.value} of the definition is not permitted on this machine; workers turn to nothing"
        yield failed(_CHECK, said, exc.remedy, ExitCode.BAD_INPUT)
    else:
        if worker.settings is not None:
            yield _bounds(settings.unset)
        return
    # Nothing is looked up, and no connection is made, for a definition that may be a thief's.
    worker.named, worker.definition = definition.name, None


def _bounds(empty: tuple[str, ...]) -> Finding:
    if not empty:
        return ok(_CHECK, "the definition is within the hosts, sign-ins and secrets of this machine")
    said = "who may apply a definition can have workers show their passwords to any server, or read any file"
    return warning(_CHECK, f"{', '.join(empty)} not set: {said}", f"set {' and '.join(empty)} of the workers")
