"""The wire: HTTP, WS-Management, PowerShell remoting and CLIXML, written without the client's code."""
