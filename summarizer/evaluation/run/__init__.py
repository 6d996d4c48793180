"""Runs: the digests of a suite, made, kept in a folder, and added to."""
