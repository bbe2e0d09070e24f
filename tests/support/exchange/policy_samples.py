"""Two values or more of each setting, as people write them: the bounds, and every word."""

from exconn.connector import SettingRow
from exconn.connector.settings.kinds import Listed, OneOf, Whole


def samples(row: SettingRow) -> tuple[object, ...]:
    """Values that differ from one another, from the loosest bound to the other."""
    kind = row.kind
    if isinstance(kind, Whole):
        whole_megabytes = (2048,) if kind.unit == "KB" else ()
        return (kind.low, kind.high, *whole_megabytes, *(("unlimited",) if kind.unlimited else ()))
    if isinstance(kind, OneOf):
        return tuple(kind.words)
    if isinstance(kind, Listed):
        return (["b.exe", "a.exe"], [])
    return (True, False)
