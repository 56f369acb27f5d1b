"""What binds a form to the browser that has got it, and to the one login that it is about."""

from wxcloudrun.secrecy.derived_keys import KeyRing

LONGEST = 200


class PageSeals:
    """Makes and knows the hidden field of a page, which no other site can know."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, browser: str, page_code: str) -> str:
        """Return the seal of a page for a browser."""
        return self._ring.newest.hash(said(browser, page_code))

    def fits(self, seal: str, browser: str, page_code: str) -> bool:
        """Tell whether a seal is of that page and that browser."""
        if not browser or len(browser) > LONGEST or not seal.isascii():
            return False
        return self._ring.fits(said(browser, page_code), seal)


def said(browser: str, page_code: str) -> str:
    """Return what a seal is made of; neither part has a blank in it."""
    return f"{page_code} {browser}"
