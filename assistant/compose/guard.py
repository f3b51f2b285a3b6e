"""Text that speaks to a language model instead of to a reader.

Passages, headings and questions are data.  Two things keep them so.  Signs that could end the
place where a passage is shown, or pass for a turn of the conversation, are written with other
signs.  And sentences of a passage that give a language model orders are neither sent nor taken
as evidence: what follows them in their paragraph goes too, since an order is often followed
by its object.  No list of wordings is complete; that nothing unsupported is shown as fact rests
on the check of every sentence, not on this.
"""

from __future__ import annotations

import re
import unicodedata

from index.text import sentences

_TOLD = r"(?:instructions?|prompts?|rules?|guidelines|directions?|orders?|directives?)"
_MODEL = r"(?:ai|llms?|gpt|chatgpt|claude|assistants?|bots?|chat ?bots?|(?:language )?models?)"
_REPLY = r"(?:answers?|reply|replies|response|output|summary)"
_SAY = (
    r"(?:say|state|answer|reply|respond|output|write|print|claim|repeat|insert|include|append|add|"
    r"cite|end|begin|start)"
)
_FEW = r"(?:\w+ ){0,5}?"
"""A few words between; every space stands for anything that is no letter or digit."""

_WORDINGS = (
    # what was said before is to be left aside
    rf"\b(?:ignore|disregard|forget|override|bypass|skip|discard) {_FEW}"
    rf"(?:{_TOLD}|passages?|messages?|context|constraints?|above|before|earlier|previous\w*)\b",
    rf"\b(?:new|updated|revised|real|secret|hidden|special|additional) {_TOLD}"
    rf"(?: for (?:the )?{_MODEL}\b|\s*[:-])",
    r"\b(?:system|developer) (?:prompts?|messages?|overrides?|instructions?|notices?)\b",
    # somebody else is to be played
    r"\byou are (?:now|no longer|actually|really|hereby|from now on)\b",
    rf"\b(?:pretend|act|behave|role ?play|{_SAY}|speak|talk) (?:as|like) (?:if|though) you\b",
    rf"\b(?:pretend|act|behave|role ?play|{_SAY}|speak|talk) (?:as|like) an? (?:\w+ )?"
    rf"(?:{_MODEL}|pirate|hacker|expert|poet)\b",
    r"\b(?:jailbreak|(?:dan|developer|god) mode|do anything now|prompt injection)\b",
    # a model is spoken to
    rf"\b(?:note|attention|message|{_TOLD}|memo|reminder|important) (?:to|for) (?:the |any |all )?"
    rf"{_MODEL}\b",
    rf"\b(?:attention|warning|important) (?:the |any |all )?{_MODEL}\b",
    rf"\b(?:as an?|dear|hey|hello|hi|if you are an?) (?:large )?{_MODEL}\b",
    rf"\b{_MODEL} (?:reading|processing|must (?:now|say|answer|reply))\b",
    rf"\bai {_MODEL}\s*:",
    r"^\W*(?:assistant|system|user|human|ai|bot|developer)\s*:",
    # it is told what to give away, whom to tell, what to say
    rf"\b(?:reveal|print|repeat|output|show|display|disclose|leak|echo|write out|tell me) {_FEW}"
    rf"(?:{_TOLD}|api keys?|secrets?|passwords?|(?:words|text) above|configuration)\b",
    r"\b(?:tell|inform|convince|persuade|instruct|assure) (?:the )?(?:user|reader|human)s?\b",
    r"\b(?:tell|inform|convince|persuade|instruct|assure) the person asking\b",
    rf"\b{_SAY} (?:only|exactly|instead|verbatim|the following|nothing (?:but|else)|simply)\b",
    rf"\b{_SAY} with the words?\b",
    rf"\b(?:in|(?:at|to) the (?:end|start|beginning) of) your {_REPLY}\b",
    rf"\byour (?:{_REPLY}|{_TOLD}|(?:real |true |only )?(?:task|job|role|purpose)) "
    r"(?:is|are|must|should|will|shall|has)\b",
    rf"\b(?:do not|don['’]t|never|stop) "
    rf"(?:cit(?:e|ing)|quot(?:e|ing)|follow(?:ing)? (?:the )?{_TOLD})\b",
    r"\b(?:do not|don['’]t|never|stop) us(?:e|ing) the passages\b",
    r"\b(?:do not|don['’]t|never) mention (?:this|the) (?:instruction|note|message)",
)
_SIGNS = (
    r"<\|[^<>|]{0,40}\|>",
    r"\[/?INST\]",
    r"<</?SYS>>",
    r"^\s*\#{2,}\s*(?:instruction|response|system|assistant|human)\b",
    r"</?(?:passages?|system|instructions?|assistant|user|human|question|answer|prompt)\b[^<>]{0,80}>",
)
_ORDERS = re.compile(
    "|".join([*(w.replace(" ", r"\W+") for w in _WORDINGS), *_SIGNS]), re.IGNORECASE | re.MULTILINE
)
_TAG = re.compile(r"<(?=[/!?|<A-Za-z])")
_TURN = re.compile(r"(?m)^(\s*)(system|assistant|user|human|developer)(\s*):", re.IGNORECASE)
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})
_RUN = re.compile(r"([=`~#*_-])\1{4,}")

CUT = "[…]"
"""What stands in place of a stretch that was left out."""


def gives_orders(text: str) -> bool:
    """Whether a text gives a language model orders."""
    # Wide and styled letters are read by a model as the plain ones.
    return bool(_ORDERS.search(unicodedata.normalize("NFKC", visible(text))))


def without_orders(question: str) -> str:
    """A question without the sentences that give orders, unless nothing would be left.

    They are no part of what is looked for.  A sentence that ends as a question is one.
    """
    if not gives_orders(question):
        return question
    parts = [question[start:end].strip() for start, end in sentences(question)]
    kept = [part for part in parts if part.endswith("?") or not gives_orders(part)]
    return " ".join(kept) or question


def visible(text: str) -> str:
    """The text without the characters that show nothing."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)


def trusted(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans of ``text[start:end]`` that give no orders, as offsets into `text`, in order.

    A sentence that gives orders takes the rest of its paragraph with it.
    """
    end = len(text) if end is None else end
    part = text[start:end]
    if not gives_orders(part):
        return [(start, end)]
    kept: list[tuple[int, int]] = []
    cut_until = 0
    for first, last in sentences(part):
        if first < cut_until:
            continue
        if gives_orders(part[first:last]):
            paragraph = part.find("\n\n", last)
            cut_until = len(part) if paragraph < 0 else paragraph
            continue
        kept.append((start + first, start + last))
    return _joined(kept, text)


def _joined(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Neighbours with nothing but white space between them as one."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and not text[joined[-1][1] : first].strip():
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def as_data(text: str) -> str:
    """The text with nothing left in it that could end its place or open another turn."""
    plain = _TAG.sub("‹", visible(text))
    plain = plain.replace("[INST]", "(INST)").replace("[/INST]", "(/INST)")
    return _RUN.sub(r"\1\1\1", _TURN.sub(r"\1\2\3 -", plain))


def as_line(text: str) -> str:
    """As `as_data`, on one line and without what gives orders: for headings and names."""
    line = " ".join(as_data(text).split())
    return CUT if gives_orders(line) else line.replace('"', "'")


def restored(text: str) -> str:
    """What a model copied from `as_data`, with the sign for "less than" as it was."""
    return text.replace("‹", "<")
