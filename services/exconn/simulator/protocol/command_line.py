"""A line of PowerShell as far as the test-only endpoint understands it: cmdlets, parameters and literals.

No variables but $true, $false and $null, no expressions, no blocks: nothing is ever evaluated.
"""

import re
from typing import Any

from exconn.simulator.cmdlets import failures
from exconn.simulator.protocol.invocations import Argument, Command

LONGEST_LINE = 8_192
MOST_COMMANDS = 16
MOST_ARGUMENTS = 64

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|'(?P<single>(?:[^']|'')*)'"
    r'|"(?P<double>(?:[^"$`]|"")*)"'
    r"|(?P<opening>@\(|@\{)"
    r"|(?P<mark>[|;,=(){}])"
    r"|(?P<constant>\$(?i:true|false|null)\b)"
    r"|(?P<name>-[A-Za-z]\w*:?)"
    r"|(?P<bare>[^\s'\"|;,=(){}$`&<>@][^\s'\"|;,=(){}$`&<>]*)"
)
_NUMBER = re.compile(r"-?\d{1,9}")
_CONSTANTS = {"$true": True, "$false": False, "$null": None}
#: What PowerShell calls by other names.
_ALIASES = {"echo": "Write-Output", "write": "Write-Output", "select": "Select-Object", "measure": "Measure-Object"}

Token = tuple[str, str]


def read_line(text: str) -> list[Command]:
    """The commands of a line. CmdletFailed with a parser error for whatever is not understood."""
    if len(text) > LONGEST_LINE:
        raise failures.line_not_understood(f"the line is longer than {LONGEST_LINE} characters")
    return _Reader(_tokens(text)).commands()


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise failures.line_not_understood(f"unexpected {text[position]!r}")
        position = match.end()
        if match.lastgroup != "space":
            tokens.append((match.lastgroup, match[match.lastgroup]))
    return tokens


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def commands(self) -> list[Command]:
        commands: list[Command] = []
        while self._peek() is not None:
            if self._take_mark(";"):
                continue
            commands.append(self._command())
            if len(commands) > MOST_COMMANDS:
                raise failures.line_not_understood(f"more than {MOST_COMMANDS} commands")
            if not self._take_mark("|"):
                commands[-1] = Command(commands[-1].name, False, commands[-1].arguments, ends_statement=True)
                if self._peek() not in (None, ("mark", ";")):
                    raise failures.line_not_understood(f"unexpected {self._word()!r}")
            elif self._peek() is None:
                raise failures.line_not_understood("nothing behind the last |")
        return commands

    def _command(self) -> Command:
        kind, text = self._peek() or ("", "")
        if kind in ("single", "double", "constant", "opening"):
            # A value that stands alone is its own output.
            return Command("Write-Output", False, (Argument("InputObject", self._value()),))
        if kind != "bare":
            raise failures.line_not_understood(f"a cmdlet was expected, not {text!r}")
        self._at += 1
        return Command(_ALIASES.get(text.lower(), text), False, tuple(self._arguments()))

    def _arguments(self) -> list[Argument]:
        arguments: list[Argument] = []
        while (token := self._peek()) is not None and token not in (("mark", "|"), ("mark", ";")):
            if token[0] == "name":
                self._at += 1
                joined = token[1].endswith(":")
                arguments.append(Argument(token[1], self._value() if joined or self._has_value() else None))
            else:
                arguments.append(Argument(None, self._value()))
            if len(arguments) > MOST_ARGUMENTS:
                raise failures.line_not_understood(f"more than {MOST_ARGUMENTS} arguments")
        return arguments

    def _has_value(self) -> bool:
        return (self._peek() or ("", ""))[0] in ("single", "double", "bare", "constant", "opening")

    def _value(self) -> Any:
        """One value, or several with commas between."""
        values = [self._single_value()]
        while self._take_mark(","):
            values.append(self._single_value())
        return values[0] if len(values) == 1 else values

    def _single_value(self) -> Any:
        kind, text = self._peek() or ("", "the end")
        self._at += 1
        if kind == "single":
            return text.replace("''", "'")
        if kind == "double":
            return text.replace('""', '"')
        if kind == "constant":
            return _CONSTANTS[text.lower()]
        if kind == "bare":
            return int(text) if _NUMBER.fullmatch(text) else text
        if text == "@(":
            return self._list()
        if text == "@{":
            return self._table()
        raise failures.line_not_understood(f"a value was expected, not {text!r}")

    def _list(self) -> list[Any]:
        if self._take_mark(")"):
            return []
        value = self._value()
        self._expect(")")
        return value if isinstance(value, list) else [value]

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {}
        while not self._take_mark("}"):
            key = str(self._single_value())
            self._expect("=")
            table[key] = self._value()
            self._take_mark(";")
        return table

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _word(self) -> str:
        return (self._peek() or ("", "the end"))[1]

    def _take_mark(self, mark: str) -> bool:
        if self._peek() == ("mark", mark):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take_mark(mark):
            raise failures.line_not_understood(f"{mark!r} was expected, not {self._word()!r}")
