"""The HTTP API and the reading page: the operations of the plug-ins for programs and browsers."""
