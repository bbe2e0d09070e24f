"""Admission: who signed a request, whether it is accepted, and what is inserted for it."""

from exconn.admission.admit import HANDLERS, PRESENT_WITHIN, VALID_WITHIN, Admitted, admit
from exconn.admission.answers import AnswerBook
from exconn.admission.desk import Desk, KnownDevice, RegisterLookup, Wake
from exconn.admission.errors import AdmissionError, KeyFileError, Refused, RegistryError
from exconn.admission.keyfile import (
    SigningKey,
    key_id,
    load_signing_key,
    new_signing_key,
    parse_public_key,
    save_signing_key,
)
from exconn.admission.register import lookup_in
from exconn.admission.requesters import Registry, RegistryFile, Requester, load_registry, parse_registry
from exconn.admission.settings import RegistrySettings
from exconn.admission.signing import Verified, sign, verify

__all__ = [
    "HANDLERS",
    "PRESENT_WITHIN",
    "VALID_WITHIN",
    "AdmissionError",
    "Admitted",
    "AnswerBook",
    "Desk",
    "KeyFileError",
    "KnownDevice",
    "Refused",
    "RegisterLookup",
    "Registry",
    "RegistryError",
    "RegistryFile",
    "RegistrySettings",
    "Requester",
    "SigningKey",
    "Verified",
    "Wake",
    "admit",
    "key_id",
    "load_registry",
    "load_signing_key",
    "lookup_in",
    "new_signing_key",
    "parse_public_key",
    "parse_registry",
    "save_signing_key",
    "sign",
    "verify",
]
