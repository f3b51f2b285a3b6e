"""Tuning the embedding model on question-answer pairs: a small adapter beside the weights.

`material` finds the pairs, `pairs` makes training texts of them, `batches` puts like with like
so that every batch holds hard negatives, `lora` is the adapter, `training` what is learnt,
`descent` the steps, and `judging` says whether the outcome is better.  PyTorch is imported at first
use.
"""
