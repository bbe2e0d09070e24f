"""CLIXML, the form in which PowerShell sends objects: a plain reader, and a faster decoder that learns templates."""
