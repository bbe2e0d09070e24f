"""docs/settings.md, made of the table of settings: `python -m tests.support.docs.settings_page` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

from exconn.connector import GROUPS, SettingRow
from exconn.connector.settings.contradictions import CONTRADICTIONS
from exconn.connector.settings.row import SettingsTable
from exconn.contracts import ClientClass
from exconn.contracts.policy_reach import policy_reach

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"

_HEAD = """\
# Settings of the mailbox policy

Every setting that `[policy]` of a definition takes, by its name there, by the parameter of Configuration Manager's
cmdlet that it takes the place of, and by Exchange's parameter in both families of cmdlets. This page is made of the
code's table, and a test compares the two. [Guard the mailbox policy](howto/policy.md) says how they are planned and
applied.

- A setting that is not written keeps what Exchange has: nothing is sent for it. Of a group with one setting that is
  written, all others are guarded as they were when the group was taken; `[policy.extended]` and `[policy]` itself
  guard only what is written.
- `"default"` is taken where the pages of both families name the same default, and refused where they do not: then one
  of them would erase phones, or stop their mail, or nobody knows. Where the older Set- page names none, that of New-
  counts.
- Ranges are those of Exchange's pages unless said otherwise; a value outside is refused before anything is written.
- *A second person* names the change that waits for one. *Obeyed by* says what is documented of clients: native phones
  are told of all settings, and what each applied shows in its policy status; Outlook is documented to obey some;
  OutlookService obeys none of them.
- *Rests on*: **documented** by Microsoft, said by the **community**, **recalled**, or our **judgement**.
"""

_SIZES = """\
Sizes travel in two ways. `MaxAttachmentSize` is sent as `<n>KB`, which has one meaning. The two sizes behind which
mail is cut off are sent as bare numbers of kilobytes, as Configuration Manager did: the older page counts kilobytes,
the newer one bytes. Where Exchange shows 1024 times as much or as little as was sent, the application is held with
that reason (`other_unit`).

`RequireStorageCardEncryption` set true also sets `DeviceEncryptionEnabled` true: a plan and the values kept from
before show both. Setting the first back to false leaves the second as it is.
"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD, *(_group(table) for table in GROUPS.values()), "## Sizes and side effects\n\n" + _SIZES, _refused()]
    return "\n".join(parts)


def _group(table: SettingsTable) -> str:
    own = "policy" if not table.guards_all and table.name != "extended" else f"policy.{table.name}"
    return "\n".join([f"## `[{own}]`", "", f"{table.says}.", "", *_rows(table), "", *_origins(table)])


def _rows(table: SettingsTable) -> Iterator[str]:
    yield "| setting | Configuration Manager | Exchange (older name) | takes | default | a second person | obeyed by |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in table.rows:
        exchange = f"`{row.parameter}`" + (f" (`{row.older}`)" if row.older else "")
        cells = (
            f"`{row.setting}`{', needed' if row.required else ''}",
            f"`{row.original}`" if row.original else "",
            exchange,
            row.takes.removesuffix(', or "default"'),
            _default(row),
            row.dangerous.says,
            _obeyed(row),
        )
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def _default(row: SettingRow) -> str:
    older, newer = row.pages
    if row.default is not None:
        return f"`{newer}`"
    return f"refused: {older or 'none'} (older), {newer or 'none'} (newer)" if older or newer else "refused: none"


def _obeyed(row: SettingRow) -> str:
    reach = policy_reach(ClientClass.OUTLOOK, (row.parameter,))
    if reach.settings:
        return "native, Outlook"
    return "native, Outlook on Android" if reach.on_android else "native"


def _origins(table: SettingsTable) -> Iterator[str]:
    """What each setting means, and what its row rests on."""
    for row in table.rows:
        yield f"- `{row.setting}`: {row.says}."
    yield ""
    grouped: dict[tuple[str, str], list[str]] = {}
    for row in table.rows:
        grouped.setdefault((row.evidence, row.source), []).append(f"`{row.setting}`")
    for (evidence, source), named in grouped.items():
        which = ", ".join(named) if len(grouped) > 1 else "all of these"
        yield f"Rests on **{evidence}** ({which}): {source}.\n"


def _refused() -> str:
    rows = (f"- `{each.one}` and `{each.other}`: {each.why}." for each in CONTRADICTIONS)
    return "\n".join(["## What is refused together", "", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
