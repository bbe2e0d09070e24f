"""PowerShell as a parser reads it: whether it is well-formed, which commands it runs, what it assigns."""

from collections.abc import Iterator

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_LANGUAGE = Language(tree_sitter_powershell.language())


def parsed(text: str) -> Node:
    """The tree of a script."""
    return Parser(_LANGUAGE).parse(text.encode()).root_node


def nodes(node: Node, kind: str = "") -> Iterator[Node]:
    """A node and all below it, or those of one kind."""
    if not kind or node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def faults(text: str) -> list[str]:
    """What the parser could not read, with its line."""
    found = (node for node in nodes(parsed(text)) if node.is_error or node.is_missing)
    return [f"line {node.start_point.row + 1}: {written(node)!r}" for node in found]


def written(node: Node) -> str:
    """A node as it stands in the script."""
    return (node.text or b"").decode()


def text_of(node: Node) -> str:
    """The text of a literal string."""
    return written(node)[1:-1].replace("''", "'")


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every command of a script with the names of its parameters."""
    for node in nodes(parsed(text), "command"):
        name = next(nodes(node, "command_name"), None)
        if name is not None:
            own = (each for part in node.children if part.type == "command_elements" for each in part.children)
            yield written(name), [written(each).lstrip("-") for each in own if each.type == "command_parameter"]


def functions(text: str) -> set[str]:
    """The functions that a script defines."""
    return {written(node) for node in nodes(parsed(text), "function_name")}


def needs(text: str) -> dict[str, set[str]]:
    """What `$needs` of a role script grants: cmdlet and parameters."""
    granted: dict[str, set[str]] = {}
    for node in nodes(parsed(text), "assignment_expression"):
        if written(node).startswith("$needs"):
            for entry in nodes(node, "hash_entry"):
                name, *parameters = [text_of(each) for each in nodes(entry, "verbatim_string_characters")]
                granted[name] = set(parameters)
    return granted


def names_made(text: str) -> list[str]:
    """The values of the variables that hold names of groups and scopes."""
    found = []
    for node in nodes(parsed(text), "assignment_expression"):
        if written(node).split(" ")[0] in ("$accounts", "$group", "$scope"):
            found += [text_of(each) for each in nodes(node, "verbatim_string_characters")][:1]
    return found
