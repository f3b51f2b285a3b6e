"""What departments are called besides their names: abbreviations and everyday names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

# Left: a part of the official name that tells it from others; right: what people say.
# Several names for one thing are departments that were renamed or whose work moved.
_SAID = {
    "Ministry of Defence": "MoD|defence ministry|defence department|defence secretary",
    "Ministry of Justice": "MoJ|justice ministry|justice department|justice secretary",
    "Home Office": "home secretary",
    "Treasury": "HM Treasury|HMT|chancellor|chancellor of the exchequer|exchequer",
    "Foreign, Commonwealth and Development Office": (
        "FCDO|foreign office|foreign secretary|foreign ministry"
    ),
    "Foreign and Commonwealth Office": "FCO|foreign office",
    "Department for International Development": "DfID",
    "Cabinet Office": "Cabinet Office minister",
    "Department of Health and Social Care": (
        "DHSC|department of health|health department|health secretary|health ministry"
    ),
    "Department of Health": "DoH|health department",
    "Department for Work and Pensions": "DWP|work and pensions",
    "Department for Education": "DfE|education department|education secretary",
    "Department for Transport": "DfT|transport department|transport secretary",
    "Department for Environment, Food and Rural Affairs": (
        "Defra|environment department|environment secretary"
    ),
    "Ministry of Housing, Communities and Local Government": (
        "MHCLG|housing ministry|housing department|housing secretary"
    ),
    "Department for Levelling Up, Housing and Communities": (
        "DLUHC|levelling up department|housing department"
    ),
    "Department for Energy Security and Net Zero": (
        "DESNZ|energy department|energy secretary|net zero department"
    ),
    "Department for Business, Energy and Industrial Strategy": "BEIS|business department",
    "Department for Business and Trade": "DBT|business department|business secretary",
    "Department for International Trade": "DIT|trade department",
    "Department for Science, Innovation and Technology": (
        "DSIT|science department|technology department|technology secretary"
    ),
    "Department for Culture, Media and Sport": "DCMS|culture department|culture secretary",
    "Department for Digital, Culture, Media and Sport": "DCMS|culture department",
    "Northern Ireland Office": "NIO|northern ireland secretary",
    "Scotland Office": "scottish secretary|scottish office",
    "Wales Office": "welsh secretary|welsh office",
    "Attorney General": "attorney general's office|solicitor general|AGO",
    "Women and Equalities": "equalities office|equalities minister|women and equalities minister",
}

_OF_ALL = frozenset(
    "a affairs and ask deputy department for hm minister ministry of office s secretary state the "
    "to".split()
)
"""Words of forms of address, and of names, that do not tell one department from another."""
_LIKE_ENOUGH = 0.5
"""The least share of telling words (Jaccard) by which an address is that of a department."""
_ALSO_WORDS = frozenset({"ago", "dit", "doh", "mod", "chancellor"})


def named(question: str, departments: Iterable[str]) -> list[str]:
    """Those of `departments` that a question names, in the order of their mention.

    Any case will do but for abbreviations that are words as well ("mod", "ago").
    """
    found = [
        (match.start(), department)
        for department in departments
        if (match := next(_mentions(question, department), None))
    ]
    return [department for _, department in sorted(found)]


def known(question: str) -> list[str]:
    """The departments that a question names, whether or not any record is theirs."""
    return named(question, _SAID)


def are_one(one: str | None, other: str | None) -> bool:
    """Whether two names are of one department, be it that it was renamed or its work moved.

    Those that go by one everyday name are: the "housing department" was the Department for
    Levelling Up, Housing and Communities and is the Ministry of Housing.
    """
    return one == other or bool(one and other and _called(one) & _called(other))


def asked(address: str) -> str | None:
    """The department that a form of address asks, "the Secretary of State for Defence".

    The first of its names here, where it has had several; None where none is meant for certain.
    """
    words = _telling(address)
    share, at = max(
        (len(words & said) / max(len(words | said), 1), -at) for at, said in _addressed()
    )
    if share < _LIKE_ENOUGH:
        return None
    name = list(_SAID)[-at]
    return next(first for first in _SAID if are_one(first, name))


@lru_cache(maxsize=1)
def _addressed() -> list[tuple[int, frozenset[str]]]:
    """The telling words of every name, with the place of its department."""
    return [
        (at, telling)
        for at, (name, said) in enumerate(_SAID.items())
        for text in (name, *said.split("|"))
        if (telling := _telling(text))
    ]


def _telling(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.casefold())) - _OF_ALL


def _called(department: str) -> set[str]:
    """What people say for a department."""
    return {name for part, said in _SAID.items() if part == department for name in said.split("|")}


def _mentions(question: str, department: str) -> Iterator[re.Match[str]]:
    for match in _pattern(department.casefold()).finditer(question):
        if match[1] not in _ALSO_WORDS:
            yield match


@lru_cache(maxsize=1_000)
def _pattern(department: str) -> re.Pattern[str]:
    said = next((s for name, s in _SAID.items() if name.casefold() == department), "")
    names = [department, *filter(None, said.split("|"))]
    # "The business and trade department", in small letters as anybody writes it.
    core = re.sub(r"^(?:department|ministry) (?:for|of) ", "", department)
    names += [f"{core} department", f"{core} ministry"] if core != department else []
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)({either})(?:['’]s)?(?!\w)", re.IGNORECASE)
