"""A library of Lua functions that a server keeps: scripts of one package under names that say which text they are.

Functions outlive a restart of the server, and who may call them need not be allowed to bring any. A library's name, and
the name of each function in it, ends in a digest of its text, so that two versions live side by side.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_FIRST_LINE = re.compile(r"\A#!lua(?: flags=([a-z,-]+))?\n")
_LOADED = re.compile(r"^-- loaded (\d+)$", re.MULTILINE)
_DIGEST_LENGTH = 12


@dataclass(frozen=True, eq=False)
class Library:
    """Scripts by name, each written as EVAL would take it: `#!lua flags=allow-oom` in its first line lets it run on a
    server that has no memory left.

    `prelude` is run once, when the library is loaded. A function `enter(KEYS, ARGV)` of it is called before each
    script; what that returns, unless nil, is the answer, and the script is not run.
    """

    package: str
    scripts: Mapping[str, str]
    prelude: str = ""

    @cached_property
    def family(self) -> str:
        """What the names of all versions begin with."""
        return f"exconn_{self.package}_"

    @cached_property
    def digest(self) -> str:
        """Of everything in it."""
        return hashlib.sha256(self._code("").encode()).hexdigest()[:_DIGEST_LENGTH]

    @cached_property
    def name(self) -> str:
        """Its name on the server."""
        return f"{self.family}{self.digest}"

    @cached_property
    def functions(self) -> Mapping[str, str]:
        """Script -> the name of its function on the server."""
        return {script: f"{self.family}{script}_{self.digest}" for script in self.scripts}

    def text(self, loaded: int) -> str:
        """What FUNCTION LOAD is given; `loaded` (milliseconds) tells versions apart by age."""
        return f"#!lua name={self.name}\n-- loaded {loaded}\n{self._code(self.digest)}"

    def _code(self, digest: str) -> str:
        enter = "" if "local function enter(" in self.prelude else "local function enter() end\n"
        registered = (self._registered(script, text, digest) for script, text in sorted(self.scripts.items()))
        return "\n".join((enter + self.prelude, *registered))

    def _registered(self, script: str, text: str, digest: str) -> str:
        first = _FIRST_LINE.match(text)
        flags = ", ".join(f"'{flag}'" for flag in (first[1].split(",") if first and first[1] else ()))
        body = text[first.end() :] if first else text
        return (
            f"redis.register_function{{ function_name = '{self.family}{script}_{digest}', flags = {{ {flags} }},\n"
            "callback = function(KEYS, ARGV)\n"
            "local refused = enter(KEYS, ARGV)\nif refused then return refused end\n"
            f"do\n{body}\nend\nend }}"
        )


def loaded_at(code: str) -> int:
    """When a library with that text was loaded; 0 for one that does not say."""
    found = _LOADED.search(code)
    return int(found[1]) if found else 0
