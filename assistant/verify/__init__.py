"""Does the cited text bear a sentence out?  Decided by comparing words, with no model.

A claim is laid beside the sentence of its evidence that is most like it.  Figures, dates,
names and words must be there, with what they count; nothing may be denied, promised or
bounded otherwise; and nobody may have changed places with anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text import sentences

from ..types import Verdict
from .align import best
from .cells import Row, check_cells, rows
from .conditions import condition_issues
from .content import content_issues
from .joining import joining_issues
from .order import order_issue
from .polarity import polarity_issues
from .quotes import is_verbatim, missing_quotation
from .times import time_issues
from .tokens import Token, tokenise
from .types import GRAVE, Checked, Missing

__all__ = ["Checked", "Missing", "verify"]

# A line break that only wraps a line, not one between paragraphs, sentences or items of a list.
_WRAPPED = re.compile(
    r"(?<=[^\s.:;!?])[ \t]{0,8}\n[ \t]{0,8}(?=[^\W\d_]|[0-9£(\"'“‘])(?![0-9a-z]{1,3}[.)]\s)"
)
_MOST_REASONS = 3
_LONGEST = 400
"""Tokens of a sentence that are compared one by one."""
_LEAST_COVERED = 0.6
"""A sentence of which less than this is in the evidence is not even partly supported."""


def verify(claim: str, evidence: Sequence[str]) -> Checked:
    """Whether the cited spans bear `claim` out, and what they lack if not.

    `evidence` are the texts of the spans that the claim cites.  Never raises, whatever the
    texts hold.
    """
    evidence = [text for text in evidence if text.strip()]
    if not evidence:
        return Checked(Verdict.UNCITED, "No record is cited for this.")
    quotation = missing_quotation(claim, evidence)
    if quotation is None and is_verbatim(claim, evidence):
        return Checked(Verdict.SUPPORTED, "Word for word in the cited text.")
    given = [tokenise(text[a:b]) for text in evidence for a, b in sentences(text)]
    claim = _WRAPPED.sub(" ", claim)
    parts = [claim[a:b] for a, b in sentences(claim)]
    table = rows(evidence)
    judged = [_judge(part, evidence, given, table) for part in parts]
    missing = [issue for _, issues in judged for issue in issues]
    if quotation is not None:
        note = f"The words “{quotation}” are not in the cited text."
        missing.insert(0, Missing("quotation", quotation, note))
        return Checked(Verdict.UNSUPPORTED, _reason(missing), tuple(missing))
    if not missing:
        return Checked(Verdict.SUPPORTED, "Everything it says is in the cited text.")
    verdicts = {verdict for verdict, _ in judged}
    verdict = Verdict.UNSUPPORTED if verdicts == {Verdict.UNSUPPORTED} else Verdict.PARTLY
    return Checked(verdict, _reason(missing), tuple(missing))


def _judge(
    part: str,
    evidence: Sequence[str],
    given: Sequence[Sequence[Token]],
    table: Sequence[Row],
) -> tuple[Verdict, list[Missing]]:
    """The verdict on one sentence of a claim."""
    tokens = tokenise(part)
    if is_verbatim(part, evidence) or not tokens:
        return Verdict.SUPPORTED, []
    if len(tokens) > _LONGEST:
        note = "This is too long to be checked, and is not word for word in the cited text."
        return Verdict.UNSUPPORTED, [Missing("word", part[:60], note)]
    told = check_cells(tokens, table, given)
    tokens = [token for n, token in enumerate(tokens) if n not in told.settled]
    found = best(tokens, given)
    issues = [*told.issues, *content_issues(found, given), *polarity_issues(found, given)]
    issues += [*time_issues(found), *joining_issues(found), *condition_issues(found)]
    swapped = order_issue(found)
    if swapped:
        issues.append(swapped)
    issues = list(dict.fromkeys(issues))
    if not issues:
        return Verdict.SUPPORTED, []
    content = [n for n, token in enumerate(tokens) if token.is_content]
    covered = sum(n in found.places for n in content) / max(len(content), 1)
    if covered < _LEAST_COVERED or any(issue.kind in GRAVE for issue in issues):
        return Verdict.UNSUPPORTED, issues
    return Verdict.PARTLY, issues


def _reason(missing: Sequence[Missing]) -> str:
    """The first few notes, the gravest first."""
    ordered = sorted(missing, key=lambda issue: issue.kind not in GRAVE)
    notes = list(dict.fromkeys(issue.note for issue in ordered))
    more = len(notes) - _MOST_REASONS
    told = " ".join(notes[:_MOST_REASONS])
    return f"{told} And {more} more." if more > 0 else told
