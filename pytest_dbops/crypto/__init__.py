"""Encrypted fields: the envelope, keys made of root keys, blind indexes, and the judgement of stored fields.

The layout is docs/format.md. The only package that knows `cryptography`.
"""
