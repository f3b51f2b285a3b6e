"""The REST interface under ``/api/v1``: what callers send and get, and the routes.

`schemas` holds the bodies (shared with the MCP tools), `shaping` fills them from the
project's own values, `routes` are the addresses, `problems` is the one shape of an error and
`reference` the page of documentation.
"""
