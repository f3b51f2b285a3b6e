"""Pictures that are taken in at a glance, as SVG for the page and PNG for elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from .extras import load
from .results import TaskResult

_OURS, _THEIRS, _INK, _FAINT = "#1d70b8", "#8a9299", "#0b0c0c", "#e3e6e8"
_COLUMNS = 3
_SAID = ("Creator", "Date", "Format", "Type")
"""What matplotlib would say of itself in every SVG."""


def scores(tasks: Sequence[TaskResult]) -> Any:
    """A panel a task: every system's score with its 95% interval, the best on top."""
    load("matplotlib", "eval")
    from matplotlib.figure import Figure

    columns = min(_COLUMNS, len(tasks))
    rows = -(-len(tasks) // columns)
    most = max(len(task.systems) for task in tasks)
    figure: Any = Figure(figsize=(4.2 * columns, (0.34 * most + 1.0) * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.1)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, task in zip(axes, tasks, strict=False):
        _panel(axis, task)
    for axis in axes[len(tasks) :]:
        axis.set_visible(False)
    return figure


def _panel(axis: Any, task: TaskResult) -> None:
    ours = task.systems[0].system
    ordered = sorted(task.systems, key=lambda s: s.scores[task.measure].mean)
    lowest = min(system.scores[task.measure].low for system in ordered)
    for place, system in enumerate(ordered):
        value = system.scores[task.measure]
        colour = _OURS if system.system == ours else _THEIRS
        axis.plot([value.low, value.high], [place, place], color=colour, lw=5, alpha=0.35)
        axis.plot(value.mean, place, "o", color=colour, ms=8)
        axis.text(
            1.012,
            place,
            f"{value.mean:.3f}",
            transform=axis.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=_INK,
            fontweight="bold" if system.system == ours else "normal",
        )
    axis.set_yticks(range(len(ordered)), [s.system for s in ordered], fontsize=9)
    axis.set_xlim(max(0.0, lowest - 0.05), 1.0)
    axis.set_ylim(-0.6, len(ordered) - 0.4)
    axis.set_title(
        f"{task.task}  ({task.measure}, {task.queries:,})", loc="left", fontsize=10, color=_INK
    )
    _plain(axis)


def risk_coverage(
    curve: Sequence[tuple[float, float]], point: tuple[float, float], name: str
) -> Any:
    """How often answers are wrong as ever less sure ones are given; `point` is where we stand."""
    load("matplotlib", "eval")
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(6.0, 3.4), layout="constrained")
    axis = figure.subplots()
    coverage, risk = [c for c, _ in curve], [r for _, r in curve]
    axis.step(coverage, risk, where="post", color=_OURS, lw=1.8)
    axis.fill_between(coverage, risk, step="post", color=_OURS, alpha=0.12)
    axis.plot(*point, "o", color=_INK, ms=6)
    axis.annotate(
        f"{name}: {point[0]:.0%} answered, {point[1]:.0%} of them wrong",
        point,
        xytext=(-8, 12),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color=_INK,
    )
    axis.set_xlim(0, 1)
    axis.set_ylim(0, max(0.05, *risk, point[1] * 1.3))
    axis.set_xlabel("share of questions answered, the surest first", fontsize=9)
    axis.set_ylabel("share of those wrong", fontsize=9)
    _plain(axis)
    return figure


def _plain(axis: Any) -> None:
    axis.grid(axis="x", color=_FAINT, lw=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(length=0, labelsize=9, colors=_INK)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.spines["bottom"].set_color(_FAINT)


def as_svg(figure: Any) -> str:
    """The figure as an SVG element, its words as text."""
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", metadata=dict.fromkeys(_SAID))
    text = out.getvalue()
    return text[text.index("<svg") :]


def as_png(figure: Any) -> bytes:
    """The figure as a PNG file."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=160, facecolor="white")
    return out.getvalue()
