"""Whether a date in a question is that of a report, a statement or an Act that it names.

"The report entitled Roads, published on 25 June 2025" says when the report came out: nothing of
when an answer on it was given.
"""

from __future__ import annotations

import re

_WRITTEN = (
    r"(?i:reports?|press (?:release|notice)|policy paper|(?:green|white) paper|paper|letter|"
    r"guidance|strategy|consultation|review|memorandum|circular|document|publication|notice|"
    r"survey|inquiry|code of practice|framework|action plan|statistics)"
)
_SPOKEN = r"(?i:statement|speech|(?:oral|written) evidence|debate|announcement)"
_LAW = r"(?:Acts?|Bill|Order|Regulations)"
# With a capital, as in "the Answer of 6 May": an earlier answer that a question rests on.
_REPLY = r"(?:(?<=[Tt]he )Answer|(?:(?<=[Hh]is )|(?<=[Hh]er )|(?<=[Tt]heir ))[Aa]nswer)"
_NAMED = rf"\b(?:{_WRITTEN}|{_SPOKEN}|{_LAW}|{_REPLY})\b"
# The same sentence, and nobody who answers or says between the document and its date.
_BETWEEN = r"(?:(?!\b(?:sa(?:y|id)|answer(?:s|ed)?|told|repl(?:y|ies|ied)|asked)\b)[^.?!;]){0,200}?"
_OUT = r"(?:published|dated|issued|laid|released|delivered|sent|signed|launched|updated|enacted)"
_BEFORE = re.compile(
    rf"{_NAMED}{_BETWEEN}"
    rf"(?:\b{_OUT}\b(?: by(?: [\w'’-]+){{1,7}})?,?(?: (?:on|in))?|\bof)\s*$"
    rf"|\b(?:{_SPOKEN}|{_REPLY})\b{_BETWEEN}\b(?:made|given) (?:on|in)\s*$"
    rf"|{_NAMED} (?:on|from)\s*$"
    rf"|\b{_SPOKEN} (?:to|in|by|at|before) (?:[\w'’-]+ ){{1,5}}on\s*$"
    r"|\bOfficial Report\b[^.?!;]*$"
)
_BEFORE_IT = re.compile(r"\bthe\s*$", re.IGNORECASE)
_AFTER = re.compile(
    rf"\s+(?i:(?:oral|written|ministerial|joint|interim|final|annual|progress)\s+){{0,2}}"
    rf"(?:{_WRITTEN}|{_SPOKEN}|{_LAW})\b"
)


def is_of_document(question: str, start: int, end: int) -> bool:
    """Whether the date at ``question[start:end]`` is that of a document named beside it."""
    before = question[:start]
    if _BEFORE.search(before):
        return True
    return bool(_BEFORE_IT.search(before) and _AFTER.match(question, end))
