"""HTML pages for people, in one look: digests beside their articles, and eval reports."""
