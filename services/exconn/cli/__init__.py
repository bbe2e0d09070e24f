"""The command line: reads from the monitor, writes as signed requests to intake."""
