"""Measuring retrieval and answers on labelled questions: `assistant eval`.

`labels` reads what is right, `haystack` and `cache` build what is searched, `systems` and
`peers` search it, `measures` and `statistics` score it, `answers` measures whole answers,
and `report` with `terminal`, `plots` and `page` say what came of it.  `run` is the straight
line through them.  Nothing here is imported by the rest of the program.
"""
