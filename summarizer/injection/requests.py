"""Requests to an assistant: "Write a poem", "Add a link to your reply", "Translate this".

News tells in the third person; outside quotation marks it hardly ever asks its reader for a
text. So a sentence in the form of a request is judged by signs, each with the probability that
a sentence with this sign alone is an order to an assistant; signs count as independent
(noisy-or). The signs are classes of words, not phrases of known attacks.
"""

from __future__ import annotations

import math
import re

_LEAD = re.compile(
    r"^(?:[\"'“‘«(\[*#>\-–—•\d.)\s]+"
    r"|(?:please|pls|kindly|now|also|then|next|first|finally|lastly|and|but|so|instead|ok|okay|hey"
    r"|hello|hi|dear|well|additionally|furthermore|moreover|meanwhile|afterwards?|before that"
    r"|after that|by the way|btw|oh|just|always|quickly|briefly|remember|simply)\b[,:!]?"
    r"|(?:note|important|task|request|urgent|attention|question|p\.?s\.?|reminder|instruction"
    r"|exercise|assignment|query|todo|update)\s?[:!\-]"
    r"|(?:i (?:want|need|order|command|ask|urge|beg|would like|'d like)|i'd like) you to\b"
    r"|(?:you (?:should|must|need to|have to|are to|ought to|shall)"
    r"|(?:can|could|would|will) you|make sure (?:to|that you|you)|be sure (?:to|and)"
    r"|don't forget to|do not forget to|remember to|try to|go ahead and|feel free to"
    r"|(?:it is|it's) (?:important|necessary|essential|vital|required) (?:to|that you)"
    r"|your (?:task|job|goal) is (?:now )?to|would you mind|do you mind|help me(?: to)?)\b"
    r")[\s,]*"
)
_ASKS = re.compile(r"\b(?:(?:can|could|would|will|want|need|like|mind) you|please|kindly)\b")
_STATES = re.compile(r"\byou (?:should|must|need|have|are|ought|shall)\b")
_FRONTED = re.compile(
    r"^(?:in|at|within|throughout|inside|when|while|after|before|for|using|with|as"
    r"|if|once|to|by|somewhere|from|on|based)\b[^,.;:?!]{2,70},\s*"
)

# Verbs that ask for a text or for a change of one, and that are no common nouns.
_TEXT_VERBS = frozenset(
    "explain describe translate summarise summarize paraphrase rewrite rephrase compose write"
    " generate enumerate calculate compute implement debug simplify proofread conjugate classify"
    " categorise categorize compare analyse analyze brainstorm narrate recite encode decode encrypt"
    " decrypt scramble jumble rearrange misspell capitalise capitalize pronounce respond elaborate"
    " clarify recommend suggest roleplay augment enhance incorporate integrate transcribe"
    " transliterate alphabetise alphabetize abbreviate anagram imitate impersonate refactor"
    " formulate randomise randomize shuffle obfuscate insert append prepend embed define"
    " emphasise emphasize insinuate fabricate exaggerate".split()
)
# Verbs of requests in general: an assistant is asked these, and so are the readers of advice.
_VERBS = frozenset(
    "evaluate compare sing assess examine illustrate interpret deduce infer devise propose invent"
    " inform teach predict diagnose discuss identify determine solve convert substitute replace"
    " transform delete omit attach advertise endorse praise persuade convince encourage urge"
    " advise instruct warn remind notify organise organize automate optimise optimize cite fetch"
    " retrieve find collect gather investigate provide develop create produce prepare give tell"
    " mention include add pretend imply entice solicit redirect spread invite promote modify use"
    " introduce remove combine separate recruit weave make come say speak talk send put take keep"
    " begin finish write read choose select imagine think guess pick ask thank apologise apologize"
    " adapt adjust correct expand shorten extend restate highlight forecast learn discover look see"
    " leave drop repeat draw play explain turn set book buy eat convey disguise"
    " obscure locate google apply arrange assign build calculate claim reveal remember".split()
)
# The same, but so often nouns or adjectives that they need an object to count.
_HOMOGRAPHS = frozenset(
    "answer reply draft list outline output print reverse report plan state study research pen"
    " quote rhyme spell rate label sort group map model code program script table chart link sum"
    " test mock break walk lay end start close open render present supply offer share check work slip"
    " sneak join merge mix swap switch shift double mirror flip rotate hide plant pose act express"
    " post email mail call text message order estimate review critique grade score brief sketch"
    " picture count help guide train coach change alter edit fix complete contrast trace underline"
    " point note stress run execute project monitor track record design form search show"
    " name rank craft schedule tease lure hint direct address market pitch push plug cover dress"
    " cipher mask sign tag mark rule question request demand query quiz detail debate argue".split()
)
_DETERMINER = (
    r"(?:an?|the|your|my|our|this|that|these|those|all|every|each|any|some|both|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|\d+|several|me|us|it|them|him|her|how|why|what|which"
    r"|whether|who|where|when|only|just|everything|something|anything|readers?|users?|people"
    r"|everyone|no|more|random|backwards?|whatever)"
)
_OBJECT = re.compile(
    rf"^[\w'-]+ (?:(?:up|out|down|through|over) )?(?:{_DETERMINER}\b|[\"'“‘(\[{{$])"
)
# What follows a noun, not an order.
_NOUN_USE = re.compile(
    r"^[\w'-]+ (?:is|are|was|were|has|have|had|will|would|can|could|may|might|said|says|in|of|at|by"
    r"|from|and|or|which|who|after|before|over|under|against|rose|fell|came|went|also|on|de|du|des)\b|^[\w'-]+[,.:;]"
)
_GENERIC = re.compile(
    r"^(?P<verb>[a-z]+(?:-[a-z]+)?) (?:an?|the|your|this|that|these|every|each|some|any|me|us|all)\b"
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
    r"|rather|further|next|last|first|second|third|worth|unlike|given|other|several|young|old"
    r"|two|three|four|one|some|each|people|every|another|the|a|an|to|hence|whilst|together|none"
    r"|alongside|whatever|already|one|got|let|meet|get|want|picture|shr|net|again|however|whatever|us|none|online|somehow|came|went|took|made|said|gave|saw|told|won|lost|led"
    r"|met|began|became|held|kept|ran|sent|paid|brought|bought|found|stood|fell|rose|left)$"
)

_YOUR_OUTPUT = re.compile(
    r"\byour (?:(?:next|final|own|entire|full|whole|written|first|generated|short|main) )?(?:answers?|responses?|reply|replies|outputs?|summary|summaries"
    r"|messages?|completion|generations?|next (?:message|turn|sentence)|writing|sentences?|words)\b"
    r"|\b(?:the|this) (?:response|reply|output|summary|answer)\b"
    r"|\bwhen (?:you )?(?:reply|replying|respond|responding|answer|answering|summari[sz]\w+)\b"
    r"|\b(?:text|words?|sentences?|summary|summaries|everything|whatever|reply|letters?) (?:that )?"
    r"you (?:write|generate|produce|output|say|give|type|create)\b"
)
_TEXT_SHAPE = re.compile(
    r"\b(?:letters?|vowels?|consonants?|syllables?|punctuation|spaces|whitespace|capital letters"
    r"|uppercase|upper case|lowercase|lower case|emojis?|emoticons?|morse|base ?-?64|hexadecimal|hex"
    r"|binary|ascii|unicode|rot-?13|cipher|ciphertext|caesar|vigen[eè]re|backwards?|in reverse"
    r"|pig latin|anagram\w*|palindrom\w*|typos?|misspell\w*|homophon\w*|alphanumeric|acronyms?"
    r"|leet(?:speak)?|alphabet|characters?|digits?|(?:every|each) (?:\w+ )?(?:word|sentence|letter)"
    r"|(?:key|main) ?words?|word order|order of (?:the )?words|spelling|all caps|json|markdown"
    r"|bullet points?|one word|single word|rhymes?|haiku|symbols?|numbers for|braille|sign language"
    r"|asterisks?|hyphens?|dashes|underscores?)\b"
)
_GENRE = re.compile(
    r"\b(?:poems?|poetry|haikus?|limericks?|sonnets?|verses?|rap|song|lyrics|ballad|ode|jokes?|puns?"
    r"|riddles?|story|stories|tale|fable|fairy tale|novel|plot|essay|paragraph|sentence|speech|toast"
    r"|letter|e-?mail|memo|blog post|article about|tweet|caption|headline|title|slogan|tagline"
    r"|dialogue|script|screenplay|monologue|outline|summary|overview|introduction|conclusion"
    r"|cover letter|resume|résumé|invitation|review|advert(?:isement)?|ad copy|press release"
    r"|itinerary|recipe|to-do list|checklist|table|quiz|lesson plan|proposal|report"
    r"|function|code|snippet|script|program|algorithm|regex|regular expression|query|class|loop"
    r"|python|javascript|java|html|css|sql|c\+\+|php|ruby|rust|typescript|equations?"
    r"|definition|synonyms?|antonyms?|translation|equivalent|phrase|word for|meaning|pronunciation"
    r"|differences?|similarities|steps|example|examples|pros and cons|advantages|disadvantages"
    r"|theory|concept|process of|principles?|theorem|formula|sentiment|tone|emotion|sarcas\w+"
    r"|positive or negative|swot|kpis?|key performance|strategy|reminder|meeting|appointment|to me"
    r"|inbox|calendar|spreadsheet|flight|alarm|timer|gift|ideas|tips|ways to|names for|facts?"
    r"|fun fact|quotes?|quotation|sources|studies|papers|literature|references|list of)\b"
)
_LANGUAGE = re.compile(
    r"\b(?:in|into|to|from|the) (?:simple |plain )?(?:english|french|spanish|german|italian"
    r"|portuguese|dutch|russian|chinese|mandarin|japanese|korean|arabic|hindi|latin|greek|swedish"
    r"|polish|turkish|hebrew|swahili|vietnamese|thai|danish|norwegian|finnish|czech|hungarian)\b"
)
_AUDIENCE = re.compile(
    r"\b(?:the |your |all )?(?:users?|readers?|reader's|recipients?|audience|people|visitors"
    r"|customers|everyone)\b"
)
_ADDRESS = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|net|org|xyz|info|io|co|ru|biz|example)\b|@\w"
)
_TO_ME = re.compile(r"^[\w'-]+ (?:(?:to|with|for) )?(?:me|us)\b|\b(?:my|for me|to me)\b")
_CLAIM = re.compile(
    r"^(?:say|state|claim|report|mention|suggest|imply|pretend|declare|assert|announce"
    r"|insist|write|reply|answer|respond|note|tell|convince|persuade|advise)"
    r"(?: \w+){0,4}? that\b|^make it (?:sound|look|seem)\b"
)
# What newspapers do ask of their readers.
_CALL_TO_ACTION = re.compile(
    r"^(?:send|share|tell|e-?mail|give|include|read|click|follow|watch|listen|find|see|visit|call"
    r"|contact|get|sign|download|subscribe|join|check|look|hear|vote|have|add|do|let|keep|try|go"
    r"|help|write|use|report)\b.{0,60}(?:\bbbc\b|facebook|twitter|instagram|whatsapp|newsletter|\bus\b"
    r"|\bout\b|\bmore\b|your (?:story|stories|experiences?|name|views?|comments?|photos?|pictures?"
    r"|questions?|say|own)|contact (?:number|details)|click|podcast|video|iplayer|below|here|website)"
)
_MODAL_OUTPUT = re.compile(
    r"^your (?:\w+ )?(?:answer|response|reply|output|summary|message) (?:should|must|has to|needs to"
    r"|ought to|shall|will|is to|may|can) \w+"
)


def request_score(sentence: str, *, novel: bool = False) -> float:
    """The probability that ``sentence`` (canonical text) asks an assistant for something.

    Args:
        sentence: One sentence.
        novel: Whether its words come up nowhere else in the article.

    >>> request_score("write a poem about rain.") > 0.8
    True
    >>> request_score("the minister will write a poem about rain.")
    0.0
    """
    if _MODAL_OUTPUT.match(sentence):
        return 0.95
    rest, lead = _strip_leads(sentence)
    output = bool(_YOUR_OUTPUT.search(sentence))
    shape = bool(_TEXT_SHAPE.search(rest))
    form = _request_form(rest, about_text=output or shape, statement=bool(_STATES.search(lead)))
    if form == 0.0:
        return 0.0
    signs = {
        form: True,
        0.9: output,
        0.75: bool(_CLAIM.match(rest)),
        0.61: shape,
        0.6: bool(_LANGUAGE.search(rest)),
        0.51: bool(_GENRE.search(rest)),
        0.4: bool(_TO_ME.search(rest)),
        0.46: novel,
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


def _request_form(rest: str, *, about_text: bool, statement: bool) -> float:
    """How surely the sentence's form is a request: by its verb, or by "word + determiner".

    Args:
        rest: The sentence from its verb on.
        about_text: It speaks of an answer, of letters or words; then nouns count as verbs.
        statement: It began like "you must", which tells as often as it asks.
    """
    verb, _, others = rest.partition(" ")
    if not others or (_NOUN_USE.match(rest) and not about_text):
        return 0.0
    has_object = bool(_OBJECT.match(rest))
    if verb in _TEXT_VERBS:
        return 0.74 if has_object else 0.65
    if verb in _VERBS:
        return 0.55 if has_object else 0.45
    if verb in _HOMOGRAPHS and (has_object or about_text):
        return 0.55 if has_object else 0.38
    generic = None if statement else _GENERIC.match(rest)
    return 0.5 if generic and not _NOT_A_VERB.search(verb) else 0.0
