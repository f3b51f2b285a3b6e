"""What can be done with the latest answer: ask next, again, edit, copy, export, judge."""

from __future__ import annotations

from ..export import export
from .conversation import Turns
from .limits import limit_chips
from .markup import panel
from .signals import link_to
from .suggesting import next_questions


def tools(turns: Turns, *, judged: int = 0, useful: bool = False, thanked: bool = False) -> str:
    """The row under the conversation; nothing before the first answer is finished.

    `judged` is the number of the feedback just given, for which a reason is asked.
    """
    if not turns or turns[-1].is_open:
        return ""
    turn = turns[-1]
    return panel(
        "tools",
        turn=turn,
        answer=export(turn.answer, "text") if turn.answer else "",
        link=link_to(turn.question, turn.filters),
        limits=limit_chips("data-go", turn.filters, turn.suggestions),
        next_questions=next_questions(turns),
        judged=judged,
        useful=useful,
        thanked=thanked,
    )
