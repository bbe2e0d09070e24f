"""How each kind of result looks on the wire: type names, property order, enums, identities."""
