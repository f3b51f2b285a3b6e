"""The web service: page, REST and MCP in one application, and what guards it.

A request passes these in turn: `headers` (security headers on every reply), `observe`
(metrics and the request log), `origin` (foreign hosts and pages), `bodies` (size and
patience), `auth` (who is asking), `rates` (how often), then the page, `assistant/api` or
`assistant/mcp`.  `gate` lets in only as much work as the machine can do.  `app` puts it
together, `server` listens.
"""
