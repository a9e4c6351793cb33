"""What counts as a picture a model is shown: four types that are what they say, not too large, at a public address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadRequest
from hub.pipeline.picture import checked, digest, seen
from hub.sdk import Picture
from hub.sdk.picture import LARGEST, MEDIA_TYPES

BEGINS = {
    "image/jpeg": b"\xff\xd8\xff\xe0 and more",
    "image/png": b"\x89PNG\r\n\x1a\n and more",
    "image/webp": b"RIFF\x0a\x00\x00\x00WEBP and more",
    "image/gif": b"GIF89a and more",
}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_a_picture_that_is_what_it_says_is_taken(media_type: str) -> None:
    picture = Picture(media_type=media_type, data=BEGINS[media_type])
    assert checked(picture) is picture


@pytest.mark.parametrize("said", MEDIA_TYPES)
@pytest.mark.parametrize("real", MEDIA_TYPES)
def test_a_type_that_is_a_lie_is_refused(said: str, real: str) -> None:
    if said != real:
        with pytest.raises(BadRequest, match="no picture") as caught:
            checked(Picture(media_type=said, data=BEGINS[real]))
        assert "bytes say otherwise" in caught.value.why


@given(st.sampled_from(MEDIA_TYPES), st.binary(min_size=1, max_size=64))
def test_bytes_that_begin_like_no_picture_are_refused(media_type: str, data: bytes) -> None:
    starts = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"RIFF")
    if not data.startswith(starts):
        with pytest.raises(BadRequest):
            checked(Picture(media_type=media_type, data=data))


@pytest.mark.parametrize(
    "media_type",
    [
        "image/svg+xml",
        "application/pdf",
        "image/tiff",
        "image/vnd.adobe.photoshop",
        "IMAGE/PNG",
        "image/png\r\nX: y",
        "",
    ],
)
def test_other_types_are_refused_and_not_repeated(media_type: str) -> None:
    with pytest.raises(BadRequest) as caught:
        checked(Picture(media_type=media_type, data=BEGINS["image/png"]))
    assert "X: y" not in f"{caught.value.problem()}"


def test_a_picture_of_the_largest_size_is_taken_and_one_byte_more_is_not() -> None:
    whole = BEGINS["image/png"].ljust(LARGEST, b"\0")
    checked(Picture(media_type="image/png", data=whole))
    with pytest.raises(BadRequest) as caught:
        checked(Picture(media_type="image/png", data=whole + b"\0"))
    assert "2,000,001" in caught.value.why


def test_a_picture_comes_as_bytes_or_by_address_and_never_as_neither_or_both() -> None:
    for data, url in ((b"", ""), (BEGINS["image/png"], "https://pictures.example.com/a.png")):
        with pytest.raises(BadRequest):
            checked(Picture(media_type="image/png", data=data, url=url), by_address=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example.com/a.png",
        "https://user:word@pictures.example.com/a.png",
        "https://",
        "https:///a.png",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "https://pictures.example.com:0/a.png",
        "https://[::1/a.png",
        "https://pictures.example.com/a b.png",
        "https://pictures.example.com/\n",
        "https://pictures.example.com/" + "a" * 2000,
    ],
)
def test_an_address_that_strangers_may_not_see_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        checked(Picture(media_type="image/png", url=url), by_address=True)


def test_an_address_will_do_only_where_one_is_taken() -> None:
    picture = Picture(media_type="image/png", url="https://pictures.example.com/a.png")
    assert checked(picture, by_address=True) is picture
    with pytest.raises(BadRequest):
        checked(picture)


def test_a_picture_shows_neither_its_bytes_nor_more_than_a_hash_where_it_is_recorded() -> None:
    picture = Picture(media_type="image/png", data=BEGINS["image/png"])
    assert "more" not in repr(picture)
    assert seen(picture) == {"picture": digest(picture), "picture_bytes": len(BEGINS["image/png"])}
    by_address = Picture(media_type="image/png", url="https://pictures.example.com/a.png")
    assert seen(by_address)["picture_bytes"] is None
    assert "example" not in f"{seen(by_address)}"
