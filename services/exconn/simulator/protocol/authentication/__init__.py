"""Who is at the other end of a connection: Basic, NTLM, Negotiate, Kerberos, client certificates."""

from exconn.simulator.protocol.authentication.logon import Heard, Logon
from exconn.simulator.protocol.authentication.methods import Method, Methods, read_methods

__all__ = ["Heard", "Logon", "Method", "Methods", "read_methods"]
