"""A transcript of sessions without persons: what was asked by name, and what Exchange answered with made-up values.

Answers stay PSRP messages, so that decoders can be run on them. What is kept is listed (`kept_and_dropped`); every
other text gets a stand-in, sentence by sentence and part by part, whatever property it stands in.
"""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, tostring

from exconn.exchange.clixml.reader import parse
from exconn.exchange.cmdlets.command import Command
from exconn.exchange.cmdlets.table import table
from exconn.exchange.errors import Malformed
from exconn.exchange.psrp.fragments import Message
from exconn.exchange.psrp.messages import MessageType
from exconn.exchange.transcript import kept_and_dropped
from exconn.exchange.transcript.pseudonyms import Pseudonyms

#: The form of the file; a reader refuses a newer one.
FORMAT = 1
#: A transcript is for reading: what is beyond it is left out, and said so.
MOST_MESSAGES = 2_000
#: Kinds that tell about Exchange; progress, debug output and prompts are left out.
_KEPT_KINDS = (MessageType.OUTPUT, MessageType.ERROR, MessageType.STATE, MessageType.WARNING)
_PLAIN_TAGS = """
B By SB I16 U16 I32 U32 I64 U64 Sg Db D DT TS Version Nil T TN TNRef Ref Obj LST IE QUE STK DCT En Props MS
"""
#: Whole numbers, dates, durations, versions, types: no text of a person.
_PLAIN = frozenset(_PLAIN_TAGS.split())
_BLOBS = frozenset({"BA", "SS", "XD"})
_TYPE = re.compile(r"(?:Microsoft|System)\.[A-Za-z0-9_.`+]+")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)?|(?:Microsoft|System)\.[A-Za-z0-9_.`+\[\]]+")
#: A count or a number of milliseconds stands by itself; telephone numbers and addresses do not.
_NUMBER = re.compile(r"(?<!\w)\d{1,6}(?!\w)")
_SEVERAL_NUMBERS = re.compile(r"\d+(?:[ ()./:+-]{1,2}\d+)+")
_QUOTED_NAME = re.compile(r"[A-Za-z]+-[A-Za-z]+|(?<=')[A-Za-z]+(?=')")


@dataclass
class _Asked:
    """One command with what was answered."""

    command: Command
    messages: list[Message] = field(default_factory=list)
    left_out: int = 0


class Recorder:
    """Listens to a session; `transcript` is what may leave the organization."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []
        self._count = 0

    def began(self, command: Command) -> None:
        """A command is sent."""
        self._asked.append(_Asked(command))

    def heard(self, message: Message) -> None:
        """A message of the running command arrived."""
        if not self._asked or message.kind not in _KEPT_KINDS:
            return
        if self._count >= MOST_MESSAGES:
            self._asked[-1].left_out += 1
            return
        self._count += 1
        self._asked[-1].messages.append(message)

    def transcript(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The transcript; `about` says in plain words what was recorded with what."""
        names = Pseudonyms(secrets.token_bytes(32))
        # Twice: a part that proves personal late is taken out of what came before it as well.
        for _ in range(2):
            commands = [_shown(asked, _Rewriter(names, asked.command)) for asked in self._asked]
        return {"format": FORMAT, **about, "commands": commands}


def _shown(asked: _Asked, rewriter: "_Rewriter") -> dict[str, Any]:
    shown: dict[str, Any] = {
        "cmdlet": asked.command.cmdlet,
        "parameters": sorted(asked.command.parameters),
        "messages": [{"kind": MessageType(m.kind).name, "clixml": rewriter.rewritten(m)} for m in asked.messages],
    }
    return shown | ({"left_out": asked.left_out} if asked.left_out else {})


def as_text(transcript: Mapping[str, Any]) -> str:
    """The file's text."""
    return json.dumps(transcript, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Recorded:
    """One command of a transcript: `messages` are kind and CLIXML."""

    cmdlet: str
    parameters: tuple[str, ...]
    messages: tuple[tuple[MessageType, bytes], ...]


def read_transcript(text: str) -> list[Recorded]:
    """The commands of a transcript's file. Raises Malformed."""
    try:
        found = json.loads(text)
        if found["format"] > FORMAT:
            raise Malformed(f"a transcript of form {found['format']}, and {FORMAT} is the newest known here")
        return [
            Recorded(
                each["cmdlet"],
                tuple(each["parameters"]),
                tuple((MessageType[message["kind"]], message["clixml"].encode()) for message in each["messages"]),
            )
            for each in found["commands"]
        ]
    except (ValueError, KeyError, TypeError) as exc:
        raise Malformed("a transcript that could not be read", text) from exc


class _Rewriter:
    """Rewrites the messages of one command."""

    def __init__(self, names: Pseudonyms, command: Command) -> None:
        self._names = names
        self._metadata = command.cmdlet == "Get-Command"

    def rewritten(self, message: Message) -> str:
        try:
            root = parse(message.body)
        except Malformed:
            # Not to be understood, so not to be shown.
            return "<Nil/>"
        types = {e.attrib["RefId"]: _type_names(e) for e in root.iter("TN") if "RefId" in e.attrib}
        sentence = message.kind != MessageType.OUTPUT
        self._walk(root, "", types, sentence=sentence)
        return tostring(root, encoding="unicode")

    def _walk(self, element: Element, inherited: str, types: Mapping[str, tuple[str, ...]], *, sentence: bool) -> None:
        own = element.get("N") or inherited
        if own in kept_and_dropped.DROPPED:
            _emptied(element)
            return
        if element.tag in _BLOBS:
            element.text = base64.b64encode(bytes(8)).decode() if element.tag == "BA" else ""
        elif element.tag == "ToString":
            element.text = self._text(element.text or "", own, sentence=sentence)
        elif element.tag not in _PLAIN and element.text:
            element.text = self._text(element.text, own, sentence=sentence)
        is_plain = _is_plain(element, types)
        for child in element:
            if child.tag in ("T", "TN", "TNRef") or (is_plain and child.tag == "ToString"):
                continue
            self._walk(child, own, types, sentence=sentence)

    def _text(self, text: str, name: str, *, sentence: bool) -> str:
        if self._metadata and (
            (name in kept_and_dropped.METADATA and _IDENTIFIER.fullmatch(text))
            or _TYPE.fullmatch(text)
            or text in table()
        ):
            return text
        if name == "DeviceType":
            self._names.learn_kind(text)
        if name in kept_and_dropped.KEPT:
            return self._names.traces_out(text)
        if name in kept_and_dropped.SENTENCES or (sentence and " " in text):
            return self._sentence(text)
        if sentence and _TYPE.fullmatch(text):
            return text
        return self._names.value(text)

    def _sentence(self, text: str) -> str:
        """A sentence with its own words, types and names of cmdlets; every other part gets a stand-in."""
        kept = {found[0].casefold() for found in _QUOTED_NAME.finditer(text) if _is_known_name(found[0])}
        parts = {part for name in kept for part in name.split("-")}
        pieces, position = [], 0
        for found in _TYPE.finditer(text):
            pieces += [self._words(text[position : found.start()], parts), found[0]]
            position = found.end()
        return "".join([*pieces, self._words(text[position:], parts)])

    def _words(self, text: str, also: set[str]) -> str:
        numbers = set(_NUMBER.findall(_SEVERAL_NUMBERS.sub("", text)))

        def keep(part: str) -> bool:
            return part in kept_and_dropped.WORDS or part in also or part.endswith("exception") or part in numbers

        return self._names.parts(text, keep)


def _emptied(element: Element) -> None:
    name = element.get("N")
    element.clear()
    element.tag = "Nil"
    if name is not None:
        element.set("N", name)


def _is_plain(element: Element, types: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the text of an object is the name of a constant, a number, or a time span."""
    names: tuple[str, ...] = ()
    for child in element:
        if child.tag == "TN":
            names = _type_names(child)
        elif child.tag == "TNRef":
            names = types.get(child.get("RefId", ""), ())
    return "System.Enum" in names or any(name in each for each in names[:1] for name in kept_and_dropped.PLAIN_TYPES)


def _type_names(element: Element) -> tuple[str, ...]:
    return tuple(each.text or "" for each in element)


def _is_known_name(text: str) -> bool:
    return text in table() or any(text in cmdlet.parameters for cmdlet in table().values())
