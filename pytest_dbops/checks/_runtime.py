"""Where checks of traffic and of a server's own set-up are asked."""

from __future__ import annotations

RUNTIME_KINDS = ("staging", "production")
"""Kinds with traffic, and with a server that has to survive: a database made a moment ago has counted nothing."""
