"""Following the sources over the network: what is fetched, in what order, and how far it got.

`http` is the polite client, `questions` the official API, `paging` reads a list that may shift
while it is read, `plan` says what to read, `runner` does it, `state` remembers it, `history`
reads TheyWorkForYou's daily files, `merge` finds the same record reached by two sources,
`schedule` does it again and again, `report` says how it went.  Nothing here is imported until a
sync is asked for.
"""
