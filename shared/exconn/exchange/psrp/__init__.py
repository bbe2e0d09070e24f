"""PowerShell remoting over WS-Management: shells, commands, fragments, and the streams of a running command."""
