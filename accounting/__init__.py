"""A small accounting application: quotes, invoices, payments and a double-entry ledger for many tenants.

It is the thing under guard: `dbops.toml` names `accounting.models:metadata`, and the folders `migrations`,
`seeds` and `checks` belong to it.
"""
