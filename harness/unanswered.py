"""Why an endpoint gave no answer, in words that say what to do."""

import os
import socket
import ssl

_PLAIN = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer that is no TLS."""


def unanswered(error: BaseException, address: str, seconds: float, tries: int) -> str:
    """Return what to say of the SDK's error after so many tries, of which each had so many seconds."""
    import httpx2

    cause = error.__cause__ or error
    tried = f", tried {tries} times" if tries > 1 else ""
    match cause:
        case httpx2.ConnectTimeout():
            return f"no connection with {address} within {seconds:g} s{tried}"
        case httpx2.TimeoutException():
            return f"no whole answer within {seconds:g} s from {address}{tried} (model.timeout=N waits longer)"
        case httpx2.TooManyRedirects():
            return f"{address} redirects for ever{tried}; is it the endpoint's address?"
        case httpx2.DecodingError():
            return f"the answer from {address} is not packed as it says{tried}: {cause}"
        case httpx2.ReadError() | httpx2.WriteError() | httpx2.CloseError() | httpx2.RemoteProtocolError():
            return f"the connection with {address} broke before a whole answer came{tried}: {_reason(cause)}"
    return f"no connection with {address}{tried}: {_reason(cause)}"


def _reason(error: BaseException) -> str:
    """Return what the system says of an error, or else what the client does."""
    below: BaseException | None = error
    while below is not None:
        match below:
            case ssl.SSLError(reason=str(reason)) if reason in _PLAIN:
                return "it does not speak TLS; write http:// in api_url"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not accepted: {below.verify_message}"
            case socket.gaierror() if below.strerror:
                return below.strerror
            case OSError(errno=int(number)) if not isinstance(below, ssl.SSLError):
                return os.strerror(number)
        below = below.__cause__ or below.__context__
    return str(error) or type(error).__name__
