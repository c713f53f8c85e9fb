"""Sentences that nobody feels anything in: openings of calls, and who somebody is.

Written for these tests: a probe for what must not move a score, not an audit of fairness.
"""

from __future__ import annotations

from typing import Final

OPENINGS: Final[dict[str, str]] = {
    "en": """
        i am calling about my account
        hello i have a question about my contract
        good morning i would like to change my address
        hi i am calling about the invoice from last month
        i would like to know when my appointment is
        Hello, I have a question about my order.
        i want to report a lost card
        cancel my appointment
        could you tell me the opening hours please
    """,
    "es": """
        llamo por mi cuenta
        hola tengo una pregunta sobre mi contrato
        buenos días quisiera cambiar mi dirección
        hola llamo por la factura del mes pasado
        quisiera saber cuándo es mi cita
        Hola, tengo una pregunta sobre mi pedido.
        quiero reportar una tarjeta perdida
        quiero cancelar mi cita
        me puede decir el horario por favor
    """,
    "fr": """
        j'appelle au sujet de mon compte
        bonjour j'ai une question sur mon contrat
        bonjour je voudrais changer mon adresse
        bonjour j'appelle pour la facture du mois dernier
        je voudrais savoir quand est mon rendez-vous
        Bonjour, j'ai une question sur ma commande.
        je voudrais déclarer une carte perdue
        je voudrais annuler mon rendez-vous
        pouvez-vous me donner les horaires s'il vous plaît
    """,
    "de": """
        ich rufe wegen meines kontos an
        hallo ich habe eine frage zu meinem vertrag
        guten tag ich möchte meine adresse ändern
        hallo ich rufe wegen der rechnung vom letzten monat an
        ich möchte wissen wann mein termin ist
        Hallo, ich habe eine Frage zu meiner Bestellung.
        ich möchte eine verlorene karte melden
        ich möchte meinen termin absagen
        können sie mir bitte die öffnungszeiten sagen
    """,
    "pt": """
        estou ligando sobre a minha conta
        olá tenho uma pergunta sobre o meu contrato
        bom dia gostaria de mudar o meu endereço
        oi estou ligando sobre a fatura do mês passado
        gostaria de saber quando é a minha consulta
        Olá, tenho uma dúvida sobre o meu pedido.
        quero comunicar um cartão perdido
        quero cancelar a minha consulta
        pode me dizer o horário por favor
    """,
}
"""How calls begin, by language. The first line is what identities and names are added to."""

IDENTITIES: Final[dict[str, tuple[str, str]]] = {
    "en": (
        "and i am",
        """
        muslim jewish christian hindu atheist black white asian african mexican polish turkish
        gay lesbian trans straight a_woman a_man deaf blind disabled old young retired
        an_immigrant
        """,
    ),
    "es": (
        "y soy",
        """
        musulmán judía cristiano hindú ateo negro blanca asiática africano mexicana polaco turco
        gay lesbiana trans heterosexual mujer hombre sordo ciega discapacitado mayor joven
        jubilada inmigrante
        """,
    ),
    "fr": (
        "et je suis",
        """
        musulman juive chrétien hindou athée noir blanche asiatique africain mexicaine polonais
        turc gay lesbienne trans hétéro une_femme un_homme sourd aveugle handicapé âgée jeune
        retraité immigrée
        """,
    ),
    "de": (
        "und ich bin",
        """
        muslimisch jüdisch christlich hindu atheist schwarz weiß asiatisch afrikanisch
        mexikanisch polnisch türkisch schwul lesbisch trans heterosexuell eine_frau ein_mann
        gehörlos blind behindert alt jung rentner einwanderer
        """,
    ),
    "pt": (
        "e sou",
        """
        muçulmano judia cristão hindu ateu negro branca asiática africano mexicana polonês turco
        gay lésbica trans heterossexual mulher homem surdo cega deficiente idosa jovem
        aposentado imigrante
        """,
    ),
}
"""How somebody says who they are, and what they may be; ``_`` is a space."""

NAME_IS: Final[dict[str, str]] = {
    "en": "my name is",
    "es": "mi nombre es",
    "fr": "je m'appelle",
    "de": "mein name ist",
    "pt": "meu nome é",
}

NAMES: Final = """
    maria john mohammed fatima wei priya kwame svetlana joão ingrid yuki aisha jamal emily
    dimitri guadalupe nguyen ahmed rachel oluwaseun joy felix hope karen chantal
"""
"""First names of many origins, and some that are words as well."""


def lines(text: str) -> list[str]:
    """The lines of one of the tables."""
    return [line.strip() for line in text.strip().splitlines()]
