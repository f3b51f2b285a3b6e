"""The report as files: a page that stands alone, pictures, and the figures as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import plots
from .results import Report
from .tables import chance, with_interval

PAGE, FIGURES, SCORES, RISK = "report.html", "report.json", "scores.png", "risk-coverage.png"


def write(report: Report, folder: Path) -> Path:
    """Write the report into a folder (made if need be); returns the page's path.

    Raises:
        ExtraMissing: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    if report.tasks:
        drawn["scores"] = _drawn(plots.scores(report.tasks), folder / SCORES)
    if report.answers is not None:
        answers = report.answers
        curve = plots.risk_coverage(
            answers.risk_coverage, (answers.coverage, answers.risk), "as shipped"
        )
        drawn["risk"] = _drawn(curve, folder / RISK)
    (folder / FIGURES).write_text(report.as_json() + "\n", "utf-8")
    page = folder / PAGE
    page.write_text(rendered(report, drawn), "utf-8")
    return page


def rendered(report: Report, drawn: dict[str, str]) -> str:
    """The page as HTML; `drawn` are its pictures as SVG."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from .answers import rows

    environment = Environment(
        loader=PackageLoader("assistant.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(interval=with_interval, chance=chance)
    pictures: dict[str, Any] = {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704
    template = environment.get_template("report.html.j2")
    answers = rows(report.answers) if report.answers is not None else []
    return template.render(
        report=report, drawn=pictures, headline=headline(report), answers=answers
    )


def headline(report: Report) -> str:
    """What a reader should take away, in a sentence."""
    compared = [task for task in report.tasks if task.against]
    if not compared:
        return "One system was measured; there is nothing to compare it with."
    ours = compared[0].systems[0].system
    best = sum(min(a.comparison.difference.mean for a in task.against) > 0 for task in compared)
    sure = sum(
        all(a.comparison.difference.mean > 0 and a.comparison.p < 0.05 for a in task.against)
        for task in compared
    )
    return (
        f"{ours} scores highest on {best} of {len(compared)} tasks; on {sure} of them it is ahead "
        "of every other system by more than chance would give (p below 0.05, query by query)."
    )


def _drawn(figure: Any, png: Path) -> str:
    png.write_bytes(plots.as_png(figure))
    return plots.as_svg(figure)
