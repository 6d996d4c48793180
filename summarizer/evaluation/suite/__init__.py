"""Suites: what is compared, on which articles, with which gold data."""
