"""One-time codes by RFC 4226 (HOTP) and RFC 6238 (TOTP), and the ``otpauth`` URIs that carry their keys.

Pure: the time is passed in.
"""

from etui.standards.otp.codes import Algorithm, OneTimeCode, TotpKey, hotp, totp
from etui.standards.otp.keys import OtpKeyError, parse_key, typed_key

__all__ = ["Algorithm", "OneTimeCode", "OtpKeyError", "TotpKey", "hotp", "parse_key", "totp", "typed_key"]
