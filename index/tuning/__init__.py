"""Tuning the embedding model on question-answer pairs: a small adapter beside the weights.

`pairs` makes training texts of questions and answers, `batches` puts like with like so that
every batch holds hard negatives, `lora` is the adapter, `training` the loop.  PyTorch is
imported at first use.
"""
