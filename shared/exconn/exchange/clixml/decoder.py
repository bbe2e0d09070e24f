"""Reads the answers of one session: known templates at once, everything else by a parse."""

from typing import Any

from exconn.exchange.clixml.reader import decoded, or_malformed, parse_text, read_element
from exconn.exchange.clixml.template_cache import TemplateCache


class Decoder:
    """For one thread. It gets faster with what it sees, in bounded memory, and never reads other than `reader`."""

    def __init__(self) -> None:
        self._templates = TemplateCache()

    def read_all(self, body: bytes) -> list[Any]:
        """The values of one message body: one, or those that an `<Objs>` wraps; `Malformed` for anything else."""
        text = decoded(body)
        known = or_malformed(lambda: self._templates.read(text), text)
        if known is not None:
            return [known]
        root = parse_text(text)
        values = read_element(root, text)
        self._templates.learn(text, root)
        return values
