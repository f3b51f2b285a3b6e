"""Places, bodies, surnames and counted things that altered claims draw on."""

from __future__ import annotations

PLACES = (
    "England Wales Scotland London Birmingham Manchester Liverpool Leeds Bristol Sheffield "
    "Cornwall Devon Kent Essex Cumbria Norfolk Yorkshire Cardiff Edinburgh Glasgow Belfast France "
    "Germany Israel Gaza Ukraine Russia China India Sudan Iran Syria Turkey Pakistan Jordan "
    "Yemen Lebanon Japan Poland Spain Italy Canada Australia Nigeria Kenya Ethiopia Rwanda "
    "Somalia Georgia Armenia Afghanistan Albania".split()
)
BODIES = [
    "Home Office",
    "Cabinet Office",
    "Foreign Office",
    "HM Treasury",
    "Ministry of Defence",
    "Ministry of Justice",
    "Department for Education",
    "Department for Transport",
    "Department for Work and Pensions",
    "Department of Health and Social Care",
    "Department for Business and Trade",
    "Department for Environment, Food and Rural Affairs",
    "NHS England",
    "Environment Agency",
    "Scottish Government",
    "Welsh Government",
    "Crown Prosecution Service",
    "Ofcom",
    "Ofgem",
    "Ofsted",
    "Ofwat",
    "HMRC",
    "DWP",
    "FCDO",
    "Defra",
    "MOD",
]
ALIASES = [
    {"Ministry of Defence", "MOD"},
    {"Department for Environment, Food and Rural Affairs", "Defra"},
    {"Department for Work and Pensions", "DWP"},
    {"Foreign Office", "FCDO"},
    {"Department for Transport", "DfT"},
    {"Department for Education", "DfE"},
    {"Department of Health and Social Care", "DHSC"},
    {"Department for Business and Trade", "DBT"},
    {"Ministry of Justice", "MoJ"},
    {"Ministry of Defence", "MoD"},
    {"HM Treasury", "HMT"},
    {"National Health Service", "NHS"},
]
"""Names of the same body: one for the other alters nothing."""
PEOPLE = "Ahmed Bennett Carter Dhillon Evans Foster Grant Hughes Iqbal Jones Khan Lewis".split()
COUNTED = (
    "people children pupils patients schools officers staff families households hospitals homes "
    "properties places projects students prisoners applications cases claims businesses "
    "organisations teachers nurses doctors vehicles countries companies farmers jobs".split()
)
