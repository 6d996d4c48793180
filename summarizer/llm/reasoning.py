"""Models that reason before they answer: what they are asked, and what of it nobody gets to see.

A limit of tokens counts the reasoning too, so the limit gets room for it; the least effort is
asked for, unless the user wants more. Reasoning comes in a field of its own, or in the text
between marks, which are known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from summarizer.llm.abilities import Abilities
    from summarizer.llm.endpoint import Provider
    from summarizer.llm.families import Effort, Family

# Public reports tell of 1,100 to 1,400 tokens of reasoning for an answer of 120.
_ROOM: Final = 4096
_MOST_ROOM: Final = 32_768
# A shorter answer is one word whose probability is wanted: there is no use in reasoning first.
SHORTEST: Final = 16
# The efforts below what everybody accepts, each with the next that may be accepted.
NEXT_EFFORT: Final[dict[str, Effort]] = {"none": "minimal", "minimal": "low"}
_CHARACTERS_PER_TOKEN: Final = 4
# Marks around reasoning; of gpt-oss, whose servers should not let them through, the last one.
_MARKS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[think]", "[/think]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_UNOPENED_END: Final = "</think>"


def thinks(abilities: Abilities, family: Family) -> bool:
    """Whether the model reasons, as far as is known."""
    return family.thinks if abilities.thinks is None else abilities.thinks


def room(abilities: Abilities, family: Family, *, window: int | None) -> int:
    """Tokens of a limit that are for reasoning: at most half of the window, where it is known."""
    if not thinks(abilities, family):
        return 0
    wanted = min(max(_ROOM, 2 * abilities.thought), _MOST_ROOM)
    return min(wanted, window // 2) if window else wanted


def effort_parameters(
    abilities: Abilities, family: Family, *, provider: Provider, wanted: str
) -> dict[str, Any]:
    """The parameters that ask for so much reasoning: OpenAI's, and those of chat templates."""
    if not thinks(abilities, family):
        return {}
    parameters: dict[str, Any] = {}
    if provider != "embedded":
        least = abilities.effort or family.effort
        parameters["reasoning_effort"] = least if wanted == "least" else wanted
    if provider != "openai":
        parameters["chat_template_kwargs"] = {"enable_thinking": wanted != "least"}
    return parameters


def tokens_of(reasoning: str) -> int:
    """About how many tokens the text has, for servers that do not count them."""
    return -(-len(reasoning) // _CHARACTERS_PER_TOKEN)


class ThoughtFilter:
    """Takes the pieces of an answer, gives those that are not reasoning.

    Args:
        unopened: the answer may begin inside the reasoning. Nothing is given before its end then.

    Attributes:
        thought: the reasoning so far.
        ended_unopened: an end without a beginning was found.
    """

    def __init__(self, *, unopened: bool = False) -> None:
        self.thought = ""
        self.ended_unopened = False
        self._unopened = unopened
        self._held = ""
        self._end: str | None = None  # of the reasoning that is under way
        self._visible = False
        self._ended = False

    def feed(self, piece: str) -> str:
        """What can be shown now that ``piece`` has come."""
        if self._visible:
            return piece
        self._held += piece
        if self._end is None and not self._begin():
            return ""
        if self._end is not None:
            self._think(self._end)
        if not self._visible:
            return ""
        # White space after the marks belongs to them.
        shown, self._held = self._held.lstrip() if self._ended else self._held, ""
        self._visible = bool(shown)
        return shown

    def finish(self) -> str:
        """What was held back until the answer's end, and is none of the reasoning after all."""
        if self._end is None:
            return self._held.lstrip() if self._ended else self._held
        unfounded = self._unopened and not self._visible
        shown, self.thought = (
            (self.thought + self._held, "") if unfounded else ("", self.thought + self._held)
        )
        return shown

    def _begin(self) -> bool:
        """Whether it is known by now how the answer begins."""
        start = self._held.lstrip().lower()
        for mark, end in _MARKS:
            if start.startswith(mark):
                self._held, self._end = self._held.lstrip()[len(mark) :], end
                self._unopened = False
                return True
            if mark.startswith(start):
                return False
        if self._unopened:
            self._end = _UNOPENED_END
        else:
            self._visible = True
        return True

    def _think(self, end: str) -> None:
        before, found, after = _partition(self._held, end)
        self.thought += before
        self._held = after
        if found:
            self.ended_unopened = self._unopened
            self._end, self._unopened = None, False
            self._visible = self._ended = True


def _partition(text: str, end: str) -> tuple[str, bool, str]:
    """(before, whether ``end`` was found, after); without it, what may be its start stays."""
    at = text.lower().find(end)
    if at >= 0:
        return text[:at], True, text[at + len(end) :]
    kept = max(0, len(text) - len(end) + 1)
    return text[:kept], False, text[kept:]


def visible(text: str, *, unopened: bool = False) -> tuple[str, str, bool]:
    """(the answer, its reasoning, whether it ended one that it had not begun) of a whole text.

    >>> visible("<think>Hm.</think>Yes.")
    ('Yes.', 'Hm.', False)
    """
    filtered = ThoughtFilter(unopened=unopened or _UNOPENED_END in text)
    shown = filtered.feed(text)
    return shown + filtered.finish(), filtered.thought, filtered.ended_unopened
