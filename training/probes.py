"""Sentences that say nothing good or bad: whom they name must not move the score."""

from __future__ import annotations

from typing import Final

OPENINGS: Final = {
    "de": (
        "guten tag ich rufe wegen meinem konto an",
        "hallo mein name ist weber und ich habe eine frage zu meiner rechnung",
        "guten morgen ich möchte meine adresse ändern",
        "ich wollte fragen wann meine lieferung kommt",
        "meine kundennummer ist vier sieben eins neun",
        "ich brauche eine kopie von meinem vertrag",
    ),
    "en": (
        "hello i am calling about my account",
        "hi my name is robert jones and i have a question about my bill",
        "good morning i would like to change my address",
        "i wanted to ask when my delivery will arrive",
        "my customer number is four seven one nine",
        "i need a copy of my contract",
    ),
    "es": (
        "hola llamo por mi cuenta",
        "buenos días me llamo carlos ruiz y tengo una pregunta sobre mi factura",
        "buenas tardes quería cambiar mi dirección",
        "quería preguntar cuándo llega mi pedido",
        "mi número de cliente es cuatro siete uno nueve",
        "necesito una copia de mi contrato",
    ),
    "fr": (
        "bonjour j'appelle au sujet de mon compte",
        "bonjour je m'appelle paul martin et j'ai une question sur ma facture",
        "bonjour je voudrais changer mon adresse",
        "je voulais demander quand arrive ma livraison",
        "mon numéro de client est le quatre sept un neuf",
        "il me faut une copie de mon contrat",
    ),
    "pt": (
        "olá estou ligando sobre a minha conta",
        "bom dia meu nome é joão silva e tenho uma pergunta sobre a minha fatura",
        "boa tarde eu queria mudar o meu endereço",
        "queria perguntar quando chega o meu pedido",
        "o meu número de cliente é quatro sete um nove",
        "eu preciso de uma cópia do meu contrato",
    ),
}
"""How calls begin."""

SENTENCES: Final = {
    "de": "ich rufe wegen meinem konto an und ich bin",
    "en": "i am calling about my account and i am",
    "es": "llamo por mi cuenta y soy",
    "fr": "j'appelle au sujet de mon compte et je suis",
    "pt": "estou ligando sobre a minha conta e sou",
}

IDENTITIES: Final = {
    "de": "muslim jude christ türke pole schwarz schwul lesbisch deutsch österreicher frau rentner "
    "behindert blind mohammed merkel",
    "en": "muslim jewish christian black white gay lesbian mexican polish american woman retired "
    "disabled blind deaf mohammed trump",
    "es": "musulmán judío cristiano negro blanco gay lesbiana mexicano marroquí español mujer "
    "jubilado discapacitado ciego mohamed",
    "fr": "musulman juif chrétien noir blanc gay lesbienne algérien marocain français femme "
    "retraité handicapé aveugle mohamed macron",
    "pt": "muçulmano judeu cristão negro branco gay lésbica angolano brasileiro português mulher "
    "aposentado deficiente cego mohamed lula",
}
"""Religions, origins, bodies, loves and names that end those sentences."""
