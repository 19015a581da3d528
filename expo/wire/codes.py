"""Close codes a viewer may see. 4000-4499 come back with jitter, 4500-4999 do not come back. Pure."""

from enum import IntEnum


class Close(IntEnum):
    """Why a connection ended, as the close frame says it; 1000-1015 are RFC 6455's own."""

    BAD_UTF8 = 1007
    """A text frame was not UTF-8."""
    TOO_FAST = 1008
    """More messages than `Limits` allows, in spite of having been told."""
    TOO_BIG = 1009
    """A message was longer than `Limits` allows."""
    BUG = 1011
    """The server failed; the log has the traceback."""
    RESTART = 1012
    """The server is stopping; come back soon, with jitter."""
    CHANGED = 4001
    """The device came in as somebody else meanwhile; come back, with the new cookie."""
    REPLIES_OVERFLOW = 4008
    """The peer asked faster than it read the answers; come back and ask for the truth."""
    JUNK = 4400
    """Three unreadable frames in a row; come back after reloading the page."""
    REVOKED = 4501
    """The pass or visit was revoked, or the person was banned; do not come back."""
    NOT_ALLOWED = 4503
    """This page is not for whoever is asking; do not come back."""
    NOTHING_HERE = 4504
    """There is no such session or screen; do not come back."""
