"""EMV: what a payment card, a terminal, an issuer and a scheme's authority tell each other and prove to each other.

Values, codecs and verifiers alone. What is accepted (which schemes, which lengths of keys, which limits, when to go
online) each side decides for itself.

    tlv, values, dictionary, lists     data objects, how their values are written, which there are, lists of them
    indicators, verification, files    AIP, AUC, TVR, TSI; rules of cardholder verification; file locator and records
    directories                        what SELECT answers: PPSE, PSE, applications
    commands, answers                  what a terminal asks, and what a card answers
    application_data, status_update    what card and issuer tell each other, in the format of the Common Core
    cryptograms                        keys of cards and transactions, ARQC, TC, AAC, ARPC, by pyemv
    rsa, recovery, certificates        keys, signatures that carry what they sign, the chain from a scheme to a card
    dynamic                            DDA and CDA: made by cards, verified by terminals
    terminal                           what a terminal says of itself, of the transaction and of how it ended

Sources: EMV 4.3 and 4.4, Books 1 to 3; EMV Contactless Books B and C-2. Decision 18 has what raw RSA means.
"""

from etui.standards.emv.answers import CryptogramAnswer, ProcessingOptions, objects_but_signature
from etui.standards.emv.application_data import CardVerificationResults, Checks, IssuerApplicationData
from etui.standards.emv.certificates import (
    AuthorityKey,
    CertifiedKey,
    SignedKey,
    card_key,
    certify_card,
    certify_issuer,
    issuer_key,
)
from etui.standards.emv.commands import (
    CryptogramType,
    GenerateAc,
    GetData,
    GetProcessingOptions,
    InternalAuthenticate,
    ReadRecord,
    Request,
    read_request,
)
from etui.standards.emv.cryptograms import (
    TERMINAL_TAGS,
    SessionKey,
    card_master_key_a,
    card_master_key_b,
    cryptogram_data,
    session_key,
    session_keys,
)
from etui.standards.emv.dictionary import ELEMENTS, Element, Format, Tag, check
from etui.standards.emv.directories import (
    PPSE,
    PSE,
    Application,
    ApplicationInformation,
    PaymentDirectory,
    ProximityDirectory,
    read_directory_record,
    write_directory_record,
)
from etui.standards.emv.dynamic import (
    VerifiedCryptogram,
    sign_cryptogram,
    sign_dynamic,
    transaction_hash,
    verify_cryptogram,
    verify_dynamic,
)
from etui.standards.emv.errors import (
    AuthenticationError,
    CommandError,
    EmvError,
    FaultError,
    MalformedError,
    MissingError,
    UnsupportedError,
)
from etui.standards.emv.files import (
    RecordRange,
    read_file_locator,
    read_record,
    static_data,
    write_file_locator,
    write_record,
)
from etui.standards.emv.indicators import Aip, Auc, Tsi, Tvr
from etui.standards.emv.lists import DataObjectList, Entry, data_bytes, list_data, list_values, read_list, write_list
from etui.standards.emv.rsa import PrivateKey, PublicKey
from etui.standards.emv.status_update import CardStatusUpdate, Counters, Update
from etui.standards.emv.terminal import ResponseCode, TerminalCapabilities, TransactionType
from etui.standards.emv.tlv import (
    DataObject,
    constructed,
    decode_object,
    decode_objects,
    encode_objects,
    find,
    primitive,
    primitives,
    require,
    values_by_tag,
)
from etui.standards.emv.values import (
    read_compressed,
    read_date,
    read_numeric,
    read_text,
    write_compressed,
    write_date,
    write_numeric,
    write_text,
)
from etui.standards.emv.verification import (
    NOT_PERFORMED,
    CvmCondition,
    CvmList,
    CvmMethod,
    CvmOutcome,
    CvmResults,
    CvmRule,
)

__all__ = [
    "ELEMENTS",
    "NOT_PERFORMED",
    "PPSE",
    "PSE",
    "TERMINAL_TAGS",
    "Aip",
    "Application",
    "ApplicationInformation",
    "Auc",
    "AuthenticationError",
    "AuthorityKey",
    "CardStatusUpdate",
    "CardVerificationResults",
    "CertifiedKey",
    "Checks",
    "CommandError",
    "Counters",
    "CryptogramAnswer",
    "CryptogramType",
    "CvmCondition",
    "CvmList",
    "CvmMethod",
    "CvmOutcome",
    "CvmResults",
    "CvmRule",
    "DataObject",
    "DataObjectList",
    "Element",
    "EmvError",
    "Entry",
    "FaultError",
    "Format",
    "GenerateAc",
    "GetData",
    "GetProcessingOptions",
    "InternalAuthenticate",
    "IssuerApplicationData",
    "MalformedError",
    "MissingError",
    "PaymentDirectory",
    "PrivateKey",
    "ProcessingOptions",
    "ProximityDirectory",
    "PublicKey",
    "ReadRecord",
    "RecordRange",
    "Request",
    "ResponseCode",
    "SessionKey",
    "SignedKey",
    "Tag",
    "TerminalCapabilities",
    "TransactionType",
    "Tsi",
    "Tvr",
    "UnsupportedError",
    "Update",
    "VerifiedCryptogram",
    "card_key",
    "card_master_key_a",
    "card_master_key_b",
    "certify_card",
    "certify_issuer",
    "check",
    "constructed",
    "cryptogram_data",
    "data_bytes",
    "decode_object",
    "decode_objects",
    "encode_objects",
    "find",
    "issuer_key",
    "list_data",
    "list_values",
    "objects_but_signature",
    "primitive",
    "primitives",
    "read_compressed",
    "read_date",
    "read_directory_record",
    "read_file_locator",
    "read_list",
    "read_numeric",
    "read_record",
    "read_request",
    "read_text",
    "require",
    "session_key",
    "session_keys",
    "sign_cryptogram",
    "sign_dynamic",
    "static_data",
    "transaction_hash",
    "values_by_tag",
    "verify_cryptogram",
    "verify_dynamic",
    "write_compressed",
    "write_date",
    "write_directory_record",
    "write_file_locator",
    "write_list",
    "write_numeric",
    "write_record",
    "write_text",
]
