"""Encrypted columns of a project: their keys, their models, and the judgement of their fields in a target."""
