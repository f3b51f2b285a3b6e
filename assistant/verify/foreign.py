"""Links, addresses and markup in a claim that its evidence does not have.

They are signs and single words to the comparison of words, and much more to a reader: a link
leads somewhere.  So they must stand in the cited text exactly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text import fold

_FOREIGN = re.compile(
    r"""!?\[[^\[\]]{0,300}\]\([^()\s]{0,500}[^()]{0,100}\)          # a link or picture in Markdown
      | </?[a-z!][^<>]{0,500}>?                                    # a tag
      | (?:https?|ftp|file|javascript|data|mailto|vbscript):\S{1,500}
      | www\.\S{1,300}
      | [\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}                   # an address for mail
      | (?<![\w.])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,12}(?![\w.]*\w)(?:/\S{0,300})?
      | <\|[^<>]{0,80}\|> | \[/?INST\] | ```             # signs of a chat's own
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CLOSING = ".,;:!?)]}'\"”’»"


def foreign(claim: str, evidence: Sequence[str]) -> str | None:
    """The first link, address or piece of markup that is in no text of the evidence."""
    bodies = [fold(text) for text in evidence]
    for match in _FOREIGN.finditer(claim):
        found = match.group().rstrip(_CLOSING) or match.group()
        if not any(fold(found) in body for body in bodies):
            return found
    return None
