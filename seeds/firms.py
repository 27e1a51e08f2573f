"""The organizations: who they are, and the people and firms that each of them has to do with whatever its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody an organization deals with, and where they are."""

    name: str
    street: str
    code: str
    city: str
    country: str
    language: str

    @property
    def address(self) -> str:
        """The address in one line, as on a document."""
        return f"{self.street}, {self.code} {self.city}"


@dataclass(frozen=True, slots=True)
class Cast:
    """The customers every organization of a country has.

    years, law: how long that country wants invoices kept, and where it says so.
    """

    locale: str
    workshop: Party
    contact: str
    neighbour: Party
    person: Party
    erased: Party
    users: tuple[str, str, str]
    years: int
    law: str


@dataclass(frozen=True, slots=True)
class Firm:
    """One organization, by its number from 1."""

    number: int
    slug: str
    legal_name: str
    country: str
    cast: Cast

    def user(self, number: int) -> int:
        """Return the key of one of its users; users belong to no organization, so each has a thousand of its own."""
        return (self.number - 1) * 1000 + number


OVERSEAS = Party("株式会社サンプル", "見本町1-2-3", "000-0003", "東京", "JP", "ja")

CASTS: Mapping[str, Cast] = {
    "DE": Cast(
        locale="de_DE",
        workshop=Party("Müller & Söhne KG", "Gänsemarkt 7", "00001", "Köln", "DE", "de"),
        contact="Günther Müller",
        neighbour=Party("Établissements Œuvre d'Exemple SARL", "1 rue de l'Exemple", "00002", "Nîmes", "FR", "fr"),
        person=Party("Zoë Ångström", "Straße des Beispiels 12", "00004", "Jena", "DE", "de"),
        erased=Party("Elfriede Muster", "Beispielweg 1", "00005", "Gera", "DE", "de"),
        users=("Ása Þórsdóttir", "Jürgen Weiß", "Łucja Żółć"),
        years=8,
        law="§ 147 Abs. 3 AO, § 14b UStG",
    ),
    "AT": Cast(
        locale="de_AT",
        workshop=Party("Grüner & Töchter OG", "Schönbrunner Gasse 4", "0001", "Mödling", "AT", "de"),
        contact="Bärbel Grüner",
        neighbour=Party("Příklad a synové s.r.o.", "Ukázková 5", "000 02", "Brno", "CZ", "cs"),
        person=Party("Jörg Höß", "Beispielgasse 8", "0004", "Schärding", "AT", "de"),
        erased=Party("Rosa Probe", "Musterweg 2", "0005", "Wörgl", "AT", "de"),
        users=("Käthe Brühl", "Željko Marić", "Özlem Gül"),
        years=7,
        law="§ 132 BAO",
    ),
    "FR": Cast(
        locale="fr_FR",
        workshop=Party("Lefèvre & Fils SARL", "12 rue du Château", "00001", "Besançon", "FR", "fr"),
        contact="Aurélie Lefèvre",
        neighbour=Party("Weißbäcker GmbH", "Mühlstraße 3", "00002", "Köln", "DE", "de"),
        person=Party("Maëlys Noël", "7 impasse de l'Île", "00004", "Sète", "FR", "fr"),
        erased=Party("Hélène Exemple", "3 place de l'Épreuve", "00005", "Niort", "FR", "fr"),
        users=("François Ægidius", "Chloé Bœuf", "Inès Peña"),
        years=10,
        law="Art. L123-22 Code de commerce",
    ),
    "NL": Cast(
        locale="nl_NL",
        workshop=Party("Van Oöst en Zonen B.V.", "Voorbeeldkade 9", "0001 AA", "Delft", "NL", "nl"),
        contact="Daniël van Oöst",
        neighbour=Party("Société Témoin SA", "Rue du Modèle 6", "0002", "Liège", "BE", "fr"),
        person=Party("Zoë IJsbrand", "Ĳkade 11", "0004 AB", "Gouda", "NL", "nl"),
        erased=Party("Anouk Proef", "Proefstraat 1", "0005 AC", "Edam", "NL", "nl"),
        users=("Renée Coöper", "Björn de Vries", "Šárka Nováková"),
        years=7,
        law="Art. 52 AWR",
    ),
}

NAMES: Mapping[int, tuple[str, str]] = {
    1: ("aurelia", "Aurélia Werkstätten GmbH"),
    2: ("boreas", "Boreas Gerätebau GesmbH"),
    3: ("celeste", "Céleste Ateliers SAS"),
    4: ("duinzicht", "Duinzicht Techniek B.V."),
}

FORMS = {"DE": "GmbH", "AT": "GesmbH", "FR": "SAS", "NL": "B.V."}


def firm(number: int) -> Firm:
    """Return an organization; countries take turns."""
    country = tuple(CASTS)[(number - 1) % len(CASTS)]
    slug, legal_name = NAMES.get(number, (f"werk-{number}", f"Werk {number} {FORMS[country]}"))
    return Firm(number, slug, legal_name, country, CASTS[country])
