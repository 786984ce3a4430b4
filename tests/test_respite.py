"""How long an answer asks to wait, in every way in which endpoints say it."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.respite import Respite, wanted
from tests.build import EXAMPLES

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "respite"),
    [
        ({}, None),
        ({"retry-after": "3"}, Respite(3, exact=True)),
        ({"retry-after": " 0.25 "}, Respite(0.25, exact=True)),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "9" * 400}, Respite(float("inf"), exact=True)),
        ({"retry-after": "Sun, 01 Mar 2026 09:00:20 GMT"}, Respite(20, exact=True)),
        ({"retry-after": "Sun, 01 Mar 2026 10:00:20 +0100"}, Respite(20, exact=True)),
        ({"retry-after": "Sun, 01 Mar 2026 09:00:20 -0000"}, Respite(20, exact=True)),
        ({"retry-after": "Sun, 01 Mar 2026 08:59:00 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, Respite(0.25, exact=True)),
        ({"retry-after-ms": "", "retry-after": "1"}, Respite(1, exact=True)),
        ({"retry-after": "2", "x-ratelimit-reset-requests": "9s"}, Respite(2, exact=True)),
        ({"x-ratelimit-reset-requests": "1m30.5s"}, Respite(90.5, exact=False)),
        ({"x-ratelimit-reset-requests": "2h", "x-ratelimit-reset-tokens": "86ms"}, Respite(0.086, exact=False)),
        (
            {
                "x-ratelimit-reset-requests": "8s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "1s",
                "x-ratelimit-remaining-tokens": "300",
            },
            Respite(8, exact=False),
        ),
        ({"x-ratelimit-reset-tokens": "12"}, Respite(12, exact=False)),
        ({"x-ratelimit-reset": str(int(NOW) + 5)}, Respite(5, exact=False)),
        ({"x-ratelimit-reset": str((int(NOW) + 5) * 1000)}, Respite(5, exact=False)),
        ({"x-ratelimit-reset": str(int(NOW) - 5)}, None),
        ({"x-ratelimit-reset-requests": "2026-03-01T09:00:20Z", "x-ratelimit-reset-tokens": ""}, None),
    ],
)
def test_what_an_answer_asks(headers: dict[str, str], respite: Respite | None) -> None:
    """Seconds, thousandths and dates say when to ask again; the renewal of limits is a hint, of the one used up."""
    assert wanted(headers, NOW) == respite


@EXAMPLES
@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"]),
        st.one_of(
            st.text(max_size=12),
            st.text("0123456789.hms -:+eE_٣", max_size=12),
            st.datetimes().map(lambda when: format_datetime(when.replace(tzinfo=UTC))),
        ),
    )
)
def test_whatever_stands_there_is_a_time_or_nothing(headers: dict[str, str]) -> None:
    """No header can be read as a time that has passed, and none is an error."""
    respite = wanted(headers, NOW)
    assert respite is None or respite.seconds > 0
