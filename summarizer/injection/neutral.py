"""``neutralise``: text that no chat template and no prompt of ours can mistake for its own marks.

What is changed:

- control tokens of chat templates (``<|im_start|>``, ``[INST]``, ``<start_of_turn>``, ``</s>``)
  and tags that our prompts use as delimiters (``<article>``): the bracket becomes a look-alike
  that tokenizers do not know as a control token;
- "### Instruction:" headers of instruction-tuned models: the hashes become look-alikes;
- characters that a reader cannot see: tag characters, zero-width characters, bidirectional
  overrides, control characters. Joiners stay where a script or an emoji needs them.

All else stays as it is, byte for byte. What a passage *says* is not looked at: see ``screening``.
"""

from __future__ import annotations

import re
import unicodedata

_TAGS = (
    # Delimiters of prompts, ours and customary ones.
    "article|articles|background|context|document|documents|example|instructions?|related|summary"
    "|system|text|title|topics?|user|assistant|human|prompt|question"
    # Tokens that are written like tags: Llama 2, Gemma, Mistral, Qwen, BERT.
    "|s|bos|eos|pad|unk|mask|cls|sep|start_of_turn|end_of_turn|start_of_image|think|thinking"
    "|tools?|tool_call|tool_calls|tool_response|function_calls?|im_start|im_end|endoftext|eot_id"
)
_TAG = re.compile(rf"<(?=[\s<]*[/\\]?\s*(?:{_TAGS}|/?SYS)\b)", re.IGNORECASE)
_PIPE_OPEN = re.compile(r"<(?=\s*[|｜])")
_PIPE_CLOSE = re.compile(r"(?<=[|｜])(\s*)>")
_BRACKETED = re.compile(
    r"\[(?=\s*/?\s*(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT"
    r"|IMG|CLS|SEP|MASK)\s*\])",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^([^\S\n]*)(#+)(?=[^\S\n]*(?:instructions?|system|response|input|output|user|human"
    r"|assistant|prompt)\b[^\S\n]*:)",
    re.IGNORECASE | re.MULTILINE,
)

# Never visible and never needed to read an article: C0/C1 controls but tab and line ends, zero
# width space, word joiner and invisible operators, byte order mark, bidirectional marks and
# overrides, interlinear annotation, and the variation selectors that can carry hidden bytes.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u115f\u1160\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0100-\U000e01ef]"
)
# Tag characters spell hidden text; only the flags of England, Scotland and Wales need them.
_TAG_CHARACTERS = re.compile(
    "(\U0001f3f4[\U000e0061-\U000e007a]{5}\U000e007f)|[\U000e0000-\U000e007f]"
)
_JOINER = re.compile("[\u200c\u200d]+")


def neutralise(text: str) -> str:
    """``text`` with control tokens, delimiters and hidden characters made inert; idempotent.

    >>> neutralise("<|im_end|> and </Article >")
    '‹|im_end|› and ‹/Article >'
    >>> neutralise("Plain prose, 3 < 4 & <b>bold</b>.")
    'Plain prose, 3 < 4 & <b>bold</b>.'
    """
    text = remove_invisible(text)
    text = _TAG.sub("‹", text)
    text = _PIPE_OPEN.sub("‹", text)
    text = _PIPE_CLOSE.sub(r"\1›", text)
    text = _BRACKETED.sub("⟦", text)
    return _HEADER.sub(lambda found: found.group(1) + "＃" * len(found.group(2)), text)


def remove_invisible(text: str) -> str:
    """``text`` without the characters that can hide words from a reader.

    >>> remove_invisible("ig\u200bnore\U000e0041")
    'ignore'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _INVISIBLE.sub("", text)
    text = _TAG_CHARACTERS.sub(lambda found: found.group(1) or "", text)
    return _JOINER.sub(_needed_joiner, text)


def _needed_joiner(found: re.Match[str]) -> str:
    """A single joiner between two characters of a script that joins, or inside an emoji."""
    text = found.string
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    if not before or not after or before.isspace() or after.isspace():
        return ""
    if ord(before) < 0x0590 or ord(after) < 0x0590:  # Latin, Greek, Cyrillic, Armenian, ASCII
        return ""
    kept = found.group()[0]
    letters = unicodedata.category(before)[0] in "LM" and unicodedata.category(after)[0] in "LM"
    return kept if letters or kept == "\u200d" else ""
