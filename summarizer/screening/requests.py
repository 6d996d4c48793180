"""Requests to an assistant: "Write a poem", "Add a link to your reply", "Translate this".

News tells in the third person; outside quotation marks it hardly ever asks its reader for a
text. So a sentence in the form of a request is judged by signs, each with the probability that
a sentence with this sign alone is an order to an assistant; signs count as independent
(noisy-or). The weights were set by hand so that general forms need one further sign, and were
checked, not fitted: ``docs/security.md`` has the figures.
"""

from __future__ import annotations

import math
import re

from summarizer.screening.lexicon import any_phrase, words

_LEAD = re.compile(
    r"^(?:[\"'“‘«(\[*#>\-–—•\d.)\s]+"
    r"|(?:help (?:me|us)(?: to)?|(?:i (?:want|need|order|command|ask|urge|beg|would like)|i'd like)"
    r" you to|you (?:should|must|need to|have to|are to|ought to|shall)|(?:can|could|would"
    r"|will) you"
    r"|make sure (?:to|that you|you)|be sure (?:to|and)|(?:don't|do not|never) forget to"
    r"|remember to|try to|go ahead and|feel free to|it(?: is|'s) (?:important|necessary|essential"
    r"|vital|required) (?:to|that you)|your (?:task|job|goal) is (?:now )?to|would you mind"
    r"|do you mind|under no circumstances|do not|don't|never|let's)\b"
    r"|(?:please|pls|kindly|now|also|then|next|first|finally|lastly|and|but|so|instead|ok|okay|hey"
    r"|hello|hi|dear|well|additionally|furthermore|moreover|meanwhile|afterwards?|before that"
    r"|after that|by the way|btw|oh|just|only|always|quickly|briefly|simply"
    r"|subtly|secretly|quietly|casually|politely|randomly|gently|strongly|explicitly|silently"
    r"|carefully|cleverly)\b[,:!]?"
    r"|(?:note|important|task|request|urgent|attention|question|p\.?s\.?|reminder|instruction"
    r"|exercise|assignment|query|todo|update|advice|help|hint|goal)\s?[:!\-]"
    r")[\s,]*"
)
_ASKS = re.compile(
    r"\b(?:(?:can|could|would|will|want|need|like|mind) you|please|kindly|help (?:me|us))\b"
)
_STATES = re.compile(r"\b(?:you (?:should|must|need|have|are|ought|shall)|do not|don't|never)\b")
_FRONTED = re.compile(
    r"^(?:in|at|within|throughout|inside|when|whenever|while|after|before|for|using|with|as|if|once"
    r"|to|by|somewhere|from|on|based|instead|rather|besides|alongside|every time|wherever)\b"
    r"[^,.;:?!]{2,70},\s*"
)
_CLAUSE = re.compile(r"[;:—]\s+(?![\"'“‘«])")

_DETERMINER = (
    r"(?:an?|the|your|my|our|this|these|those|all|every|each|any|some|both|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|\d+|several|me|us|it|them|him|her|how|why|what|whether"
    r"|if|only|just|everything|something|anything|everyone"
    r"|no|more|random|backwards?|whatever|next|last|\w+'s)"
)
_PARTICLE = r"(?:up|out|down|through|over|off|together|back)"
_OBJECT = re.compile(
    rf"^[\w'-]+ (?:{_PARTICLE} )?(?:{_DETERMINER}(?!\w)|[\"'“‘(\[{{$]"
    r"|(?:users?|readers?|people|visitors|customers) (?:to|into|that|towards?|with|about|of)\b)"
)
# What follows a noun, not an order.
_NOUN_USE = re.compile(
    r"^[\w'-]+ (?:is|are|was|were|has|have|had|will|would|can|could|may|might|said|says|in|of|at|by"
    r"|from|and|or|which|who|after|before|over|under|against|rose|fell|came|went|also|on|de|du"
    r"|des)\b|^[\w'-]+[,.:;]|^let us\b"
)
_GENERIC = re.compile(
    r"^[a-z]{3,}(?:-[a-z]+)? (?:an?|the|your|this|these|every|each|some|any|me|us|all)\b"
)
_NOT_A_VERB = re.compile(
    r"(?:ing|ed|ly|s|er|tion|ment|ness|ity|al|ive|ous|ful)$"
    r"|^(?:in|on|at|by|to|of|for|from|with|without|under|over|after|before|during|since|until|till"
    r"|while|as|if|and|or|but|nor|so|yet|than|then|when|where|why|how|what|who|whom|whose|which"
    r"|that|this|these|those|there|here|it|he|she|they|we|i|you|both|all|half|such|quite|even|only"
    r"|not|no|neither|either|despite|among|amid|between|against|about|above|across|along"
    r"|around|behind|below|beneath|beside|beyond|into|like|near|off|onto|outside|through"
    r"|throughout|toward|upon|via|within|because|although|though|unless|whereas|whether|once|plus"
    r"|per|except|is|are|was|were|be|been|do|does|did|has|have|had|will|would|can|could|may|might"
    r"|must|should|now|later|still|maybe|perhaps|almost|ever|never|too|very|more|most|less|many"
    r"|rather|further|next|last|first|second|third|worth|unlike|given|other|several|young|old|two"
    r"|three|four|one|some|each|people|every|another|the|a|an|hence|whilst|together|none|alongside"
    r"|whatever|already|got|let|him|them|meet|get|want|picture|shr|net|again|however|us|online"
    r"|somehow|came"
    r"|went|took|made|said|gave|saw|told|won|lost|led|met|began|became|held|kept|ran|sent|paid"
    r"|brought|bought|found|stood|fell|rose|left)$"
)

_OUTPUT = (
    r"(?:answers?|responses?|reply|replies|outputs?|summary|summaries|completion|generations?)"
)
_YOUR_OUTPUT = re.compile(
    rf"\byour (?:(?:next|final|own|entire|full|whole|written|first|generated|short|main) )?"
    rf"(?:{_OUTPUT}|messages?|(?:message|turn)|writing|sentences?|words|text)\b"
    rf"|\b(?:the|this) (?:response|reply|output|summary|answer)\b"
    r"|\bwhen (?:you )?(?:reply|replying|respond|responding|answer|answering|summari[sz]\w+)\b"
    r"|\b(?:text|words?|sentences?|everything|what|whatever|letters?|paragraphs?) (?:that )?"
    r"you (?:write|generate|produce|output|say|give|type|create)\b"
    r"|^(?:please )?(?:reply|answer|respond|write|speak|talk) (?:only |entirely |just )?"
    r"(?:in|with|using|as|like|only|backwards)\b"
)
_OUTPUT_RULE = re.compile(
    rf"^(?:your|the|all(?: of)? your|every|each) (?:\w+ )?(?:{_OUTPUT}|message|text|sentences?"
    rf"|words?)"
    r" (?:should|must|has to|have to|needs? to|ought to|shall) (?:\w+ )?(?:be|read|look|sound|rhyme"
    r"|start|begin|end|contain|consist|include|cover|mention|say|state|have|use|follow|also)\b"
)
_TEXT_SHAPE = any_phrase("text_shape")
_GENRE = any_phrase("genre")
_LANGUAGE = re.compile(
    r"\b(?:in|into|to|from|the) (?:simple |plain |formal )?(?:english|french|spanish|german|italian"
    r"|portuguese|dutch|russian|chinese|mandarin|japanese|korean|arabic|hindi|latin|greek|swedish"
    r"|polish|turkish|hebrew|swahili|vietnamese|thai|danish|norwegian|finnish|czech|hungarian)\b"
)
_AUDIENCE = re.compile(
    r"\b(?:the |your |all )?(?:users?|readers?|reader's|recipients?|audience|people|visitors"
    r"|customers|everyone|everybody|anyone)\b"
)
_ADDRESS = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|net|org|xyz|info|io|co|ru|biz|example)\b|@\w|#\w"
)
_TO_ME = re.compile(r"^[\w'-]+ (?:(?:to|with|for) )?(?:me|us)\b|\bmy\b|\b(?:for|to) me\b")
_WISH = re.compile(
    r"^(?:i (?:want|need|would (?:like|love|appreciate))|i'd (?:like|love|appreciate)"
    r"|i(?:'m| am| was) (?:looking for|trying to|curious|wondering|struggling)|how about"
    r"|what about|got any) \w|^any \w.*\?$"
)
_CLAIM = re.compile(
    r"^(?:say|state|claim|report|mention|suggest|imply|pretend|declare|assert|announce|insist|write"
    r"|reply|answer|respond|tell|convince|persuade|advise|inform|warn|recommend|let)"
    r"(?: \w+){0,4}? that\b|^make it (?:sound|look|seem)\b"
)
# What newspapers do ask of their readers.
_CALL_TO_ACTION = re.compile(
    r"^(?:send|share|tell|e-?mail|give|include|read|click|follow|watch|listen|find|see|visit|call"
    r"|contact|get|sign|download|subscribe|join|check|look|hear|vote|have|add|do|let|keep|try|go"
    r"|help|write|use|report)\b.{0,60}(?:\bbbc\b|facebook|twitter|instagram|whatsapp|newsletter"
    r"|\bus\b|\bout\b|\bmore\b|your (?:story|stories|experiences?|name|views?|comments?|photos?"
    r"|pictures?|questions?|say|own)|contact (?:number|details)|click|podcast|video|iplayer|below"
    r"|here|website)"
)
_TEXT_VERBS, _VERBS, _HOMOGRAPHS = words("text_verbs"), words("verbs"), words("homographs")
_ADVICE = words("advice")


def request_score(
    sentence: str, *, novel: bool = False, english: bool = True, quoted: bool = False
) -> float:
    """The probability that ``sentence`` (canonical text) asks an assistant for something.

    Args:
        sentence: One sentence.
        novel: Whether its words come up nowhere else in the article.
        english: Whether the article is; "Macron a ..." is no request to macron.
        quoted: Whether somebody says it in the article; people do ask for "your answer".

    >>> request_score("write a poem about rain.") > 0.8
    True
    >>> request_score("the minister will write a poem about rain.")
    0.0
    """
    if _OUTPUT_RULE.match(sentence):
        return 0.95
    clauses = [sentence, *_CLAUSE.split(sentence)[1:]]
    return max(
        _clause_score(clause, novel=novel, english=english, quoted=quoted) for clause in clauses
    )


def _clause_score(clause: str, *, novel: bool, english: bool, quoted: bool) -> float:
    rest, lead = _strip_leads(clause)
    output = bool(_YOUR_OUTPUT.search(clause))
    statement = bool(_STATES.search(lead))
    form = _request_form(rest, about_output=output, generic=english and not statement)
    if statement:
        form = min(form, 0.44)
    if form == 0.0:
        return 0.0
    novelty = 0.2 if rest.split(" ", 1)[0] in _ADVICE else 0.46
    signs = {
        form: True,
        0.501 if quoted else 0.9: output,
        0.75: not quoted and bool(_CLAIM.match(rest)),
        0.61: bool(_TEXT_SHAPE.search(rest)),
        0.6: bool(_LANGUAGE.search(rest)),
        0.51: bool(_GENRE.search(rest)),
        novelty: novel,
        0.4: bool(_TO_ME.search(rest)),
        0.31: bool(_AUDIENCE.search(rest)),
        0.3: bool(_ADDRESS.search(rest)),
        0.29: bool(_ASKS.search(lead)),
    }
    score = 1.0 - math.prod(1.0 - sign for sign, present in signs.items() if present)
    return score * 0.6 if _CALL_TO_ACTION.match(rest) and not output else score


def _strip_leads(sentence: str) -> tuple[str, str]:
    """The sentence from its main verb on, and the leads ("could you") that were removed."""
    rest, leads = sentence, ""
    for _ in range(5):
        lead = _LEAD.match(rest)
        found = lead or _FRONTED.match(rest)
        if not found or found.end() == len(rest):
            break
        leads += lead.group() if lead else ""
        rest = rest[found.end() :]
    return rest, leads


def _request_form(rest: str, *, about_output: bool, generic: bool) -> float:
    """How surely the sentence's form is a request: by its verb, or by "word + determiner".

    Args:
        rest: The sentence from its verb on.
        about_output: It speaks of "your answer"; then words that are mostly nouns are verbs.
        generic: Whether a word that is not in the lexicon may be the verb.
    """
    verb, _, others = rest.partition(" ")
    if _WISH.match(rest):
        return 0.55
    listed = verb in _TEXT_VERBS or verb in _VERBS or verb in _HOMOGRAPHS
    if not others or not (listed or _GENERIC.match(rest)):
        return 0.0
    has_object = bool(_OBJECT.match(rest) or _CLAIM.match(rest))
    if not has_object and not about_output and _NOUN_USE.match(rest):
        return 0.0
    if verb in _TEXT_VERBS:
        return 0.76 if has_object else 0.65
    if verb in _VERBS:
        return 0.55 if has_object else 0.54
    if verb in _HOMOGRAPHS:
        about_text = about_output or bool(_TEXT_SHAPE.match(others))
        return 0.55 if has_object else 0.38 if about_text else 0.0
    return 0.5 if generic and not _NOT_A_VERB.search(verb) else 0.0
