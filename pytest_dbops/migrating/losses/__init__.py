"""What a migration and its downgrade did to the rows: contents read before and after, and the account of losses."""

from pytest_dbops.migrating.losses.account import account
from pytest_dbops.migrating.losses.contents import Contents, TableContents, read_contents

__all__ = ["Contents", "TableContents", "account", "read_contents"]
