"""Thin retrievers for other people's frameworks, a file each.

Nothing here is imported by the rest of the project; each file needs its framework, which the
extras `langchain` and `llamaindex` bring.
"""
