import gzip
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.adapters.binance.http_answer import BadAnswer, Response, ResponseReader

BODY = b'{"orderId":1}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n" + BODY
CHUNKED = (
    b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nX-MBX-Used-Weight-1M: 7\r\n\r\n"
    b"5;ext=1\r\n" + BODY[:5] + b"\r\n8\r\n" + BODY[5:] + b"\r\n0\r\n\r\n"
)
PACKED = gzip.compress(BODY)
GZIPPED = (
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
) + PACKED
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN


def read(raw: bytes, cuts: list[int]) -> Response | None:
    reader, found = ResponseReader(), None
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    for start, end in pairwise(places):
        assert found is None, "whole before its last byte"
        found = reader.feed(raw[start:end])
    return found


@given(st.sampled_from([PLAIN, CHUNKED, GZIPPED, EARLY]), st.lists(st.integers(0, 200)))
def test_a_response_is_read_however_it_is_cut(raw: bytes, cuts: list[int]) -> None:
    found = read(raw, cuts)
    assert found is not None
    assert (found.body, found.keeps) == (BODY, True)


@given(st.sampled_from([PLAIN, CHUNKED, GZIPPED]), st.integers(1, 60))
def test_a_response_that_lacks_its_end_is_not_whole(raw: bytes, missing: int) -> None:
    assert ResponseReader().feed(raw[:-missing]) is None


def test_status_and_headers() -> None:
    found = read(CHUNKED, [])
    assert found is not None
    assert (found.status, found.headers["x-mbx-used-weight-1m"]) == (400, "7")


@pytest.mark.parametrize(
    ("raw", "keeps"),
    [
        (PLAIN + b"HTTP", False),
        (PLAIN.replace(b"\r\nContent-Type", b"\r\nConnection: close\r\nContent-Type"), False),
        (PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    ],
)
def test_whether_the_connection_goes_on(raw: bytes, keeps: bool) -> None:
    found = ResponseReader().feed(raw)
    assert found is not None
    assert found.keeps is keeps


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    reader = ResponseReader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\n\r\n" + BODY) is None
    found = reader.closed()
    assert found is not None
    assert (found.body, found.keeps) == (BODY, False)
    cut = ResponseReader()
    cut.feed(PLAIN[:-1])
    assert cut.closed() is None
    assert ResponseReader().closed() is None


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 ??? OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (9 * 2**20),
    ],
)
def test_rubbish_is_refused(raw: bytes) -> None:
    with pytest.raises(BadAnswer):
        ResponseReader().feed(raw)


def test_noise_never_ends_in_another_error() -> None:
    chance = random.Random(3)
    for _ in range(300):
        noise = bytes(chance.randrange(256) for _ in range(60))
        where = chance.randrange(len(PLAIN))
        try:
            ResponseReader().feed(PLAIN[:where] + noise + PLAIN[where:])
        except BadAnswer:
            continue
