"""The last day of a PostgreSQL server's certificate, read from its port with the standard library."""

from __future__ import annotations

import socket
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
_UTC_TIME, _EXPLICIT_VERSION = 0x17, 0xA0


def read_expiry(host: str, port: int, *, timeout_s: float) -> datetime:
    """Return when the certificate of the server at `host:port` ends.

    Asks for TLS as PostgreSQL's clients do (manual, "SSL Session Encryption"), reads the certificate without
    judging it, and leaves. Raises OSError, of which `ssl.SSLError` is a kind, when there is none to read.
    """
    with socket.create_connection((host, port), timeout=timeout_s) as plain:
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) != b"S":
            raise OSError("the server does not offer TLS")
        with _unverified().wrap_socket(plain, server_hostname=host) as encrypted:
            certificate = encrypted.getpeercert(binary_form=True)
    if not certificate:
        raise OSError("the server showed no certificate")
    return expiry_of(certificate)


def expiry_of(certificate: bytes) -> datetime:
    """Return the `notAfter` of a DER certificate; raises ValueError for anything else (RFC 5280, 4.1)."""
    try:
        signed = _parts(_parts(certificate)[0][1])[0][1]
        fields = _parts(signed)
        first = 1 if fields[0][0] == _EXPLICIT_VERSION else 0
        tag, text = _parts(fields[first + 3][1])[1]
        return _time(tag, text.decode("ascii"))
    except (IndexError, UnicodeDecodeError) as err:
        raise ValueError("not a certificate") from err


def _unverified() -> ssl.SSLContext:
    """Return a context that takes any certificate: an expired one must be readable, that is the question."""
    import ssl  # here: it takes as long to load as twenty checks, and most gates never ask

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Split DER data into its elements, each a tag and a content."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(data[at : at + width]), at + width
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _time(tag: int, text: str) -> datetime:
    """Read UTCTime (two digits of the year, 1950 to 2049) or GeneralizedTime."""
    if tag == _UTC_TIME:
        text = ("19" if text[0] >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
