"""Pages that were made: the latest are kept, within so many bytes."""

from wxcloudrun.web.kept_pages import PLACE_BYTES, KeptPage, KeptPages


def test_given_more_than_there_is_room_for_then_those_asked_for_last_stay() -> None:
    pages = KeptPages(3 * (PLACE_BYTES + 100))
    for name in "abc":
        pages.put(name, KeptPage("m", bytes(100)))
    pages.get("a")

    pages.put("d", KeptPage("m", bytes(100)))

    assert [name for name in "abcd" if pages.get(name) is not None] == ["a", "c", "d"]


def test_given_a_new_page_of_a_place_then_it_takes_the_room_of_the_old_one() -> None:
    pages = KeptPages(2 * (PLACE_BYTES + 100))
    for number in range(10):
        pages.put("a", KeptPage(str(number), bytes(100)))
    pages.put("b", KeptPage("m", bytes(100)))

    assert pages.get("a") == KeptPage("9", bytes(100))
    assert pages.get("b") is not None


def test_given_no_mark_or_half_of_the_room_then_it_is_not_kept() -> None:
    pages = KeptPages(1000)
    pages.put("a", KeptPage("", b"x"))
    pages.put("b", KeptPage("m", bytes(501)))

    assert (pages.get("a"), pages.get("b")) == (None, None)
