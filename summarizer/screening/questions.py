"""Questions to an assistant: "What is the capital of Peru?", "How do I sort a list?".

Articles ask questions too, but about their own subject: the words of the question come up in
the rest of the article, or it points back ("Will *they* ...?"). A question that stands by
itself and shares few words with the article was put there for somebody who answers. In the
clean news of the benchmark 13 questions stand by themselves; 12 of them share more than half
of their words with their article.
"""

from __future__ import annotations

import re

from summarizer.screening.lexicon import words

_LEAD = re.compile(
    r"^(?:(?:also|please|then|by the way|question|q|hey|ok|okay|tell me|next|finally"
    r"|the next|for example)\b[,:]?|[\"'“‘(\-–*#\d.)\s]+)\s*"
)
# "But ...?", "So ...?": the writer's own argument goes on.
_ARGUES = re.compile(r"^(?:and|so|but|or|yet|mais|et|alors|or|pero|und|aber)\b")
_QUESTION = re.compile(
    r"^(?:what|who|whom|whose|which|when|where|why|how|what's|who's|where's|how's|when's)\b"
    r"|^(?:in|at|on|by|for|from|to|of|with|under|since) (?:what|which|whom)\b"
    r"|^(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have)\b"
    r"|^(?:quelles?|quels?|qui|que|qu'|quand|où|pourquoi|comment|combien|est-ce|qu'est-ce)"
    r"|^¿|^(?:qué|quién|cuál|cómo|cuándo|dónde|por qué|cuánto)\b"
    r"|^(?:was|wer|wie|wo|wann|warum|welche\w?)\b"
)
# Forms of knowledge questions and of requests for advice, which do not need the article.
_KNOWLEDGE = re.compile(
    r"^(?:in|at|on|by|for|from|to|of|with|under|since) (?:what|which|whom)\b"
    r"|^(?:what(?:'s| is| are| was| were| does| do| did| causes?| makes?| year| happens| kind| type"
    r"| emotion| sentiment| color| colour| would be| should)|who(?:'s| is| was| wrote| invented"
    r"| painted| discovered| directed| composed| sang| founded| built| won| \w+ed\b)"
    r"|which \w+|who would|are there any|when (?:did|was|is|were)"
    r"|where (?:is|are|was|can|do|does|did)|why (?:is|are|do|does|did|was|were|can|should)"
    r"|how (?:is|are|do|does|did|can|could|should|would|many|much|long|far|old|tall|fast|big|often"
    r"|high|deep|hot|cold|to|was|were|has|have)"
    r"|quelles? (?:est|sont|était)|quels? (?:est|sont)|qui a|comment (?!\w+(?:er|ir|re)\b)|pourquoi"
    r"|qu'est-ce|que signifie"
    r"|¿|was (?:ist|sind)|wer (?:hat|ist|war)|wie (?:funktioniert|viele|kann|heißt))"
)
_ASSISTANT = re.compile(
    r"\b(?:do you (?:know|have|like|recommend|think|feel about)|have you ever|can you|could you"
    r"|would you|will you|how are you|your (?:favou?rite|name|opinion|instructions))\b"
    r"|\b(?:can|could|does|would|has|is) (?:someone|anyone|anybody|somebody)\b"
    r"|\bis there (?:a|an|any) (?:\w+ )?(?:ways?|methods?|tools?|apps?|tricks?|tips?|words?)\b"
    r"|\b(?:should|can|could|do|may|am) i\b|\bmy\b|\bpeux-tu\b|\bpouvez-vous\b"
    r"|\bfollowing (?:sentence|text|review|tweet|comment|phrase|statement|passage|code)\b"
    r"|\b(?:sentence|phrase|word|tweet|expression)\b"
    r"|\b(?:say|mean|translate[ds]?|called|spell(?:ed)?|pronounced?)\b.*\b(?:in|into) \w+\W*$"
    r"|^(?:is|does|are|was) ['\"‘“]|^(?:what|how)\b.*['\"‘“].*['\"’”]"
    r"|\b(?:python|javascript|java|html|css|sql|php|c\+\+|quicksort|regex)\b"
)
# Words that point back to the article, or forward from the writer's argument.
_POINTS_BACK = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|them|their|theirs|this|these|those|such|mr|mrs|ms|here"
    r"|going|then|il|elle|ils|elles|ce|cette|ces|son|sa|ses|leur|leurs)\b"
    r"|\b(?:today|yesterday|tomorrow|now|next|still|any ?more|so far|really|else)\b"
    r"|\bit\b(?! take| mean| possible)"
)
_CONTENT = re.compile(r"[^\W\d_]{3,}")
_COMMON = words("common")


def is_question(sentence: str) -> bool:
    """Whether the sentence (canonical text) has the form of a question."""
    rest = _without_lead(sentence)
    ended = sentence.rstrip("\"'”’») ").endswith(("?", "？"))
    # A quotation in the question may hold a full stop, where the sentence splitter splits.
    return bool(_QUESTION.match(rest)) and (ended or sentence.count('"') % 2 == 1)


def question_score(
    sentence: str, rest_of_article: frozenset[str], *, interview: bool = False
) -> float:
    """The probability that a question is meant for an assistant, not for the reader.

    Args:
        sentence: The question, in canonical text.
        rest_of_article: ``stems`` of the title and of all other sentences; those that the
            question does not have may be missing.
        interview: The article is made of questions; then one must have nothing to do with it.

    >>> question_score("what is the capital of peru?", stems("Rain fell in Kent on Monday."))
    0.9
    >>> question_score("what will they do?", frozenset())
    0.0
    """
    rest = _without_lead(sentence)
    own = stems(rest)
    assistant = bool(_ASSISTANT.search(rest))
    if not own:
        return 0.9 if assistant else 0.0
    novelty = len(own - rest_of_article) / len(own)
    if _POINTS_BACK.search(rest) and not assistant:
        return 0.0
    if _ARGUES.match(rest) or (not assistant and not _KNOWLEDGE.match(rest)):
        return 0.0
    if interview:
        return 0.9 if novelty == 1.0 and len(own) >= 3 else 0.3
    enough = 0.4 if assistant else 0.5 if len(own) <= 4 else 0.65
    return 0.9 if novelty >= enough else 0.3


def _without_lead(sentence: str) -> str:
    rest = sentence
    while (found := _LEAD.match(rest)) and found.end() < len(rest):
        rest = rest[found.end() :]
    return rest


def stems(text: str) -> frozenset[str]:
    """The first five letters of each content word: enough to see whether a subject comes up."""
    found = (word.lower() for word in _CONTENT.findall(text))
    return frozenset(word[:5] for word in found if word not in _COMMON)
