"""Requests that must be refused, as data: what is sent, and what comes back.

`cases_of(scene)` of each module gives its rows. A row's answer is one of S3's errors; where a body of the
request was already on its way to the store, what counts is that nothing of it is stored.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    sent: bytes
    status: int
    code: str
    more: str = ""  # must stand in the answer
    ends: bool = True  # the connection ends with the answer: what follows is never read as a request
    forwarded: bool = False  # the store may have seen the beginning of it
