"""Checks of tenancy, access, audit trails and personal data."""
