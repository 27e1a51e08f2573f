"""Try on a scratch database, as the application's role, to reach another tenant's rows."""
