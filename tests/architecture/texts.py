"""What a person reads is never what the program compares: codes are compared, texts may be reworded at any time.

A text is a string with a space and a word in it. Looked for are comparisons, `match` cases, and the calls that look
into a string, with such a text or with the name of a constant that holds one; in Lua likewise.
"""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import Module, SourceTree, Violation

#: Who reads what others say in words, because they say it in no other way. Each with what it reads.
READERS = {
    "shared/exconn/connector/parse.py": "errors of the TOML and the settings library: where it went wrong",
    "shared/exconn/exchange/cmdlets/scope.py": "the version as Exchange writes it",
    "shared/exconn/exchange/policies.py": "sizes as Exchange writes them",
    "shared/exconn/exchange/wsman/authentication.py": "a header of HTTP",
    "shared/exconn/exchange/wsman/bad_requests.py": "the pages of Windows' HTTP service",
    "shared/exconn/exchange/wsman/message_encryption.py": "the boundary of a message in parts",
    "shared/exconn/keyspace/functions.py": "errors of the server that have no code of their own",
    "shared/exconn/keyspace/library.py": "first lines of scripts of ours",
}
#: The other side of the protocol: it speaks Exchange's words, and hears those of any client.
SPEAKS_EXCHANGE = "simulator"

_TEXT = re.compile(r"(?=.*[^\W\d_]{3})(?=.*\S \S|.*\w[^\w\s]* $)", re.DOTALL)
_LOOKS_INTO = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "index", "count", "partition"} | {
    "rpartition", "match", "fullmatch", "search", "finditer", "findall", "compile"
}  # fmt: skip
_LUA_STRING = r"""(?:'(?P<one>[^'\n]*)'|"(?P<two>[^"\n]*)")"""
_LUA = [
    re.compile(rf"[=~]=\s*{_LUA_STRING}"),
    re.compile(rf"{_LUA_STRING}\s*[=~]="),
    re.compile(rf"(?:string\.|:)(?:find|match|gmatch)\s*\([^'\"\n]*{_LUA_STRING}"),
]


def no_text_is_compared(tree: SourceTree) -> Iterator[Violation]:
    """Whoever rewords a text changes what people read, and nothing else."""
    modules = [module for module in tree.modules if module.package != SPEAKS_EXCHANGE]
    constants = {name for module in modules for name in _text_constants(module)}
    for module in modules:
        if str(module.path) not in READERS:
            for line in _compared(module, constants):
                yield module.at(line, "a text for people is compared: give it a code")
    for path, text in tree.texts.items():
        if path.suffix == ".lua":
            for number, words in enumerate(text.splitlines(), 1):
                if _is_compared_in_lua(words):
                    yield Violation(path, number, "a text for people is compared: give it a code")


def _is_compared_in_lua(line: str) -> bool:
    return any(_is_text(found["one"] or found["two"]) for way in _LUA for found in way.finditer(line))


def idle_readers(tree: SourceTree) -> set[str]:
    """Exceptions that nobody needs any more."""
    return READERS.keys() - {str(module.path) for module in tree.modules if any(_compared(module, set()))}


def _is_text(value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and _TEXT.search(text) is not None


def _text_constants(module: Module) -> Iterator[str]:
    """Names that hold one text: as `NAME`, and by the class or the module that they are of."""
    for owner in module.nodes:
        if isinstance(owner, ast.Module | ast.ClassDef) and not _is_enum(owner):
            of = owner.name if isinstance(owner, ast.ClassDef) else module.path.stem
            for name in _texts_of(owner.body):
                yield from [f"{of}.{name}"] if isinstance(owner, ast.ClassDef) else [f"{of}.{name}", name]


def _is_enum(owner: ast.Module | ast.ClassDef) -> bool:
    """Its members are compared, not their values, which say what they mean."""
    return isinstance(owner, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in owner.bases)


def _texts_of(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if _is_text(node.value.value):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _compared(module: Module, constants: set[str]) -> Iterator[int]:
    for node in module.nodes:
        for operand in _operands(node):
            for part in operand.elts if isinstance(operand, ast.Tuple | ast.List | ast.Set) else [operand]:
                if _name(part) in constants or (isinstance(part, ast.Constant) and _is_text(part.value)):
                    yield part.lineno


def _name(node: ast.AST) -> str:
    """`NAME`, or `owner.NAME` with the last name of the owner."""
    if isinstance(node, ast.Attribute):
        return f"{ast.unparse(node.value).rpartition('.')[2]}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.MatchValue):
        yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LOOKS_INTO:
        yield from node.args[:1]
