"""The last stage of retrieval: what is measured of every candidate, and what it weighs.

`features` turns a question's candidates into numbers, `model` weighs them; the weights are
in `weights.json`, made by ``python -m benchmarks.fit_ranking``.
"""
