"""What git itself says of a push: where it went, what each ref became, whether it failed."""

from __future__ import annotations

import re

from slugtrim.builds.record import RefLine
from slugtrim.platforms import PLATFORMS

_TO = re.compile(rb"To (\S+)$")
_ID = rb"[0-9a-f]{4,64}"
# A mark, what happened, from where to where, and a reason: transport.c of git. Marks: none for a fast forward, + for a
# forced update, * for a new branch, = for nothing to do, ! for what was refused, - for what was deleted, t for a tag.
_REF = re.compile(
    rb"(?: ?(?P<mark>[ +*=!t-]) )?(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])"
    rb" +(?P<source>\S.*?) +-> +(?P<destination>\S+)(?: \(.*\))?$"
)
# With --porcelain: the mark, the names in full and what happened, between tabs.
_PORCELAIN = re.compile(
    rb"(?P<mark>[ +*=!t-])\t(?P<source>[^\t:]+):(?P<destination>[^\t]+)\t"
    rb"(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])(?: \(.*\))?$"
)
_FAILED = b"error: failed to push some refs"
_FATAL = b"fatal: "
"""Of the push, if that came to nothing; else of another call of git in the same script."""
_REFUSED = b"!"
_CHANGING = (None, b" ", b"+", b"*", b"!")
_URL_LIMIT = 1000

_APP_ADDRESSES = tuple(re.compile(platform.app_address) for platform in PLATFORMS)


class PushLines:
    """Takes the lines that are git's own, not passed on from the other side."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.ref: RefLine | None = None
        """Of several the one that builds, else the first; what was deleted or stayed as it was is none."""
        self.is_refused = False
        """Whether that ref was."""
        self.is_up_to_date = False
        self._has_failed = False
        self._is_fatal = False

    @property
    def is_failed(self) -> bool:
        """Whether anything was not pushed."""
        return self._has_failed or (self._is_fatal and self.ref is None and not self.is_up_to_date)

    def take(self, text: bytes) -> None:
        """One line as it stands, with the spaces before it."""
        if text == b"Everything up-to-date":
            self.is_up_to_date = True
        elif text.startswith(_FAILED):
            self._has_failed = True
        elif text.startswith(_FATAL):
            self._is_fatal = True
        elif (to := _TO.match(text)) is not None:
            self.url = to[1].decode("utf-8", "replace")[:_URL_LIMIT]
        else:
            match = _REF.match(text) or _PORCELAIN.match(text)
            if match is not None:
                self._take_ref(match)

    def _take_ref(self, match: re.Match[bytes]) -> None:
        if match["mark"] not in _CHANGING:
            return
        is_refused = match["mark"] == _REFUSED
        self._has_failed = self._has_failed or is_refused
        new = match["new"].decode("ascii") if match["new"] is not None else None
        line = RefLine(new=new, source=match["source"], destination=match["destination"])
        if self.ref is None or (line.builds and not self.ref.builds):
            self.ref = line
            self.is_refused = is_refused


def app_of_url(url: str) -> str | None:
    """Return the application that a push to this address goes to; None if no platform's remotes are there."""
    match = next(filter(None, (address.fullmatch(url) for address in _APP_ADDRESSES)), None)
    return match["app"] if match is not None else None
