"""Why an endpoint gave no answer, in words that say what to do."""

import errno
import os
import socket
import ssl
from typing import Any

import httpx2
import openai
import pytest

from harness.unanswered import unanswered

REQUEST = httpx2.Request("POST", "http://e/v1")
ADDRESS = "http://e/v1"
REFUSED, UNREACHED, RESET = map(os.strerror, (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ECONNRESET))


def raised(cause: BaseException, below: BaseException | None = None) -> openai.APIConnectionError:
    """Return the SDK's error with what caused it, and what caused that."""
    cause.__cause__ = below
    error = openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    return error


def certificate(message: str) -> ssl.SSLCertVerificationError:
    """Return the error of a certificate."""
    error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message} (_ssl.c:1)")
    error.verify_message = message
    error.reason = "CERTIFICATE_VERIFY_FAILED"
    return error


def plain(reason: str) -> ssl.SSLError:
    """Return the error of a handshake."""
    error = ssl.SSLError(1, f"[SSL: {reason}] said so (_ssl.c:1)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("cause", "below", "said"),
    [
        (httpx2.ConnectTimeout(""), None, "no connection with http://e/v1 within 2.5 s"),
        (httpx2.ReadTimeout(""), None, "no whole answer within 2.5 s from http://e/v1 (model.timeout=N waits longer)"),
        (httpx2.PoolTimeout(""), None, "no whole answer within 2.5 s from http://e/v1 (model.timeout=N waits longer)"),
        (
            httpx2.ConnectError("All failed"),
            ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            f"no connection with http://e/v1: {REFUSED}",
        ),
        (
            httpx2.ConnectError("All failed"),
            OSError(errno.EHOSTUNREACH, "x"),
            f"no connection with http://e/v1: {UNREACHED}",
        ),
        (httpx2.ConnectError("All failed"), OSError("x"), "no connection with http://e/v1: All failed"),
        (
            httpx2.ConnectError("[Errno -2] Nobody"),
            socket.gaierror(-2, "Nobody"),
            "no connection with http://e/v1: Nobody",
        ),
        (
            httpx2.ConnectError("x"),
            plain("WRONG_VERSION_NUMBER"),
            "no connection with http://e/v1: it does not speak TLS; write http:// in api_url",
        ),
        (httpx2.ConnectError("[SSL: ODD] odd"), plain("ODD"), "no connection with http://e/v1: [SSL: ODD] odd"),
        (
            httpx2.ConnectError("x"),
            certificate("certificate has expired"),
            "no connection with http://e/v1: its certificate is not accepted: certificate has expired",
        ),
        (
            httpx2.ReadError(""),
            ConnectionResetError(errno.ECONNRESET, "x"),
            f"the connection with http://e/v1 broke before a whole answer came: {RESET}",
        ),
        (httpx2.ReadError(""), None, "the connection with http://e/v1 broke before a whole answer came: ReadError"),
        (
            httpx2.RemoteProtocolError("no response"),
            None,
            "the connection with http://e/v1 broke before a whole answer came: no response",
        ),
        (
            httpx2.DecodingError("incorrect header"),
            None,
            "the answer from http://e/v1 is not packed as it says: incorrect header",
        ),
        (httpx2.TooManyRedirects(""), None, "http://e/v1 redirects for ever; is it the endpoint's address?"),
        (httpx2.UnsupportedProtocol("no http"), None, "no connection with http://e/v1: no http"),
    ],
)
def test_every_cause_is_told(cause: Any, below: BaseException | None, said: str) -> None:
    """The first words say how far it came, the last ones what the system or the client says of it."""
    assert unanswered(raised(cause, below), ADDRESS, 2.5, 1) == said


def test_several_tries_are_counted() -> None:
    """What was tried again says how often."""
    assert unanswered(raised(httpx2.ConnectError("no")), ADDRESS, 2.5, 3) == (
        "no connection with http://e/v1, tried 3 times: no"
    )


def test_an_error_of_no_cause_is_told_as_it_is() -> None:
    """Where the SDK names no cause its own words are told."""
    error = openai.APIConnectionError(request=REQUEST)
    assert unanswered(error, ADDRESS, 2.5, 1) == "no connection with http://e/v1: Connection error."
