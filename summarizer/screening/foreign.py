"""Requests to an assistant in French, Spanish, Portuguese, Italian, German and Russian.

Narrower than the English rules: only forms that are no third person ("écris", not "explique"),
and what they say must be about a text or about "your answer". Open orders to drop instructions
are in ``overrides``, in more languages.
"""

from __future__ import annotations

import re

_IMPERATIVE = re.compile(
    r"^\W*(?:(?:s'il (?:te|vous) pla[iî]t|por favor|per favore|bitte|maintenant|ahora|jetzt|ora"
    r"|пожалуйста|dans (?:ta|votre) réponse|en tu respuesta|in (?:deiner|ihrer) antwort"
    r"|na sua resposta|nella tua risposta)\b[ ,:]*)*"
    r"(?:écris|écrivez|rédigez|traduis|traduisez|décris|décrivez|réponds|répondez|résumez"
    r"|expliquez|composez|dis|dites|listez|énumérez|calculez|insérez|incluez|ajoutez|mentionnez"
    r"|remplacez|supprimez|terminez|commencez|utilisez|créez|inventez|recommandez|donnez|montrez"
    r"|suggérez|encouragez|invitez|(?:donne|dis|raconte|explique|montre|écris|fais)-moi"
    r"|escribe|escriba|escriban|redacta|traduce|traduzca|explica|explícame|dime|cuéntame|responde"
    r"|añade|agrega|incluye|menciona|resume|enumera|escreva|traduza|explique|responda|adicione"
    r"|inclua|conte-me|diga|scrivi|traduci|spiega|rispondi|aggiungi|includi|raccontami|dimmi"
    r"|schreib|schreibe|schreiben sie|übersetze?|übersetzen sie|erkläre?|erklären sie|antworte"
    r"|antworten sie|füge|fügen sie|erwähne|erzähl|erzähle|nenne|liste|gib"
    r"|напиши\w*|переведи\w*|объясни\w*|расскажи\w*|ответь\w*|добавь\w*|перечисли\w*)\b"
)
_ABOUT_TEXT = re.compile(
    r"\b(?:réponses?|résumé|phrases?|poèmes?|histoire|blague|chanson|lettre|courriel|essai|texte"
    r"|mots?|en (?:anglais|français|espagnol|allemand|italien)|lien|fonction|code|théorie|recette"
    r"|respuestas?|resumen|frases?|poemas?|historia|cuento|chiste|canción|carta|ensayo|texto"
    r"|palabras?|enlace|función|al (?:inglés|francés|español)|teoría|resposta|resumo|piada|canção"
    r"|palavras?|conto|risposta|riassunto|poesia|storia|barzelletta|canzone|lettera|parole?|testo"
    r"|antwort|zusammenfassung|satz|sätze|gedicht|geschichte|witz|lied|brief|aufsatz|wörter|wort"
    r"|ins (?:englische|deutsche|französische)|стих\w*|рассказ\w*|ответ\w*|шутк\w*|предложени\w*"
    r"|письмо|слов\w*|анекдот\w*)\b"
)
_YOUR_OUTPUT = re.compile(
    r"\b(?:dans|à|de) (?:ta|votre) réponse\b|\ben (?:tu|su) respuesta\b|\bna (?:tua|sua) resposta\b"
    r"|\bnella (?:tua|sua) risposta\b|\bin (?:deiner|ihrer|eurer) antwort\b|в (?:своём|своем|твоём"
    r"|твоем|вашем) ответе"
)
_TO_ME = re.compile(r"^\W*\w+-moi\b|^\W*(?:dime|cuéntame|explícame|raccontami|dimmi|conte-me)\b")


def foreign_request(sentence: str) -> bool:
    """Whether a sentence (canonical text) asks an assistant for a text, in these languages.

    >>> foreign_request("écris un poème sur la mer.")
    True
    >>> foreign_request("expliquez-vous, a dit le juge.")
    False
    """
    if _YOUR_OUTPUT.search(sentence):
        return True
    return bool(_IMPERATIVE.match(sentence)) and bool(
        _ABOUT_TEXT.search(sentence) or _TO_ME.match(sentence)
    )
