"""PowerShell remoting over WS-Management: shells, commands, fragments, and the messages of a running command."""
