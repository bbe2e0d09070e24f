"""Identify: who is there, answered before anybody has logged on (DSP0226, section 11)."""

import re

_NAMESPACE = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
_ASKED = re.compile(rb"<(?:[\w.-]+:)?Identify[\s/>]")
_ANSWER = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xml:lang="en-US"><s:Header/><s:Body>'
    f'<wsmid:IdentifyResponse xmlns:wsmid="{_NAMESPACE}">'
    "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
    "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
    "<wsmid:ProductVersion>OS: {system} SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
    "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
)


def is_identify(data: bytes) -> bool:
    """Whether a request asks who is there, and nothing else."""
    return _NAMESPACE.encode() in data and _ASKED.search(data) is not None


def identification(*, known: bool) -> bytes:
    """The answer; strangers are not told the version of the system."""
    return _ANSWER.format(system="10.0.17763" if known else "0.0.0").encode()
