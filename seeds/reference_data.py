"""Facts of the world: countries, currencies, tax rates, categories, permissions, retention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from pytest_dbops import SeedContext, seeder

Row = dict[str, object]

TABLES = ("country", "currency", "tax_rate", "category", "permission", "retention_policy")

EU_COUNTRIES = """
AT AUT Austria|BE BEL Belgium|BG BGR Bulgaria|CY CYP Cyprus|CZ CZE Czechia|DE DEU Germany|DK DNK Denmark
EE EST Estonia|ES ESP Spain|FI FIN Finland|FR FRA France|GR GRC Greece|HR HRV Croatia|HU HUN Hungary
IE IRL Ireland|IT ITA Italy|LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|MT MLT Malta|NL NLD Netherlands
PL POL Poland|PT PRT Portugal|RO ROU Romania|SE SWE Sweden|SI SVN Slovenia|SK SVK Slovakia
"""

OTHER_COUNTRIES = """
AU AUS Australia|CA CAN Canada|CH CHE Switzerland|GB GBR United Kingdom|IS ISL Iceland|JP JPN Japan
KR KOR Korea (Republic of)|KW KWT Kuwait|LI LIE Liechtenstein|NO NOR Norway|US USA United States of America
"""

CURRENCIES = """
AUD 2 Australian dollar|BHD 3 Bahraini dinar|CAD 2 Canadian dollar|CHF 2 Swiss franc|CZK 2 Czech koruna
DKK 2 Danish krone|EUR 2 Euro|GBP 2 Pound sterling|HUF 2 Forint|ISK 0 Iceland krona|JPY 0 Yen|KRW 0 Won
KWD 3 Kuwaiti dinar|NOK 2 Norwegian krone|PLN 2 Zloty|RON 2 Romanian leu|SEK 2 Swedish krona|USD 2 US dollar
"""

STANDARD_RATES = """
AT 1984-01-01 20|BE 1996-01-01 21|BG 1999-01-01 20|CY 2014-01-13 19|CZ 2013-01-01 21|DK 1992-01-01 25
DE 2007-01-01 19, 2020-07-01 16, 2021-01-01 19|EE 2009-07-01 20, 2024-01-01 22, 2025-07-01 24
ES 2010-07-01 18, 2012-09-01 21|FI 2013-01-01 24, 2024-09-01 25.5|FR 2000-04-01 19.6, 2014-01-01 20
GR 2016-06-01 24|HR 2012-03-01 25|HU 2012-01-01 27|IE 2012-01-01 23, 2020-09-01 21, 2021-03-01 23
IT 2011-09-17 21, 2013-10-01 22|LT 2009-09-01 21|LU 2015-01-01 17, 2023-01-01 16, 2024-01-01 17
LV 2012-07-01 21|MT 2004-01-01 18|NL 2001-01-01 19, 2012-10-01 21|PL 2001-01-01 22, 2011-01-01 23
PT 2011-01-01 23|RO 2017-01-01 19, 2025-08-01 21|SE 1990-07-01 25|SI 2013-07-01 22
SK 2011-01-01 20, 2025-01-01 23|CH 2018-01-01 7.7, 2024-01-01 8.1|GB 2011-01-04 20|NO 2005-01-01 25
JP 2014-04-01 8, 2019-10-01 10
"""

REDUCED_RATES = """
AT 1984-01-01 10|DE 1983-07-01 7, 2020-07-01 5, 2021-01-01 7|FR 1982-07-01 5.5|GB 1997-09-01 5
NL 2001-01-01 6, 2019-01-01 9|ES 2010-07-01 8, 2012-09-01 10|IT 1995-02-24 10|PL 2011-01-01 8
"""

UNTAXED_RATES = """
DE 1993-01-01 0|AT 1995-01-01 0|FR 1993-01-01 0|NL 1993-01-01 0
"""

CATEGORIES = (
    (1, "income", "Income", "income", None),
    (2, "income.services", "Services", "income", 1),
    (3, "income.goods", "Goods", "income", 1),
    (4, "assets", "Assets", "asset", None),
    (5, "assets.receivables", "Trade receivables", "asset", 4),
    (6, "assets.bank", "Cash and bank", "asset", 4),
    (7, "liabilities", "Liabilities", "liability", None),
    (8, "liabilities.tax", "Output tax", "liability", 7),
    (9, "expense", "Expenses", "expense", None),
    (10, "expense.office", "Office", "expense", 9),
)

PERMISSIONS = {
    "books.close": "Close a fiscal period",
    "books.post": "Post journal entries",
    "customer.erase": "Carry out erasure requests",
    "customer.write": "Change customers",
    "invoice.issue": "Issue and void invoices",
    "invoice.read": "Read invoices",
    "member.manage": "Invite members and give roles",
    "payment.record": "Record payments",
    "quote.write": "Write quotes",
    "report.read": "Read reports",
}

RETENTION = (
    ("AT", "invoice", 7, "end_of_year_issued", "§ 132 BAO"),
    ("AT", "ledger", 7, "end_of_year_booked", "§ 132 BAO"),
    ("CH", "invoice", 10, "end_of_year_issued", "Art. 958f OR"),
    ("CH", "ledger", 10, "end_of_year_booked", "Art. 958f OR"),
    ("DE", "invoice", 8, "end_of_year_issued", "§ 147 Abs. 3 AO, § 14b UStG"),
    ("DE", "ledger", 10, "end_of_year_booked", "§ 147 Abs. 3 AO, § 257 HGB"),
    ("DE", "letter", 6, "end_of_year_sent", "§ 147 Abs. 3 AO, § 257 HGB"),
    ("DE", "quote", 6, "end_of_year_sent", "§ 147 Abs. 3 AO, § 257 HGB"),
    ("FR", "invoice", 10, "end_of_year_issued", "Art. L123-22 Code de commerce"),
    ("FR", "ledger", 10, "end_of_year_booked", "Art. L123-22 Code de commerce"),
)


def remove(context: SeedContext) -> None:
    """Take the facts away again, those that others name last."""
    category = context.metadata.tables["category"]
    context.connection.execute(category.update().values(parent_id=None))
    for table in reversed(TABLES):
        context.delete(table)


@seeder("reference_data", tables=TABLES, is_reference=True, clean=remove)
def reference_data(context: SeedContext) -> None:
    """Countries, currencies, tax rates with their days, categories, permissions, retention."""
    context.insert("country", [*_countries(EU_COUNTRIES, eu=True), *_countries(OTHER_COUNTRIES, eu=False)])
    context.insert("currency", [_currency(*entry.split(maxsplit=2)) for entry in _entries(CURRENCIES)])
    context.insert("tax_rate", [{"id": number, **rate} for number, rate in enumerate(_tax_rates(), start=1)])
    names = ("id", "code", "name", "kind", "parent_id")
    context.insert("category", [dict(zip(names, row, strict=True)) for row in CATEGORIES])
    context.insert("permission", [{"code": code, "description": text} for code, text in PERMISSIONS.items()])
    names = ("country_code", "record_kind", "years", "from_event", "citation")
    context.insert("retention_policy", [dict(zip(names, row, strict=True)) for row in RETENTION])


def _entries(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield from line.split("|")


def _countries(text: str, *, eu: bool) -> Iterator[Row]:
    for entry in _entries(text):
        code2, code3, name = entry.split(maxsplit=2)
        prefix = ("EL" if code2 == "GR" else code2) if eu else None
        yield {"code2": code2, "code3": code3, "name": name, "eu": eu, "vat_prefix": prefix}


def _currency(code: str, minor_units: str, name: str) -> Row:
    places = int(minor_units)
    # Amounts are kept with two places: of a currency with three, the last is not used.
    smallest = Decimal(1).scaleb(-min(places, 2))
    return {"code": code, "minor_units": places, "smallest_amount": smallest, "name": name}


def _tax_rates() -> Iterator[Row]:
    for kind, text in (
        ("standard", STANDARD_RATES),
        ("reduced", REDUCED_RATES),
        ("zero", UNTAXED_RATES),
        ("exempt", UNTAXED_RATES),
        ("reverse", UNTAXED_RATES),
    ):
        for entry in _entries(text):
            yield from _history(kind, entry)


def _history(kind: str, entry: str) -> Iterator[Row]:
    """Read `DE 2007-01-01 19, 2020-07-01 16`: each rate holds until the day before the next."""
    country, _, steps = entry.partition(" ")
    dated = [step.split() for step in steps.split(",")]
    begins = [date.fromisoformat(day) for day, _rate in dated]
    ends = [*(day - timedelta(days=1) for day in begins[1:]), None]
    for begin, end, (_day, rate) in zip(begins, ends, dated, strict=True):
        yield {
            "country_code": country,
            "kind": kind,
            "rate": Decimal(rate),
            "valid_from": begin,
            "valid_to": end,
        }
