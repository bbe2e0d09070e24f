"""The full wipe: issued, read back after an unclear answer, followed until the device acknowledged."""
