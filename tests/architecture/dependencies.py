"""What the project depends on, as its files say it: pyproject, the hashed locks, and the page of reasons."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

LOCKS = ("runtime", "demo", "dev", "delivery", "kerberos")

#: Modules of distributions that a direct dependency is made of or hands out, by that dependency.
BROUGHT_BY = {
    "anyio": "fastapi",
    "billiard": "celery",
    "click": "typer",
    "kombu": "celery",
    "markupsafe": "jinja2",
    "pydantic_core": "pydantic",
    "starlette": "fastapi",
}

#: Where the module is not called as its distribution.
MODULE_OF = {"pyspnego": "spnego"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirement_name(requirement: str) -> str:
    return _normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])


def direct_dependencies(pyproject: Path) -> dict[str, set[str]]:
    """Names of what pyproject asks for, by lock: the services, the demo's extra, testing, delivery, Kerberos."""
    content = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project, groups = content["project"], content["dependency-groups"]
    plain = {
        name: {_requirement_name(entry) for entry in entries if isinstance(entry, str)}
        for name, entries in groups.items()
    }
    build = plain["build"] | {_requirement_name(entry) for entry in content["build-system"]["requires"]}
    runtime = {_requirement_name(entry) for entry in project["dependencies"]}
    extras = {
        name: {_requirement_name(entry) for entry in entries}
        for name, entries in project["optional-dependencies"].items()
    }
    demo = runtime | build | extras["demo"]
    dev = demo | plain["dev"]
    return {
        "runtime": runtime,
        "demo": demo,
        "dev": dev,
        "delivery": dev | plain["delivery"],
        "kerberos": runtime | extras["kerberos"],
    }


def importable(direct: set[str]) -> set[str]:
    """The top-level module names that those distributions give."""
    names = {MODULE_OF.get(name, name.replace("-", "_")) for name in direct}
    return names | {module for module, owner in BROUGHT_BY.items() if owner in direct}


def locked(lock: Path) -> dict[str, str]:
    """The pinned version (with its marker) of each distribution of a lock."""
    pins = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[.*\])?==(.+?)\s*\\?$", line)
        if pin:
            pins[_normal(pin[1])] = pin[2]
    return pins


def unhashed(lock: Path) -> Iterator[str]:
    """Pins that no hash follows."""
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
    for entry in entries:
        if not entry.startswith("#") and "--hash=sha256:" not in entry:
            yield entry.splitlines()[0]


def explained(page: Path) -> list[str]:
    """The names that the page of reasons lists, each with a reason of at least a few words."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [_normal(name) for name, reason in rows if len(reason.split()) >= 3]
