"""The MCP server: tools, resources and prompts for hosts of language models.

Import this only where the server runs: the SDK takes a second to load.
"""
