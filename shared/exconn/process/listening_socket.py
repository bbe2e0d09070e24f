"""The socket that a service listens on, opened before anything is promised to anybody."""

import socket

BACKLOG = 256


class ListenError(Exception):
    """The address is taken, not ours, or needs rights that we do not have."""

    def __init__(self, host: str, port: int, detail: str, *, settings: str) -> None:
        self.host = host
        self.port = port
        self.detail = detail
        super().__init__(
            f"cannot listen on {host} port {port} ({detail}): "
            f"set {settings}_PORT to a free port or correct {settings}_HOST"
        )


def listen(host: str, port: int, *, settings: str) -> socket.socket:
    """A listening socket. `settings` is what the variables begin with that name the address. Raises ListenError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise ListenError(host, port, exc.strerror or str(exc), settings=settings) from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise ListenError(host, port, exc.strerror or str(exc), settings=settings) from exc
    return listener


def url_of(listener: socket.socket, *, tls: bool = False) -> str:
    """The address of a listening socket, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
