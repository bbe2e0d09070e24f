"""Serving HTTP, once for all services that listen: peers that only hold connections close no service."""

from exconn.process.serve_http.certificate import CertificateError, ServerCertificate, server_certificate
from exconn.process.serve_http.limits import HttpLimits
from exconn.process.serve_http.server import HttpServer

__all__ = ["CertificateError", "HttpLimits", "HttpServer", "ServerCertificate", "server_certificate"]
