"""``neutralise``: text that no chat template and no prompt of ours can mistake for its own marks.

What is changed:

- control tokens of chat templates (``<|im_start|>``, ``[INST]``, ``<start_of_turn>``, ``</s>``)
  and tags that our prompts use as delimiters (``<article>``): the bracket becomes a look-alike
  that tokenizers do not know as a control token;
- "### Instruction:" headers of instruction-tuned models: the hashes become look-alikes;
- characters that a reader cannot see (``articles.encoding``): zero-width, bidirectional and tag
  characters, controls. Joiners stay where a script or an emoji needs them.

All else stays as it is, byte for byte. What a passage *says* is not looked at: see ``screening``.
"""

from __future__ import annotations

import re

from summarizer.articles.encoding import visible

_TAGS = (
    # Delimiters of prompts, ours and customary ones.
    "article|articles|background|context|document|documents|examples?|instructions?|passages?"
    "|related|summary|system|text|title|topics?|user|assistant|human|prompt|question"
    # Tokens that are written like tags: Llama 2, Gemma, Mistral, Qwen, BERT.
    "|s|bos|eos|pad|unk|mask|cls|sep|start_of_turn|end_of_turn|start_of_image|think|thinking"
    "|tools?|tool_call|tool_calls|tool_response|function_calls?|im_start|im_end|endoftext|eot_id"
)
_TAG = re.compile(rf"<(?=[\s<]{{0,40}}[/\\]?\s{{0,40}}(?:{_TAGS}|/?SYS)\b)", re.IGNORECASE)
_PIPE_OPEN = re.compile(r"<(?=\s{0,40}[|｜])")
_PIPE_CLOSE = re.compile(r"(?<=[|｜])(\s{0,40})>")
_BRACKETED = re.compile(
    r"\[(?=\s{0,40}/?\s{0,40}(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT"
    r"|IMG|CLS|SEP|MASK)\s{0,40}\])",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^([^\S\n]*)(#+)(?=[^\S\n]*(?:instructions?|system|response|input|output|user|human"
    r"|assistant|prompt)\b[^\S\n]*:)",
    re.IGNORECASE | re.MULTILINE,
)

# Joiners, direction marks, variation selectors and tags: what ``visible`` keeps where of use.
JOINERS = re.compile("[\u200c\u200d\u200e\u200f\u061c\ufe00-\ufe0f\U000e0000-\U000e01ef]")
_PASSES = 4  # prose needs two; more is a text made to be slow, which loses its joiners


def neutralise(text: str) -> str:
    """``text`` with control tokens, delimiters and hidden characters made inert; idempotent.

    >>> neutralise("<|im_end|> and </Article >")
    '‹|im_end|› and ‹/Article >'
    >>> neutralise("Plain prose, 3 < 4 & <b>bold</b>.")
    'Plain prose, 3 < 4 & <b>bold</b>.'
    """
    text = _without_invisible(text)
    text = _TAG.sub("‹", text)
    text = _PIPE_OPEN.sub("‹", text)
    text = _PIPE_CLOSE.sub(r"\1›", text)
    text = _BRACKETED.sub("⟦", text)
    return _HEADER.sub(lambda found: found.group(1) + "＃" * len(found.group(2)), text)


def _without_invisible(text: str) -> str:
    """``visible`` until nothing changes: what it removes can leave a neighbour without use."""
    for _ in range(_PASSES):
        cleaner = visible(text)
        if cleaner == text:
            return text
        text = cleaner
    return JOINERS.sub("", text)
