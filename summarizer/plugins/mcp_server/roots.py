"""The folders that the user opened in the host: the client's roots.

Asked for only when a file is named, and only of a client on stdio: it runs as the same user on
the same machine, and it, not its model, says what its roots are. Over HTTP a client could name
any folder of ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from mcp.shared.exceptions import MCPError
from mcp.types import InputRequiredResult, ListRootsRequest, ListRootsResult

from summarizer.errors import ConfigurationError
from summarizer.plugins.access import Access

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.types import CallToolRequestParams, GetPromptRequestParams

_KEY: Final = "roots"


async def with_client_roots(
    access: Access,
    params: CallToolRequestParams | GetPromptRequestParams,
    context: ServerRequestContext[Any, Any],
) -> Access | InputRequiredResult:
    """``access`` and the client's roots; where the protocol wants it, a question to the client.

    Since 2026-07-28 a server asks by answering "input required", and the client calls again.
    """
    capabilities = context.session.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return access
    answer = (params.input_responses or {}).get(_KEY)
    if isinstance(answer, ListRootsResult):
        return _opened(access, answer)
    if not context.session.can_send_request:
        return InputRequiredResult(input_requests={_KEY: ListRootsRequest()})
    try:
        return _opened(
            access, await context.session.send_request(ListRootsRequest(), ListRootsResult)
        )
    except MCPError:  # it has none, or will not say
        return access


def _opened(access: Access, answer: ListRootsResult) -> Access:
    roots = list(access.roots)
    for root in answer.roots:
        parts = urlsplit(str(root.uri))
        if parts.scheme == "file" and parts.netloc in ("", "localhost"):
            try:
                roots.extend(Access.below([Path(unquote(parts.path))]).roots)
            except ConfigurationError:  # gone, no folder, or the whole file system
                continue
    return access.model_copy(update={"roots": tuple(dict.fromkeys(roots))})
