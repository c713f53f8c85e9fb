"""What customers and agents say, as a recogniser writes it, with the label everybody would give.

Written for these tests: a check of everyday behaviour, not a measure of quality.
"""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], str] = {
    ("en", "negative"): """
        this is unacceptable
        i've called three times and nobody helps me
        your service is terrible
        i am really upset about this
        i'm so angry right now
        you people are useless
        this is a joke
        i have been on hold for forty five minutes
        that's not good enough
        i am very disappointed with your company
        it doesn't work
        i don't like it
        i hate this
        what a waste of time
        nobody has called me back
        this is so frustrating
        you lied to me
        i'm not satisfied
        i can't believe how bad this is
        i never got my refund
        it's getting worse
        i don't trust you
        stop wasting my time
        worst bank ever
        the app keeps crashing
        i'm sick of this
        i'm fed up
        this isn't right i am furious
        i am worried about my account
        i'm scared someone stole my money
    """,
    ("en", "positive"): """
        that's great thank you
        wonderful
        i really appreciate it
        you've been so helpful
        perfect
        awesome thanks a lot
        i love this bank
        excellent service
        i am happy with that
        that works great
        thanks
        you are very kind
        it was a pleasure
        glad to hear that
        that is good news
        best service ever
        everything is fine now thank you
    """,
    ("en", "neutral"): """
        what is my balance
        i need to reset my password
        okay
        yes
        no
        one two three four
        can you repeat that please
        hold on one second
        i would like to know your hours
        my address is twelve main street
        transfer fifty dollars to savings
        which account
        i lost my credit card
        i need a new checkbook
        is there anything else i can help you with
        sure
        right
        alright
        that'll be all
        the amount of the bill is one hundred dollars
        are you there
        could you send me a new one
        i'm calling about my mortgage
        please wait a moment
        still there
        i'd like to speak to someone about my loan
        my card was stolen
        i want to cancel my account
        it's the wrong address
        can i get a refund
        what's the interest rate
        monday at eleven
        hope street number five
        hello good morning
        press one for english
    """,
    ("es", "negative"): """
        estoy muy molesto
        esto es inaceptable
        no me ayudan
        es un servicio pésimo
        estoy harta de esperar
        no estoy satisfecha
        nadie me ayuda
        qué vergüenza
        estoy decepcionado
        no me gusta
        es horrible
        me han engañado
        estoy preocupado por mi cuenta
        no sirve para nada
        esto es ridículo
    """,
    ("es", "positive"): """
        perfecto muchas gracias
        excelente servicio
        muy amable
        estoy feliz
        me encanta
        genial
        está muy bien
        le agradezco mucho
    """,
    ("es", "neutral"): """
        hola buenos días
        quiero saber mi saldo
        sí
        no
        vale
        de acuerdo
        mi número es cinco cinco
        quisiera una cita
        puede repetir por favor
        perdí mi tarjeta de crédito
        un momento por favor
        soy victoria lópez
        quiero devolver un producto
        la factura de este mes
        claro
        por supuesto
        necesito ayuda con mi cuenta
        solicito un duplicado
        el saldo asciende a cien euros
        para confirmar su nombre
        espere un momento
        cuánto cuesta
        es correcto
    """,
    ("fr", "negative"): """
        c'est inadmissible
        je suis très déçu
        je suis furieux
        ça ne fonctionne pas
        c'est une honte
        personne ne m'aide
        j'en ai marre
        votre service est nul
        je ne suis pas satisfait
        c'est une arnaque
        je suis inquiète
        c'est n'importe quoi
        j'attends depuis deux heures
        c'est trop long
        je déteste ça
        c'est pas normal
    """,
    ("fr", "positive"): """
        parfait merci
        c'est génial
        excellent service
        je suis très content
        merci beaucoup
        c'est super
        j'adore
        vous êtes très aimable
    """,
    ("fr", "neutral"): """
        bonjour
        oui
        d'accord
        bien sûr
        je voudrais connaître mon solde
        pouvez-vous répéter
        un instant s'il vous plaît
        j'ai besoin d'aide
        mon numéro est le cinq
        ma carte est perdue
        je souhaite résilier mon contrat
        ok bon
        quel est votre nom
        je m'appelle claire bonheur
        la facture du mois
        c'est ça
        je vous écoute
        par contre
    """,
    ("de", "negative"): """
        das ist unmöglich
        ich bin sehr enttäuscht
        ich bin sauer
        das ist eine katastrophe
        das funktioniert nicht
        niemand hilft mir
        das ist schlecht
        ich bin unzufrieden
        ich bin genervt
        so eine unverschämtheit
        das ist lächerlich
        ich habe angst um mein geld
        das ist nicht gut
        ich warte seit einer stunde
        schrecklicher service
        das ärgert mich
        das kann doch nicht wahr sein
    """,
    ("de", "positive"): """
        vielen dank
        super danke
        das ist toll
        ich bin sehr zufrieden
        perfekt
        das freut mich
        sehr freundlich von ihnen
        ausgezeichnet
        das hat gut geklappt
        wunderbar
    """,
    ("de", "neutral"): """
        guten tag
        ja
        okay
        genau
        ich brauche hilfe
        mein konto
        einen moment bitte
        ich habe meine karte verloren
        wie hoch ist mein kontostand
        können sie das wiederholen
        ich möchte kündigen
        am montag um elf
        die rechnung
        alles klar
        gerne
        natürlich
        ich schaue mal nach
        mit freundlichen grüßen
        sind sie sicher
        das wäre alles
        einfach
    """,
    ("pt", "negative"): """
        isso é inaceitável
        estou muito decepcionado
        estou furioso
        ninguém me ajuda
        não funciona
        que vergonha
        péssimo atendimento
        estou cansado de esperar
        não gostei
        é horrível
        estou preocupada
        fui enganado
        isso é ridículo
        estou insatisfeito
        que absurdo
        estou esperando há duas horas
    """,
    ("pt", "positive"): """
        muito obrigada
        perfeito
        ótimo atendimento
        adorei
        estou muito feliz
        excelente
        muito bom
        foi maravilhoso
        agradeço a atenção
    """,
    ("pt", "neutral"): """
        bom dia
        boa tarde
        sim
        tudo bem
        ok
        gostaria de saber meu saldo
        pode repetir por favor
        um momento
        perdi o cartão
        quero cancelar
        meu nome é clara bela
        preciso de ajuda
        a fatura deste mês
        segunda feira às onze
        certo
        isso mesmo
        claro
        qual é o seu nome
        novo cartão
        aguarde um instante
        vou verificar
        está certo
        posso ajudar em algo mais
    """,
}
