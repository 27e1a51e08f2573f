"""Checks of tenants, of rights and of the audit trail."""
