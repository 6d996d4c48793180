"""Questions to an assistant: "What is the capital of Peru?", "How do I sort a list?".

Articles ask questions too, but about their own subject: the words of the question come up in
the rest of the article, or it points back ("Will *they* ...?"). A question that stands by
itself and shares no word with the article was put there for somebody who answers.
"""

from __future__ import annotations

import re

_LEAD = re.compile(
    r"^(?:(?:also|please|then|by the way|question|q|hey|ok|okay|tell me|next|finally"
    r"|the next|for example)\b[,:]?|[\"'“‘(\-–*#\d.)\s]+)\s*"
)
# "But ...?", "So ...?": the writer's own argument goes on.
_ARGUES = re.compile(r"^(?:and|so|but|or|yet|mais|et|alors|or|pero|und|aber)\b")
_QUESTION = re.compile(
    r"^(?:what|who|whom|whose|which|when|where|why|how|what's|who's|where's|how's|when's)\b"
    r"|^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have)\b"
    r"|^(?:quelles?|quels?|qui|que|qu'|quand|où|pourquoi|comment|combien|est-ce|qu'est-ce)"
    r"|^¿|^(?:qué|quién|cuál|cómo|cuándo|dónde|por qué|cuánto)\b"
    r"|^(?:was|wer|wie|wo|wann|warum|welche\w?)\b"
)
# Forms of knowledge questions and of requests for advice, which do not need the article.
_KNOWLEDGE = re.compile(
    r"^(?:what(?:'s| is| are| was| were| does| do| did| causes?| makes?| year| happens| kind| type"
    r"| emotion| sentiment| color| colour| would be| should)|who(?:'s| is| was| wrote| invented"
    r"| painted| discovered| directed| composed| sang| founded| built| won| \w+ed\b)"
    r"|which \w+|who would|when (?:did|was|is|were)"
    r"|where (?:is|are|was|can|do|does|did)|why (?:is|are|do|does|did|was|were|can|should)"
    r"|how (?:is|are|do|does|did|can|could|should|would|many|much|long|far|old|tall|fast|big|often"
    r"|high|deep|hot|cold|to|was|were|has|have)"
    r"|quelles? (?:est|sont|était)|quels? (?:est|sont)|qui a|comment (?!\w+(?:er|ir|re)\b)|pourquoi"
    r"|qu'est-ce|que signifie"
    r"|¿|was (?:ist|sind)|wer (?:hat|ist|war)|wie (?:funktioniert|viele|kann|heißt))"
)
_ASSISTANT = re.compile(
    r"\b(?:do you (?:know|have|like|recommend|think)|can you|could you|would you|will you|how are you|your (?:favou?rite|name|opinion|instructions))\b"
    r"|\b(?:should|can|could|do|may|am) i\b|\bmy\b|\bpeux-tu\b|\bpouvez-vous\b"
    r"|\bfollowing (?:sentence|text|review|tweet|comment|phrase|statement|passage|code)\b"
    r"|\b(?:sentence|phrase|word|tweet|expression)\b"
    r"|\b(?:say|mean|translate[ds]?|called|spell(?:ed)?|pronounced?)\b.*\b(?:in|into) \w+\W*$"
    r"|^(?:is|does|are|was) ['\"‘“]|^what(?:'s| is| does| do) ['\"‘“].*\bin\b"
    r"|\b(?:python|javascript|java|html|css|sql|php|c\+\+|quicksort|regex)\b"
)
# Words that point back to the article, or forward from the writer's argument.
_POINTS_BACK = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|them|their|theirs|this|these|those|such|mr|mrs|ms|here"
    r"|going|we|our|us|then|il|elle|ils|elles|ce|cette|ces|son|sa|ses|leur|leurs|nous|notre)\b"
    r"|\b(?:today|yesterday|tomorrow|now|next|still|any ?more|so far|so|really|else|too|again)\b"
    r"|\bit\b(?! take| mean| possible)"
)
_CONTENT = re.compile(r"[^\W\d_]{3,}")
_COMMON = frozenset(
    "what who whom whose which when where why how the and are was were does did has have had can"
    " could will would should may might must for from with without into onto than that this these"
    " those there their they them his her hers its our your you not but nor yet about after before"
    " over under between during more most less many much some any all each every other only own"
    " same such very too also just one two three four five first last new good best better way ways"
    " make makes made use used get mean means thing things people time year years day days say"
    " know like think going take work works happen happens happened main called quel quelle quels"
    " quelles est sont que qui pour dans les des une sur par avec comment pourquoi".split()
)


def is_question(sentence: str) -> bool:
    """Whether the sentence (canonical text) has the form of a question."""
    rest = _without_lead(sentence)
    return bool(_QUESTION.match(rest)) and (sentence.rstrip("\"'”’») ").endswith(("?", "？")))


def question_score(sentence: str, rest_of_article: frozenset[str]) -> float:
    """The probability that a question is meant for an assistant, not for the reader.

    Args:
        sentence: The question, in canonical text.
        rest_of_article: ``stems`` of the title and of all other sentences.

    >>> question_score("what is the capital of peru?", stems("Rain fell in Kent on Monday."))
    0.9
    >>> question_score("what will they do?", frozenset())
    0.0
    """
    rest = _without_lead(sentence)
    words = stems(rest)
    if not words:
        return 0.0
    novelty = len(words - rest_of_article) / len(words)
    assistant = bool(_ASSISTANT.search(rest))
    if _POINTS_BACK.search(rest) and not assistant:
        return 0.0
    if _ARGUES.match(rest) or (not assistant and not _KNOWLEDGE.match(rest)):
        return 0.0
    if novelty < 0.6:
        return 0.3
    return 0.9 if novelty >= 0.75 or assistant else 0.6


def _without_lead(sentence: str) -> str:
    rest = sentence
    while (found := _LEAD.match(rest)) and found.end() < len(rest):
        rest = rest[found.end() :]
    return rest


def stems(text: str) -> frozenset[str]:
    """The first five letters of each content word: enough to see whether a subject comes up."""
    words = (word.lower() for word in _CONTENT.findall(text))
    return frozenset(word[:5] for word in words if word not in _COMMON)
